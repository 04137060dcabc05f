"""Philox 4x64-10 over many counters at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.intrinsics import high_product

M0, M1 = 0xD2E7470EE14C6C93, 0xCA5A826395121157
W0, W1 = 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B


@compiled
def block(k0: Any, k1: Any, row: Any, number: Any) -> tuple[Any, Any, Any, Any]:
    """The four words of counter (number, row, 0, 0) under the key (k0, k1)."""
    c0, c1, c2, c3 = np.uint64(number), np.uint64(row), np.uint64(0), np.uint64(0)
    for _ in range(10):
        h0, l0 = high_product(np.uint64(M0), c0), np.uint64(M0) * c0
        h1, l1 = high_product(np.uint64(M1), c2), np.uint64(M1) * c2
        c0, c1, c2, c3 = h1 ^ c1 ^ k0, l1, h0 ^ c3 ^ k1, l0
        k0 += np.uint64(W0)
        k1 += np.uint64(W1)
    return c0, c1, c2, c3


@compiled
def philox(key: Array, rows: Array, first: int, out: Array) -> None:
    """Fill `out` (n, count) with the words of the counters (first, row, 0, 0), (first + 1, row, 0, 0), … under `key` (2,)."""
    count = out.shape[1]
    for i in range(rows.size):
        for start in range(0, count, 4):
            c0, c1, c2, c3 = block(key[0], key[1], rows[i], first + start // 4)
            out[i, start] = c0
            if start + 1 < count:
                out[i, start + 1] = c1
            if start + 2 < count:
                out[i, start + 2] = c2
            if start + 3 < count:
                out[i, start + 3] = c3


@compiled
def philox_columns(key: Array, rows: Array, first: int, out: Array) -> None:
    """Fill the first n columns of `out` (count, many) with the words of `rows` (n,) that `philox` gives, a row for each word.

    The count is a multiple of four.
    """
    for start in range(0, out.shape[0], 4):
        for i in range(rows.size):
            out[start, i], out[start + 1, i], out[start + 2, i], out[start + 3, i] = block(
                key[0], key[1], rows[i], first + start // 4
            )
