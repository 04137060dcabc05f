"""A generator under a regime: a source of rows that needs no disk, and what a stored set is written from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.generator import Generator
from factorhub.order import Order
from factorhub.regimes.drawn import check_draw
from factorhub.regimes.labels import counted
from factorhub.regimes.regime import Draw, Regime
from factorhub.source import VALUE, Column, columns_of, row_numbers, select
from factorhub.space import FactorSpace


@dataclass(frozen=True)
class Sampled:
    """The rows of `regime` over a generator's space, rendered on demand, in `order`; endless draws up to its length."""

    generator: Generator
    regime: Regime
    seed: int
    order: Order

    def __repr__(self) -> str:
        return f"Sampled({self.generator.name!r}, {type(self.regime).__name__.lower()}): {len(self):,} rows"

    @cached_property
    def space(self) -> FactorSpace:
        """The space of the rows, in which factors drawn off their grid have none."""
        return self.regime.space(self.generator.space)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """What each row consists of."""
        base = self.generator.space
        return columns_of(self.space, self.generator.fields, self.regime.axes(base), self.regime.extras(base))

    def __len__(self) -> int:
        return len(self.order)

    def read(self, rows: npt.ArrayLike, columns: Sequence[str] | None = None) -> Batch:
        """The rows at these positions, in this order; observations are rendered only where a column asks for them."""
        chosen = select(self.columns, columns, self.generator.name)
        numbers = row_numbers(rows, len(self), self.generator.name)
        batch = self.at(self.order.rows(numbers.reshape(-1)), chosen)
        return {name: array.reshape((*numbers.shape, *array.shape[1:])) for name, array in batch.items()}

    def values(self, rows: npt.ArrayLike) -> Array:
        """The factor values (n, *axes, k) at these positions."""
        return self._draw(self.order.rows(row_numbers(rows, len(self), self.generator.name))).values

    @cached_property
    def _drawn(self) -> Regime:
        """The regime, whose budget of labels, if it has one, is counted in the rows of this set."""
        return counted(self.regime, self.order)

    def _draw(self, natural: Array) -> Draw:
        """The rows with these natural numbers, checked, since anyone's regime may draw them."""
        drawn = self._drawn.draw(self.generator.space, self.seed, natural)
        check_draw(self.regime, self.generator.space, drawn, len(natural))
        return drawn

    def at(self, natural: Array, chosen: Sequence[Column]) -> Batch:
        """The chosen columns of the rows with these natural numbers."""
        drawn = self._draw(natural)
        parts: Batch = {"index": natural, **drawn.extras}
        wanted = {column.name for column in chosen}
        for i, factor in enumerate(self.space):
            if factor.name in wanted:
                codes = factor.codes_of(drawn.values[..., i]) if drawn.codes is None else drawn.codes[..., i]
                parts[factor.name] = codes
            if factor.name + VALUE in wanted:
                parts[factor.name + VALUE] = drawn.values[..., i]
        for attribute in self.space.attributes:
            if attribute.name in wanted:
                found = self.space.column(drawn.values, attribute.name)
                parts[attribute.name] = found if attribute.factor.size is None else attribute.factor.codes_of(found)
        if any(column.role == "observation" for column in chosen):
            parts.update(self.generator.render(drawn.values, check=False))
        return {column.name: np.ascontiguousarray(parts[column.name], dtype=column.dtype) for column in chosen}
