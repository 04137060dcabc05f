"""What each regime promises, counted: densities by chi-square, masks exactly, graphs and noise bit for bit. Fixed seeds."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, stats

import factorhub
from factorhub.errors import InputError
from factorhub.exchange.layouts import MPI3D, shapes3d_space
from factorhub.factors import Array, categorical, circular, continuous, ordinal
from factorhub.regimes import (
    Causal,
    Copula,
    Correlated,
    Environments,
    Grid,
    Labels,
    Line,
    Pairs,
    Perturbation,
    Radius,
    Sequence,
    Shell,
    Tasks,
    Traversal,
    Uniform,
    Walk,
    Where,
)
from factorhub.regions import parse
from factorhub.space import FactorSpace, Fold, Ignored

SPRITES = factorhub.generator("dsprites").space
N = 40_000
ROWS = np.arange(N)


def draw(regime, space: FactorSpace = SPRITES, rows: Array = ROWS, seed: int = 1):
    return regime.draw(space, seed, rows)


def chi_square(counts: Array, expected: Array) -> float:
    """The chance of counts at least as far from `expected` shares; cells that expect under 5 are put together."""
    counts, wanted = np.asarray(counts, float).ravel(), np.asarray(expected, float).ravel()
    wanted = wanted / wanted.sum() * counts.sum()
    assert not counts[wanted == 0].any()
    order = wanted.argsort()
    counts, wanted = counts[order], wanted[order]
    few = max(int(np.searchsorted(wanted.cumsum(), 5)) + 1, int((wanted < 5).sum()))
    counts, wanted = (np.append(array[:few].sum(), array[few:]) for array in (counts, wanted))
    return float(stats.chisquare(counts, wanted).pvalue)


def table(*columns: Array) -> Array:
    """How often each combination of codes occurs."""
    return np.histogramdd(np.stack(columns, axis=1), bins=[np.arange(c.max() + 2) - 0.5 for c in columns])[0]


def codes(values: Array, *names: str, space: FactorSpace = SPRITES) -> list[Array]:
    return [space[name].nearest(values[:, space.index(name)]) for name in names]


# uniform and grids


def test_uniform_margins_are_even() -> None:
    values = draw(Uniform()).values
    assert chi_square(table(*codes(values, "shape")), np.ones(3)) > 1e-3
    for name in ("scale", "orientation", "posX"):
        factor = SPRITES[name]
        u = (values[:, SPRITES.index(name)] - factor.low) / (factor.high - factor.low)
        assert stats.kstest(u, "uniform").pvalue > 1e-3
    on_grid = draw(Uniform(on_grid=True))
    assert np.array_equal(SPRITES.codes_of(on_grid.values), on_grid.codes)
    assert chi_square(table(on_grid.codes[:, 3]), np.ones(40)) > 1e-3


def test_grid_rows_are_the_spaces() -> None:
    rows = np.array([0, 1, 31, 32, 737279, 400_000])
    drawn = Grid().draw(SPRITES, 0, rows)
    assert np.array_equal(drawn.codes, SPRITES.codes(rows))
    assert np.array_equal(drawn.values, SPRITES.values(drawn.codes))


# regions


def test_where_on_a_grid_is_every_member_once_in_order() -> None:
    regime = Where("shape == heart & scale > 0.6 | posX < 0.1", Where("posY > 0.5", Grid()))
    space = factorhub.generator("dsprites").space
    points = space.values(space.codes(np.arange(len(space))))
    members = np.flatnonzero(parse("(shape == heart & scale > 0.6 | posX < 0.1) & posY > 0.5").contains(space, points))
    assert regime.length(space) == len(members)
    assert np.array_equal(space.rows(regime.draw(space, 0, np.arange(len(members))).codes), members)


@pytest.mark.parametrize("inner", [Uniform(on_grid=True), Uniform()])
def test_where_uniform_is_even_over_the_region(inner: Uniform) -> None:
    region = parse("shape == heart & scale > 0.6 | shape == square & posX < 0.3")
    drawn = draw(Where(region, inner)).values
    apart = draw(inner, rows=np.arange(8 * N)).values
    apart = apart[region.contains(inner.space(SPRITES), apart)]
    assert region.contains(inner.space(SPRITES), drawn).all()
    for names in (("shape", "scale"), ("shape", "posX")):
        edges = [np.arange(4) - 0.5, np.linspace(0, 1, 12)]
        columns = [[values[:, SPRITES.index(name)] for name in names] for values in (drawn, apart)]
        mine, other = (np.histogram2d(*pair, bins=edges)[0].ravel() for pair in columns)
        filled = mine + other > 10
        assert stats.chi2_contingency(np.stack([mine[filled], other[filled]])).pvalue > 1e-3


def test_redrawn_rows_follow_the_regime_within_the_region() -> None:
    regime = Correlated((("shape", "scale"),), sigma=0.3, on_grid=True)
    region = parse("posX > 0.5 & scale > 0.6")
    found = table(*codes(draw(Where(region, regime)).values, "shape", "scale"))
    shape, scale = np.arange(3) / 2, (np.arange(6) / 5)
    weights = np.exp(-((shape[:, None] - scale) ** 2) / (2 * 0.3**2))
    weights[:, :2] = 0
    assert chi_square(found, weights) > 1e-3


def test_a_region_without_members_is_refused_with_its_size() -> None:
    with pytest.raises(InputError, match="'scale < 0.4' is empty: it holds 0 of 737280 grid rows; loosen a condition"):
        Where("scale < 0.4", Grid()).length(SPRITES)
    with pytest.raises(InputError, match="is empty: it holds no part of the space"):
        draw(Where("shape == heart & shape == square"))
    with pytest.raises(InputError, match="'scale < 0.50001' may be empty: 1 of 16384 draws of its regime lie in it, too few"):
        draw(Where("scale < 0.50001", Copula((("scale", "posX", 0.5),))))
    assert Where("scale < 0.6", Copula((("scale", "posX", 0.5),))).share(SPRITES) == pytest.approx(0.2, abs=0.01)
    tiny = draw(Where("scale < 0.50001 & posX < 1e-4"))
    assert (tiny.values[:, 2] < 0.500012).all()


# correlated


@pytest.mark.parametrize("sigma", [0.04, 0.1, 0.2, 0.4])
def test_a_ridge_on_the_grid_matches_its_formula(sigma: float) -> None:
    found = table(*codes(draw(Correlated((("shape", "scale"),), sigma=sigma, on_grid=True)).values, "shape", "scale"))
    a, b = np.arange(3) / 2, np.arange(6) / 5
    assert chi_square(found, np.exp(-((a[:, None] - b) ** 2) / (2 * sigma**2))) > 1e-3


def test_an_inverse_ridge_and_a_circular_grid() -> None:
    regime = Correlated((), (("posX", "orientation"),), sigma=0.2, on_grid=True)
    found = table(*codes(draw(regime).values, "posX", "orientation"))
    a, b = np.arange(32) / 31, np.arange(40) / 39
    assert chi_square(found, np.exp(-((a[:, None] - (1 - b)) ** 2) / (2 * 0.2**2))) > 1e-3


def cells(density, bins: int) -> Array:
    """The mass of a density on the unit square in each of bins × bins cells."""
    at = (np.arange(bins * 8) + 0.5) / (bins * 8)
    fine = density(at[:, None], at)
    return fine.reshape(bins, 8, bins, 8).sum(axis=(1, 3))


@pytest.mark.parametrize(("pairs", "inverse"), [((("posX", "posY"),), ()), ((), (("posX", "posY"),))])
def test_a_ridge_between_continuous_factors(pairs, inverse) -> None:
    values = draw(Correlated(pairs, inverse, sigma=0.15)).values
    found = np.histogram2d(values[:, 4], values[:, 5], bins=10, range=((0, 1), (0, 1)))[0]
    expected = cells(lambda a, b: np.exp(-((a - (1 - b if inverse else b)) ** 2) / (2 * 0.15**2)), 10)
    assert chi_square(found, expected) > 1e-3


def test_a_ridge_between_listed_and_continuous_factors() -> None:
    values = draw(Correlated((("shape", "posX"), ("shape", "posY")), sigma=0.2)).values
    found = np.histogramdd(values[:, [1, 4, 5]], bins=[np.arange(4) - 0.5, np.linspace(0, 1, 6), np.linspace(0, 1, 6)])[0]
    mass = np.array([[integrate.quad(lambda x, a=a: math.exp(-((a - x) ** 2) / 0.08), i / 5, (i + 1) / 5)[0] for i in range(5)]
                     for a in (0, 0.5, 1)])  # fmt: skip
    assert chi_square(found, mass[:, :, None] * mass[:, None, :]) > 1e-3
    turned = draw(Correlated((("posX", "shape"), ("posX", "posY")), sigma=0.2)).values  # the continuous one is the parent
    found = np.histogram2d(turned[:, 1], turned[:, 4], bins=[np.arange(4) - 0.5, np.linspace(0, 1, 6)])[0]

    def weight(x: float, a: float) -> float:
        far = integrate.quad(lambda y: math.exp(-((x - y) ** 2) / 0.08), 0, 1)[0]
        return math.exp(-((a - x) ** 2) / 0.08) * far

    mass = np.array([[integrate.quad(weight, i / 5, (i + 1) / 5, args=(a,))[0] for i in range(5)] for a in (0, 0.5, 1)])
    assert chi_square(found, mass) > 1e-3


def test_several_ridges_multiply_also_in_a_circle() -> None:
    pairs = (("shape", "scale"), ("scale", "posX"), ("shape", "posX"))
    found = table(*codes(draw(Correlated(pairs, sigma=0.4, on_grid=True)).values, "shape", "scale", "posX"))
    a, b, c = (np.arange(n) / (n - 1) for n in (3, 6, 32))
    a, b, c = a[:, None, None], b[:, None], c
    assert chi_square(found, np.exp(-((a - b) ** 2 + (b - c) ** 2 + (a - c) ** 2) / (2 * 0.4**2))) > 1e-3


def test_a_confounder_is_ridged_with_every_other_factor() -> None:
    values = draw(Correlated(confounder="shape", sigma=0.2, on_grid=True)).values
    a, others = np.arange(3) / 2, {"scale": 6, "orientation": 40, "posX": 32, "posY": 32}
    kernels = {name: np.exp(-((a[:, None] - np.arange(n) / (n - 1)) ** 2) / (2 * 0.2**2)) for name, n in others.items()}
    totals = np.prod([kernel.sum(axis=1) for kernel in kernels.values()], axis=0)
    assert chi_square(table(*codes(values, "shape")), totals) > 1e-3
    rest = totals / kernels["scale"].sum(axis=1) / kernels["posX"].sum(axis=1)
    expected = rest[:, None, None] * kernels["scale"][:, :, None] * kernels["posX"][:, None, :]
    assert chi_square(table(*codes(values, "shape", "scale", "posX")), expected) > 1e-3


@pytest.mark.parametrize("rho", [-0.9, 0.3, 0.8, 1.0])
def test_a_copula_keeps_margins_and_has_the_correlation(rho: float) -> None:
    values = draw(Copula((("scale", "posX", rho),)), rows=np.arange(4 * N)).values
    scale, place = (values[:, 2] - 0.5) * 2, values[:, 4]
    assert stats.kstest(scale, "uniform").pvalue > 1e-3
    assert stats.kstest(place, "uniform").pvalue > 1e-3
    assert np.corrcoef(scale, place)[0, 1] == pytest.approx(6 / math.pi * math.asin(rho / 2), abs=0.008)
    assert abs(np.corrcoef(scale, values[:, 5])[0, 1]) < 0.01


def test_impossible_correlations_are_refused() -> None:
    with pytest.raises(InputError, match="cannot hold together: their matrix has the eigenvalue -0.27"):
        draw(Copula((("scale", "posX", 0.9), ("posX", "posY", 0.9))))
    with pytest.raises(InputError, match="the ridges contradict each other: 4 rows found no point"):
        draw(Correlated((("posX", "posY"),), (("posX", "posY"),), sigma=1e-6), rows=np.arange(4))
    with pytest.raises(InputError, match="seed has 4294967296 values; a ridge joins factors of at most 1024"):
        draw(Correlated((("x", "seed"),)), FactorSpace((continuous("x", 0, 1), ordinal("seed", range(2**32)))))


# pairs


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
    with pytest.raises(InputError, match="pairs change k factors, at least 1 \\(or -1 for a random number\\); got 0"):
        Pairs(0)
    with pytest.raises(InputError, match="no mode named 'exact' in pairs; it has exactly, at_most, dlib, laplace"):
        Pairs(1, mode="exact")


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


# sequences


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


# shells and environments


def test_a_shell_is_even_and_knows_what_is_outside() -> None:
    space = FactorSpace((continuous("a", 0, 10), continuous("b", 0, 10), continuous("c", 0, 1), categorical("s", "xy")))
    regime = Shell((("a", 4, 6), ("b", 4, 6), ("c", 0.5, 0.5)), away_min=((0.5, 0.5), (0.5, 0.5), (0, 0)),
                   away_max=((1.0, 2.0), (1.0, 1.0), (0, 0)))  # fmt: skip
    drawn = draw(regime, space)
    a, b, c, s = drawn.values.T
    assert ((a >= 3) & (a <= 8) & (b >= 3) & (b <= 7) & (c == 0.5)).all()
    assert ((a < 3.5) | (a > 6.5) | (b < 3.5) | (b > 6.5)).all()
    cells, *_ = np.histogram2d(a, b, bins=[[3, 3.5, 5, 6.5, 8], [3, 3.5, 5, 6.5, 7]])
    areas = np.outer([0.5, 1.5, 1.5, 1.5], [0.5, 1.5, 1.5, 0.5])
    areas[1:3, 1:3] = 0
    assert chi_square(cells, areas) > 1e-3
    assert (cells[1:3, 1:3] == 0).all()
    outside = np.stack([(a < 4) | (a > 6), (b < 4) | (b > 6), np.zeros(N, bool)], axis=1)
    assert np.array_equal(drawn.extras["outside"], outside)
    assert np.array_equal(drawn.extras["outside_count"], outside.sum(axis=1))
    over = np.stack([np.maximum(4 - a, a - 6).clip(0), np.maximum(4 - b, b - 6).clip(0)]) / 2
    assert np.allclose(drawn.extras["distance"], np.hypot(*over))
    assert chi_square(np.bincount(s.astype(int)), [1, 1]) > 1e-3
    train = draw(Shell((("a", 4, 6), ("b", 4, 6))), space)
    assert (train.values[:, :2] >= 4).all()
    assert (train.values[:, :2] <= 6).all()
    assert not train.extras["outside"].any()


def test_shells_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="the shell asks for posX from -0.2 to 1.2; it takes 0 … 1"):
        draw(Shell((("posX", 0.0, 1.0),), away_max=0.2))
    with pytest.raises(InputError, match="the shell asks for shape from 0 to 1; it takes square"):
        draw(Shell((("shape", 0, 1),)))
    with pytest.raises(InputError, match="away_max is at least away_min"):
        Shell((("posX", 0.2, 0.4),), away_min=0.2, away_max=0.1)
    with pytest.raises(InputError, match="a shell has room between away_min and away_max"):
        Shell((("posX", 0.2, 0.4),), away_min=0.2, away_max=0.2)
    with pytest.raises(InputError, match="a box lists factors with low <= high"):
        Shell((("posX", 0.4, 0.2),))
    with pytest.raises(InputError, match="away_max has a \\(below, above\\) for each of 1 factors; got 2"):
        Shell((("posX", 0.2, 0.4),), away_max=((0, 1), (0, 1)))


def test_environments_know_themselves() -> None:
    regimes = (Where("shape == heart"), Where("shape == square", Grid()), Where("shape == ellipse"))
    drawn = draw(Environments(regimes, (1.0, 2.0, 1.0)))
    number = drawn.extras["environment"]
    assert chi_square(np.bincount(number), [1, 2, 1]) > 1e-3
    assert np.array_equal(drawn.values[:, 1], np.array([2, 0, 1])[number])
    mixed = Environments(regimes)
    assert set(draw(mixed.without(1)).extras["environment"]) == {0, 2}
    assert set(draw(mixed.only(1)).extras["environment"]) == {1}
    with pytest.raises(InputError, match="environments share their axes; environment 0 has \\(\\) and 1 has"):
        draw(Environments((Uniform(), Pairs())))
    with pytest.raises(InputError, match="keep lists numbers of environments, 0 to 2, each once; got \\(3,\\)"):
        Environments(regimes, keep=(3,))


# labels and tasks


def test_a_budget_of_labels_is_exact_where_rows_are_finite() -> None:
    space = factorhub.generator("causal_flow").space
    every = np.arange(len(space))
    drawn = draw(Labels(fraction=0.1, inner=Grid()), space, every)
    assert drawn.extras["labelled"].sum() == len(space) // 10
    assert draw(Labels(rows=77, inner=Grid()), space, every).extras["labelled"].sum() == 77
    labelled = drawn.extras["labelled"]
    assert np.isnan(drawn.extras["labels"][~labelled]).all()
    assert np.array_equal(drawn.extras["labels"][labelled], drawn.values[labelled])
    assert draw(Labels(rows=10)).extras["labelled"].sum() == 10
    share = draw(Labels(fraction=0.2)).extras["labelled"]
    assert stats.binomtest(int(share.sum()), N, 0.2).pvalue > 1e-3


def test_label_noise_bins_and_order() -> None:
    drawn = draw(Labels(noise=0.1, inner=Uniform(on_grid=True)))
    for j, size in ((1, 3), (2, 6), (3, 40)):
        wrong = drawn.extras["labels"][:, j] != drawn.values[:, j]
        assert stats.binomtest(int(wrong.sum()), N, 0.1 * (1 - 1 / size)).pvalue > 1e-3
    binned = draw(Labels(bins=5)).extras["labels"]
    assert np.array_equal(binned[:, 4], np.floor(draw(Labels()).values[:, 4] * 5))
    ordered = draw(Labels(bins=5, inner=Uniform(on_grid=True)))
    for j, size in ((0, 1), (1, 3), (2, 6), (3, 40), (4, 32), (5, 32)):  # as published: up to five values stay, no bin is empty
        code = SPRITES.codes_of(ordered.values)[:, j]
        wanted = code if size <= 5 else np.minimum(code // (size / 5), 4)
        assert np.array_equal(ordered.extras["labels"][:, j], wanted)
    shuffled = draw(Labels(bins=5, permuted=True, inner=Uniform(on_grid=True))).extras["labels"]
    assert [sorted(set(shuffled[:, j])) for j in (1, 2)] == [[0, 1, 2], [0, 1, 2, 3, 4]]
    partial = draw(Labels(factors=("posX", "posY"))).extras["labels"]
    assert np.isnan(partial[:, :4]).all()
    assert not np.isnan(partial[:, 4:]).any()
    permuted = draw(Labels(permuted=True, inner=Uniform(on_grid=True)))
    pairs = {(a, b) for a, b in zip(permuted.values[:, 4], permuted.extras["labels"][:, 4], strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}) == 32
    with pytest.raises(InputError, match="scale was drawn off its grid, so its values have no other order; give bins too"):
        draw(Labels(permuted=True))


def test_tasks_read_few_factors_through_their_heads() -> None:
    regime = Tasks(tasks=12, reads=2)
    weights = regime.weights(SPRITES)
    assert ((weights != 0).sum(axis=1) == 2).all()
    assert not weights[:, 0].any()
    drawn = draw(regime)
    places = 2 * regime.space(SPRITES).to_unit(drawn.values) - 1
    assert np.allclose(drawn.extras["targets"], places @ weights.T)
    assert np.array_equal(draw(regime, seed=2).extras["targets"].shape, (N, 12))
    assert np.array_equal(Tasks(tasks=12, reads=2).weights(SPRITES), weights)
    assert not np.array_equal(Tasks(tasks=12, reads=2, heads=1).weights(SPRITES), weights)
    noisy = draw(Tasks(tasks=12, reads=2, noise=0.5)).extras["targets"] - drawn.extras["targets"]
    assert stats.kstest(noisy[:, 3] / 0.5, "norm").pvalue > 1e-3
    answers = draw(Tasks(tasks=12, reads=2, head="logistic")).extras["targets"]
    chance = 1 / (1 + np.exp(-4 * drawn.extras["targets"]))
    for task in range(12):
        bins = np.digitize(chance[:, task], [0.2, 0.4, 0.6, 0.8])
        for b in range(5):
            here = bins == b
            assert answers[here, task].mean() == pytest.approx(chance[here, task].mean(), abs=0.03)


def test_ridges_reach_factors_on_a_grid_from_one_off_it_beside_a_seed() -> None:
    """A factor of many values that no ridge touches once left no room for the weights of the others."""
    space = FactorSpace((categorical("a", [f"{i}" for i in range(400)]), continuous("b", 0, 1), ordinal("seed", range(2**31))))
    values = Correlated((("b", "a"),), sigma=0.05).draw(space, 0, np.arange(4000)).values
    assert np.corrcoef(values[:, 0], values[:, 1])[0, 1] > 0.95
    assert len(np.unique(values[:, 0])) > 350
    noisy = factorhub.generator("noisy_dsprites").space
    shapes = Correlated(confounder="scale", sigma=0.2).draw(noisy, 0, np.arange(2000)).values[:, noisy.index("shape")]
    plain = factorhub.generator("dsprites").space
    expected = Correlated(confounder="scale", sigma=0.2).draw(plain, 0, np.arange(2000)).values[:, plain.index("shape")]
    assert np.abs(np.bincount(shapes.astype(int), minlength=3) - np.bincount(expected.astype(int), minlength=3)).max() < 120


def test_a_causal_model_that_draws_in_its_own_way_does_so_in_environments() -> None:
    class Fixed(Causal):
        def draw(self, base, seed, rows, stream=""):
            drawn = super().draw(base, seed, rows, stream)
            drawn.values[:] = 0.0
            return drawn

    assert not Environments((Fixed(()), Fixed(()))).draw(SPRITES, 0, np.arange(5)).values.any()


@pytest.mark.parametrize(
    ("pair", "sizes", "width", "total", "corner"),
    [  # sums, and the first row, of the tables that the published code makes with OpenCV
        (("scale", "orientation"), (8, 15), 0.2, 11028, [255, 255, 223, 159, 96, 32, 0, 0]),
        (("orientation", "posX"), (40, 32), 0.4, 164310, None),
        (("horizontal_axis", "vertical_axis"), (40, 40), 0.7, 311866, None),
        (("object_hue", "scale"), (10, 8), 0.7, 16894, None),
        (("object_hue", "orientation"), (10, 15), 0.4, 20655, None),
    ],
)
def test_a_line_has_the_published_tables(pair, sizes, width, total, corner) -> None:
    spaces = [shapes3d_space(), SPRITES, MPI3D()]
    space = next(s for s in spaces if set(pair) <= set(s.names) and tuple(s[name].size for name in pair) == sizes)
    table = Line(pair, width).table(space)
    assert table.shape == sizes
    assert table.sum() == total
    assert (table.min(), table.max()) == (0, 255)
    assert corner is None or table[0, :8].tolist() == corner
    drawn = Line(pair, width).draw(space, 0, np.arange(100_000)).values
    codes = space.codes_of(drawn)
    found = np.zeros(sizes)
    np.add.at(found, tuple(codes[:, space.index(name)] for name in pair), 1)
    assert not found[table == 0].any()
    assert chi_square(found[table > 0], table[table > 0] / total) > 1e-3
    others = [j for j, name in enumerate(space.names) if name not in pair and space.sizes[j] > 1]
    assert chi_square(np.bincount(codes[:, others[0]]), np.ones(space.sizes[others[0]])) > 1e-3


def test_lines_of_other_sizes_are_wide_in_the_middle() -> None:
    space = FactorSpace((continuous("a", 0.0, 1.0, grid=50), continuous("b", 0.0, 2.0), categorical("c", "xy")))
    table = Line(("a", "b"), 0.1).table(space)
    assert table.shape == (50, 32)
    assert (table[np.arange(50), np.arange(50) * 32 // 50] > 200).all()
    assert table[0, -1] == table[-1, 0] == 0
    drawn = Line(("a", "b"), 0.1).draw(space, 0, np.arange(5000)).values
    assert np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1] > 0.95
    assert drawn[:, 1].min() >= 0
    assert drawn[:, 1].max() <= 2
    with pytest.raises(InputError, match=r"line joins a pair of two factors, as in \[scale, orientation\]; got \['a', 'a'\]"):
        Line(("a", "a"))
    with pytest.raises(InputError, match="the width of a line is a share of the smaller factor, above 0 and below 1; got 1"):
        Line(("a", "b"), 1.0)
    with pytest.raises(InputError, match="line joins factors of 2 to 1024 values; color has 1; name others, or use correlated"):
        Line(("color", "posX")).draw(SPRITES, 0, np.arange(3))
