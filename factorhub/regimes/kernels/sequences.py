"""The inner loops of sequences: random walks, sweeps and traversals, for a chunk of rows a frame and a column at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.columns import copy
from factorhub.numerics.compiled import compiled
from factorhub.numerics.coordinates import codes_of, unit, values_of
from factorhub.numerics.philox import philox_columns
from factorhub.regimes.kernels.nearby import folds, slid

POINTS = 128  # of one frame at a time: few, so that all frames of long sequences stay in the cache
WORDS = 1024  # at a time, of several frames where there are few points


@compiled
def _hold(still: Array, start: int, stop: int, frames: Array) -> None:
    """Fill the `still` columns in frames `start` to `stop` - 1 of `frames` (n, steps, points, k) with those of the one before."""
    for i in range(frames.shape[0]):
        for p in range(frames.shape[2]):
            for j in still:
                value = frames[i, start - 1, p, j]
                for t in range(start, stop):
                    frames[i, t, p, j] = value


@compiled
def _take(frames: Array, t: int, j: int, column: Array) -> None:
    """Fill `column` (points n,) with factor `j` in frame `t` of `frames` (n, steps, points, k), point by point."""
    n = frames.shape[0]
    for p in range(frames.shape[2]):
        for i in range(n):
            column[p * n + i] = frames[i, t, p, j]


@compiled
def _show(path: Array, start: int, stop: int, j: int, frames: Array, marks: Array) -> None:
    """Fill factor `j` in frames `start` to `stop` - 1 of `frames` (n, steps, points, k) from `path` (several points n,), which
    begins with the frame before them, and set it in `marks` (n, steps, k) where it moves at any point."""
    n, points = frames.shape[0], frames.shape[2]
    for t in range(start, stop):
        for p in range(points):
            at = ((t - start) * points + p) * n
            before, now = path[at : at + n], path[at + points * n :]
            for i in range(n):
                frames[i, t, p, j] = now[i]
            for i in range(n):
                marks[i, t, j] |= now[i] != before[i]


@compiled
def _hop(codes: Array, size: int, circular: bool, steps: int, up: Array) -> None:
    """Move `codes` (n,) by `steps`, `up` (n,) or down, in place, folded at the ends."""
    period = size if circular or size == 1 else 2 * size - 2
    rise, sink = steps % period, -steps % period
    for i in range(codes.size):
        codes[i] += rise if up[i] else sink
    folds(codes, size, circular)


@compiled
def _swap(codes: Array, size: int, rate: float, u: Array) -> None:
    """Turn each of `codes` (n,) into another of `size` labels, the one that its `u` (n,) says where that is below `rate`."""
    for i in range(codes.size):
        code = min(int(u[i] / rate * (size - 1)), size - 2)
        codes[i] = code + 1 if code >= codes[i] else code


@compiled
def _wander(
    factor: Any, table: Array, rate: float, stride: float, words: Array, column: Array, path: Array, u: Array, up: Array,
    codes: Array, others: Array,
) -> None:  # fmt: skip
    """Fill all but the first n of `path` (several n,) with the way of each of `column` (n,), which it begins with: a step up or
    down with chance `rate`, by the `words` of each frame. All others, (n,), is room to work in."""
    low, span, circular, count, n = factor.low, factor.span, factor.circular, factor.count, column.size
    copy(path, column)
    for at in range(0, path.size - n, n):
        drawn, new = words[at : at + n], path[at + n : at + 2 * n]
        if count == 0:
            for i in range(n):
                w, old = unit(drawn[i]), column[i]
                near = slid(low, span, circular, old, stride if 2.0 * w >= rate else -stride)
                new[i] = near if w < rate else old
        else:
            for i in range(n):
                u[i] = unit(drawn[i])
                up[i] = 2.0 * u[i] >= rate
            codes_of(factor, table, column, codes, others)
            if factor.labelled:
                _swap(codes, count, rate, u)
            else:
                _hop(codes, count, circular, 1, up)
            values_of(factor, table, codes, new)
            for i in range(n):
                old, near = column[i], new[i]
                new[i] = near if u[i] < rate else old
        copy(new, column)


@compiled
def step(
    factors: Array, table: Array, free: Array, still: Array, rate: float, stride: float, start: int, stop: int, key: Array,
    numbers: Array, values: Array, changed: Array,
) -> None:  # fmt: skip
    """Fill frames `start` to `stop` - 1 of `values` (n, steps, points, k) by a random walk of the `free` columns; the others are
    `still`.

    Each goes up or down with chance `rate`, by the words of `numbers` (n points) times steps, plus the frame. Marks in
    `changed` (n, steps, k) what differs from the frame before.
    """
    steps, points = values.shape[1], values.shape[2]
    rows = max(POINTS // points, 1)
    most = rows * points
    room = max(most, WORDS)
    path, column, u, up = np.empty(room + most), np.empty(most), np.empty(most), np.empty(most, dtype=np.bool_)
    codes, others = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    words, counters = np.empty(((free.size + 3) // 4 * 4, room), dtype=np.uint64), np.empty(room, dtype=np.uint64)
    for begin in range(0, values.shape[0], rows):
        frames, marks = values[begin : begin + rows], changed[begin : begin + rows]
        n = frames.shape[0]
        many = n * points
        _hold(still, start, stop, frames)
        for first in range(start, stop, room // many):
            last = min(first + room // many, stop)
            ahead = (last - first) * many
            for t in range(first, last):
                for p in range(points):
                    counter, number = counters[((t - first) * points + p) * n :], numbers[begin * points + p :]
                    for i in range(n):
                        counter[i] = np.uint64(number[i * points] * steps + t)
            philox_columns(key, counters[:ahead], 1, words)
            for m in range(free.size):
                j, way = free[m], path[: ahead + many]
                _take(frames, first - 1, j, way)
                _wander(factors[j], table, rate, stride, words[m], column[:many], way, u, up, codes[:many], others)
                _show(way, first, last, j, frames, marks)


@compiled
def travel(
    factors: Array, table: Array, free: Array, still: Array, hops: Array, shares: Array, ways: Array, values: Array, changed: Array
) -> None:
    """Fill the frames of `values` (n, steps, points, k) from the first ones: the `still` columns stay, the `free` ones move.

    In frame t the m-th is hops[m, t] steps away on its grid, shares[m, t] of its range off it, up where the highest bit of
    `ways` (free, n points) is set, else down. Marks in `changed` (n, steps, k) what differs from the frame before.
    """
    steps, points = values.shape[1], values.shape[2]
    rows = max(POINTS // points, 1)
    most = rows * points
    room = max(most, WORDS)
    path, column, up = np.empty(room + most), np.empty(most), np.empty(most, dtype=np.bool_)
    codes, hopped, others = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    for begin in range(0, values.shape[0], rows):
        frames, marks = values[begin : begin + rows], changed[begin : begin + rows]
        n = frames.shape[0]
        many = n * points
        _hold(still, 1, steps, frames)
        for m in range(free.size):
            j, factor = free[m], factors[free[m]]
            low, span, circular, count = factor.low, factor.span, factor.circular, factor.count
            _take(frames, 0, j, column)
            for p in range(points):
                for i in range(n):
                    up[p * n + i] = ways[m, (begin + i) * points + p] >> np.uint64(63)
            if count > 0:
                codes_of(factor, table, column[:many], codes, others)
            for first in range(1, steps, room // many):
                last = min(first + room // many, steps)
                _take(frames, first - 1, j, path)
                for t in range(first, last):
                    now, share = path[(t - first + 1) * many :], shares[m, t]
                    if count > 0:
                        copy(codes, hopped[:many])
                        _hop(hopped[:many], count, circular, hops[m, t], up)
                        values_of(factor, table, hopped[:many], now)
                    else:
                        for i in range(many):
                            now[i] = slid(low, span, circular, column[i], share if up[i] else -share)
                _show(path, first, last, j, frames, marks)


@compiled
def place(j: int, still: Array, places: Array, values: Array, changed: Array) -> None:
    """Fill the frames of `values` (n, steps, points, k): the `still` columns as in the first ones, column `j` being places[t] in
    frame t."""
    _hold(still, 1, values.shape[1], values)
    for i in range(values.shape[0]):
        for t in range(values.shape[1]):
            for p in range(values.shape[2]):
                values[i, t, p, j] = places[t]
            changed[i, t, j] = t > 0 and places[t] != places[t - 1]
