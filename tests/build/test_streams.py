"""Streams straight from a generator: the rows of a stored set, without a disk and without an end."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import factorhub
from factorhub.errors import FactorhubError, InputError
from factorhub.fields import Batch


def rows_of(batches: Any, count: int) -> dict[int, Batch]:
    """The rows of some batches by their number."""
    found = {}
    for batch in itertools.islice(batches, count):
        for i, index in enumerate(batch["index"]):
            found[int(index)] = {name: array[i] for name, array in batch.items()}
    return found


@pytest.mark.parametrize("regime", [None, "pairs(k=1)", "walk", "uniform"])
def test_the_rows_are_those_of_a_stored_set(regime: Any, tmp_path: Path) -> None:
    stored = factorhub.generate("dsprites", tmp_path / "set", regime=regime, seed=3, rows=300)
    streamed = rows_of(factorhub.stream("dsprites", regime, 3, 50, rows=300), 6)
    assert len(streamed) == 300
    everything = stored.read(slice(None))
    for i, index in enumerate(everything["index"]):
        assert all(np.array_equal(streamed[int(index)][name], array[i]) for name, array in everything.items())


def test_draws_never_end_and_never_repeat(tmp_path: Path) -> None:
    stream = factorhub.stream("dsprites", "uniform", seed=5, batch_size=100, fields=["index", "posX_value"])
    batches = list(itertools.islice(stream, 30))
    assert np.array_equal(np.concatenate([batch["index"] for batch in batches]), np.arange(3000))
    assert len(np.unique(np.concatenate([batch["posX_value"] for batch in batches]))) > 2900
    stored = factorhub.generate("dsprites", tmp_path / "set", regime="uniform", seed=5, rows=100)
    assert np.array_equal(stored["posX_value"], batches[0]["posX_value"])


def test_a_finite_regime_comes_again_in_another_order() -> None:
    batches = factorhub.stream("dsprites", seed=1, batch_size=60, rows=120, fields=["index"])
    first, second = (np.concatenate([next(part)["index"], next(part)["index"]]) for part in [iter(batches)] for _ in range(2))
    assert not np.array_equal(first, second)
    assert np.array_equal(np.sort(first), np.sort(second))


def test_all_of_a_grid_is_streamed_unless_asked_otherwise() -> None:
    assert factorhub.stream("dsprites").rows == 737_280
    made = factorhub.generator("dsprites", size=32)
    assert next(iter(factorhub.stream(made, batch_size=8)))["image"].shape == (8, 32, 32)
    assert next(iter(factorhub.stream("dsprites", batch_size=8, options={"size": 32})))["image"].shape == (8, 32, 32)


def test_a_stream_resumes() -> None:
    def stream() -> Any:
        return factorhub.stream("dsprites", "pairs", 2, 32, fields=["index", "shape"])

    batches = stream()
    list(itertools.islice(batches, 3))
    resumed = stream()
    resumed.load_state_dict(batches.state_dict())
    assert np.array_equal(next(iter(resumed))["index"], list(itertools.islice(stream(), 4))[3]["index"])


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("dspritse",), "dspritse"),
        (("dsprites", "paris"), "did you mean"),
        (("dsprites", None, -1), "a seed is a whole number from 0"),
        (("dsprites", None, 0, 0), "batch_size is a whole number from 1; got 0"),
    ],
)
def test_what_does_not_exist_is_refused(arguments: Any, text: str) -> None:
    with pytest.raises(FactorhubError, match=text) as caught:
        next(iter(factorhub.stream(*arguments)))
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="options are given with a generator's name"):
        factorhub.stream(factorhub.generator("dsprites"), options={"size": 32})
