"""Philox 4x64-10 over many counters at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.extending import intrinsic

from factorhub.compiled import compiled
from factorhub.factors import Array
from factorhub.words import high_product

M0, M1 = 0xD2E7470EE14C6C93, 0xCA5A826395121157
W0, W1 = 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B
WORD = ir.IntType(64)


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


def blocks_of(lanes: int) -> Any:
    """An intrinsic (k0, k1, rows, at, number, out, start): `block` of the `lanes` rows from `at` on, written to `out` (n, count)
    from column `start` on. It writes four words even where fewer columns are left, over what comes next in memory."""
    vector = ir.VectorType(WORD, lanes)

    def several(value: int) -> Any:
        return ir.Constant(vector, [value] * lanes)

    def picked(builder: Any, a: Any, b: Any, lanes: list[int]) -> Any:
        return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes))

    def spread(builder: Any, value: Any) -> Any:
        nothing = ir.Constant(vector, ir.Undefined)
        return picked(builder, builder.insert_element(nothing, value, ir.Constant(ir.IntType(32), 0)), nothing, [0] * lanes)

    def product(builder: Any, constant: int, x: Any) -> tuple[Any, Any]:
        """The upper and the lower half, since machines multiply vectors of 32 bits by 32 and no wider ones."""
        half, mask = several(32), several(2**32 - 1)
        low, high = builder.and_(x, mask), builder.lshr(x, half)
        first, second = several(constant & 2**32 - 1), several(constant >> 32)
        middle = builder.add(builder.mul(low, second), builder.lshr(builder.mul(low, first), half))
        other = builder.add(builder.mul(high, first), builder.and_(middle, mask))
        upper = builder.add(builder.mul(high, second), builder.lshr(middle, half))
        return builder.add(upper, builder.lshr(other, half)), builder.mul(x, several(constant))

    @intrinsic  # type: ignore[untyped-decorator]
    def blocks(context: Any, k0: Any, k1: Any, rows: Any, at: Any, number: Any, out: Any, start: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            k0, k1, rows, at, number, out, start = arguments
            rows = context.make_array(signature.args[2])(context, builder, rows)
            out = context.make_array(signature.args[5])(context, builder, out)
            c1 = builder.load(builder.bitcast(builder.gep(rows.data, [at]), vector.as_pointer()), align=8)
            c0, c2, c3 = spread(builder, number), several(0), several(0)
            for _ in range(10):
                (h0, l0), (h1, l1) = product(builder, M0, c0), product(builder, M1, c2)
                c0, c2 = builder.xor(builder.xor(h1, c1), spread(builder, k0)), builder.xor(builder.xor(h0, c3), spread(builder, k1))
                c1, c3 = l1, l0
                k0, k1 = builder.add(k0, ir.Constant(WORD, W0)), builder.add(k1, ir.Constant(WORD, W1))
            pairs = [[lane + odd for lane in range(0, lanes, 2) for odd in (way, way + lanes)] for way in (0, 1)]
            sides = [(picked(builder, c0, c1, way), picked(builder, c2, c3, way)) for way in pairs]
            width = builder.extract_value(out.shape, 1)
            place = builder.add(builder.mul(at, width), start)
            for lane in range(lanes):
                even = lane & ~1
                row = picked(builder, *sides[lane & 1], [even, even + 1, even + lanes, even + lanes + 1])
                where = builder.bitcast(builder.gep(out.data, [place]), ir.VectorType(WORD, 4).as_pointer())
                builder.store(row, where, align=8)
                place = builder.add(place, width)
            return context.get_dummy_value()

        return types.void(types.uint64, types.uint64, rows, types.int64, types.uint64, out, types.int64), code

    return blocks


def _lanes() -> int:
    """How many rows at once are quickest: several vectors, so that one need not wait for another; few where they are narrow.

    Where vectors are of two words, one row at a time is as quick.
    """
    features = binding.get_host_cpu_features()
    return 32 if features.get("avx512dq") else 16 if features.get("avx2") else 1


LANES = _lanes()
blocks = blocks_of(LANES)


@compiled
def philox(key: Array, rows: Array, first: int, out: Array) -> None:
    """Fill `out` (n, count) with the words of the counters (first, row, 0, 0), (first + 1, row, 0, 0), … under `key` (2,)."""
    k0, k1, count, grouped = key[0], key[1], out.shape[1], 0
    if LANES > 1 and count > 0:
        # A group goes from its last words to its first ones, so that what it writes too much is written again; after the
        # last group there must be room for that.
        grouped = max(out.size - -count % 4, 0) // count // LANES * LANES
        for i in range(0, grouped, LANES):
            for start in range((count - 1) // 4 * 4, -1, -4):
                blocks(k0, k1, rows, i, np.uint64(first + start // 4), out, start)
    for i in range(grouped, rows.size):
        for start in range(0, count, 4):
            c0, c1, c2, c3 = block(k0, k1, rows[i], first + start // 4)
            out[i, start] = c0
            if start + 1 < count:
                out[i, start + 1] = c1
            if start + 2 < count:
                out[i, start + 2] = c2
            if start + 3 < count:
                out[i, start + 3] = c3
