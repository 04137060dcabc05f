"""What several files of tests here share."""

from __future__ import annotations

import numpy as np
from scipy import stats

import factorhub
from factorhub.factors import Array
from factorhub.space import FactorSpace

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


def cells(density, bins: int) -> Array:
    """The mass of a density on the unit square in each of bins × bins cells."""
    at = (np.arange(bins * 8) + 0.5) / (bins * 8)
    fine = density(at[:, None], at)
    return fine.reshape(bins, 8, bins, 8).sum(axis=(1, 3))
