"""The contract of generators, over everything in the catalog and over what an outsider might write."""

from __future__ import annotations

import numpy as np
import pytest

import factorhub
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
        (lambda values: {"image": levels(values)["image"].astype(np.float32)}, "field image is uint8"),
    ],
)
def test_each_broken_law_is_named(draw, law: str) -> None:
    with pytest.raises(ContractError, match=law):
        check_generator(grey(draw))
