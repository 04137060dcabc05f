"""The inner loops of `factorhub.regions.diagram`: from rank to codes, back, and from random words to members."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.compiled import compiled
from factorhub.factors import Array
from factorhub.kernels import value_of
from factorhub.words import high_product

CHUNK = 512  # rows at a time, where a loop goes factor by factor


@compiled
def _divided(a: Any, b: Any, inverse: Any) -> tuple[Any, Any]:
    """The quotient and the rest of a / b, the product of `a` and the `inverse` (2**64 - 1) // b being at most one too low."""
    quotient = np.int64(high_product(np.uint64(a), inverse))
    rest = a - quotient * b
    more = np.int64(rest >= b)
    return quotient + more, rest - more * b


@compiled
def unrank(runs: Any, levels: Array, ranks: Array, codes: Array) -> None:
    """Fill `codes` (n, k) with the members of `ranks` (n,), a factor at a time.

    A run is found by halving a node's runs as often as the longest node of the level asks for, so that no branch has to be
    guessed.
    """
    k, rows = codes.shape[1], min(CHUNK, ranks.size)
    inverses, halvings = np.empty(runs.each.size, dtype=np.uint64), np.zeros(k, dtype=np.int64)
    for run in range(inverses.size):
        inverses[run] = np.uint64(2**64 - 1) // np.uint64(runs.each[run])
    for j in range(k):
        for number in range(levels[j], levels[j + 1]):
            while runs.first[number + 1] - runs.first[number] > 1 << halvings[j]:
                halvings[j] += 1
    left, node = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
    low, high = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
    for begin in range(0, ranks.size, CHUNK):
        asked, found = ranks[begin : begin + CHUNK], codes[begin : begin + CHUNK]
        n = asked.size
        left[:n], node[:n] = asked, 0
        for j in range(k):
            first, last = runs.first[levels[j]], runs.first[levels[j + 1]] - 1
            if first == last:  # of a factor without conditions all rows take the same run
                begins, each, inverse = np.int64(runs.low[first]), runs.each[first], inverses[first]
                for i in range(n):
                    step, left[i] = _divided(left[i], each, inverse)
                    found[i, j] = begins + step
                node[:n] = runs.child[first]
                continue
            for i in range(n):
                low[i], high[i] = runs.first[node[i]], runs.first[node[i] + 1] - 1
            for _ in range(halvings[j]):
                for i in range(n):
                    middle = (low[i] + high[i] + 1) >> 1
                    above = runs.before[middle] <= left[i]
                    low[i], high[i] = middle if above else low[i], high[i] if above else middle - 1
            for i in range(n):
                run = low[i]
                step, left[i] = _divided(left[i] - runs.before[run], runs.each[run], inverses[run])
                found[i, j] = np.int64(runs.low[run]) + step
                node[i] = runs.child[run]


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
