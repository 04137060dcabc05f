"""Every combination of the finite factors once, in C order, the slowest factor first."""

from __future__ import annotations

from dataclasses import dataclass

from factorhub.factors import Array
from factorhub.regimes.regime import Draw, Single
from factorhub.space import FactorSpace


@dataclass(frozen=True)
class Grid(Single):
    """Every grid point once: row r is grid row r. Needs a grid on every factor."""

    def length(self, base: FactorSpace) -> int | None:
        """The number of grid points."""
        return len(base)

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """The grid points with these row numbers; nothing is random."""
        codes = base.codes(rows)
        return Draw(base.values(codes), codes)
