"""Philox 4x64-10 over many counters at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.compiled import compiled
from factorhub.factors import Array
from factorhub.words import high_product


@compiled
def block(k0: Any, k1: Any, row: Any, number: Any) -> tuple[Any, Any, Any, Any]:
    """The four words of counter (number, row, 0, 0) under the key (k0, k1)."""
    c0, c1, c2, c3 = np.uint64(number), np.uint64(row), np.uint64(0), np.uint64(0)
    for _ in range(10):
        h0, l0 = high_product(np.uint64(0xD2E7470EE14C6C93), c0), np.uint64(0xD2E7470EE14C6C93) * c0
        h1, l1 = high_product(np.uint64(0xCA5A826395121157), c2), np.uint64(0xCA5A826395121157) * c2
        c0, c1, c2, c3 = h1 ^ c1 ^ k0, l1, h0 ^ c3 ^ k1, l0
        k0 += np.uint64(0x9E3779B97F4A7C15)
        k1 += np.uint64(0xBB67AE8584CAA73B)
    return c0, c1, c2, c3


@compiled
def philox(key: Array, rows: Array, out: Array) -> None:
    """Fill `out` (n, count) with the words of the counters (1, row, 0, 0), (2, row, 0, 0), … under `key` (2,)."""
    k0, k1, count = key[0], key[1], out.shape[1]
    for start in range(0, count, 4):
        for i in range(rows.size):
            c0, c1, c2, c3 = block(k0, k1, rows[i], start // 4 + 1)
            out[i, start] = c0
            if start + 1 < count:
                out[i, start + 1] = c1
            if start + 2 < count:
                out[i, start + 2] = c2
            if start + 3 < count:
                out[i, start + 3] = c3
