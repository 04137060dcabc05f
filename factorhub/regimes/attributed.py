"""Rows kept by chance, so that attributes correlate with factors or with one another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array, Factor
from factorhub.regimes.regime import Draw, Regime, Single, again
from factorhub.space import FactorSpace

TRIES = 2**14  # of a row, each kept with the chance that its ridges give


class Ridge(NamedTuple):
    """A density in proportion to exp(-(a - b)² / (2 σ²)), or (1 - b) in the place of b, over two names scaled to [0, 1]."""

    first: str
    second: str
    sigma: float
    inverse: bool


class Kept(Single):
    """The rows of `inner`, each drawn again until it is kept, with a chance that is the product of `ridges`."""

    def __init__(self, inner: Regime, ridges: tuple[Ridge, ...]) -> None:
        self.inner, self.ridges = inner, ridges

    def space(self, base: FactorSpace) -> FactorSpace:
        """That of the inner regime."""
        return self.inner.space(base)

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """The first attempt of each row that is kept; how many rows are asked for at once changes none."""
        rows, kept = np.asarray(rows, dtype=np.int64), None
        waiting = np.arange(len(rows))
        for attempt in range(TRIES):
            drawn = again(self.inner, base, seed, rows[waiting], attempt, TRIES, f"{stream}/attribute")
            numbers = rows[waiting] * TRIES + attempt
            chance = randomness.uniforms(seed, f"{stream}/attribute/keep", numbers, 1)[..., 0]
            hits = np.flatnonzero(chance < self.chances(base, drawn.values))
            kept = drawn.like(len(rows)) if kept is None else kept
            kept.put(waiting[hits], drawn, hits)
            waiting = np.delete(waiting, hits)
            if not waiting.size:
                return kept
        named = ", ".join(f"{ridge.first} and {ridge.second}" for ridge in self.ridges)
        raise InputError(f"no draw with {named} as close as sigma asks for in {TRIES} attempts; use a wider sigma")

    def chances(self, base: FactorSpace, values: Array) -> Array:
        """With what chance each of `values` (n, k) is kept."""
        from factorhub.numerics.normal import exps

        space, exponents = self.inner.space(base), np.zeros(len(values))
        for ridge in self.ridges:
            first, second = (_place(space.known(name), space.column(values, name)) for name in (ridge.first, ridge.second))
            far = (first - (1.0 - second if ridge.inverse else second)) / ridge.sigma
            exponents -= 0.5 * far * far
        exps(exponents)
        return exponents


def _place(factor: Factor, values: Array) -> Array:
    """Values on [0, 1]: between the ends of an interval or its grid, by code where values are listed."""
    if factor.interval:
        low, high = (factor.low, factor.high) if factor.size is None else (factor.table[0], factor.table[-1])
        return (values - low) / ((high - low) or 1.0)
    return factor.nearest(values) / max((factor.size or 1) - 1, 1)
