"""Columns of numbers in compiled loops, many rows at a time: exact division, and rows made of columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.numerics.compiled import compiled
from factorhub.numerics.intrinsics import high_product


@compiled
def inverse_of(b: Any) -> Any:
    """What `divided` asks for, of a number b > 0: 1 / b as a fraction of 2**64."""
    return np.uint64(2**64 - 1) // np.uint64(b)


@compiled
def divided(a: Any, b: Any, inverse: Any) -> tuple[Any, Any]:
    """The quotient and the rest of a / b, a >= 0, b > 0: the product of `a` and the `inverse` is at most one too low."""
    quotient = np.int64(high_product(np.uint64(a), inverse))
    rest = a - quotient * b
    more = np.int64(rest >= b)
    return quotient + more, rest - more * b


@compiled
def divide(left: Any, size: int, rests: Any) -> None:
    """Divide each of `left` (n,), at least 0, by `size`; what remains fills `rests` (n,)."""
    inverse = inverse_of(size)
    for i in range(left.size):
        left[i], rests[i] = divided(left[i], size, inverse)


@compiled
def copy(source: Any, out: Any) -> None:
    """Fill `out` (n,) with the first n of `source`; the check of lengths in `out[:] = source` takes half a second to compile."""
    for i in range(out.size):
        out[i] = source[i]


@compiled
def put_columns(columns: Any, out: Any) -> None:
    """Fill `out` (n, k) with the first n of each of the `columns` (k, …).

    Four or two at a time: machines turn several columns into rows in less than it takes to store them one number after another.
    """
    j, k = 0, out.shape[1]
    while j + 4 <= k:
        a, b, c, d = columns[j], columns[j + 1], columns[j + 2], columns[j + 3]
        for i in range(out.shape[0]):
            out[i, j], out[i, j + 1], out[i, j + 2], out[i, j + 3] = a[i], b[i], c[i], d[i]
        j += 4
    while j + 2 <= k:
        a, b = columns[j], columns[j + 1]
        for i in range(out.shape[0]):
            out[i, j], out[i, j + 1] = a[i], b[i]
        j += 2
    if j < k:
        copy(columns[j], out[:, j])


@compiled
def put_columns_at(columns: Any, places: Any, out: Any) -> None:
    """The same into the rows at `places` (n,) of `out` (m, k)."""
    j, k = 0, out.shape[1]
    while j + 2 <= k:
        a, b = columns[j], columns[j + 1]
        for i in range(places.size):
            row = places[i]
            out[row, j], out[row, j + 1] = a[i], b[i]
        j += 2
    if j < k:
        a = columns[j]
        for i in range(places.size):
            out[places[i], j] = a[i]
