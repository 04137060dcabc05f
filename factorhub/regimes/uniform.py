"""Every factor uniform and independent: even over an interval or a circle, equal chances for listed values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from factorhub import randomness
from factorhub.factors import Array
from factorhub.numerics.factor_tables import factor_tables, most_words
from factorhub.regimes.regime import Draw, Single, off_grid
from factorhub.space import FactorSpace


@dataclass(frozen=True)
class Uniform(Single):
    """Independent draws, endless. `on_grid` keeps interval factors on their grids where they have one."""

    on_grid: bool = False

    def space(self, base: FactorSpace) -> FactorSpace:
        """The base without the grids of its interval factors, unless the draws stay on them."""
        return off_grid(base, self.on_grid)

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Row r is one uniform point, from the words of r."""
        space = self.space(base)
        words = randomness.word_columns(seed, f"{stream}/uniform", rows, most_words(space))
        values, codes = uniform_points(space, words)
        return Draw(values, codes if None not in space.sizes else None)


def uniform_points(space: FactorSpace, words: Array) -> tuple[Array, Array]:
    """The uniform points of random `words` (most, n) uint64: values (n, k) float64, and codes (n, k) int64, 0 off the grid.

    A word is a fraction of 2**64: times a number of values, its whole part is a code, and what is left is the next
    fraction, so that one word serves several factors; `factor_tables` says which.
    """
    fractions = words.copy()
    values = np.empty((words.shape[1], len(space.factors)))
    codes = np.zeros(values.shape, dtype=np.int64)
    source = factor_tables(space).factors["word"]
    for j, factor in enumerate(space):
        if factor.size is not None:
            word = fractions[source[j]]
            if factor.size > 1:
                codes[:, j] = _whole_part(word, factor.size)
                word *= np.uint64(factor.size)
            values[:, j] = factor.values(codes[:, j], check=False)
    for j, factor in enumerate(space):
        if factor.size is None:  # from what the others left of its word
            values[:, j] = factor.low + randomness.unit(fractions[source[j]]) * (factor.high - factor.low)
    return values, codes


def _whole_part(word: Array, size: int) -> Array:
    """The upper 64 bits (n,) of `word` (n,) times `size`, in products of 32 bits."""
    half, mask = np.uint64(32), np.uint64(2**32 - 1)
    high, low = word >> half, word & mask
    upper, lower = np.uint64(size >> 32), np.uint64(size & 2**32 - 1)
    middle = high * lower + (low * lower >> half)
    if upper == 0:
        return np.right_shift(middle, half)
    other = low * upper + (middle & mask)
    whole: Array = high * upper + (middle >> half) + (other >> half)
    return whole


UNIFORM = Uniform()  # where wrappers take their rows from unless told otherwise
