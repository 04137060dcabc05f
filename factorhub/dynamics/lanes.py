"""Eight numbers at a time: the vector operations that numba does not find in loops by itself, on any processor.

A *lane group* is eight consecutive float64 of a flat array, named by the place of the first. Lane i of a result depends
on lane i of the operands alone, by one IEEE multiplication or addition each, so that the bits are those of a plain loop.
There are no bounds checks: the one caller, `factorhub.dynamics.taylor`, gives places inside its own workspace.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LANES = 8
_GROUP = ir.VectorType(ir.DoubleType(), LANES)
_WORD = ir.IntType(64)


def _place(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    """A function from a place in the flat array to the address of its lane group."""
    data = context.make_array(kind)(context, builder, array).data
    return lambda place: builder.bitcast(builder.gep(data, [place]), _GROUP.as_pointer())


def _load(builder: Any, address: Any) -> Any:
    group = builder.load(address)
    group.align = 8
    return group


def _store(builder: Any, group: Any, address: Any) -> None:
    builder.store(group, address).align = 8


def _elementwise(operation: str) -> Any:
    def typed(typing_context: Any, flat: Any, x: Any, y: Any, z: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            at = _place(context, builder, signature.args[0], arguments[0])
            x, y, z = (at(place) for place in arguments[1:])
            _store(builder, getattr(builder, operation)(_load(builder, x), _load(builder, y)), z)
            return context.get_dummy_value()

        return types.void(flat, types.int64, types.int64, types.int64), code

    return intrinsic(typed)


add = _elementwise("fadd")  # add(flat, x, y, z): z = x + y
subtract = _elementwise("fsub")
multiply = _elementwise("fmul")


@intrinsic
def convolve(typing_context: Any, flat: Any, x: Any, y: Any, count: Any, z: Any) -> Any:
    """z = x[0] y[0] + x[1] y[-1] + … over `count` lane groups, x ascending and y descending from their places."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        at = _place(context, builder, signature.args[0], arguments[0])
        x, y, count, z = arguments[1:]
        total = cgutils.alloca_once_value(builder, ir.Constant(_GROUP, [0.0] * LANES))
        with cgutils.for_range(builder, count, intp=_WORD) as loop:
            offset = builder.mul(loop.index, ir.Constant(_WORD, LANES))
            left, right = _load(builder, at(builder.add(x, offset))), _load(builder, at(builder.sub(y, offset)))
            builder.store(builder.fadd(builder.load(total), builder.fmul(left, right)), total)
        _store(builder, builder.load(total), at(z))
        return context.get_dummy_value()

    return types.void(flat, types.int64, types.int64, types.int64, types.int64), code


@intrinsic
def polynomial(typing_context: Any, flat: Any, top: Any, stride: Any, order: Any, h: Any, z: Any) -> Any:
    """z = the polynomial in the lane group h whose coefficients stand at `top`, `top` - stride, … down to order 0."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        at = _place(context, builder, signature.args[0], arguments[0])
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        top, stride, order, h, z = arguments[1:]

        def everywhere(place: Any) -> Any:
            one = builder.insert_element(ir.Constant(_GROUP, ir.Undefined), builder.load(builder.gep(data, [place])), _WORD(0))
            return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))

        times = _load(builder, at(h))
        total = cgutils.alloca_once_value(builder, everywhere(top))
        with cgutils.for_range(builder, order, intp=_WORD) as loop:
            place = builder.sub(top, builder.mul(builder.add(loop.index, _WORD(1)), stride))
            builder.store(builder.fadd(builder.fmul(builder.load(total), times), everywhere(place)), total)
        _store(builder, builder.load(total), at(z))
        return context.get_dummy_value()

    return types.void(flat, types.int64, types.int64, types.int64, types.int64, types.int64), code
