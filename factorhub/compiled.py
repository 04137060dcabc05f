"""Machine code for inner loops: one decorator, so that every kernel in the package is compiled by the same rules.

A kernel is a pure function of arrays in a module of its own; the module imports this one, and is itself imported
only inside the function that needs it, so that numba is never loaded by `import factorhub` or `factorhub --help`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from llvmlite import ir
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile `function` on its first call, and keep the machine code for the next process.

    Kernels release the GIL, so blocks render in parallel threads. Fast-math stays off: reordered or fused
    floating-point operations would make pixels depend on the processor. Where no folder for the cache can be
    written (a read-only install without a home) the kernel is compiled anew in each process.
    """
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]
    except RuntimeError:
        return numba.njit(nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]


@intrinsic  # type: ignore[untyped-decorator]
def high_product(context: Any, a: Any, b: Any) -> Any:
    """The upper 64 bits of the product of two uint64, which machines have an instruction for but Python has no word."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(*(builder.zext(argument, wide) for argument in arguments))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return numba.uint64(numba.uint64, numba.uint64), code


@intrinsic  # type: ignore[untyped-decorator]
def word_at(context: Any, data: Any, place: Any) -> Any:
    """The eight bytes of a contiguous uint8 array from `place` on as a uint64, wherever that is: NumPy has aligned words only."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        start = builder.gep(array.data, [arguments[1]])
        word = builder.load(builder.bitcast(start, ir.IntType(64).as_pointer()))
        word.align = 1
        return word

    return numba.uint64(data, numba.int64), code


@intrinsic  # type: ignore[untyped-decorator]
def trailing_zeros(context: Any, word: Any) -> Any:
    """How many bits of a uint64 lie below its lowest one; 64 for zero."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return numba.int64(numba.uint64), code


@intrinsic  # type: ignore[untyped-decorator]
def put_word(context: Any, octets: Any, at: Any, word: Any) -> Any:
    """Write a uint64 to the eight bytes of a contiguous uint8 array from `at` (uint64) on; no bounds are checked."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        place = builder.gep(builder.bitcast(data, ir.IntType(8).as_pointer()), [arguments[1]])
        builder.store(arguments[2], builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)
        return context.get_dummy_value()

    return numba.void(octets, numba.uint64, numba.uint64), code
