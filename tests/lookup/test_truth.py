"""Ground truth of sources that are no sets: rows of a recipe know their factors as stored ones do."""

from __future__ import annotations

import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError, RowError
from factorhub.lookup import Store, Truth


@pytest.fixture(scope="module")
def truth(sprites: Store) -> Truth:
    return Truth(
        factorhub.recipe("dsprites", rows=3000, splits={"train": 0.7, "validation": 0.2, "test": 0.1}).source(), "dsprites"
    )


def test_rows_that_were_never_stored_answer_as_stored_ones_do(sprites: Store, truth: Truth) -> None:
    assert len(truth) == len(sprites)
    assert np.array_equal(truth.lookup(shape="heart", scale=[0.5, 1.0]), sprites.lookup(shape="heart", scale=[0.5, 1.0]))
    assert np.array_equal(truth.where("~(shape == square) & posX > 0.5"), sprites.where("~(shape == square) & posX > 0.5"))
    assert np.array_equal(truth.nearest(scale=0.71, posX=0.4, count=5), sprites.nearest(scale=0.71, posX=0.4, count=5))
    assert np.array_equal(truth.values("shape"), sprites.values("shape"))
    assert np.array_equal(truth.codes(), sprites.codes())
    assert truth.factors(-1) == sprites.factors(-1)
    assert np.array_equal(truth.pairs_differing_in("shape", seed=3), sprites.pairs_differing_in("shape", seed=3))
    rows = sprites.pairs_differing_in("shape")
    assert np.array_equal(truth.traverse(int(rows[0, 0]), "shape"), sprites.traverse(int(rows[0, 0]), "shape"))


def test_a_part_of_a_source_counts_its_own_rows(sprites: Store, truth: Truth) -> None:
    start, stop = sprites.plan.ranges["validation"]
    part = Truth(truth.source, "dsprites", start=start, stop=stop)
    assert np.array_equal(part.lookup(shape="heart"), factorhub.open(sprites.folder, "validation").lookup(shape="heart"))
    assert part.factors(0) == truth.factors(start)


def test_draws_that_never_repeat_can_be_asked_for() -> None:
    rows = factorhub.recipe("pendulum", regime="pairs(k=1)", rows=40, options={"steps": 5}).source()
    truth = Truth(rows, "pendulum")
    assert truth.values("length").shape == (40, 2)
    assert set(truth.where("changed_length == true")) <= set(range(40))


def test_what_is_not_there_is_named(truth: Truth) -> None:
    with pytest.raises(InputError, match="no factor named 'colour' in dsprites; it has color, shape"):
        truth.lookup(colour="red")
    with pytest.raises(RowError, match="dsprites"):
        truth.factors(3000)
