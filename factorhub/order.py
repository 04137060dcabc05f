"""The order in which a set holds its rows: a seeded bijection, computed in O(1) a row in both directions.

A row of the base (a grid point, or the i-th draw of a regime) has a *natural* number; its place in the set is its
*position*. Permuted sets need no shuffle buffer to be read in random order, and their splits are contiguous.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from factorhub import randomness
from factorhub.errors import InputError, unknown
from factorhub.factors import Array

Kind: TypeAlias = Literal["permuted", "natural"]


def power_of_two(number: int) -> int:
    """The largest power of two up to `number`, at least 1: how many rows go into a chunk or a block."""
    return 1 << max(number.bit_length() - 1, 0)


@dataclass(frozen=True)
class Permutation:
    """A seeded bijection of [0, size): eight rounds of an unbalanced Feistel network, walked until it falls inside.

    `size` is covered by a rectangle a × b with a = ⌈√size⌉, so a walk leaves the range with chance below 1/√size.
    """

    size: int
    seed: int

    @cached_property
    def _sides(self) -> tuple[int, int]:
        a = max(math.isqrt(max(self.size - 1, 0)) + 1, 1)
        return a, -(-self.size // a)

    @cached_property
    def _keys(self) -> Array:
        return randomness.words(self.seed, "order", 0, 8)

    def forward(self, positions: npt.ArrayLike) -> Array:
        """The natural rows at `positions`, int64."""
        return self._walk(positions, False)

    def inverse(self, rows: npt.ArrayLike) -> Array:
        """The positions of natural `rows`, int64."""
        return self._walk(rows, True)

    def _walk(self, numbers: npt.ArrayLike, inverse: bool) -> Array:
        from factorhub.numerics.feistel import walk

        numbers = np.asarray(numbers, dtype=np.int64)
        out = np.empty(numbers.size, dtype=np.int64)
        walk(np.ascontiguousarray(numbers.reshape(-1)), self.size, *self._sides, self._keys, inverse, out)
        return out.reshape(numbers.shape)


@dataclass(frozen=True)
class Order:
    """Which natural row stands at which position of a set, split after split.

    Attributes:
        kind: "permuted", or "natural" (ascending within each split).
        base: how many natural rows there are to choose from.
        ends: the position after the last row of each split, ascending; the last one is the length of the set.
        seed: of the permutation.
        bases: where each split has natural rows of its own, how many: those of the first come first, and so on. They
            add up to `base`. Empty where the splits share out one range of rows.
    """

    kind: Kind
    base: int
    ends: tuple[int, ...]
    seed: int
    bases: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "ends", tuple(self.ends))
        object.__setattr__(self, "bases", tuple(self.bases))
        if self.kind not in get_args(Kind):
            raise unknown("order", self.kind, get_args(Kind))
        if not all(isinstance(number, int) for number in (self.base, self.seed, *self.ends, *self.bases)):
            raise InputError(f"an order is made of whole numbers; got {self.base!r}, {self.ends!r}, {self.seed!r}, {self.bases!r}")
        if not self.ends or min(np.diff([0, *self.ends])) < 1 or not len(self) <= self.base < 2**62:
            raise InputError(f"an order needs ascending ends, one row or more each, up to {self.base} rows; got {self.ends}")
        if self.bases:
            sizes = np.diff([0, *self.ends]).tolist()
            if len(self.bases) != len(sizes) or sum(self.bases) != self.base or any(map(int.__gt__, sizes, self.bases)):
                raise InputError(f"splits of {sizes} rows do not fit bases of {self.bases}, {self.base} in all")

    def __len__(self) -> int:
        return self.ends[-1]

    @cached_property
    def _parts(self) -> tuple[Order, ...]:
        """The order of each split that has rows of its own."""
        sizes = np.diff([0, *self.ends]).tolist()
        return tuple(Order(self.kind, base, (size,), self.seed) for base, size in zip(self.bases, sizes, strict=True))

    @cached_property
    def _permutation(self) -> Permutation:
        # A natural set is cut into splits by permuting its own rows, a permuted one draws from the whole base.
        return Permutation(self.base if self.kind == "permuted" else len(self), self.seed)

    @cached_property
    def _table(self) -> Array | None:
        """Natural rows by position, where a natural set has several splits: 8 bytes a row, the price of that order."""
        if self.kind == "permuted" or len(self.ends) == 1:
            return None
        mixed = self._permutation.forward(np.arange(len(self)))
        return np.concatenate([np.sort(part) for part in np.split(mixed, self.ends[:-1])])

    def rows(self, positions: npt.ArrayLike) -> Array:
        """The natural rows (…), int64, at `positions` (…) in [0, len)."""
        positions = np.asarray(positions, dtype=np.int64)
        if self.bases:
            return self._by_part(positions, self.ends, self.bases, lambda part, here: part.rows(here))
        if self.kind == "permuted":
            return self._permutation.forward(positions)
        return positions if self._table is None else self._table[positions]

    def positions(self, rows: npt.ArrayLike) -> Array:
        """The positions (…), int64, of natural `rows` (…) in [0, base); -1 for rows that the set does not hold."""
        rows = np.asarray(rows, dtype=np.int64)
        if self.bases:
            sizes = np.diff([0, *self.ends]).tolist()
            return self._by_part(rows, np.cumsum(self.bases), sizes, lambda part, here: part.positions(here))
        if self.kind == "permuted":
            found = self._permutation.inverse(rows)
        elif self._table is None:
            found = rows
        else:
            inside = rows < len(self)
            split = np.searchsorted(self.ends, self._permutation.inverse(np.where(inside, rows, 0)), side="right")
            found = np.full(rows.shape, -1)
            for i, (start, end) in enumerate(zip((0, *self.ends), self.ends, strict=False)):
                here = inside & (split == i)
                found[here] = start + np.searchsorted(self._table[start:end], rows[here])
        return np.where(found < len(self), found, -1)

    def _by_part(self, numbers: Array, ends: npt.ArrayLike, targets: Sequence[int], move: Callable[[Order, Array], Array]) -> Array:
        """Numbers moved within the part they fall into: out of ranges that end at `ends`, into ranges of `targets` sizes."""
        part = np.searchsorted(ends, numbers, side="right")
        starts, firsts = np.r_[0, ends], np.cumsum([0, *targets])
        out = np.empty(numbers.shape, dtype=np.int64)
        for i, order in enumerate(self._parts):
            here = part == i
            moved = move(order, numbers[here] - starts[i])
            out[here] = np.where(moved < 0, -1, moved + firsts[i])
        return out

    def to_dict(self) -> dict[str, Any]:
        """This order as JSON data."""
        return {"kind": self.kind, "base": self.base, "ends": list(self.ends), "seed": self.seed, "bases": list(self.bases)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Order:
        """The order that `to_dict` described."""
        return cls(data["kind"], data["base"], tuple(data["ends"]), data["seed"], tuple(data["bases"]))
