"""The inner loops of regimes: from random words and row numbers to points of a space."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.compiled import compiled
from factorhub.factors import Array
from factorhub.kernels import code_at, code_of, value_of


@compiled
def unit(word: Any) -> float:
    """A word as a number in [0, 1), like `randomness.unit`."""
    return (word >> np.uint64(11)) * 2.0**-53


@compiled
def fill_uniform(factors: Array, table: Array, words: Array, values: Array, codes: Array) -> None:
    """Fill `values` (n, k) with the uniform points of `words` (n, k), and `codes` where it has room."""
    coded = codes.size > 0
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            u = unit(words[i, j])
            if factors[j].count == 0:
                values[i, j] = factors[j].low + u * factors[j].span
            else:
                code = code_at(factors[j], u)
                values[i, j] = value_of(factors[j], table, code)
                if coded:
                    codes[i, j] = code


@compiled
def fill_grid(factors: Array, table: Array, rows: Array, values: Array, codes: Array) -> None:
    """Fill `values` and `codes` (n, k) with the grid points of `rows` (n,)."""
    for i in range(rows.size):
        left = np.uint64(rows[i])
        for j in range(values.shape[1] - 1, -1, -1):
            size = np.uint64(factors[j].count)
            rest = left // size
            code = np.int64(left - rest * size)
            left = rest
            codes[i, j] = code
            values[i, j] = value_of(factors[j], table, code)


@compiled
def choose(movable: Array, counts: Array, words: Array, chosen: Array) -> None:
    """Mark in `chosen` (n, k) counts[i] of the `movable` columns: the start of a random permutation of them."""
    order = movable.copy()
    for i in range(counts.size):
        order[:] = movable
        for t in range(counts[i]):
            picked = t + np.int64(unit(words[i, t]) * (order.size - t))
            j = order[picked]
            order[picked] = order[t]
            order[t] = j
            chosen[i, j] = True


@compiled
def _room(runs: Any, run: int, old: float, apart: bool) -> float:
    """How many codes, or how long a piece, a run offers; without the `old` one where the new one is to be another."""
    low, high = runs.low[run], runs.high[run]
    return high - low - 1.0 if apart and low <= old < high else high - low


@compiled
def change(
    factors: Array, table: Array, runs: Any, levels: Array, free: Array, words: Array, different: bool, values: Array, kept: Array
) -> None:
    """Redraw the `free` (n, k) factors of each row of `values` (n, k) in place, uniformly over what the region allows.

    The region is the diagram of `runs` and `levels`. `different` excludes each old value. A row for which the region
    allows nothing is left as it was, and its `kept` becomes False.
    """
    k = values.shape[1]
    weight, place = np.ones(levels.size), np.empty(k)
    for i in range(values.shape[0]):
        for j in range(k):
            if factors[j].count > 0:
                place[j] = code_of(factors[j], table, values[i, j])
            else:  # the end of an interval belongs to its last run
                place[j] = min(values[i, j], np.nextafter(factors[j].low + factors[j].span, factors[j].low))
        for number in range(1, levels.size + 1):  # children come before their parents, and the root, node 0, last
            node = number % levels.size
            j = levels[node]
            if j == k:
                continue
            total = 0.0
            for run in range(runs.first[node], runs.first[node + 1]):
                if free[i, j]:
                    total += _room(runs, run, place[j], different and factors[j].count > 0) * weight[runs.child[run]]
                elif runs.low[run] <= place[j] < runs.high[run]:
                    total = weight[runs.child[run]]
            weight[node] = total
        if weight[0] == 0.0:
            kept[i] = False
            continue
        node = np.int64(0)
        for j in range(k):
            run, last = runs.first[node], runs.first[node + 1] - 1
            if not free[i, j]:
                while place[j] >= runs.high[run] and run < last:
                    run += 1
            else:
                apart = different and factors[j].count > 0
                goal = unit(words[i, j]) * weight[node]
                share = _room(runs, run, place[j], apart) * weight[runs.child[run]]
                while run < last and goal >= share:
                    goal -= share
                    run += 1
                    share = _room(runs, run, place[j], apart) * weight[runs.child[run]]
                low, high = runs.low[run], runs.high[run]
                room = _room(runs, run, place[j], apart)
                step = goal / share * room
                if factors[j].count > 0:
                    code = np.int64(low) + min(np.int64(step), np.int64(room) - 1)
                    values[i, j] = value_of(
                        factors[j], table, code + 1 if apart and low <= place[j] < high and code >= place[j] else code
                    )
                else:
                    moved = low + step
                    values[i, j] = moved if moved < high else np.nextafter(high, low)
            node = runs.child[run]


@compiled
def fill_codes(factors: Array, table: Array, codes: Array, values: Array) -> None:
    """Fill `values` (n, k) with the values at `codes` (n, k)."""
    for i in range(codes.shape[0]):
        for j in range(codes.shape[1]):
            values[i, j] = value_of(factors[j], table, codes[i, j])
