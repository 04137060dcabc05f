"""Points near others, within reach and as far as can be seen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from factorhub.factors import categorical, circular, continuous, ordinal
from factorhub.regimes import (
    Perturbation,
    Radius,
    Uniform,
)
from factorhub.space import FactorSpace, Fold, Ignored
from tests.regimes.laws import N, chi_square, draw


def test_radius_is_even_within_reach_and_reflects() -> None:
    space = FactorSpace((ordinal("place", range(11)), circular("turn", 1.0), categorical("shape", "ab")))
    drawn = draw(Radius(0.2), space).values
    step = (drawn[:, 1, 0] - drawn[:, 0, 0]).astype(int)
    middle = (drawn[:, 0, 0] >= 2) & (drawn[:, 0, 0] <= 8)
    assert chi_square(np.bincount(step[middle] + 2), np.ones(5)) > 1e-3
    assert chi_square(np.bincount(drawn[drawn[:, 0, 0] == 0, 1, 0].astype(int)), [1, 2, 2]) > 1e-3
    turned = (drawn[:, 1, 1] - drawn[:, 0, 1] + 0.5) % 1 - 0.5
    assert np.abs(turned).max() <= 0.2 + 1e-12
    assert stats.kstest(turned, stats.uniform(-0.2, 0.4).cdf).pvalue > 1e-3
    assert (drawn[:, 0, 2] == drawn[:, 1, 2]).all()


def test_a_perturbation_moves_one_property_of_one_object() -> None:
    space = FactorSpace(
        (
            categorical("shown_2", ["no", "yes"]),
            *(continuous(f"posX_{i}", 0.0, 2.0) for i in (1, 2)),
            *(circular(f"turn_{i}", 360.0, grid=36, unit="deg") for i in (1, 2)),
        ),
        (Ignored(("posX_2", "turn_2"), "shown_2", (0,)),),
    )
    drawn = draw(Perturbation(0.1), space)
    extras, (first, second) = drawn.extras, drawn.values.swapaxes(0, 1)
    assert (extras["changed"].sum(axis=1) == 1).all()
    which = extras["changed"].argmax(axis=1)
    assert np.array_equal(extras["object"], np.array([2, 1, 2, 1, 2])[which])
    names = next(f for f in Perturbation(0.1).extras(space) if f.name == "property").meta["names"]
    assert [names[p] for p in extras["property"][:50]] == [space.names[w].rpartition("_")[0] for w in which[:50]]
    place = np.isin(which, (1, 2))
    moved = (second - first)[np.arange(N), which]
    assert np.allclose(moved[place], extras["delta"][place])
    assert np.allclose(np.abs(extras["delta"][place]), 0.2)
    assert np.allclose(np.abs(extras["delta"][~place]), 36.0)
    assert not np.isin(which[first[:, 0] == 0], (2, 4)).any()  # an absent object's place is not moved
    assert (extras["delta"] > 0).mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("delta", [0.125, 0.25, 0.5])
def test_a_perturbation_can_be_seen(delta: float) -> None:
    turn = circular("turn", 360.0, low=-90.0, grid=8)
    space = FactorSpace(
        (categorical("shape", ["square", "heart", "disc"]), turn, continuous("posX", 0.0, 2.0)), (Fold("turn", "shape", (4, 1, 0)),)
    )
    first, second = draw(Perturbation(delta, inner=Uniform(on_grid=True)), space).values.swapaxes(0, 1)
    assert (space.canonical(first) != space.canonical(second)).any(axis=1).all()
    turned = first[:, 1] != second[:, 1]
    shapes = {0, 1} if delta == 0.125 else {1}  # quarters of a turn bring a square back
    assert set(first[turned, 0]) == shapes
