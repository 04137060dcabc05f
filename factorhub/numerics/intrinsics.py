"""Machine words for compiled loops: what machines have an instruction for, and NumPy and Python have not.

Loads and stores of several bytes may stand at any place of a contiguous array of bytes. Nothing is checked: the caller
keeps `at` … `at` + size inside the array. "Past the cache" stores do not read
what they overwrite and leave the cache to others; their place must be a multiple of 32 in memory, and `fence` must
follow them before another thread may look.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

BYTE = ir.IntType(8)
LANES = ir.IntType(32)


def _at(context: Any, builder: Any, kind: Any, place: Any, wanted: Any) -> Any:
    """A pointer to `wanted` at a place: an array, and a byte of it."""
    array, at = place[0], place[1]
    data = builder.bitcast(context.make_array(kind)(context, builder, array).data, BYTE.as_pointer())
    return builder.bitcast(builder.gep(data, [at]), wanted.as_pointer())


@intrinsic  # type: ignore[untyped-decorator]
def load8(context: Any, array: Any, at: Any) -> Any:
    """Eight bytes as a number, the first one lowest."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_at(context, builder, signature.args[0], arguments, ir.IntType(64)), align=1)

    return types.uint64(array, types.int64), code


@intrinsic  # type: ignore[untyped-decorator]
def store8(context: Any, array: Any, at: Any, word: Any) -> Any:
    """A uint64 as eight bytes, the lowest one first."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _at(context, builder, signature.args[0], arguments, ir.IntType(64)), align=1)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.uint64), code


def _copy(size: int, past_cache: bool = False) -> Any:
    """A copy of `size` bytes between arrays that may be one and the same."""
    wanted = ir.VectorType(BYTE, size)

    @intrinsic  # type: ignore[untyped-decorator]
    def copy(context: Any, to: Any, at: Any, source: Any, start: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kinds = signature.args
            value = builder.load(_at(context, builder, kinds[2], arguments[2:], wanted), align=1)
            place = _at(context, builder, kinds[0], arguments, wanted)
            stored = builder.store(value, place, align=size if past_cache else 1)
            if past_cache:
                stored.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(LANES, 1)]))
            return context.get_dummy_value()

        return types.void(to, types.int64, source, types.int64), code

    return copy


copy8, copy32, copy32_past_cache = _copy(8), _copy(32), _copy(32, past_cache=True)


@intrinsic  # type: ignore[untyped-decorator]
def fill32(context: Any, to: Any, at: Any, value: Any) -> Any:
    """One byte, 32 times."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wanted = ir.VectorType(BYTE, 32)
        nothing = ir.Constant(wanted, ir.Undefined)
        one = builder.insert_element(nothing, arguments[2], ir.Constant(LANES, 0))
        everywhere = builder.shuffle_vector(one, nothing, ir.Constant(ir.VectorType(LANES, 32), [0] * 32))
        builder.store(everywhere, _at(context, builder, signature.args[0], arguments, wanted), align=1)
        return context.get_dummy_value()

    return types.void(to, types.int64, types.uint8), code


@intrinsic  # type: ignore[untyped-decorator]
def pread(context: Any, descriptor: Any, to: Any, at: Any, size: Any, offset: Any) -> Any:
    """POSIX's pread into an array of bytes from `at` on: how many bytes were read, or -1."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(64)
        kind = ir.FunctionType(wide, [LANES, BYTE.as_pointer(), wide, wide])
        function = cgutils.get_or_insert_function(builder.module, kind, "pread")
        where = _at(context, builder, signature.args[1], arguments[1:], BYTE)
        return builder.call(function, [builder.trunc(arguments[0], LANES), where, *arguments[3:]])

    return types.int64(types.int64, to, types.int64, types.int64, types.int64), code


@intrinsic  # type: ignore[untyped-decorator]
def fence(context: Any) -> Any:
    """Order all stores before this before all that follow."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), code


@intrinsic  # type: ignore[untyped-decorator]
def trailing_zeros(context: Any, word: Any) -> Any:
    """How many bits of a uint64 lie below its lowest one; 64 for zero."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), code


@intrinsic  # type: ignore[untyped-decorator]
def high_product(context: Any, a: Any, b: Any) -> Any:
    """The upper 64 bits of the product of two uint64."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(*(builder.zext(argument, wide) for argument in arguments))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), code
