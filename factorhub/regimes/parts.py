"""Several regimes one after the other: what the rows of a set are drawn from whose splits have a regime each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import Field
from factorhub.regimes.regime import Draw, Regime, join, shared_space
from factorhub.regions import Region
from factorhub.space import FactorSpace


@dataclass(frozen=True)
class Parts:
    """The regime of a set whose splits have a regime each: their rows one after the other, each from a stream of its own."""

    names: tuple[str, ...]
    regimes: tuple[Regime, ...]
    bases: tuple[int, ...]

    def space(self, base: FactorSpace) -> FactorSpace:
        """The base, with a grid only where all parts keep it."""
        return shared_space(base, self.regimes)

    def length(self, base: FactorSpace) -> int | None:
        """All rows of all parts."""
        return sum(self.bases)

    def axes(self, base: FactorSpace) -> tuple[tuple[str, int], ...]:
        """Those that all parts share."""
        return self.regimes[0].axes(base)

    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """Those that all parts share."""
        return self.regimes[0].extras(base)

    def support(self, base: FactorSpace) -> Region | None:
        """Not known as one region."""
        return None

    def check(self, base: FactorSpace) -> None:
        """Raise `InputError` unless the rows of all parts have the same axes and records."""
        for name, regime in zip(self.names, self.regimes, strict=True):
            if (regime.axes(base), regime.extras(base)) != (self.axes(base), self.extras(base)):
                raise InputError(f"splits {self.names[0]} and {name} have rows of different shapes; give them regimes of one kind")

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Each row from its part."""
        ends = np.cumsum(self.bases)
        part = np.searchsorted(ends, rows, side="right")
        draws, places = [], []
        for i in np.unique(part).tolist():
            here = np.flatnonzero(part == i)
            start = int(ends[i]) - self.bases[i]
            draws.append(self.regimes[i].draw(base, seed, rows[here] - start, f"{stream}/{self.names[i]}"))
            places.append(here)
        return join(draws, places) if draws else self.regimes[0].draw(base, seed, rows, stream)
