"""What a regime is: a frozen record that chooses which factor vectors to render, pure in (seed, row).

A regime never sees pixels, files or a generator; it is given a space, and works with every one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from factorhub.factors import Array
from factorhub.fields import Batch, Field
from factorhub.space import FactorSpace


@dataclass(frozen=True)
class Draw:
    """Some rows of a regime.

    Attributes:
        values: (n, *axes, k) float64, inside the space.
        codes: (n, *axes, k) integers where the rows were drawn on the grid of every factor and are known; else None.
        extras: what happened, as data: {name: (n, …)}, one array for each of the regime's `extras`.
    """

    values: Array
    codes: Array | None = None
    extras: Batch = field(default_factory=dict)


@runtime_checkable
class Regime(Protocol):
    """Chooses factor vectors. Implementations are frozen dataclasses of plain data, so they serialise and compare."""

    def space(self, base: FactorSpace) -> FactorSpace:
        """The space of the rows drawn from `base`: the same, with the grid dropped of factors drawn off their grid."""
        ...

    def length(self, base: FactorSpace) -> int | None:
        """The number of rows where they are finite and distinct (a grid, a region of one); None where draws never end."""
        ...

    def axes(self, base: FactorSpace) -> tuple[tuple[str, int], ...]:
        """Names and lengths of the axes between the row and the factors: () for single rows, (("pair", 2),) for pairs."""
        ...

    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """What is recorded of each row beside its factors; shapes include the axes where they apply."""
        ...

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """The rows with these natural numbers (n,). Row r depends on (regime, base, seed, stream, r) and nothing else.

        Random words come from `factorhub.randomness` under `f"{stream}/{own name}"`; a wrapper hands its inner
        regime a stream of its own in the same way.
        """
        ...


class Single:
    """What regimes of single rows without records share: no extra axes, no extras, the base's own space."""

    def space(self, base: FactorSpace) -> FactorSpace:
        """The base's own space."""
        return base

    def length(self, base: FactorSpace) -> int | None:
        """None: draws never end."""
        return None

    def axes(self, base: FactorSpace) -> tuple[tuple[str, int], ...]:
        """No axes: single rows."""
        return ()

    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """No records."""
        return ()
