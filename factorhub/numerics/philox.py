"""Philox 4x64-10 over many counters at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core.errors import TypingError
from numba.extending import intrinsic

from factorhub.factors import Array
from factorhub.numerics.columns import copy
from factorhub.numerics.compiled import compiled
from factorhub.numerics.intrinsics import high_product

M0, M1 = 0xD2E7470EE14C6C93, 0xCA5A826395121157
W0, W1 = 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B
WORD, LANE = ir.IntType(64), ir.IntType(32)


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


def _several(lanes: int, value: int) -> Any:
    return ir.Constant(ir.VectorType(WORD, lanes), [value] * lanes)


def _picked(builder: Any, a: Any, b: Any, lanes: list[int]) -> Any:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(LANE, len(lanes)), lanes))


def _spread(builder: Any, lanes: int, value: Any) -> Any:
    nothing = ir.Constant(ir.VectorType(WORD, lanes), ir.Undefined)
    return _picked(builder, builder.insert_element(nothing, value, ir.Constant(LANE, 0)), nothing, [0] * lanes)


def _product(builder: Any, lanes: int, constant: int, x: Any) -> tuple[Any, Any]:
    """The upper and the lower half, by parts: machines multiply vectors of 32 bits by 32, and no wider ones."""
    half, mask = _several(lanes, 32), _several(lanes, 2**32 - 1)
    low, high = builder.and_(x, mask), builder.lshr(x, half)
    first, second = _several(lanes, constant & 2**32 - 1), _several(lanes, constant >> 32)
    middle = builder.add(builder.mul(low, second), builder.lshr(builder.mul(low, first), half))
    other = builder.add(builder.mul(high, first), builder.and_(middle, mask))
    upper = builder.add(builder.mul(high, second), builder.lshr(middle, half))
    return builder.add(upper, builder.lshr(other, half)), builder.mul(x, _several(lanes, constant))


def _blocks(builder: Any, lanes: int, k0: Any, k1: Any, c1: Any, number: Any) -> tuple[Any, Any, Any, Any]:
    """`block` of as many rows, c1, as there are lanes."""
    c0, c2, c3 = _spread(builder, lanes, number), _several(lanes, 0), _several(lanes, 0)
    for _ in range(10):
        (h0, l0), (h1, l1) = _product(builder, lanes, M0, c0), _product(builder, lanes, M1, c2)
        c0 = builder.xor(builder.xor(h1, c1), _spread(builder, lanes, k0))
        c2 = builder.xor(builder.xor(h0, c3), _spread(builder, lanes, k1))
        c1, c3 = l1, l0
        k0, k1 = builder.add(k0, ir.Constant(WORD, W0)), builder.add(k1, ir.Constant(WORD, W1))
    return c0, c1, c2, c3


def blocks_of(lanes: int, by_column: bool = False) -> Any:
    """An intrinsic (k0, k1, rows, at, number, out, start): `block` of the `lanes` rows from `at` on.

    They become rows of `out` (n, count) from column `start` on: four words even where fewer columns are left, over what comes
    next in memory. Or, `by_column`, columns of `out` (count, n) from row `start` on.
    """
    vector = ir.VectorType(WORD, lanes)

    @intrinsic
    def blocks(context: Any, k0: Any, k1: Any, rows: Any, at: Any, number: Any, out: Any, start: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            k0, k1, rows, at, number, out, start = arguments
            rows = context.make_array(signature.args[2])(context, builder, rows)
            out = context.make_array(signature.args[5])(context, builder, out)
            width = builder.extract_value(out.shape, 1)
            c1 = builder.load(builder.bitcast(builder.gep(rows.data, [at]), vector.as_pointer()), align=8)
            columns = _blocks(builder, lanes, k0, k1, c1, number)

            def store(value: Any, row: Any, column: Any) -> None:
                place = builder.gep(out.data, [builder.add(builder.mul(row, width), column)])
                builder.store(value, builder.bitcast(place, value.type.as_pointer()), align=8)

            if by_column:
                for word, column in enumerate(columns):
                    store(column, builder.add(start, ir.Constant(WORD, word)), at)
                return context.get_dummy_value()
            ways = [[lane + odd for lane in range(0, lanes, 2) for odd in (way, way + lanes)] for way in (0, 1)]
            sides = [(_picked(builder, *columns[:2], way), _picked(builder, *columns[2:], way)) for way in ways]
            for lane in range(lanes):
                even = lane & ~1
                row = _picked(builder, *sides[lane & 1], [even, even + 1, even + lanes, even + lanes + 1])
                store(row, builder.add(at, ir.Constant(WORD, lane)), start)
            return context.get_dummy_value()

        for array, width in ((rows, 1), (out, 2)):  # their memory is read and written as it lies
            if not (array.layout == "C" and array.ndim == width and array.dtype.bitwidth == 64):
                raise TypingError(f"philox takes contiguous arrays of 64-bit numbers; got {array}")
        return types.void(types.uint64, types.uint64, rows, types.int64, types.uint64, out, types.int64), code

    return blocks


def _lanes() -> int:
    """How many rows at once are quickest: several vectors, so that one need not wait for another; few where they are narrow.

    Where vectors are of two words, one row at a time is as quick.
    """
    features = binding.get_host_cpu_features()
    return 32 if features.get("avx512dq") else 16 if features.get("avx2") else 1


LANES = _lanes()
as_rows, as_columns = blocks_of(LANES), blocks_of(LANES, by_column=True)


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
                as_rows(k0, k1, rows, i, np.uint64(first + start // 4), out, start)
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


@compiled
def philox_columns(key: Array, rows: Array, first: int, out: Array) -> None:
    """Fill the first n columns of `out` (count, many) with the words of `rows` (n,) that `philox` gives, a row for each word.

    The count is a multiple of four.
    """
    k0, k1, n = key[0], key[1], rows.size
    if LANES == 1:
        for start in range(0, out.shape[0], 4):
            for i in range(n):
                out[start, i], out[start + 1, i], out[start + 2, i], out[start + 3, i] = block(k0, k1, rows[i], first + start // 4)
        return
    left, padded, spare = n % LANES, np.zeros(LANES, dtype=np.uint64), np.empty((4, LANES), dtype=np.uint64)
    copy(rows[n - left :], padded[:left])
    for start in range(0, out.shape[0], 4):
        number = np.uint64(first + start // 4)
        for i in range(0, n - left, LANES):
            as_columns(k0, k1, rows, i, number, out, start)
        if left > 0:
            as_columns(k0, k1, padded, 0, number, spare, 0)
            for word in range(4):
                copy(spare[word], out[start + word, n - left : n])
