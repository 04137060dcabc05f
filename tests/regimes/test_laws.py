"""What each regime promises, counted: densities by chi-square, masks exactly, graphs and noise bit for bit. Fixed seeds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import factorhub
from factorhub.errors import InputError
from factorhub.regimes import (
    Copula,
    Correlated,
    Grid,
    Uniform,
    Where,
)
from factorhub.regions import parse
from tests.regimes.laws import SPRITES, N, chi_square, codes, draw, table


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
