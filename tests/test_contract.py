"""The contract of generators, over everything in the catalog and over what an outsider might write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError
from factorhub.factors import Array, categorical, continuous
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace
from factorhub.testing import ContractError, check_generator


@pytest.mark.parametrize("name", factorhub.generators())
def test_every_generator_keeps_the_contract(name: str) -> None:
    check_generator(factorhub.generator(name))


def grey(draw, field: Field | None = None) -> Generator:
    space = FactorSpace((continuous("level", 0.0, 1.0, grid=5), categorical("side", ["left", "right"])))
    return Generator("grey", "grey squares", space, (field or Field("image", "uint8", (4, 4), ("y", "x")),), draw, "these tests")


def levels(values: Array) -> Batch:
    return {"image": np.broadcast_to((values[:, 0] * 255).astype(np.uint8)[:, None, None], (len(values), 4, 4))}


def test_a_pure_generator_passes() -> None:
    check_generator(grey(levels))


def impure(values: Array) -> Batch:
    batch = levels(values)
    impure.calls += 1
    return {"image": batch["image"] + np.uint8(impure.calls)}


impure.calls = 0


def neighbourly(values: Array) -> Batch:
    return {"image": levels(values)["image"] + np.uint8(len(values))}


def meddling(values: Array) -> Batch:
    values[:, 0] = 0.5
    return levels(values)


@pytest.mark.parametrize(
    ("draw", "law"),
    [
        (impure, "render is pure"),
        (neighbourly, "rows are independent"),
        (meddling, "render must not change its argument"),
        (lambda values: {"image": levels(values)["image"].astype(np.float32)}, "returns .image. as uint8"),
    ],
)
def test_each_broken_law_is_named(draw, law: str) -> None:
    with pytest.raises(ContractError, match=law):
        check_generator(grey(draw))


@pytest.mark.parametrize(
    ("draw", "text"),
    [
        (lambda v: {"image": np.full((len(v), 4, 4), 0.9)}, "'image' as uint8 (0 … 255); got float64; nothing is cast in silence"),
        (lambda v: {"image": np.full((len(v), 4, 4), 300)}, "'image' as uint8 (0 … 255); got int64"),
        (lambda v: {"image": np.zeros((len(v), 4, 5), np.uint8)}, "with shape (4, 4, 4); got (4, 4, 5)"),
        (lambda v: {"image": np.zeros((4, 4), np.uint8)}, "with shape (4, 4, 4); got (4, 4)"),
        (lambda v: {"image": np.zeros((1, 4, 4), np.uint8)}, "with shape (4, 4, 4); got (1, 4, 4)"),
        (lambda v: {"images": np.zeros((len(v), 4, 4), np.uint8)}, "the field 'image' that it declares; got images"),
        (lambda v: {}, "the field 'image' that it declares; got nothing"),
        (lambda v: np.zeros((len(v), 4, 4), np.uint8), "returns {field: array}; got array("),
        (lambda v: {"image": [[0]]}, "'image' as a NumPy array; got list"),
    ],
)
def test_what_a_draw_returns_is_never_cast_or_guessed(draw, text: str, tmp_path: Path) -> None:
    made = grey(draw)
    with pytest.raises(ContractError, match="draw returns what the fields declare: draw of grey returns") as law:
        check_generator(made, rows=4)
    with pytest.raises(InputError, match="draw of grey returns") as caught:
        made.render(np.full((4, 2), 1.0))
    assert text in str(caught.value)
    assert text.partition(" with shape")[0].partition("; got")[0] in str(law.value)
    with pytest.raises(InputError, match="draw of grey returns"):
        factorhub.generate(made, tmp_path / "set", rows=2)
    assert not list(tmp_path.glob("set/data/*.h5"))


@pytest.mark.parametrize("drawn", [np.zeros((4, 4, 4), np.uint8), np.zeros((4, 8, 8, 3)), None])
def test_what_a_picture_returns_is_checked(drawn) -> None:
    made = replace(grey(levels), picture=lambda batch: drawn)
    with pytest.raises(InputError, match=r"picture of grey gives uint8 \(n, y, x, 3\); got"):
        made.pictures({})
