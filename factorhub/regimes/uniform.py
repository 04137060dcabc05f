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
        from factorhub.regimes.kernels.uniform import fill_uniform

        space = self.space(base)
        words = randomness.word_columns(seed, f"{stream}/uniform", rows, most_words(space))
        values = np.empty((len(rows), len(base.factors)))
        codes = np.empty(values.shape if None not in space.sizes else (0, 0), dtype=np.int64)
        fill_uniform(*factor_tables(space), words, values, codes)
        return Draw(values, codes if codes.size or not values.size else None)


UNIFORM = Uniform()  # where wrappers take their rows from unless told otherwise
