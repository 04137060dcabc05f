"""Walks, sweeps, loops and traversals move as they say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from factorhub.regimes import (
    Grid,
    Sequence,
    Traversal,
    Walk,
    Where,
)
from factorhub.regions import parse
from tests.regimes.laws import SPRITES, draw


@pytest.mark.parametrize("rate", [0.3, 1.0])
def test_a_walk_takes_single_steps_at_its_rate(rate: float) -> None:
    drawn = draw(Walk(6, rate, inner=Grid()), rows=np.arange(0, 737280, 100))
    steps = SPRITES.codes_of(drawn.values)
    moves = np.diff(steps, axis=1)
    assert np.array_equal(drawn.extras["changed"][:, 1:], moves != 0)
    assert not drawn.extras["changed"][:, 0].any()
    for j in (2, 4, 5):
        assert set(np.unique(moves[..., j])) <= {-1, 0, 1}
    assert set(np.unique(moves[..., 3])) <= {-1, 0, 1, 39, -39}  # round the circle
    assert not moves[..., :2].any()  # categorical factors stay
    for j in (2, 3, 4, 5):
        n = moves[..., j].size
        assert stats.binomtest(int((moves[..., j] != 0).sum()), n, rate).pvalue > 1e-3
    inner = (steps[:, :-1, 4] > 0) & (steps[:, :-1, 4] < 31) & (moves[..., 4] != 0)
    assert stats.binomtest(int((moves[..., 4][inner] > 0).sum()), int(inner.sum())).pvalue > 1e-3
    assert (steps[:, 1:, 4][(steps[:, :-1, 4] == 0) & (moves[..., 4] != 0)] == 1).all()  # reflected


def test_a_walk_off_the_grid_and_of_labels() -> None:
    drawn = draw(Walk(4, stride=0.05, factors=("shape", "posX", "orientation")), rows=np.arange(2000)).values
    assert np.allclose(np.abs(np.diff(drawn[..., 4], axis=1)), 0.05) or (np.diff(drawn[..., 4], axis=1) != 0).all()
    turned = np.abs(np.diff(drawn[..., 3], axis=1))
    assert np.allclose(np.minimum(turned, 2 * math.pi - turned), 0.05 * 2 * math.pi)
    assert (np.diff(drawn[..., 1], axis=1) != 0).all()
    assert (drawn[:, :1, 2] == drawn[..., 2]).all()


def test_a_walk_stays_in_its_region() -> None:
    drawn = draw(Walk(20, inner=Where("posX < 0.3 & posY > 0.7", Grid())), rows=np.arange(2000)).values
    assert parse("posX < 0.3 & posY > 0.7").contains(SPRITES, drawn).all()
    assert (np.diff(drawn[..., 4], axis=1) != 0).any(axis=1).all()


@pytest.mark.parametrize("motion", ["walk", "sweep", "loop"])
def test_static_factors_stay_and_the_others_move(motion) -> None:
    drawn = draw(Sequence(8, ("scale", "posY"), motion), rows=np.arange(2000)).values
    assert (drawn[..., [0, 1, 2, 5]] == drawn[:, :1, [0, 1, 2, 5]]).all()
    assert (np.diff(drawn[..., 4], axis=1) != 0).any(axis=1).all()
    assert (np.diff(drawn[..., 3], axis=1) != 0).all()


def test_a_sweep_covers_the_range_and_a_loop_closes() -> None:
    sweep = draw(Sequence(33, motion="sweep"), rows=np.arange(500)).values[..., 4]
    assert (sweep.max(axis=1) - sweep.min(axis=1) > 0.5 - 1e-9).all()
    assert np.allclose(sweep[:, -1], 1 - sweep[:, 0])  # one range further, reflected
    loop = draw(Sequence(12, motion="loop"), rows=np.arange(500)).values
    turn = (np.diff(loop[..., 3], axis=1, append=loop[:, :1, 3])) % (2 * math.pi)
    assert np.allclose(np.minimum(turn, 2 * math.pi - turn), 2 * math.pi / 12)  # the last step leads back to the start
    path = np.concatenate([loop[..., 4], loop[:, :1, 4]], axis=1)
    assert np.abs(np.diff(path, axis=1)).sum(axis=1).max() <= 2 + 1e-9
    assert (path.max(axis=1) - path.min(axis=1) > 0.8).all()
    grid = draw(Sequence(40, motion="loop", inner=Grid()), rows=np.arange(0, 5000, 7))
    assert set(np.unique(np.diff(SPRITES.codes_of(grid.values)[..., 3], axis=1) % 40)) == {1, 39}


def test_a_traversal_goes_over_the_range() -> None:
    rows = np.arange(50)
    start = Grid().draw(SPRITES, 0, rows).values
    scale = draw(Traversal("scale", 6, inner=Grid()), rows=rows).values
    assert np.array_equal(scale[:, :, 2], np.tile(SPRITES["scale"].table, (50, 1)))
    assert np.array_equal(np.delete(scale, 2, axis=2), np.repeat(np.delete(start, 2, axis=1)[:, None], 6, axis=1))
    shape = draw(Traversal("shape", 3, inner=Grid()), rows=rows).values
    assert np.array_equal(shape[:, :, 1], np.tile([0.0, 1, 2], (50, 1)))
    free = draw(Traversal("posX", 5), rows=rows).values
    assert np.allclose(free[:, :, 4], [0, 0.25, 0.5, 0.75, 1])
    round_ = draw(Traversal("orientation", 4), SPRITES.without_grid(["orientation"]), rows).values
    assert np.allclose(round_[:, :, 3], 2 * math.pi * np.arange(4) / 4)  # the end of a circle is its start
    by_steps = draw(Traversal("posX", 3, stride=2 / 31, inner=Grid()), rows=rows).values
    assert np.array_equal(np.rint(by_steps[0, :, 4] * 31), [0, 2, 4])
