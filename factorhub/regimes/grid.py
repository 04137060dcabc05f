"""Every combination of the finite factors once, in C order, the slowest factor first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from factorhub.errors import InputError, RowError
from factorhub.factors import Array
from factorhub.regimes.regime import Draw, Single
from factorhub.space import FactorSpace

CHUNK = 4096  # rows at a time: what lies between stays in the cache


@dataclass(frozen=True)
class Grid(Single):
    """Every grid point once: row r is grid row r. Needs a grid on every factor."""

    def length(self, base: FactorSpace) -> int | None:
        """The number of grid points."""
        return len(base)

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """The grid points with these row numbers; nothing is random."""
        numbers = check_rows(rows, len(base), "the grid")
        values = np.empty((numbers.size, len(base.factors)))
        codes = np.empty(values.shape, dtype=np.int64)
        kind = np.uint32 if len(base) < 2**32 else np.int64  # which divides in a third of the time
        for begin in range(0, numbers.size, CHUNK):
            here = slice(begin, begin + CHUNK)
            left: Array = numbers[here].astype(kind)
            for j in range(len(base.factors) - 1, 0, -1):  # the last factor first, the first one takes what is left
                size: Any = kind(base.sizes[j] or 1)
                quotient = left // size
                codes[here, j] = left - quotient * size
                values[here, j] = base.factors[j].values(codes[here, j], check=False)
                left = quotient
            codes[here, 0] = left
            values[here, 0] = base.factors[0].values(codes[here, 0], check=False)
        return Draw(values, codes)


def check_rows(rows: Array, length: int, what: str, *names: object) -> Array:
    """`rows` as int64, or `RowError` unless they lie in [0, length); only then are the `names` written into `what` they are of."""
    rows = np.asarray(rows)
    if rows.dtype.kind not in "iu":
        raise InputError(f"rows are integers; got {rows.dtype}")
    flat = np.ascontiguousarray(rows, dtype=np.int64)
    if flat.size and flat.view(np.uint64).max() >= length:  # a negative number, as bits, is past any length
        got = rows[(rows < 0) | (rows >= length)].flat[0]
        raise RowError(f"rows of {what.format(*names)} run from 0 to {length - 1}; got {got}")
    return flat
