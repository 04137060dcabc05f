"""The inner loops of `factorhub.regions.diagram`: from rank to codes, back, and from random words to members."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.columns import copy, put_columns
from factorhub.numerics.compiled import compiled
from factorhub.numerics.coordinates import units, values_of

CHUNK = 512  # rows at a time, where a loop goes factor by factor


@compiled
def _find(first: Array, node: Array, begins: Array, goal: Array, halvings: int, n: int, run: Array, last: Array) -> None:
    """Fill the first n of `run` with the last run of each `node` that begins at or below its `goal`; `last` is filled on the way.

    All are halved as often as the longest node of the level asks for, so that no branch has to be guessed.
    """
    for i in range(n):
        run[i], last[i] = first[node[i]], first[node[i] + 1] - 1
    for _ in range(halvings):
        for i in range(n):
            middle = (run[i] + last[i] + 1) >> 1
            above = begins[middle] <= goal[i]
            run[i], last[i] = middle if above else run[i], last[i] if above else middle - 1


@compiled
def unrank(
    factors: Array, table: Array, runs: Any, levels: Array, halvings: Array, ranks: Array, values: Array, codes: Array
) -> None:  # fmt: skip
    """Fill `values` and `codes` (n, k) with the members of `ranks` (n,), a factor at a time."""
    k, rows = codes.shape[1], min(CHUNK, ranks.size)
    left, node = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
    taken, last = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
    found, places = np.empty((k, rows), dtype=np.int64), np.empty((k, rows))
    for begin in range(0, ranks.size, CHUNK):
        n = min(CHUNK, ranks.size - begin)
        node[:n] = 0
        copy(ranks[begin:], left[:n])
        for j in range(k):
            code, run = found[j, :n], runs.first[levels[j]]
            if run + 1 == runs.first[levels[j + 1]]:  # of a factor without conditions all rows take the same run
                low, each = np.int64(runs.low[run]), runs.each[run]
                for i in range(n):
                    step = left[i] // each
                    left[i] -= step * each
                    code[i] = low + step
                node[:n] = runs.child[run]
            else:
                _find(runs.first, node, runs.before, left, halvings[j], n, taken, last)
                for i in range(n):
                    run = taken[i]
                    left[i] -= runs.before[run]
                    step = left[i] // runs.each[run]
                    left[i] -= step * runs.each[run]
                    code[i] = np.int64(runs.low[run]) + step
                    node[i] = runs.child[run]
            values_of(factors[j], table, code, places[j, :n])
        put_columns(found, codes[begin : begin + n])
        put_columns(places, values[begin : begin + n])


@compiled
def rank(runs: Any, codes: Array, ranks: Array) -> None:
    """Fill `ranks` (n,) with the places of `codes` (n, k) among the members, or -1."""
    for i in range(ranks.size):
        total, node = np.int64(0), np.int64(0)
        for j in range(codes.shape[1]):
            found = np.int64(-1)
            for run in range(runs.first[node], runs.first[node + 1]):
                if runs.low[run] <= codes[i, j] < runs.high[run]:
                    found = run
                    break
            if found < 0:
                total = np.int64(-1)
                break
            total += runs.before[found] + (codes[i, j] - np.int64(runs.low[found])) * runs.each[found]
            node = runs.child[found]
        ranks[i] = total


@compiled
def draw(
    factors: Array, table: Array, runs: Any, levels: Array, halvings: Array, begins: Array, shares: Array, highest: Array,
    words: Array, values: Array,
) -> None:  # fmt: skip
    """Fill `values` (n, k) with members drawn uniformly, a factor at a time, from `words` (k, n).

    A word picks the run by where its share of the node `begins`, and what is left of it the place within, up to the `highest`.
    """
    k, rows = values.shape[1], min(CHUNK, values.shape[0])
    u, high, below, places = np.empty(rows), np.empty(rows), np.empty(rows), np.empty((k, rows))
    node, taken, last = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
    for begin in range(0, values.shape[0], CHUNK):
        n = min(CHUNK, values.shape[0] - begin)
        node[:n] = 0
        for j in range(k):
            word, place = words[j, begin : begin + n], places[j, :n]
            units(word, u[:n])
            run = runs.first[levels[j]]
            if run + 1 == runs.first[levels[j + 1]]:  # of a factor without conditions all rows take the same run
                low, width, start, share = runs.low[run], runs.high[run] - runs.low[run], begins[run], shares[run]
                for i in range(n):
                    place[i] = low + (u[i] - start) / share * width
                node[:n], high[:n], below[:n] = runs.child[run], runs.high[run], highest[run]
            else:
                _find(runs.first, node, begins, u, halvings[j], n, taken, last)
                for i in range(n):
                    run = taken[i]
                    place[i] = runs.low[run] + (u[i] - begins[run]) / shares[run] * (runs.high[run] - runs.low[run])
                    node[i], high[i], below[i] = runs.child[run], runs.high[run], highest[run]
            if factors[j].count > 0:
                for i in range(n):
                    taken[i] = min(np.int64(place[i]), np.int64(high[i]) - 1)
                values_of(factors[j], table, taken[:n], place)
            else:
                for i in range(n):
                    inside, edge = place[i], below[i]
                    place[i] = inside if inside < high[i] else edge
        put_columns(places, values[begin : begin + n])
