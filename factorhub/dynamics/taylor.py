"""Taylor-series integration of a tape, several trajectories in lockstep, each with steps of its own.

At every step the Taylor coefficients of the state are computed to order `order` by the rules for products, quotients,
sines and powers of series (Jorba and Zou, "A software package for the numerical integration of ODEs by means of
high-order Taylor methods", 2005), the step is chosen so that the last terms are below double precision, and the
polynomial gives the state at every multiple of dt that the step covers: dense output at no further cost.
Only IEEE + - * / and sqrt are used, so the bits are the same on every machine.
"""

from __future__ import annotations

import numpy as np

from factorhub.compiled import compiled
from factorhub.dsprites_like.trig import sincos
from factorhub.dynamics.lanes import LANES, add, convolve, multiply, polynomial, subtract
from factorhub.factors import Array



@compiled
def sincos_of(x: Array, out: Array) -> None:
    """Fill `out` (2, n) with the sines and cosines of `x` (n,)."""
    for i in range(x.size):
        out[0, i], out[1, i] = sincos(x[i])


@compiled
def _root(x: float, degree: int) -> float:
    """x ** (1 / degree) to about a thousandth, from square roots alone: they are the same on every machine."""
    result = 1.0
    rest = 1.0 / degree
    for _ in range(13):
        x = np.sqrt(x)
        rest *= 2.0
        if rest >= 1.0:
            rest -= 1.0
            result *= x
    return result


@compiled
def _coefficients(operations: Array, rates: Array, order: int, series: Array) -> None:
    """Fill the flat `series` [registers + 1][order + 1][LANES] from what it holds at order 0."""
    width = (order + 1) * LANES
    spare = series.size - width
    other = spare + LANES
    for n in range(order):
        here = n * LANES
        for m in range(operations.shape[0]):
            if operations[m, 4] and n > 0:
                continue
            code = operations[m, 0]
            z, x, y = operations[m, 1] * width, operations[m, 2] * width, operations[m, 3] * width
            if code == 0:
                add(series, x + here, y + here, z + here)
            elif code == 1:
                subtract(series, x + here, y + here, z + here)
            elif code == 2:
                convolve(series, x, y + here, n + 1, z + here)
            elif code == 3:
                multiply(series, x, y + here, z + here)
            elif code == 4:
                convolve(series, z, y + here, n, spare)
                for i in range(LANES):
                    series[z + here + i] = (series[x + here + i] - series[spare + i]) / series[y + i]
            elif code == 5:
                w = z + width
                slopes = w + width
                if n == 0:
                    for i in range(LANES):
                        series[z + i], series[w + i] = sincos(series[x + i])
                else:
                    for i in range(LANES):
                        series[slopes + here + i] = n * series[x + here + i]
                    convolve(series, slopes + LANES, w + here - LANES, n, spare)
                    convolve(series, slopes + LANES, z + here - LANES, n, other)
                    scale = 1.0 / n
                    for i in range(LANES):
                        series[z + here + i] = series[spare + i] * scale
                        series[w + here + i] = -series[other + i] * scale
            else:
                slopes = z + width
                if n == 0:
                    for i in range(LANES):
                        series[z + i] = 1.0 / (series[x + i] * np.sqrt(series[x + i]))
                        series[slopes + i] = 0.0
                else:
                    convolve(series, z, x + here, n, spare)
                    convolve(series, slopes, x + here, n, other)
                    scale = 0.5 / n
                    for i in range(LANES):
                        value = (scale * series[other + i] - 1.5 * series[spare + i]) / series[x + i]
                        series[z + here + i] = value
                        series[slopes + here + i] = n * value
        scale = 1.0 / (n + 1)
        for s in range(rates.size):
            x, y = s * width + here + LANES, rates[s] * width + here
            for i in range(LANES):
                series[x + i] = series[y + i] * scale


@compiled
def _evaluate(series: Array, order: int, lane: int, past: float, dt: float, out: Array) -> None:
    """Fill `out` (m, s) with the polynomials of one lane at times 1·dt - past, 2·dt - past, …"""
    width = (order + 1) * LANES
    times = series.size - width
    result = times + LANES
    for first in range(0, out.shape[0], LANES):
        for i in range(LANES):
            series[times + i] = (first + i + 1) * dt - past
        count = min(LANES, out.shape[0] - first)
        for s in range(out.shape[1]):
            polynomial(series, s * width + order * LANES + lane, LANES, order, times, result)
            for i in range(count):
                out[first + i, s] = series[result + i]


@compiled
def integrate(
    operations: Array,
    rates: Array,
    registers: int,
    where: Array,
    constants: Array,
    starts: Array,
    parameters: Array,
    dt: float,
    order: int,
    reach: float,
    longest: int,
    out: Array,
    failed: Array,
) -> None:
    """Fill `out` (n, T, s) with the states at k·dt, from `starts` (n, s) and `parameters` (n, p).

    Args:
        operations, rates, registers, where, constants: the tape.
        dt: time between stored states.
        order: of the Taylor polynomials.
        reach: the step as a fraction of the estimated radius of convergence; the truncation error of a step is about
            reach ** order of the state's size.
        longest: the most steps a trajectory may take.
        failed: (n,) float64, set to the time at which a trajectory could not go on, or -1.
    """
    count, length, states = out.shape
    series = np.zeros((registers + 1, order + 1, LANES))
    for c in range(where.size):
        series[where[c], 0, :] = constants[c]
    series[states, 1, :] = 1.0
    trajectory = np.full(LANES, -1)
    position = np.zeros(LANES, dtype=np.int64)
    past = np.zeros(LANES)
    taken = np.zeros(LANES, dtype=np.int64)
    coming = 0
    busy = 0
    while True:
        for i in range(LANES):
            if trajectory[i] < 0 and coming < count:
                trajectory[i] = coming
                position[i], past[i], taken[i] = 0, 0.0, 0
                for s in range(states):
                    series[s, 0, i] = starts[coming, s]
                    out[coming, 0, s] = starts[coming, s]
                for p in range(parameters.shape[1]):
                    series[states + 1 + p, 0, i] = parameters[coming, p]
                failed[coming] = -1.0
                series[states, 0, i] = 0.0
                coming += 1
                busy += 1
        if busy == 0:
            return
        _coefficients(operations, rates, order, series.reshape(-1))
        for i in range(LANES):
            row = trajectory[i]
            if row < 0:
                continue
            size, last, previous = 0.0, 0.0, 0.0
            for s in range(states):
                size = max(size, abs(series[s, 0, i]))
                last = max(last, abs(series[s, order, i]))
                previous = max(previous, abs(series[s, order - 1, i]))
            rest = (length - 1 - position[i]) * dt - past[i]
            step = rest
            if last > 0.0:
                step = min(step, reach * _root(size / last, order))
            if previous > 0.0:
                step = min(step, reach * _root(size / previous, order - 1))
            taken[i] += 1
            finite = size + last + previous < np.inf
            if not finite or past[i] + step == past[i] or step < 1e-12 * dt or taken[i] > longest:
                failed[row] = position[i] * dt + past[i]
                trajectory[i] = -1
                busy -= 1
                continue
            reached = min(int((past[i] + step) / dt), length - 1 - position[i])
            _evaluate(series.reshape(-1), order, i, past[i], dt, out[row, position[i] + 1 : position[i] + 1 + reached])
            if reached > 0:
                position[i] += reached
                past[i] = 0.0
                for s in range(states):
                    series[s, 0, i] = out[row, position[i], s]
            else:
                past[i] += step
                for s in range(states):
                    value = series[s, order, i]
                    for j in range(order - 1, -1, -1):
                        value = value * step + series[s, j, i]
                    series[s, 0, i] = value
            series[states, 0, i] = position[i] * dt + past[i]
            if position[i] == length - 1:
                trajectory[i] = -1
                busy -= 1
