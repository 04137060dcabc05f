"""Ridges and copulas have the densities that their formulas say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from factorhub.errors import InputError
from factorhub.factors import continuous, ordinal
from factorhub.regimes import (
    Copula,
    Correlated,
)
from factorhub.space import FactorSpace
from tests.regimes.laws import N, cells, chi_square, codes, draw, table


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
