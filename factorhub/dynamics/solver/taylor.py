"""Taylor-series integration of a tape, sixteen trajectories in lockstep, each with steps of its own.

At every step the Taylor coefficients of the state are computed, the step is chosen so that the last terms are below
the precision, and the polynomial gives the state at every multiple of dt that the step covers: dense output at no
further cost. A trajectory's numbers depend on nothing but its own start, and only IEEE + - * / and sqrt are used, so
the bits are the same in any batch, thread or machine.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.dynamics.solver.series import coefficients, pair_coefficients
from factorhub.dynamics.solver.vector_operations import (
    INSTANTS,
    LANES,
    add,
    add_size,
    divide,
    fill,
    four_polynomials,
    instants,
    larger,
    multiply,
    multiply_by,
    pair_add,
    pair_multiply,
    square_root,
    subtract,
    two_polynomials,
)
from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.trig import sincos

LANDING = 8  # steps that cover this many stored states are shortened to end on one, so that rounded times do not add up


@compiled
def sincos_of(x: Array, out: Array) -> None:
    """Fill `out` (2, n) with the sines and cosines of `x` (n,)."""
    for i in range(x.size):
        out[0, i], out[1, i] = sincos(x[i])


@compiled
def largest(states: Array, out: Array) -> None:
    """Fill `out` (n, s) with the largest size that each component of `states` (n, T, s) has."""
    out[:] = 1e-300
    for i in range(states.shape[0]):
        for k in range(states.shape[1]):
            for s in range(states.shape[2]):
                out[i, s] = max(out[i, s], abs(states[i, k, s]))


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
def _root(series: Array, x: int, degree: int, result: int) -> None:
    """The lane group at `x` ** (1 / degree) to about a thousandth, from square roots alone; `x` is overwritten."""
    fill(series, result, 1.0, result)
    rest = 1.0 / degree
    for _ in range(13):
        square_root(series, x, x, x)
        rest *= 2.0
        if rest >= 1.0:
            rest -= 1.0
            multiply(series, result, x, result)


@compiled
def _steps(series: Array, half: int, states: int, order: int, reach: float, steps: Array) -> None:
    """Fill `steps` (LANES,) with `reach` times the radius of convergence that the last two coefficients suggest, NaN if none."""
    width = (order + 1) * LANES
    size = half - width
    last, previous, total = size + LANES, size + 2 * LANES, size + 3 * LANES
    root, root_of_previous = size + 4 * LANES, size + 5 * LANES
    for place in (size, last, previous, total):
        fill(series, place, 0.0, place)
    for s in range(states):
        at = s * width
        for place, found in ((at, size), (at + order * LANES, last), (at + (order - 1) * LANES, previous)):
            larger(series, place, found, found)
            add_size(series, place, total, total)
    divide(series, size, last, last)
    divide(series, size, previous, previous)
    _root(series, last, order, root)
    _root(series, previous, order - 1, root_of_previous)
    for i in range(LANES):
        a, b = series[root + i], series[root_of_previous + i]
        step = np.inf
        if a < step:
            step = a
        if b < step:
            step = b
        steps[i] = reach * step if series[total + i] < np.inf else np.nan  # a maximum would overlook NaN


@compiled
def _output(series: Array, half: int, order: int, lane: int, past: float, dt: float, unit: float, out: Array) -> None:
    """Fill `out` (m, s) with the polynomials of one lane at times 1·dt - past, 2·dt - past, …"""
    width = (order + 1) * LANES
    when = half - width
    result = when + INSTANTS
    wide = 2 if out.shape[1] <= 2 else 4
    span = 2 * INSTANTS // wide
    for first in range(0, out.shape[0], span):
        instants(series, first + 1.0, dt, past, 1.0 / unit, when)
        count = min(span, out.shape[0] - first)
        for s in range(0, out.shape[1], wide):
            top = s * width + order * LANES + lane
            if wide == 2:
                two_polynomials(series, top, LANES, order, width, when, result)
            else:
                four_polynomials(series, top, LANES, order, width, when, result)
            for j in range(min(wide, out.shape[1] - s)):
                for i in range(count):
                    out[first + i, s + j] = series[result + j * span + i]


@compiled
def _advance(series: Array, half: int, states: int, order: int, pairs: int, coarse: float, steps: Array, units: Array) -> None:
    """Move the states at order 0 by the lanes' `steps`, and round them as `coarse` says."""
    width = (order + 1) * LANES
    h = half - width
    total = h + LANES
    for i in range(LANES):
        series[h + i] = steps[i] / units[i]
        if pairs > 0:
            series[half + h + i] = 0.0
    for s in range(states):
        place = s * width
        multiply_by(series, place + order * LANES, 1.0, total)
        for j in range(order - 1, pairs - 1, -1):
            multiply(series, total, h, total)
            add(series, total, place + j * LANES, total)
        if pairs > 0:
            top = half + place + pairs * LANES
            multiply_by(series, top, 1.0, half + total)
            for j in range(pairs - 1, -1, -1):
                pair_multiply(series, half, total, h, total)
                pair_add(series, half, total, place + j * LANES, total)
            multiply_by(series, half + total, 1.0, half + place)
        multiply_by(series, total, 1.0, place)
        if coarse > 0.0:  # Dekker's split, of which the high part is kept
            multiply_by(series, total, coarse, h + 2 * LANES)
            subtract(series, h + 2 * LANES, total, total)
            subtract(series, h + 2 * LANES, total, place)


@compiled
def integrate(
    tape: Any, method: Any, starts: Array, parameters: Array, dt: float, out: Array, sizes: Array, failed: Array, apart: Array
) -> None:
    """Fill `out` (n, T, s) with the states at k·dt, from `starts` (n, s) and `parameters` (n, p); or compare with it.

    Args:
        tape: the equations, `equations.Recording`.
        method: how, `operations.Steps`.
        dt: time between stored states.
        sizes: (n, s) to read `out` and compare: every step then ends on the last stored state that it covers, if any, and
            the difference there is taken as a share of the component's size. (0, s) to fill `out`.
        failed: (n,) set to the time at which a trajectory could not go on, or -1.
        apart: (n,) set to the largest share.
    """
    operations, rates, registers, where, constants = tape
    order, reach, pairs, coarse, longest = method
    count, length, states = out.shape
    width = (order + 1) * LANES
    half = (registers + 4) * width  # a spare register, and room to read four states from the last one on
    precise = pairs > 0
    comparing = sizes.shape[0] > 0
    landing = 1 if comparing else LANDING
    room = np.zeros((2 * half if precise else half) + 8)
    series = room[-(room.ctypes.data // 8) % 8 :]  # from a multiple of 64 bytes on: no group straddles two lines of a cache
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
    landed = np.full(LANES, -1)
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
                        if not comparing:
                            out[coming, 0, s] = value
                    else:
                        value = 0.0 if s == states else parameters[coming, s - states - 1]
                    series[s * width + i] = value
                    if precise:
                        series[half + s * width + i] = 0.0
                failed[coming], apart[coming] = -1.0, 0.0
                coming += 1
                busy += 1
        if busy == 0:
            return
        for i in range(LANES):
            series[clock + LANES + i] = units[i]
        if pairs > 0:
            pair_coefficients(operations, rates, pairs, order, units, series, half)
        coefficients(operations, rates, pairs, order, units, series, half)
        _steps(series, half, states, order, reach, steps)
        for i in range(LANES):
            row = trajectory[i]
            landed[i] = -1
            if row < 0:
                steps[i] = 0.0
                continue
            left = length - 1 - position[i]
            step = steps[i] * units[i]
            steps[i] = 0.0
            taken[i] += 1
            if not step > least or taken[i] > longest:
                failed[row] = position[i] * dt + past[i]
                trajectory[i] = -1
                busy -= 1
                continue
            reached = left if step >= left * dt - past[i] else min(int((past[i] + step) / dt), left)
            if reached > 0 and not comparing:
                first = position[i] + 1
                _output(series, half, order, i, past[i], dt, units[i], out[row, first : first + reached])
            short = reached * dt - past[i]
            if (reached >= landing and short > 0.1 * step) or reached == left:  # far shorter ones would starve the next
                steps[i] = short
                past[i] = 0.0
                landed[i] = row
            else:
                steps[i] = step
                past[i] += step - reached * dt
            position[i] += reached
            if position[i] == length - 1:
                trajectory[i] = -1
                busy -= 1
        _advance(series, half, states, order, pairs, coarse, steps, units)
        for i in range(LANES):
            row = landed[i]
            if comparing and row >= 0:
                for s in range(states):
                    gap = abs(series[s * width + i] - out[row, position[i], s])
                    apart[row] = max(apart[row], gap / sizes[row, s]) if gap < np.inf else np.inf
            series[clock + i] = position[i] * dt + past[i]
            if trajectory[i] >= 0:
                while steps[i] < 0.5 * units[i]:
                    units[i] *= 0.5
                while steps[i] > units[i]:
                    units[i] *= 2.0
