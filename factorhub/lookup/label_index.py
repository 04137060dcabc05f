"""The factor columns of a set in memory, and the bit index over them that answers queries.

Both are made when first needed and kept with the open set. For a million rows that takes about a millisecond for each
factor that is asked about, so no index file is kept: it would be half as large as the set, and could disagree with it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial, reduce

import numpy as np

from factorhub.factors import Array, Factor
from factorhub.lookup.records import recorded
from factorhub.regions import And, Condition, Not, Or, Region
from factorhub.source import VALUE, Column, Labelled
from factorhub.space import FactorSpace

BLOCK = 1 << 16  # rows whose values are compared at once
MOST_BITS = 2**31  # of index kept for one factor; more (a seed, a hundred million rows) and queries compare the column
FIRST = 3  # questions that are answered without compiled code, where nothing else has loaded it
MOST_KEPT = 2**28  # bytes of answers to questions for a single value of a single factor that are kept


class Labels:
    """The factor columns of a whole source; its splits share them by their range of rows."""

    def __init__(self, source: Labelled) -> None:
        self._source = source
        self.space = source.space
        self.rows = len(source)
        self._columns: dict[str, Array] = {}
        self._bits: dict[str, Array] = {}
        self._answers: dict[tuple[str, int, int, int], Array] = {}
        self._room = MOST_KEPT
        self._codes: Array | None = None
        self._asked = 0
        self._records: list[Column] | None = None  # read when one is first asked for

    def know(self, name: str) -> FactorSpace:
        """The space of all that can be asked for; with attributes and records, once a name is asked for that is no factor."""
        if name not in self.space and self._records is None:
            self._records = [column for column in self._source.columns if column.role == "regime"]
            found: list[tuple[Factor, Array | None]] = [(attribute.factor, None) for attribute in self.space.attributes]
            for column in self._records:
                found += recorded(column, partial(self._stored, column.name))
            for factor, codes in found:
                if factor.name not in self.space:
                    self.space = FactorSpace((*self.space.factors, factor), self.space.symmetries)
                    if codes is not None:
                        self._columns[factor.name] = codes
        return self.space

    def _stored(self, name: str) -> Array:
        return self._source.read(np.arange(self.rows), [name])[name]

    def column(self, name: str) -> Array:
        """The codes (n, …) of a factor with a grid, or the values of one without."""
        if name not in self._columns:
            whole = self.space[name].size is not None or name not in self._source.space  # of an attribute, there is one column
            stored = name if whole else name + VALUE
            self._columns[name] = self._stored(stored)
        return self._columns[name]

    def codes(self) -> Array:
        """The codes of all factors (n, …, k), where every factor has a grid."""
        if self._codes is None:
            self._codes = np.stack([self.column(name) for name in self._source.space.names], axis=-1)
        return self._codes

    def select(self, wanted: Mapping[str, Array], start: int, stop: int) -> Array:
        """The rows in [start, stop), counted from `start`, whose codes of each factor are among the wanted ones."""
        self._asked += 1
        key = None
        if len(wanted) == 1:
            ((only, codes),) = wanted.items()
            if len(codes) == 1:
                key = (only, int(codes[0]), start, stop)
                if key in self._answers:
                    return self._answers[key].copy()  # the caller's own, to sort or shuffle
        parts: list[Array] = []
        slow: list[str] = []
        for name, codes in wanted.items():
            index = self._index(name)
            if index is None:
                slow.append(name)
            else:
                parts.append(index[codes[0]] if len(codes) == 1 else self._either(index, codes))
        rows = self._rows(parts, start, stop) if parts else np.arange(stop - start, dtype=np.int64)
        for name in slow:
            found = np.isin(self.column(name)[rows + start], wanted[name])
            rows = rows[found.reshape(len(rows), -1).all(axis=1)]
        if key is not None and rows.nbytes <= self._room:
            self._answers[key] = rows.copy()
            self._room -= rows.nbytes
        return rows

    def where(self, region: Region, start: int, stop: int) -> Array:
        """The rows in [start, stop), counted from `start`, that lie in `region` with all their members."""
        self._asked += 1
        return self._rows([self._bits_of(region)], start, stop)

    def _indexed(self) -> bool:
        """False for the first questions where no compiled code is loaded: comparing a column takes less time than loading it."""
        return self._asked > FIRST or "numba" in sys.modules

    def _rows(self, parts: list[Array], start: int, stop: int) -> Array:
        """The rows whose bits all `parts` (words,) have set."""
        if not self._indexed():
            every = np.unpackbits(reduce(np.bitwise_and, parts).view(np.uint8), bitorder="little")
            return np.flatnonzero(every[start:stop])
        from factorhub.lookup import bitmaps

        *others, last = parts
        bits = others[0] if others else last
        for other in others[1:]:
            out = np.empty_like(bits)
            bitmaps.both(bits, other, out)
            bits = out
        rows = np.empty(bitmaps.count(bits, last) + 3, dtype=np.int64)
        return rows[: bitmaps.rows_of(bits, last, start, stop, rows)]

    @staticmethod
    def _either(index: Array, codes: Array) -> Array:
        """The bits of any of the codes."""
        from factorhub.lookup import bitmaps

        return bitmaps.either(index[codes]) if len(codes) else np.zeros_like(index[0])

    def _bits_of(self, region: Region) -> Array:
        """One bit for each row: conditions from the index, combined as the region combines them.

        Rows with several members cannot be negated bit by bit, so their regions are evaluated on values.
        """
        if isinstance(region, Condition):
            factor = self.space[region.factor]
            index = self._index(region.factor) if factor.size is not None and self._single(region.factor) else None
            if index is not None:
                grid = np.zeros((len(index), len(self.space.factors)))
                grid[:, self.space.index(region.factor)] = factor.values(np.arange(len(index)))
                return self._either(index, np.flatnonzero(region.contains(self.space, grid)))
        elif all(self._single(condition.factor) for condition in region.conditions()):
            if isinstance(region, Not):
                return ~self._bits_of(region.part)
            if isinstance(region, And | Or):
                join = np.bitwise_and if isinstance(region, And) else np.bitwise_or
                return reduce(join, [self._bits_of(part) for part in region.parts])
        return self._packed(region)

    def _packed(self, region: Region) -> Array:
        """The bits of a region from the values of the factors it names, a block of rows at a time."""
        bits = np.zeros((self.rows + 63) // 64 * 64, dtype=np.uint8)
        names = {condition.factor for condition in region.conditions()}
        members = self.column(self.space.names[0]).ndim
        extra = {name: members - self.column(name).ndim for name in names}  # axes that a record of the whole row has not
        for start in range(0, self.rows, BLOCK):
            stop = min(start + BLOCK, self.rows)
            values = np.zeros((*self.column(self.space.names[0])[start:stop].shape, len(self.space.factors)))
            for name in names:
                column = self.column(name)[start:stop].reshape(stop - start, *self.column(name).shape[1:], *(1,) * extra[name])
                values[..., self.space.index(name)] = column if self.space[name].size is None else self.space[name].values(column)
            inside = region.contains(self.space, values)
            bits[start:stop] = inside.reshape(stop - start, -1).all(axis=1)
        return np.packbits(bits, bitorder="little").view(np.uint64)

    def _single(self, name: str) -> bool:
        """True where a row has one value of this factor."""
        return self.column(name).ndim == 1

    def _index(self, name: str) -> Array | None:
        """The bits (size, words) of one factor; None where they would be too many, or are not worth making yet."""
        size = self.space[name].size or 0
        if size * self.rows > MOST_BITS or not self._indexed():
            return None
        if name not in self._bits:
            from factorhub.lookup import bitmaps

            bits = np.zeros((size, (self.rows + 63) // 64), dtype=np.uint64)
            bitmaps.build(self.column(name).reshape(self.rows, -1), bits)
            self._bits[name] = bits
        return self._bits[name]
