"""Taylor coefficients of a tape, order by order, in doubles or in pairs of doubles.

The rules for products, quotients, sines and powers of series are those of Jorba and Zou, "A software package for the
numerical integration of ODEs by means of high-order Taylor methods" (2005). The workspace `series` is flat:
[register][order][lane], with a spare register at the end; a second half holds the low parts of pairs. Each lane has
a unit of time of its own, a power of two near its last step, so that coefficients neither overflow nor change a bit.
"""

from __future__ import annotations

import numpy as np

from factorhub.dynamics.solver.operations import ADD, DIVIDE, MULTIPLY, SCALE, SINCOS, SUBTRACT
from factorhub.dynamics.solver.vector_operations import (
    LANES,
    add,
    convolve,
    divide,
    divide_by,
    multiply,
    multiply_by,
    pair_add,
    pair_convolve,
    pair_divide,
    pair_multiply,
    pair_root,
    pair_subtract,
    sloped_convolve,
    subtract,
)
from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.trig import sincos

HALF_PI, HALF_PI_TAIL = 1.5707963267948966, 6.123233995736766e-17  # their sum is π / 2 to 32 digits


@compiled
def coefficients(operations: Array, rates: Array, first: int, order: int, units: Array, series: Array, half: int) -> None:
    """Fill `series` up to `order` from what it holds up to the order `first`, in doubles.

    Coefficients are divided by whole numbers, not multiplied by their rounded inverses: those would err to the same
    side at every step, and alike in every method that should check another.
    """
    width = (order + 1) * LANES
    spare = half - width
    other, number, inverse = spare + LANES, spare + 2 * LANES, spare + 3 * LANES
    for i in range(LANES):
        series[inverse + i] = 1.0 / units[i]  # exact, as units are powers of two
    for n in range(first, order):
        here = n * LANES
        for m in range(operations.shape[0]):
            if operations[m, 4] and n > 0:
                continue
            code = operations[m, 0]
            z, x, y = operations[m, 1] * width, operations[m, 2] * width, operations[m, 3] * width
            if code == ADD:
                add(series, x + here, y + here, z + here)
            elif code == SUBTRACT:
                subtract(series, x + here, y + here, z + here)
            elif code == MULTIPLY and x == y:  # a square: every product but the middle one comes twice
                convolve(series, x, y + here, (n + 1) // 2, z + here)
                add(series, z + here, z + here, z + here)
                if n % 2 == 0:
                    multiply(series, x + here // 2, x + here // 2, spare)
                    add(series, z + here, spare, z + here)
            elif code == MULTIPLY:
                convolve(series, x, y + here, n + 1, z + here)
            elif code == SCALE:
                multiply(series, x, y + here, z + here)
            elif code == DIVIDE:
                convolve(series, z, y + here, n, spare)
                subtract(series, x + here, spare, spare)
                divide(series, spare, y, z + here)
            elif code == SINCOS:
                w = z + width
                slopes = w + width
                if n == 0:
                    for i in range(LANES):
                        series[z + i], series[w + i] = sincos(series[x + i])
                else:
                    multiply_by(series, x + here, float(n), slopes + here)
                    convolve(series, slopes + LANES, w + here - LANES, n, spare)
                    convolve(series, slopes + LANES, z + here - LANES, n, other)
                    divide_by(series, spare, float(n), z + here)
                    divide_by(series, other, -float(n), w + here)
            else:  # INVERSE_CUBE
                if n == 0:
                    for i in range(LANES):
                        series[z + i] = 1.0 / (series[x + i] * np.sqrt(series[x + i]))
                else:
                    sloped_convolve(series, z, x + here, n, -1.5 * n, 0.5, spare)
                    multiply_by(series, x, float(n), number)
                    divide(series, spare, number, z + here)
        multiply_by(series, inverse, n + 1.0, number)
        for s in range(rates.size):
            divide(series, rates[s] * width + here, number, s * width + here + LANES)


@compiled
def _fill(series: Array, half: int, place: int, value: float) -> None:
    for i in range(LANES):
        series[place + i] = value
        series[half + place + i] = 0.0


@compiled
def _pair_sincos(series: Array, half: int, x: int, sine: int, cosine: int, r: int) -> None:
    """Sine and cosine of the pair group at `x` by their Taylor series on an eighth of a turn; `r` is room for four groups."""
    square, number, turns = r + LANES, r + 2 * LANES, r + 3 * LANES
    for i in range(LANES):
        series[turns + i], series[half + turns + i] = np.rint(series[x + i] / HALF_PI), 0.0
        series[number + i], series[half + number + i] = HALF_PI, HALF_PI_TAIL
    pair_multiply(series, half, turns, number, number)
    pair_subtract(series, half, x, number, r)
    pair_multiply(series, half, r, r, square)
    _fill(series, half, sine, 0.0)
    _fill(series, half, cosine, 0.0)
    for k in range(30, -1, -2):  # 1 - z / ((k + 1)(k + 2)) · (…), from the innermost bracket
        for place, first in ((cosine, k + 1.0), (sine, k + 2.0)):
            _fill(series, half, number, first * (first + 1.0))
            pair_multiply(series, half, place, square, place)
            pair_divide(series, half, place, number, place)
            _fill(series, half, number, 1.0)
            pair_subtract(series, half, number, place, place)
    pair_multiply(series, half, sine, r, sine)
    for i in range(LANES):
        quadrant = int(series[turns + i]) & 3
        for part in (0, half):
            s, c = series[part + sine + i], series[part + cosine + i]
            if quadrant & 1:
                s, c = c, -s
            if quadrant & 2:
                s, c = -s, -c
            series[part + sine + i], series[part + cosine + i] = s, c


@compiled
def pair_coefficients(operations: Array, rates: Array, last: int, order: int, units: Array, series: Array, half: int) -> None:
    """Fill `series` up to the order `last` of `order` from what it holds at order 0, in pairs."""
    width = (order + 1) * LANES
    spare = half - width
    other, number = spare + LANES, spare + 2 * LANES
    for n in range(last):
        here = n * LANES
        for m in range(operations.shape[0]):
            if operations[m, 4] and n > 0:
                continue
            code = operations[m, 0]
            z, x, y = operations[m, 1] * width, operations[m, 2] * width, operations[m, 3] * width
            if code == ADD:
                pair_add(series, half, x + here, y + here, z + here)
            elif code == SUBTRACT:
                pair_subtract(series, half, x + here, y + here, z + here)
            elif code == MULTIPLY:
                pair_convolve(series, half, x, y + here, n + 1, z + here)
            elif code == SCALE:
                pair_multiply(series, half, x, y + here, z + here)
            elif code == DIVIDE:
                pair_convolve(series, half, z, y + here, n, spare)
                pair_subtract(series, half, x + here, spare, spare)
                pair_divide(series, half, spare, y, z + here)
            elif code == SINCOS:
                w = z + width
                slopes = w + width
                if n == 0:
                    _pair_sincos(series, half, x, z, w, number)
                else:
                    _fill(series, half, number, float(n))
                    pair_multiply(series, half, number, x + here, slopes + here)
                    pair_convolve(series, half, slopes + LANES, w + here - LANES, n, spare)
                    pair_convolve(series, half, slopes + LANES, z + here - LANES, n, other)
                    pair_divide(series, half, spare, number, z + here)
                    _fill(series, half, number, -float(n))
                    pair_divide(series, half, other, number, w + here)
            else:  # INVERSE_CUBE
                slopes = z + width
                if n == 0:
                    pair_root(series, half, x, x, spare)
                    pair_multiply(series, half, spare, x, spare)
                    _fill(series, half, number, 1.0)
                    pair_divide(series, half, number, spare, z)
                    _fill(series, half, slopes, 0.0)
                else:
                    pair_convolve(series, half, slopes, x + here, n, other)
                    _fill(series, half, number, 2.0 * n)
                    pair_divide(series, half, other, number, other)
                    pair_convolve(series, half, z, x + here, n, spare)
                    _fill(series, half, number, 1.5)
                    pair_multiply(series, half, number, spare, spare)
                    pair_subtract(series, half, other, spare, spare)
                    pair_divide(series, half, spare, x, z + here)
                    _fill(series, half, number, float(n))
                    pair_multiply(series, half, number, z + here, slopes + here)
        for i in range(LANES):
            series[number + i], series[half + number + i] = (n + 1.0) / units[i], 0.0
        for s in range(rates.size):
            pair_divide(series, half, rates[s] * width + here, number, s * width + here + LANES)
