"""What a writer needs of a source: its columns by role, its rows block by block, and its labels as two matrices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.exchange.sorting import in_order
from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.source import VALUE, Column, Labelled, row_numbers
from factorhub.space import FactorSpace
from factorhub.storage.manifest import Plan

BLOCK_BYTES = 32 << 20  # of rows read at once: what bounds memory
BLOCK_ROWS = 1 << 16


class Part:
    """Some rows of a source, by number, as a source of their own.

    Raises:
        RowError: a number outside the source.
    """

    def __init__(self, source: Labelled, rows: npt.ArrayLike) -> None:
        self._source, self._rows = source, row_numbers(rows, len(source))

    @property
    def columns(self) -> tuple[Column, ...]:
        """What each row consists of."""
        return self._source.columns

    @property
    def space(self) -> FactorSpace:
        """The factors of the rows."""
        return self._source.space

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, rows: npt.ArrayLike, columns: Sequence[str] | None = None) -> Batch:
        """The rows with these numbers, counted within the part."""
        return self._source.read(self._rows[row_numbers(rows, len(self))], columns)


@dataclass(frozen=True)
class Table:
    """A labelled source as the writers of all formats see it.

    Attributes:
        source: the rows.
        title: of the set, for the formats that have a place for one.
    """

    source: Labelled
    title: str = "factorhub set"

    def __len__(self) -> int:
        return len(self.source)

    @property
    def space(self) -> FactorSpace:
        """The factors of the rows."""
        return self.source.space

    @property
    def columns(self) -> dict[str, Column]:
        """The columns by name."""
        return {column.name: column for column in self.source.columns}

    @cached_property
    def natural(self) -> Array:
        """The positions of the rows in natural (grid) order, which is the order of all published files."""
        index = self.source.read(np.arange(len(self)), ["index"])["index"]
        return np.argsort(index, kind="stable")

    @cached_property
    def splits(self) -> dict[str, int]:
        """The row after the last of each split, where the rows are a whole set of several splits; else nothing."""
        plan = getattr(self.source, "plan", None)
        if not isinstance(plan, Plan) or getattr(self.source, "split", None) is not None:
            return {}
        ranges = plan.ranges
        return {name: stop for name, (_, stop) in ranges.items()} if len(ranges) > 1 else {}

    @property
    def split_name(self) -> str:
        """What a column that says the split is called."""
        return next(name for name in ("split", "split_", "split__") if name not in self.columns)

    def split_numbers(self, start: int, rows: int) -> Array:
        """Which of `splits` the rows from `start` on belong to, in the order of the set."""
        return np.searchsorted(list(self.splits.values()), np.arange(start, start + rows), side="right")

    def image(self, format: str) -> Column:
        """The observation that a format with one picture a row takes: the first image.

        Raises:
            InputError: there is none.
        """
        for column in self.source.columns:
            if column.is_image and len(column.dims) - (column.dims[-1] == "channel") == 2:
                return column
        had = ", ".join(f"{c.name} {c.shape}" for c in self.source.columns if c.role == "observation")
        raise InputError(f"format {format} holds one picture a row, this set has {had}; parquet takes any set")

    def check_labels(self, format: str, *, codes: bool) -> None:
        """Raise `InputError` unless each row has one value of each factor, and, for a format with `codes`, one code."""
        for column in self.source.columns:
            if column.role in ("factor", "value") and column.shape:
                axes = " × ".join(column.dims)
                raise InputError(f"format {format} holds single rows, this set has a {axes} in each; parquet takes any set")
        gridless = [factor.name for factor in self.space if factor.size is None]
        if codes and gridless:
            verb = "has" if len(gridless) == 1 else "have"
            listed = ", ".join(gridless[:3]) + (f" and {len(gridless) - 3} more" if len(gridless) > 3 else "")
            raise InputError(f"format {format} holds the class of every factor, and {listed} {verb} no grid; parquet takes any set")

    def label_columns(self, *, codes: bool, values: bool) -> list[str]:
        """The columns that `codes` and `values` need."""
        names = [f.name for f in self.space if f.size is not None and (codes or not f.interval)]
        return names + [f.name + VALUE for f in self.space if values and f.interval]

    def codes(self, batch: Batch) -> Array:
        """The factor codes (n, k), int64."""
        return np.stack([batch[factor.name].astype(np.int64) for factor in self.space], axis=-1)

    def values(self, batch: Batch, first: int = 0) -> Array:
        """The factor values (n, k), float64; a categorical factor's are its codes, counted from `first`."""
        found = np.empty((len(next(iter(batch.values()))), len(self.space.factors)))
        for i, factor in enumerate(self.space):
            if factor.interval:
                found[:, i] = batch[factor.name + VALUE]
            else:
                found[:, i] = factor.values(batch[factor.name]) + (first if factor.kind == "categorical" else 0)
        return found

    def first(self, name: str, rows: int) -> Array:
        """The first rows of a column in natural order."""
        return np.ascontiguousarray(self.source.read(self.natural[:rows], [name])[name])

    def blocks(self, names: Sequence[str], multiple: int = 1) -> Iterator[Batch]:
        """All rows in the order of the set, the named columns, in blocks whose length is a multiple of `multiple`."""
        rows = self._block_rows(names, multiple)
        for start in range(0, len(self), rows):
            yield self.source.read(np.arange(start, min(start + rows, len(self))), names)

    def ordered(self, names: Sequence[str], folder: Path, multiple: int = 1) -> Iterator[Batch]:
        """The same in natural order; `folder` takes a temporary file where the set is in another one."""
        columns = [self.columns[name] for name in names]
        return in_order(self.source, self.natural, columns, self._block_rows(names, multiple), folder)

    def _block_rows(self, names: Sequence[str], multiple: int) -> int:
        row_bytes = sum(self.columns[name].row_bytes for name in names)
        rows = min(max(BLOCK_BYTES // max(row_bytes, 1), 1), BLOCK_ROWS)
        return -(-rows // multiple) * multiple
