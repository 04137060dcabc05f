"""The inner loops of pairs: which factors are redrawn, and second members with new values where a region allows them."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.columns import copy
from factorhub.numerics.compiled import compiled
from factorhub.numerics.coordinates import codes_of, unit, values_of
from factorhub.regimes.kernels.shared import CHUNK

WEIGHTS = 2**20  # of nodes and rows at a time


@compiled
def beside(first: Array, second: Array, pairs: Array) -> None:
    """Fill `pairs` (n, 2, w) with two arrays (n, w)."""
    for i in range(first.shape[0]):
        for j in range(first.shape[1]):
            pairs[i, 0, j] = first[i, j]
        for j in range(first.shape[1]):
            pairs[i, 1, j] = second[i, j]


@compiled
def choose(movable: Array, counts: Array, words: Array, chosen: Array) -> None:
    """Mark in `chosen` (n, k) counts[i] of the `movable` columns: the start of a random permutation of them.

    Step t exchanges the places t and picked[t], which is no earlier. What stands at a place is found by following the
    exchanges back, the same for all rows of a chunk.
    """
    most, size, rows = words.shape[1] // 2, movable.size, min(counts.size, CHUNK)
    picked, place = np.empty((most, rows), dtype=np.int64), np.empty(rows, dtype=np.int64)
    for begin in range(0, counts.size, CHUNK):
        several, drawn, marked = counts[begin : begin + CHUNK], words[begin : begin + CHUNK], chosen[begin : begin + CHUNK]
        marked[:] = False
        for t in range(most):
            for i in range(several.size):
                picked[t, i] = t + np.int64(unit(drawn[i, t]) * (size - t))
                place[i] = picked[t, i]
            for earlier in range(t - 1, -1, -1):
                for i in range(several.size):
                    place[i] = earlier if place[i] == picked[earlier, i] else place[i]
            for i in range(several.size):
                marked[i, movable[place[i]]] = t < several[i]


@compiled
def _room(low: float, high: float, old: float, apart: bool) -> float:
    """The number of codes in a run, or its length off the grid; without the `old` code where the new one must differ."""
    return high - low - np.float64(apart & (low <= old) & (old < high))


@compiled
def _places(factor: Any, table: Array, values: Array, place: Array, codes: Array, others: Array) -> None:
    """Fill `place` (n,) with where `values` (n,) lie among a factor's runs."""
    if factor.count > 0:
        codes_of(factor, table, values, codes, others)
        for i in range(values.size):
            place[i] = codes[i]
    else:  # the end of an interval belongs to its last run
        last = np.nextafter(factor.low + factor.span, factor.low)
        for i in range(values.size):
            place[i] = min(values[i], last)


@compiled
def _weigh(runs: Any, levels: Array, apart: Array, bound: Array, free: Array, place: Array, weight: Array) -> None:
    """Fill `weight` (nodes, n) with how many ways, or how much, the region allows from each node on.

    The last node, which decides nothing, has 1. `free` (k, n) and `place` (k, n) are factor by factor.
    """
    n = place.shape[1]
    for j in range(bound.size - 1, -1, -1):
        far, tied, old, asked = apart[j], bound[j], place[j], free[j]
        for node in range(levels[j], levels[j + 1]):
            total = weight[node]
            total[:] = 0.0
            for run in range(runs.first[node], runs.first[node + 1]):
                low, high, below = runs.low[run], runs.high[run], weight[runs.child[run]]
                for i in range(n):
                    here = 1.0 if not tied or low <= old[i] < high else 0.0
                    total[i] += (_room(low, high, old[i], far) if asked[i] else here) * below[i]


@compiled
def _follow(
    runs: Any, start: int, stop: int, far: bool, old: Array, free: Array, weight: Array, share: Array, node: Array, run: Array,
    goal: Array, mass: Array,
) -> None:  # fmt: skip
    """Fill `run` with the run that each row takes from its `node`, which is one from `start` to `stop`: the run of its `old`
    place, or where `free` the one that `share` of the node's weight falls into. Then `share` is what is left, as a part of the
    run's. `weight` is (nodes, n), all others (n,)."""
    n = share.size
    for i in range(n):
        goal[i] = share[i] * weight[node[i], i]
        run[i] = -1
    for number in range(start, stop):
        first, last = runs.first[number], runs.first[number + 1] - 1
        for at in range(first, last + 1):
            low, high, below, final = runs.low[at], runs.high[at], weight[runs.child[at]], at == last
            for i in range(n):
                here = (node[i] == number) & (run[i] < 0)
                size = _room(low, high, old[i], far) * below[i]
                ends = here & (final | (goal[i] < size if free[i] else old[i] < high))
                mass[i] = size if here else mass[i]
                run[i] = at if ends else run[i]
                goal[i] -= size if here and not ends else 0.0
        if first < last:
            for i in range(n):
                share[i] = goal[i] / mass[i] if node[i] == number else share[i]


@compiled
def _redraw(
    factor: Any, table: Array, far: bool, low: Array, high: Array, share: Array, place: Array, codes: Array, new: Array
) -> None:
    """Fill `new` (n,) with values as far from `low` to `high` (n,) as `share` (n,) says; codes pass over `place` where `far`."""
    n, beyond = share.size, False
    if factor.count > 0:
        for m in range(n):
            room = _room(low[m], high[m], place[m], far)
            code = np.int64(low[m]) + min(np.int64(share[m] * room), np.int64(room) - 1)
            codes[m] = code + np.int64(far & (low[m] <= place[m]) & (place[m] < high[m]) & (code >= place[m]))
        values_of(factor, table, codes[:n], new)
    else:
        for m in range(n):
            new[m] = low[m] + share[m] * (high[m] - low[m])
            beyond |= not new[m] < high[m]
        for m in range(n if beyond else 0):
            if not new[m] < high[m]:
                new[m] = np.nextafter(high[m], low[m])


@compiled
def change(
    factors: Array, table: Array, runs: Any, levels: Array, bound: Array, free: Array, words: Array, different: bool,
    first: Array, second: Array, changed: Array, kept: Array,
) -> None:  # fmt: skip
    """Fill `second` (n, k) with `first`, its `free` (n, k) factors redrawn uniformly over what a region allows.

    The region is the diagram of `runs` and `levels`; it puts conditions on the factors that are `bound`. `different`
    excludes each old value. The new value of the t-th free factor comes from word most + t, of 2 most. Where the
    region allows nothing, `kept` is False. Fills `changed` (n, k) too.
    """
    k, most, tied = first.shape[1], words.shape[1] // 2, np.any(bound)
    apart = np.empty(k, dtype=np.bool_)
    for j in range(k):
        apart[j] = different and factors[j].count > 0
    nodes = levels[-1] if tied else 1
    rows = max(min(CHUNK, kept.size, WEIGHTS // nodes), 1)
    weight, place, asked = np.ones((nodes, rows)), np.zeros((k, rows)), np.zeros((k, rows), dtype=np.bool_)
    share, goal, mass, column = np.zeros(rows), np.empty(rows), np.empty(rows), np.empty(rows)
    low, high, part, old, new = np.empty(rows), np.empty(rows), np.empty(rows), np.empty(rows), np.empty(rows)
    where, word, codes = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
    node, run, others = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
    for begin in range(0, kept.size, rows):
        before, after, differs = first[begin : begin + rows], second[begin : begin + rows], changed[begin : begin + rows]
        redrawn, fits, drawn = free[begin : begin + rows], kept[begin : begin + rows], words[begin : begin + rows]
        n = fits.size
        differs[:], fits[:] = False, True
        copy(before.reshape(-1), after.reshape(-1))
        word[:], node[:] = most, 0
        if tied:
            for j in range(k):
                for i in range(n):
                    asked[j, i] = redrawn[i, j]
                if bound[j]:
                    copy(before[:, j], column[:n])
                    _places(factors[j], table, column[:n], place[j], codes, others)
            _weigh(runs, levels, apart, bound, asked, place, weight)
            for i in range(n):
                fits[i] = weight[0, i] > 0.0
        for j in range(k):
            many = 0
            for i in range(n if factors[j].count != 1 else 0):
                where[many] = i
                many += redrawn[i, j] & fits[i]
            for m in range(many):
                i = where[m]
                old[m] = before[i, j]
                part[m] = unit(drawn[i, word[i]])
                word[i] += 1
            if bound[j]:
                for m in range(many):
                    share[where[m]] = part[m]
                _follow(runs, levels[j], levels[j + 1], apart[j], place[j], asked[j], weight, share, node, run, goal, mass)
                for m in range(many):
                    i = where[m]
                    low[m], high[m], part[m] = runs.low[run[i]], runs.high[run[i]], share[i]
                for i in range(n):
                    node[i] = runs.child[run[i]]
            else:  # each node has one run, the same one
                low[:many], high[:many] = runs.low[runs.first[levels[j]]], runs.high[runs.first[levels[j]]]
                for i in range(n if tied else 0):
                    node[i] = runs.child[runs.first[node[i]]]
            if apart[j]:
                _places(factors[j], table, old[:many], mass, codes, others)
            _redraw(factors[j], table, apart[j], low, high, part[:many], mass, codes, new)
            for m in range(many):
                i = where[m]
                after[i, j] = new[m]
                differs[i, j] = new[m] != old[m]
