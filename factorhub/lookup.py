"""Ground-truth access to a stored set: factor values to rows, rows to factors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np

from factorhub.errors import InputError, unknown
from factorhub.factors import Array, Factor
from factorhub.source import VALUE
from factorhub.storage.reader import Reader


class Store(Reader):
    """A stored set with its ground truth: what `factorhub.open` returns."""

    def values(self, name: str) -> Array:
        """The physical values of one factor for all rows: float64, or labels (strings) where the factor is categorical.

        Observations are not touched. Shape (n,), or (n, *axes) for pairs and sequences.
        """
        factor = self._factor(name)
        if factor.size is None:
            return self[name + VALUE]  # type: ignore[no-any-return]
        codes = self[name]
        return np.asarray(factor.labels)[codes] if factor.labels is not None else factor.values(codes)

    def factors(self, row: int) -> dict[str, Any]:
        """The ground-truth factors of one row: labels and numbers by factor name."""
        names = [f.name if f.size is not None else f.name + VALUE for f in self.space]
        batch = self.read(row, names)
        shown: dict[str, Any] = {}
        for factor, name in zip(self.space, names, strict=True):
            found = batch[name]
            if factor.labels is not None:
                shown[factor.name] = np.asarray(factor.labels)[found].tolist()
            else:
                shown[factor.name] = (factor.values(found) if factor.size is not None else found).tolist()
        return shown

    def lookup(
        self, conditions: Mapping[str, Any] | None = None, /, *, by: Literal["value", "code"] = "value", **more: Any
    ) -> Array:
        """The numbers (m,), int64 ascending, of the rows that have all these ground-truth factors.

        Args:
            conditions: by factor name: a label, a value, or a list of them (any of which will do). Numbers are
                values in the factor's unit; for a categorical factor, which has labels, a number is a code.
            by: "code" takes every number as a code.
            more: further conditions, as keywords.

        Raises:
            InputError: an unknown factor or value; a value off the grid.

        Rows of a pair or a sequence match when every member does.
        """
        wanted = {name: self._codes(name, asked, by) for name, asked in {**(conditions or {}), **more}.items()}
        if self.plan.grid:
            return self._grid_rows(wanted)
        mask = np.ones(len(self), dtype=bool)
        for name, codes in wanted.items():
            here = np.isin(self[name], codes)
            mask &= here.reshape(len(self), -1).all(axis=1)
        return np.flatnonzero(mask)

    def _grid_rows(self, wanted: Mapping[str, Array]) -> Array:
        """Rows of a grid by arithmetic: the natural rows of the matching grid points, and where the order puts them."""
        natural = np.zeros(1, dtype=np.int64)
        for factor in self.space:
            codes = wanted.get(factor.name, np.arange(factor.size or 1))
            natural = (natural[:, None] * (factor.size or 1) + codes).reshape(-1)
        found = self.plan.order.positions(natural)
        found = found[(found >= self.start) & (found < self.stop)] - self.start
        found.sort()
        return found

    def _codes(self, name: str, asked: Any, by: str) -> Array:
        factor = self._factor(name)
        if factor.size is None:
            raise InputError(
                f"{name} was drawn without a grid, so no row has exactly one value of it; compare store.values('{name}')"
            )
        several = isinstance(asked, Iterable) and not isinstance(asked, (str, bytes))
        items: list[Any] = list(asked) if several else [asked]
        if by not in ("value", "code"):
            raise unknown("way to look up", by, ("value", "code"))
        if by == "code":
            return np.unique(factor.check_codes(np.asarray(items, dtype=np.int64)))
        return np.unique(np.array([factor.code(item) for item in items], dtype=np.int64))

    def _factor(self, name: str) -> Factor:
        if name not in self.space:
            raise unknown("factor", name, self.space.names, self.plan.title.partition(":")[0])
        return self.space[name]
