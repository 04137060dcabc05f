"""The inner loops of `factorhub.regions.diagram`: from rank to codes, back, and from random words to members."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.compiled import compiled
from factorhub.factors import Array
from factorhub.kernels import value_of


@compiled
def unrank(runs: Any, ranks: Array, codes: Array) -> None:
    """Fill `codes` (n, k) with the members of `ranks` (n,)."""
    for i in range(ranks.size):
        left, node = ranks[i], np.int64(0)
        for j in range(codes.shape[1]):
            low, high = runs.first[node], runs.first[node + 1] - 1
            while low < high:
                middle = (low + high + 1) >> 1
                if runs.before[middle] <= left:
                    low = middle
                else:
                    high = middle - 1
            left -= runs.before[low]
            step = left // runs.each[low]
            left -= step * runs.each[low]
            codes[i, j] = np.int64(runs.low[low]) + step
            node = runs.child[low]


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
def draw(factors: Array, table: Array, runs: Any, words: Array, values: Array) -> None:
    """Fill `values` (n, k) with members drawn uniformly; a word picks the run, and what is left of it the place within."""
    for i in range(values.shape[0]):
        node = np.int64(0)
        for j in range(values.shape[1]):
            u = (words[i, j] >> np.uint64(11)) * 2.0**-53
            run, last = runs.first[node], runs.first[node + 1] - 1
            start = 0.0
            while run < last and u >= runs.upto[run]:
                start = runs.upto[run]
                run += 1
            low, high = runs.low[run], runs.high[run]
            t = (u - start) / (runs.upto[run] - start)
            place = low + t * (high - low)
            if factors[j].count > 0:
                values[i, j] = value_of(factors[j], table, min(np.int64(place), np.int64(high) - 1))
            else:
                values[i, j] = place if place < high else np.nextafter(high, low)
            node = runs.child[run]
