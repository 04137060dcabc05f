"""The inner loops of moves: jitter within a radius, nudges, and what happens at the ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.columns import copy
from factorhub.numerics.compiled import compiled
from factorhub.numerics.coordinates import code_of, codes_of, unit, value_of, values_of
from factorhub.regimes.kernels.shared import CHUNK

SEEN = 1e-6  # of a turn: a difference beyond doubt


@compiled
def fold(place: int, size: int, circular: bool) -> int:
    """A code that has walked past the ends, brought back: round the circle, or reflected at the ends."""
    if circular or size == 1:
        return place % size
    turn = place % (2 * size - 2)
    return turn if turn < size else 2 * size - 2 - turn


@compiled
def fold_unit(place: float, circular: bool) -> float:
    """The same for a place along an interval of length 1."""
    if circular:
        return place - np.floor(place)
    turn = place - 2.0 * np.floor(place / 2.0)
    return turn if turn <= 1.0 else 2.0 - turn


@compiled
def slid(low: float, span: float, circular: bool, value: float, travel: float) -> float:
    """A value off the grid moved by `travel` ranges, folded at the ends; without a branch, which random ways make guess wrong."""
    near = value + travel * span
    folded = min(low + fold_unit((value - low) / span + travel, circular) * span, low + span)
    return near if (near >= low) & (near < low + span) else folded


@compiled
def _ends(factor: Any) -> int:
    """How many steps a factor's grid has from end to end, or round the circle."""
    return factor.count if factor.circular else factor.count - 1


@compiled
def folds(places: Array, size: int, circular: bool) -> None:
    """Fold each of `places` (n,), in place, as `fold` does; they are no more than a period away from the grid."""
    period = size if circular or size == 1 else 2 * size - 2
    for i in range(places.size):
        turn = places[i]
        turn += period if turn < 0 else 0
        turn -= period if turn >= period else 0
        places[i] = turn if turn < size else period - turn


@compiled
def jitter(factors: Array, table: Array, free: Array, radius: float, words: Array, values: Array) -> None:
    """Move the `free` columns of `values` (n, k) evenly within `radius` ranges, at least one step on a grid, in place, by `words`
    (free, n)."""
    rows = min(CHUNK, values.shape[0])
    column, codes, others = np.empty(rows), np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
    for begin in range(0, values.shape[0], CHUNK):
        points = values[begin : begin + CHUNK]
        n = points.shape[0]
        for m in range(free.size):
            j, factor = free[m], factors[free[m]]
            word, old, code = words[m, begin : begin + n], column[:n], codes[:n]
            size, span, low, circular = factor.count, factor.span, factor.low, factor.circular
            copy(points[:, j], old)
            if size > 0:
                reach = max(np.int64(radius * _ends(factor) + 1e-9), 1)
                codes_of(factor, table, old, code, others)
                for i in range(n):
                    code[i] += np.int64(unit(word[i]) * (2 * reach + 1)) - reach
                folds(code, size, circular)
                values_of(factor, table, code, old)
            else:
                for i in range(n):
                    old[i] = slid(low, span, circular, old[i], (2.0 * unit(word[i]) - 1.0) * radius)
            copy(old, points[:, j])


@compiled
def nudge(
    factors: Array, table: Array, free: Array, delta: float, by: Array, turns: Array, words: Array, values: Array, kept: Array,
    doubtful: Array,
) -> None:  # fmt: skip
    """Move one of the `free` columns of each row of `values` (n, k) by `delta` ranges, up or down, in place; the way that stays
    in range. Fill `kept` (n,) with whether there is one.

    Fill `doubtful` (n,) with whether one may see no difference: after whole turns, which take turns[j, c] where the column by[j]
    holds c, after any move where that is 0, after none where it is infinite.
    """
    hops = np.empty(free.size, dtype=np.int64)
    for m in range(free.size):
        hops[m] = max(int(np.rint(delta * _ends(factors[free[m]]))), 1)
    for i in range(values.shape[0]):
        m = np.int64(unit(words[i, 0]) * free.size)
        j, up = free[m], words[i, 1] >> np.uint64(63) == np.uint64(1)
        factor, old = factors[j], values[i, j]
        size, low, span, circular = factor.count, factor.low, factor.span, factor.circular
        if size > 0:
            code, hop = code_of(factor, table, old), hops[m] if up else -hops[m]
            ahead, back = code + hop, code - hop
            fits = circular or 0 <= ahead < size
            kept[i] = fits or 0 <= back < size
            new = value_of(factor, table, fold(ahead if fits else back, size, circular))
        else:
            travel = delta if up else -delta
            near, other = old + travel * span, old - travel * span
            fits = circular or low <= near <= low + span
            kept[i] = fits or low <= other <= low + span
            new = slid(low, span, circular, old, travel if fits else -travel)
        new = new if kept[i] else old
        values[i, j] = new
        turn = turns[j, np.int64(values[i, by[j]]) if by[j] >= 0 else 0]
        rest = (new - old) / turn
        doubtful[i] = (new != old) & ((turn == 0.0) | ((turn < np.inf) & (abs(rest - np.rint(rest)) < SEEN)))


@compiled
def offsets(
    changed: Array, pairs: Array, period: Array, numbers: Array, properties: Array, thing: Array, kind: Array, delta: Array
) -> None:
    """Fill `thing` and `kind` (n,) with the `numbers` and `properties` (k,) of the first factor that is `changed` (n, k), and
    `delta` (n,) with how far it went from the first to the second of `pairs` (n, 2, points, k), the short way round where it has a
    `period` (k,)."""
    for i in range(delta.size):
        found = 0
        for j in range(changed.shape[1] - 1, -1, -1):
            found = j if changed[i, j] else found
        far = pairs[i, 1, 0, found] - pairs[i, 0, 0, found]
        turn = period[found]
        thing[i], kind[i] = numbers[found], properties[found]
        delta[i] = far - turn * np.rint(far / turn) if turn > 0.0 else far
