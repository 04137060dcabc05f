"""Several regimes one after the other: what the rows of a set are drawn from whose splits have a regime each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import Field
from factorhub.order import Order
from factorhub.regimes.following import under
from factorhub.regimes.mechanisms import Target
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
        """Those that all parts have, with what all parts say of them: graphs and numbers of environments may be different."""
        shared = []
        for same in zip(*(regime.extras(base) for regime in self.regimes), strict=True):
            first = same[0]
            meta = {key: value for key, value in first.meta.items() if all(item.meta.get(key) == value for item in same)}
            about = first.description if len({item.description for item in same}) == 1 else ""
            shared.append(replace(first, meta=meta, description=about))
        return tuple(shared)

    def under(self, targets: Sequence[Target], base: FactorSpace) -> Parts:
        """Each part under the interventions."""
        return replace(self, regimes=tuple(under(regime, targets, base) for regime in self.regimes))

    def support(self, base: FactorSpace) -> Region | None:
        """Not known as one region."""
        return None

    def part(self, number: int, order: Order) -> Order:
        """How the rows of one part lie, of a set whose rows lie in `order`."""
        return replace(order, base=self.bases[number], ends=(int(np.diff([0, *order.ends])[number]),), bases=())

    def check(self, base: FactorSpace) -> None:
        """Raise `InputError` unless the rows of all parts have the same axes and records."""
        for name, regime in zip(self.names, self.regimes, strict=True):
            mine, first = [[(f.name, f.dtype, f.shape) for f in r.extras(base)] for r in (regime, self.regimes[0])]
            if (regime.axes(base), mine) != (self.axes(base), first):
                ours, theirs = ([*dict(axes), *(name for name, *_ in records)] for axes, records in (
                    (self.axes(base), first), (regime.axes(base), mine)))  # fmt: skip
                raise InputError(
                    f"splits have rows of one shape; {self.names[0]} has {_listed(ours)} and {name} has {_listed(theirs)} "
                    f"beside the factors; give them regimes of one kind"
                )

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


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "nothing"
