"""Every factor uniform and independent: even over an interval or a circle, equal chances for listed values."""

from __future__ import annotations

from dataclasses import dataclass

from factorhub import randomness
from factorhub.factors import Array
from factorhub.regimes.regime import Draw, Single
from factorhub.space import FactorSpace


@dataclass(frozen=True)
class Uniform(Single):
    """Independent draws, endless. `on_grid` keeps interval factors on their grids where they have one."""

    on_grid: bool = False

    def space(self, base: FactorSpace) -> FactorSpace:
        """The base without the grids of its interval factors, unless the draws stay on them."""
        return base if self.on_grid else base.without_grid([factor.name for factor in base if factor.interval])

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Row r is one uniform point, from the words of r."""
        words = randomness.words(seed, f"{stream}/uniform", rows, len(base.factors))
        values = base.from_unit(randomness.unit(words))
        if self.on_grid:
            for i, factor in enumerate(base):
                if factor.interval and factor.size is not None:
                    values[:, i] = factor.values(randomness.integers(words[:, i], factor.size))
        return Draw(values)
