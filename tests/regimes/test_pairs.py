"""Pairs change as many factors as they say, by the law they say."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

import factorhub
from factorhub.errors import InputError
from factorhub.factors import categorical, continuous, ordinal
from factorhub.regimes import (
    Correlated,
    Grid,
    Pairs,
    Uniform,
    Where,
    from_text,
)
from factorhub.regions import parse
from factorhub.space import FactorSpace
from tests.regimes.laws import ROWS, SPRITES, N, chi_square, codes, draw, table


@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("inner", [Uniform(), Grid()])
def test_exactly_k_factors_change(k: int, inner) -> None:
    drawn = draw(Pairs(k, inner=inner), rows=ROWS * len(SPRITES) // N)
    first, second = drawn.values[:, 0], drawn.values[:, 1]
    assert np.array_equal(drawn.extras["changed"], first != second)
    assert np.array_equal(drawn.extras["changed"], drawn.extras["resampled"])
    assert (drawn.extras["changed"].sum(axis=1) == k).all()
    assert not drawn.extras["changed"][:, 0].any()  # color has one value
    subsets = [drawn.extras["changed"][:, list(s)].all(axis=1).sum() for s in itertools.combinations(range(1, 6), k)]
    assert chi_square(np.array(subsets), np.ones(len(subsets))) > 1e-3
    moved = codes(drawn.values[drawn.extras["changed"][:, 1], 0], "shape") + codes(
        drawn.values[drawn.extras["changed"][:, 1], 1], "shape"
    )
    assert chi_square(table(*moved), 1 - np.eye(3)) > 1e-3


def test_at_most_k_factors_change_and_may_keep_their_value() -> None:
    drawn = draw(Pairs(3, mode="at_most", inner=Grid()), rows=np.arange(0, 737280, 19))
    assert (drawn.extras["resampled"].sum(axis=1) == 3).all()
    assert (drawn.extras["changed"].sum(axis=1) <= 3).all()
    for j, size in ((1, 3), (2, 6), (3, 40)):
        redrawn = drawn.extras["changed"][drawn.extras["resampled"][:, j], j]
        assert redrawn.mean() == pytest.approx(1 - 1 / size, abs=0.012)


def test_dlib_redraws_one_or_k() -> None:
    number = draw(Pairs(4, mode="dlib")).extras["resampled"].sum(axis=1)
    assert set(number) == {1, 4}
    assert stats.binomtest(int((number == 1).sum()), len(number)).pvalue > 1e-3


def test_dlib_redraws_one_or_a_random_number() -> None:
    """k is drawn from 1 … 4, and then 1 or k are redrawn: of five factors 1.75 in the mean."""
    resampled = draw(Pairs(-1, mode="dlib", inner=Uniform(on_grid=True)), rows=np.arange(40_000)).extras["resampled"]
    number = np.bincount(resampled.sum(axis=1), minlength=5)[1:]
    assert chi_square(number, np.array([5, 1, 1, 1])) > 1e-3
    assert not resampled[:, 0].any()


def test_a_random_number_of_factors() -> None:
    number = draw(Pairs(-1)).extras["changed"].sum(axis=1)
    assert chi_square(np.bincount(number, minlength=5)[1:], np.ones(4)) > 1e-3


def test_laplace_steps_have_their_law() -> None:
    space = FactorSpace((categorical("shape", "abc"), ordinal("place", range(8)), continuous("scale", 0, 1, grid=5)))
    drawn = draw(Pairs(mode="laplace", rate=2.0, inner=Uniform(on_grid=True)), space, np.arange(4 * N))
    assert not drawn.extras["changed"][:, 0].any()
    assert drawn.extras["changed"].any(axis=1).all()
    first, second = drawn.values[:, 0, 1], drawn.values[:, 1, 1]
    law = {}
    for size in (8, 5):
        steps = np.exp(-np.abs(np.subtract.outer(np.arange(size), np.arange(size))) * 2 / math.log(size))
        law[size] = steps / steps.sum(axis=1, keepdims=True)
    # Where neither moved, one of the two is chosen and moved.
    stay = float(np.mean(np.diag(law[5])))
    for start in (0, 3):
        chance, moved = law[8][start], law[8][start] * (np.arange(8) != start)
        expected = chance * (np.arange(8) != start) + chance[start] * stay * 0.5 * moved / moved.sum()
        expected[start] = 1 - expected.sum()
        assert chi_square(np.bincount(second[first == start].astype(int), minlength=8), expected) > 1e-3
    loose = draw(Pairs(mode="laplace", rate=2.0), space.without_grid(["scale"])).values
    steps = (loose[:, 1, 2] - loose[:, 0, 2]) * 31
    assert np.allclose(steps, np.rint(steps), atol=1e-9)


@pytest.mark.parametrize("size", [5, 64, 65, 120])
def test_long_laplace_steps_have_their_law_on_uneven_grids(size: int) -> None:
    space = FactorSpace((ordinal("place", [code**1.5 for code in range(size)]),))
    drawn = draw(Pairs(mode="laplace", rate=0.1, inner=Uniform(on_grid=True)), space)
    first, second = space["place"].nearest(drawn.values[:, 0, 0]), space["place"].nearest(drawn.values[:, 1, 0])
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    law = np.exp(-apart * 0.1 / math.log(size)) * (apart > 0)  # the one factor that there is moves always
    law *= (np.bincount(first, minlength=size) / law.sum(axis=1))[:, np.newaxis]
    expected = np.bincount(apart.ravel(), law.ravel())
    assert chi_square(np.bincount(np.abs(second - first), minlength=size)[1:], expected[1:]) > 1e-3


def test_pairs_of_a_region_stay_in_it_and_miss_nothing() -> None:
    space = FactorSpace((categorical("shape", "abc"), ordinal("place", range(5)), ordinal("size", range(4))))
    region = parse("shape == a & place > 1 | size == 2 & shape != b")
    for mode, least in (("exactly", 1), ("at_most", 0)):
        drawn = draw(Pairs(2, mode, inner=Where(region, Grid())), space, np.arange(13).repeat(1))
        assert region.contains(space, drawn.values).all()
        grid = space.values(space.codes(np.arange(len(space))))
        members = grid[region.contains(space, grid)]
        start = members[5]
        seconds = Pairs(2, mode, inner=Where(region, Grid()))
        many = [seconds.draw(space, seed, np.array([5])).values[0, 1] for seed in range(1500)]
        found = {tuple(row) for row in many}
        differing = (members != start).sum(axis=1)
        wanted = {tuple(row) for row, d in zip(members, differing, strict=True) if (d == 2 if least else d <= 2)}
        assert found == wanted


def test_pairs_from_one_start_are_even_over_what_the_region_allows() -> None:
    space = FactorSpace((ordinal("a", range(6)), ordinal("b", range(6)), ordinal("c", range(2))))
    region = parse("a <= 3 & b <= 3 | a == 5 | b == 0")
    pairs = Pairs(2, factors=("a", "b"), inner=Where(region, Uniform()))
    drawn = draw(pairs, space, np.arange(3 * N)).values
    at = (drawn[:, 0, 0] == 2) & (drawn[:, 0, 1] == 0)
    found = table(*drawn[at][:, 1, :2].T.astype(int))
    a, b = np.meshgrid(np.arange(found.shape[0]), np.arange(found.shape[1]), indexing="ij")
    allowed = ((a <= 3) & (b <= 3) | (a == 5) | (b == 0)) & (a != 2) & (b != 0)
    assert chi_square(found, allowed) > 1e-3


def test_a_source_says_where_new_values_come_from() -> None:
    drawn = draw(Pairs(1, factors=("scale",), source=Where("scale > 0.8", Grid()), inner=Where("scale < 0.6", Grid())))
    assert (drawn.values[:, 0, 2] < 0.6).all()
    assert (drawn.values[:, 1, 2] > 0.8).all()
    ridge = draw(Pairs(1, factors=("posX",), inner=Correlated((("posX", "posY"),), sigma=0.1)))
    assert (ridge.extras["changed"].sum(axis=1) == 1).all()


def test_pairs_that_cannot_be_say_so() -> None:
    with pytest.raises(InputError, match="pairs of k=6 need as many factors that vary; this regime has 5"):
        draw(Pairs(6))
    with pytest.raises(InputError, match="shape has one value under this regime, so it cannot change"):
        draw(Pairs(1, factors=("shape",), inner=Where("shape == heart", Grid())))
    line = FactorSpace((ordinal("a", range(3)), ordinal("b", range(3))))
    with pytest.raises(InputError, match="no second member for row 0 in 4096 draws; name factors that can change there"):
        draw(Pairs(1, inner=Where("a == 0 & b == 0 | a == 1 & b == 1", Grid())), line, np.arange(2))
    with pytest.raises(
        InputError, match="pairs change k factors, at least 1 \\(-1 for a random number, 0 for all that may\\); got -2"
    ):
        Pairs(-2)
    with pytest.raises(InputError, match="no mode named 'exact' in pairs; it has exactly, at_most, dlib, laplace"):
        Pairs(1, mode="exact")


def test_pairs_keep_a_group_and_change_all_else() -> None:
    space = factorhub.generator("heads").space
    pairs = Pairs(0, keep=("identity", "yaw")).draw(space, 3, np.arange(100)).values
    kept = np.isin(space.names, space.members(["identity", "yaw"]))
    assert (pairs[:, 0, kept] == pairs[:, 1, kept]).all()
    assert (pairs[:, 0, ~kept] != pairs[:, 1, ~kept]).all()
    only = Pairs(-1, factors=("expression", "pose"), keep=("pose",)).draw(space, 3, np.arange(100)).values
    moved = np.isin(space.names, space.members(["expression"]))
    assert (only[:, 0, ~moved] == only[:, 1, ~moved]).all()
    assert (only[:, 0, moved] != only[:, 1, moved]).any(axis=1).all()


def test_sequences_hold_a_group_still() -> None:
    space = factorhub.generator("figures").space
    frames = from_text("sequence(5, static=[identity, context])").draw(space, 1, np.arange(20)).values
    still = np.isin(space.names, space.members(["identity", "context"]))
    assert (frames[:, :1, still] == frames[:, :, still]).all()
    assert (frames[:, 0] != frames[:, -1]).any(axis=1).all()


def test_groups_stand_for_their_factors_in_every_list() -> None:
    space = factorhub.generator("heads").space
    tasks = from_text("tasks(tasks=4, reads=2, factors=[pose])")
    heads = np.array(tasks.weights(space))
    assert set(np.flatnonzero(heads.any(axis=0))) <= {space.index(name) for name in space.members(["pose"])}
    for text in (
        "labels(fraction=0.5, factors=[pose])",
        "walk(3, factors=[pose])",
        "perturbation(factors=[pose])",
        "radius(factors=[pose])",
    ):
        from_text(text).draw(space, 1, np.arange(5))
