"""Taylor-series integration of a tape, eight trajectories in lockstep, each with steps of its own.

At every step the Taylor coefficients of the state are computed, the step is chosen so that the last terms are below
the precision, and the polynomial gives the state at every multiple of dt that the step covers: dense output at no
further cost. A trajectory's numbers depend on nothing but its own start, and only IEEE + - * / and sqrt are used, so
the bits are the same in any batch, thread or machine.
"""

from __future__ import annotations

import numpy as np

from factorhub.compiled import compiled
from factorhub.dynamics.lanes import LANES, add, multiply, pair_add, pair_multiply, polynomials
from factorhub.dynamics.series import coefficients, pair_coefficients
from factorhub.factors import Array
from factorhub.trig import sincos

LANDING = 8  # steps that cover this many stored states are shortened to end on one, so that rounded times do not add up


@compiled
def sincos_of(x: Array, out: Array) -> None:
    """Fill `out` (2, n) with the sines and cosines of `x` (n,)."""
    for i in range(x.size):
        out[0, i], out[1, i] = sincos(x[i])


@compiled
def differences(found: Array, reference: Array, out: Array) -> None:
    """Fill `out` (n,) with the largest difference of (n, T, s) arrays, each component over its largest size in the row."""
    for i in range(found.shape[0]):
        worst = 0.0
        for s in range(found.shape[2]):
            apart, size, total = 0.0, 1e-300, 0.0
            for k in range(found.shape[1]):
                gap = abs(found[i, k, s] - reference[i, k, s])
                apart = max(apart, gap)
                size = max(size, abs(reference[i, k, s]))
                total += gap
            worst = max(worst, apart / size) if total < np.inf else np.inf
        out[i] = worst


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
def _step(series: Array, states: int, width: int, order: int, reach: float, lane: int) -> float:
    """The step of one lane: `reach` times the radius of convergence that the last two coefficients suggest; NaN if none."""
    size, last, previous, total = 0.0, 0.0, 0.0, 0.0
    for s in range(states):
        place = s * width + lane
        a, b, c = abs(series[place]), abs(series[place + order * LANES]), abs(series[place + (order - 1) * LANES])
        size, last, previous = max(size, a), max(last, b), max(previous, c)
        total += a + b + c
    if not total < np.inf:  # a maximum would overlook NaN
        return np.nan
    step = np.inf
    if last > 0.0:
        step = reach * _root(size / last, order)
    if previous > 0.0:
        step = min(step, reach * _root(size / previous, order - 1))
    return step


@compiled
def _output(series: Array, half: int, order: int, lane: int, past: float, dt: float, unit: float, out: Array) -> None:
    """Fill `out` (m, s) with the polynomials of one lane at times 1·dt - past, 2·dt - past, …"""
    width = (order + 1) * LANES
    instants = half - width
    result = instants + LANES
    for first in range(0, out.shape[0], LANES):
        for i in range(LANES):
            series[instants + i] = ((first + i + 1) * dt - past) / unit
        count = min(LANES, out.shape[0] - first)
        for s in range(0, out.shape[1], 4):
            polynomials(series, s * width + order * LANES + lane, LANES, order, width, instants, result)
            for j in range(min(4, out.shape[1] - s)):
                for i in range(count):
                    out[first + i, s + j] = series[result + j * LANES + i]


@compiled
def _advance(series: Array, half: int, states: int, order: int, steps: Array, units: Array, precise: bool) -> None:
    """Move the states at order 0 by the lanes' `steps`."""
    width = (order + 1) * LANES
    h = half - width
    total = h + LANES
    for i in range(LANES):
        series[h + i] = steps[i] / units[i]
        if precise:
            series[half + h + i] = 0.0
    for s in range(states):
        place = s * width
        for i in range(LANES):
            series[total + i] = series[place + order * LANES + i]
            if precise:
                series[half + total + i] = series[half + place + order * LANES + i]
        for j in range(order - 1, -1, -1):
            if precise:
                pair_multiply(series, half, total, h, total)
                pair_add(series, half, total, place + j * LANES, total)
            else:
                multiply(series, total, h, total)
                add(series, total, place + j * LANES, total)
        for i in range(LANES):
            series[place + i] = series[total + i]
            if precise:
                series[half + place + i] = series[half + total + i]


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
    reach: Array,
    precise: bool,
    longest: int,
    out: Array,
    failed: Array,
) -> None:
    """Fill `out` (n, T, s) with the states at k·dt, from `starts` (n, s) and `parameters` (n, p).

    Args:
        operations, rates, registers, where, constants: the tape.
        dt: time between stored states.
        order: of the Taylor polynomials.
        reach: (n,) the step as a fraction of the estimated radius of convergence; the truncation error of a step is
            about reach ** order of the state's size.
        precise: carry the state in pairs of doubles, about 30 digits.
        longest: the most steps a trajectory may take.
        failed: (n,) float64, set to the time at which a trajectory could not go on, or -1.
    """
    count, length, states = out.shape
    width = (order + 1) * LANES
    half = (registers + 4) * width  # a spare register, and room to read four states from the last one on
    series = np.zeros(2 * half if precise else half)
    for c in range(where.size):
        for i in range(LANES):
            series[where[c] * width + i] = constants[c]
    clock = states * width
    trajectory = np.full(LANES, -1)
    position = np.zeros(LANES, dtype=np.int64)
    past = np.zeros(LANES)
    steps = np.zeros(LANES)
    units = np.ones(LANES)
    taken = np.zeros(LANES, dtype=np.int64)
    least = (1e-24 if precise else 1e-12) * dt  # a step this short means that the motion ends here
    coming = 0
    busy = 0
    while True:
        for i in range(LANES):
            if trajectory[i] < 0 and coming < count:
                trajectory[i] = coming
                position[i], past[i], taken[i], units[i] = 0, 0.0, 0, 1.0
                for s in range(states + 1 + parameters.shape[1]):
                    if s < states:
                        value = starts[coming, s]
                        out[coming, 0, s] = value
                    else:
                        value = 0.0 if s == states else parameters[coming, s - states - 1]
                    series[s * width + i] = value
                    if precise:
                        series[half + s * width + i] = 0.0
                failed[coming] = -1.0
                coming += 1
                busy += 1
        if busy == 0:
            return
        for i in range(LANES):
            series[clock + LANES + i] = units[i]
        if precise:
            pair_coefficients(operations, rates, order, units, series, half)
        else:
            coefficients(operations, rates, order, units, series, half)
        for i in range(LANES):
            steps[i] = 0.0
            row = trajectory[i]
            if row < 0:
                continue
            left = length - 1 - position[i]
            step = _step(series, states, width, order, reach[row], i) * units[i]
            taken[i] += 1
            if not step > least or taken[i] > longest:
                failed[row] = position[i] * dt + past[i]
                trajectory[i] = -1
                busy -= 1
                continue
            reached = left if step >= left * dt - past[i] else min(int((past[i] + step) / dt), left)
            if reached > 0:
                first = position[i] + 1
                _output(series, half, order, i, past[i], dt, units[i], out[row, first : first + reached])
            if reached >= LANDING or reached == left:
                steps[i] = reached * dt - past[i]
                past[i] = 0.0
            else:
                steps[i] = step
                past[i] += step - reached * dt
            position[i] += reached
            if position[i] == length - 1:
                trajectory[i] = -1
                busy -= 1
        _advance(series, half, states, order, steps, units, precise)
        for i in range(LANES):
            series[clock + i] = position[i] * dt + past[i]
            if trajectory[i] >= 0:
                while steps[i] < 0.5 * units[i]:
                    units[i] *= 0.5
                while steps[i] > units[i]:
                    units[i] *= 2.0
