"""Sixteen numbers at a time: the vector operations that numba does not find in loops by itself, on any processor.

A *lane group* is sixteen consecutive float64 of a flat array, named by the place of the first. Lane i of a result depends
on lane i of the operands alone, by one IEEE operation each, so the bits are those of a plain loop. Sixteen fill two or
four vector registers, which hides part of an operation's latency.
A *pair group* is two lane groups, `half` places apart, whose sum is a number of 106 bits (Dekker; Ogita, Rump and
Oishi, "Accurate sum and dot product", 2005): what trajectories need whose errors grow by more than a double holds.
There are no bounds checks: the callers, `factorhub.dynamics.solver.taylor` and `series`, give places in their own workspace.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LANES = 16
INSTANTS = 16  # of one trajectory at a time; its steps seldom cover more stored states
_WORD = ir.IntType(64)
_ZERO = ir.Constant(ir.VectorType(ir.DoubleType(), LANES), [0.0] * LANES)


class _Code:
    """A builder with the loads, stores and error-free transformations of lane groups."""

    def __init__(self, context: Any, builder: Any, signature: Any, arguments: Any, lanes: int = LANES) -> None:
        self.builder, self.lanes, self.group = builder, lanes, ir.VectorType(ir.DoubleType(), lanes)
        self.data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        self.add, self.sub, self.mul, self.div = builder.fadd, builder.fsub, builder.fmul, builder.fdiv

    def _address(self, place: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(self.data, [place]), self.group.as_pointer())

    def load(self, place: Any) -> Any:
        group = self.builder.load(self._address(place))
        group.align = 8
        return group

    def store(self, group: Any, place: Any) -> None:
        self.builder.store(group, self._address(place)).align = 8

    def everywhere(self, place: Any) -> Any:
        return self.splat(self.builder.load(self.builder.gep(self.data, [place])))

    def splat(self, one: Any) -> Any:
        group = self.builder.insert_element(ir.Constant(self.group, ir.Undefined), one, _WORD(0))
        return self.builder.shuffle_vector(group, group, ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes))

    def larger(self, a: Any, b: Any) -> Any:
        """|a| where it is above b, which is not negative."""
        a = self.call("fabs", a)
        return self.builder.select(self.builder.fcmp_ordered(">", a, b), a, b)

    def load_pair(self, place: Any, half: Any) -> Any:
        return self.load(place), self.load(self.builder.add(place, half))

    def store_pair(self, pair: Any, place: Any, half: Any) -> None:
        self.store(pair[0], place)
        self.store(pair[1], self.builder.add(place, half))

    def call(self, name: str, *groups: Any) -> Any:
        """LLVM's own `sqrt`, `fabs` or `fma` (one rounding: a library computes it where the processor cannot)."""
        kind = ir.FunctionType(self.group, [self.group] * len(groups))
        called = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.{name}.v{self.lanes}f64")
        return self.builder.call(called, groups)

    def sum(self, a: Any, b: Any) -> Any:
        """a + b and its rounding error."""
        s = self.add(a, b)
        part = self.sub(s, a)
        return s, self.add(self.sub(a, self.sub(s, part)), self.sub(b, part))

    def tidy(self, a: Any, b: Any) -> Any:
        """The pair a + b, where b is the smaller."""
        s = self.add(a, b)
        return s, self.sub(b, self.sub(s, a))

    def product(self, a: Any, b: Any) -> Any:
        """a * b and its rounding error."""
        p = self.mul(a, b)
        return p, self.call("fma", a, b, self.builder.fneg(p))

    def pair_add(self, a: Any, b: Any) -> Any:
        s, error = self.sum(a[0], b[0])
        t, rest = self.sum(a[1], b[1])
        s, error = self.tidy(s, self.add(error, t))
        return self.tidy(s, self.add(error, rest))

    def pair_subtract(self, a: Any, b: Any) -> Any:
        return self.pair_add(a, (self.builder.fneg(b[0]), self.builder.fneg(b[1])))

    def pair_multiply(self, a: Any, b: Any) -> Any:
        p, error = self.product(a[0], b[0])
        cross = self.add(self.mul(a[0], b[1]), self.mul(a[1], b[0]))
        return self.tidy(p, self.add(error, cross))

    def pair_divide(self, a: Any, b: Any) -> Any:
        first = self.div(a[0], b[0])
        p, error = self.product(first, b[0])
        rest = self.sub(self.add(self.sub(self.sub(a[0], p), error), a[1]), self.mul(first, b[1]))
        return self.tidy(first, self.div(rest, b[0]))

    def pair_root(self, a: Any) -> Any:
        """The square root of a pair."""
        first = self.call("sqrt", a[0])
        p, error = self.product(first, first)
        rest = self.add(self.sub(self.sub(a[0], p), error), a[1])
        return self.tidy(first, self.div(rest, self.add(first, first)))


def _elementwise(combine: Callable[[_Code, Any, Any], Any], by_number: bool = False) -> Any:
    """An operation (flat, x, y, z) on lane groups: z = x ∘ y, where y is a lane group or, `by_number`, one number for all lanes."""

    def typed(typing_context: Any, flat: Any, x: Any, y: Any, z: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            code, (x, y, z) = _Code(context, builder, signature, arguments), arguments[1:]
            code.store(combine(code, code.load(x), code.splat(y) if by_number else code.load(y)), z)
            return context.get_dummy_value()

        return types.void(flat, types.int64, types.float64 if by_number else types.int64, types.int64), generate

    return intrinsic(typed)


def _pairwise(combine: Callable[[_Code, Any, Any], Any]) -> Any:
    """An operation (flat, half, x, y, z) on pair groups: z = x ∘ y."""

    def typed(typing_context: Any, flat: Any, half: Any, x: Any, y: Any, z: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            code, (half, x, y, z) = _Code(context, builder, signature, arguments), arguments[1:]
            code.store_pair(combine(code, code.load_pair(x, half), code.load_pair(y, half)), z, half)
            return context.get_dummy_value()

        return types.void(flat, *[types.int64] * 4), generate

    return intrinsic(typed)


add = _elementwise(lambda code, x, y: code.add(x, y))
subtract = _elementwise(lambda code, x, y: code.sub(x, y))
multiply = _elementwise(lambda code, x, y: code.mul(x, y))
divide = _elementwise(lambda code, x, y: code.div(x, y))
larger = _elementwise(lambda code, x, y: code.larger(x, y))
add_size = _elementwise(lambda code, x, y: code.add(y, code.call("fabs", x)))
square_root = _elementwise(lambda code, x, _: code.call("sqrt", x))
fill = _elementwise(lambda _code, _x, number: number, by_number=True)
multiply_by = _elementwise(lambda code, x, number: code.mul(x, number), by_number=True)
divide_by = _elementwise(lambda code, x, number: code.div(x, number), by_number=True)
pair_add = _pairwise(_Code.pair_add)
pair_subtract = _pairwise(_Code.pair_subtract)
pair_multiply = _pairwise(_Code.pair_multiply)
pair_divide = _pairwise(_Code.pair_divide)
pair_root = _pairwise(lambda code, x, _: code.pair_root(x))


@intrinsic
def convolve(typing_context: Any, flat: Any, x: Any, y: Any, count: Any, z: Any) -> Any:
    """z = x[0] y[0] + x[1] y[-1] + … over `count` lane groups, x ascending and y descending from their places."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code, (x, y, count, z) = _Code(context, builder, signature, arguments), arguments[1:]
        total = cgutils.alloca_once_value(builder, _ZERO)
        with cgutils.for_range(builder, count, intp=_WORD) as loop:
            offset = builder.mul(loop.index, _WORD(LANES))
            product = code.mul(code.load(builder.add(x, offset)), code.load(builder.sub(y, offset)))
            builder.store(code.add(builder.load(total), product), total)
        code.store(builder.load(total), z)
        return context.get_dummy_value()

    return types.void(flat, *[types.int64] * 4), generate


@intrinsic
def sloped_convolve(typing_context: Any, flat: Any, x: Any, y: Any, count: Any, first: Any, slope: Any, z: Any) -> Any:
    """The same sum as `convolve`, its j-th term times first + j slope."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code, (x, y, count, first, slope, z) = _Code(context, builder, signature, arguments), arguments[1:]
        total = cgutils.alloca_once_value(builder, _ZERO)
        with cgutils.for_range(builder, count, intp=_WORD) as loop:
            offset = builder.mul(loop.index, _WORD(LANES))
            weight = builder.fadd(first, builder.fmul(builder.sitofp(loop.index, ir.DoubleType()), slope))
            left = code.mul(code.splat(weight), code.load(builder.add(x, offset)))
            product = code.mul(left, code.load(builder.sub(y, offset)))
            builder.store(code.add(builder.load(total), product), total)
        code.store(builder.load(total), z)
        return context.get_dummy_value()

    return types.void(flat, *[types.int64] * 3, types.float64, types.float64, types.int64), generate


@intrinsic
def pair_convolve(typing_context: Any, flat: Any, half: Any, x: Any, y: Any, count: Any, z: Any) -> Any:
    """The same of pair groups, summed as if in twice the precision."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code, (half, x, y, count, z) = _Code(context, builder, signature, arguments), arguments[1:]
        total, rest = cgutils.alloca_once_value(builder, _ZERO), cgutils.alloca_once_value(builder, _ZERO)
        with cgutils.for_range(builder, count, intp=_WORD) as loop:
            offset = builder.mul(loop.index, _WORD(LANES))
            a, b = code.load_pair(builder.add(x, offset), half), code.load_pair(builder.sub(y, offset), half)
            product, lost = code.product(a[0], b[0])
            cross = code.add(code.mul(a[0], b[1]), code.mul(a[1], b[0]))
            after, more = code.sum(builder.load(total), product)
            builder.store(after, total)
            builder.store(code.add(builder.load(rest), code.add(code.add(lost, more), cross)), rest)
        code.store_pair(code.tidy(builder.load(total), builder.load(rest)), z, half)
        return context.get_dummy_value()

    return types.void(flat, *[types.int64] * 5), generate


@intrinsic
def instants(typing_context: Any, flat: Any, first: Any, dt: Any, past: Any, share: Any, z: Any) -> Any:
    """The group of instants z = ((first + (0, 1, …)) dt - past) share."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code, (first, dt, past, share, z) = _Code(context, builder, signature, arguments, INSTANTS), arguments[1:]
        counts = code.add(code.splat(first), ir.Constant(code.group, [float(i) for i in range(INSTANTS)]))
        code.store(code.mul(code.sub(code.mul(counts, code.splat(dt)), code.splat(past)), code.splat(share)), z)
        return context.get_dummy_value()

    return types.void(flat, *[types.float64] * 4, types.int64), generate


def _polynomials(count: int, lanes: int) -> Any:
    """`count` polynomials at the group of instants h, side by side to hide the latency of each, into as many groups from z on.

    The first one's coefficients stand at `top`, `top` - stride, … down to order 0, the next one's `width` further, ….
    """

    def typed(typing_context: Any, flat: Any, top: Any, stride: Any, order: Any, width: Any, h: Any, z: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            code, (top, stride, order, width, h, z) = _Code(context, builder, signature, arguments, lanes), arguments[1:]
            times = code.load(h)
            tops = [builder.add(top, builder.mul(width, _WORD(i))) for i in range(count)]
            totals = [cgutils.alloca_once_value(builder, code.everywhere(place)) for place in tops]
            with cgutils.for_range(builder, order, intp=_WORD) as loop:
                down = builder.mul(builder.add(loop.index, _WORD(1)), stride)
                for place, total in zip(tops, totals, strict=True):
                    term = code.everywhere(builder.sub(place, down))
                    builder.store(code.add(code.mul(builder.load(total), times), term), total)
            for i, total in enumerate(totals):
                code.store(builder.load(total), builder.add(z, _WORD(i * lanes)))
            return context.get_dummy_value()

        return types.void(flat, *[types.int64] * 6), generate

    return intrinsic(typed)


two_polynomials, four_polynomials = _polynomials(2, INSTANTS), _polynomials(4, INSTANTS // 2)
