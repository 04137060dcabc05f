"""The inner loops of discretised Laplace steps: one column of a chunk of rows at a time, by a plain loop for each question."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.coordinates import code_of, unit, value_of
from factorhub.numerics.normal import exp, log
from factorhub.numerics.philox import philox_columns
from factorhub.regimes.kernels.shared import CHUNK

POWERS = 64  # kept in a table


@compiled
def _room(factor: Any, table: Array, stride: float, old: Array, below: Array, above: Array) -> int:
    """Fill `below` and `above` (n,) with the steps from each `old` value (n,) to the ends of the range; returns the most."""
    count, start, first, step, low = factor.count, factor.start, factor.first, factor.step, factor.low
    high = low + factor.span
    most: int = max(count - 1, 0)
    if count == 0:
        for i in range(old.size):
            below[i], above[i] = np.int64((old[i] - low) / stride), np.int64((high - old[i]) / stride)
            most = max(most, max(below[i], above[i]))
        return most
    for i in range(old.size):
        below[i] = min(max(np.int64(np.rint((old[i] - first) / step)), 0), most)
    if start >= 0:  # `code_of` walks from this guess, which most tables are even enough to confirm
        uneven, many = above, 0
        for i in range(old.size):
            uneven[many] = i
            many += table[start + below[i]] != old[i]
        for t in range(many):
            below[uneven[t]] = code_of(factor, table, old[uneven[t]])
    for i in range(old.size):
        above[i] = most - below[i]
    return most


@compiled
def _shares(powers: Array, most: int, steps: Array, share: Array) -> None:
    """Fill `share` (n,) with 1 - q ** steps for `steps` (n,) up to `most`: from q's first `powers` (POWERS,), or by squaring."""
    for i in range(steps.size):
        share[i] = powers[min(steps[i], POWERS - 1)]
    if most >= POWERS:
        far, square, bit = np.ones(steps.size), powers[1], 0
        while most >> bit > 0:
            for i in range(steps.size):
                far[i] *= square if steps[i] >> bit & 1 else 1.0
            square *= square
            bit += 1
        for i in range(steps.size):
            near, beyond = share[i], far[i]
            share[i] = near if steps[i] < POWERS else beyond
    for i in range(steps.size):
        share[i] = 1.0 - share[i]


@compiled
def _geometric(powers: Array, most: int, goal: Array, end: Array, d: Array) -> None:
    """Fill `d` (n,) with how many of q, q ** 2, … sum up to more than each `goal` (n,): at least 1, and `end` (n,) at most."""
    sums, reached = np.full(POWERS + 4, np.inf), 0.0
    for t in range(1, min(most, POWERS)):
        reached += powers[t]
        sums[t] = reached
    d[:] = 1
    for t in range(1, min(most, POWERS), 4):  # four sums for each time that goals are read
        a, b, c, e = sums[t], sums[t + 1], sums[t + 2], sums[t + 3]
        for i in range(d.size):
            far = goal[i]
            d[i] += np.int64(far >= a) + np.int64(far >= b) + np.int64(far >= c) + np.int64(far >= e)
    for i in range(d.size):
        d[i] = min(d[i], end[i])
    if most >= POWERS:
        for i in range(d.size):
            if d[i] == POWERS:
                weight = powers[POWERS - 1] * powers[1]
                total = reached + weight
                while d[i] < end[i] and goal[i] >= total:
                    weight *= powers[1]
                    total += weight
                    d[i] += 1


@compiled
def _step(
    factor: Any, table: Array, stride: float, powers: Array, stay: float, values: Array, goal: Array, u: Array, moved: Array,
    reals: Array, wholes: Array,
) -> None:  # fmt: skip
    """Move each of `values` (n,) by a step, or, with the weight `stay`, not at all; fill `moved` (n,) with which did.

    Numbers in [0, 1) decide: those in `goal` (n,), which are written over, which way, those in `u` (n,) how far. What else there
    is to keep goes into `reals` (2, n or more) and `wholes` (3, n or more).
    """
    n, q = values.size, powers[1]
    left, right = reals[0, :n], reals[1, :n]
    below, above, d = wholes[0, :n], wholes[1, :n], wholes[2, :n]
    most = _room(factor, table, stride, values, below, above)
    _shares(powers, most, below, left)
    _shares(powers, most, above, right)
    for i in range(n):
        goal[i] *= left[i] + right[i] + stay
    for i in range(n):
        moved[i] = goal[i] < left[i] + right[i]
    for i in range(n):
        low, high, down, rise = left[i], right[i], below[i], above[i]
        up = goal[i] >= low
        goal[i], left[i], above[i] = high if up else low, 1.0 if up else -1.0, rise if up else down
    for i in range(n):
        goal[i] = u[i] * goal[i] * q / (1.0 - q)
    _geometric(powers, most, goal, above, d)
    if factor.count > 0:
        for i in range(n):
            values[i] = value_of(factor, table, below[i] + d[i] * np.int64(left[i])) if moved[i] else values[i]
    else:
        for i in range(n):
            values[i] = values[i] + d[i] * left[i] * stride if moved[i] else values[i]


@compiled
def laplace(
    factors: Array, table: Array, steps: Array, movable: Array, rate: float, key: Array, numbers: Array, values: Array
) -> None:
    """Move every `movable` column of `values` (n, k) by a discretised Laplace step that stays in range, in place.

    The chance of d steps falls as exp(-|d| rate / log size), the sizes being those of `steps`; where nothing moved,
    one column is chosen and moved. Row i takes the 2 movable + 3 words of numbers[i] under `key`.
    """
    size = movable.size
    powers, strides = np.ones((size, POWERS)), np.empty(size)
    for m in range(size):
        q = exp(-rate / log(np.float64(steps[movable[m]])))
        for d in range(1, POWERS):
            powers[m, d] = powers[m, d - 1] * q
        strides[m] = factors[movable[m]].span / (steps[movable[m]] - 1)
    most = min(values.shape[0], CHUNK)
    still, rows = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    idle, moved = np.empty(most, dtype=np.bool_), np.empty(most, dtype=np.bool_)
    u, v, column = np.empty(most), np.empty(most), np.empty(most)
    reals, wholes = np.empty((2, most)), np.empty((3, most), dtype=np.int64)
    words = np.empty(((2 * size + 6) // 4 * 4, most), dtype=np.uint64)
    for begin in range(0, values.shape[0], CHUNK):
        points = values[begin : begin + CHUNK]
        n, many = points.shape[0], 0
        philox_columns(key, numbers[begin : begin + n], 1, words)
        idle[:] = True
        for m in range(size):
            j, q = movable[m], powers[m, 1]
            first, second = words[2 * m], words[2 * m + 1]
            for i in range(n):
                u[i], v[i], column[i] = unit(first[i]), unit(second[i]), points[i, j]
            _step(factors[j], table, strides[m], powers[m], (1.0 - q) / q, column[:n], u[:n], v[:n], moved[:n], reals, wholes)
            for i in range(n):
                points[i, j] = column[i]
            for i in range(n):
                idle[i] &= not moved[i]
        for i in range(n):
            still[many] = i
            many += idle[i]
        for m in range(size if many > 0 else 0):
            few, j = 0, movable[m]
            for t in range(many):
                rows[few] = still[t]
                few += np.int64(unit(words[2 * size, still[t]]) * size) == m
            for i in range(few):
                row = rows[i]
                u[i], v[i], column[i] = unit(words[2 * size + 1, row]), unit(words[2 * size + 2, row]), points[row, j]
            _step(factors[j], table, strides[m], powers[m], 0.0, column[:few], u[:few], v[:few], moved[:few], reals, wholes)
            for i in range(few):
                points[rows[i], j] = column[i]
