"""The inner loops of task heads: scores of rows, and answers drawn from them."""

from __future__ import annotations

import numpy as np

from factorhub.compiled import compiled
from factorhub.factors import Array
from factorhub.kernels import unit_of
from factorhub.philox import philox
from factorhub.regimes.kernels import LANES, unit
from factorhub.regimes.normal import exp


@compiled
def _scores(
    factors: Array, table: Array, used: Array, first: Array, reads: Array, weights: Array, values: Array, place: Array, total: Array
) -> None:
    """Fill `total` (tasks, LANES) with the scores of `values` (n, k), n up to LANES: task t adds up weight (2 u - 1) over the
    factors it reads, from first[t] to first[t + 1]; `used` are those of any. A factor or task at a time, so that several
    rows are added up at once.
    """
    n = values.shape[0]
    for j in used:
        column, low, span = place[j], factors[j].low, factors[j].span
        if factors[j].interval and span > 0.0:
            for i in range(n):
                column[i] = 2.0 * ((values[i, j] - low) / span) - 1.0
        else:
            for i in range(n):
                column[i] = 2.0 * unit_of(factors[j], table, values[i, j]) - 1.0
    for t in range(total.shape[0]):
        scores, column, weight = total[t], place[reads[first[t]]], weights[first[t]]
        for i in range(scores.size):
            scores[i] = 0.0 + weight * column[i]
        for r in range(first[t] + 1, first[t + 1]):
            column, weight = place[reads[r]], weights[r]
            for i in range(scores.size):
                scores[i] += weight * column[i]


@compiled
def fill_answers(
    factors: Array, table: Array, used: Array, first: Array, reads: Array, weights: Array, values: Array, answers: Array
) -> None:
    """Fill `answers` (p, tasks) with the scores of `values` (p, k)."""
    place, total = np.zeros((values.shape[1], LANES)), np.empty((answers.shape[1], LANES))
    for begin in range(0, values.shape[0], LANES):
        rows = values[begin : begin + LANES]
        _scores(factors, table, used, first, reads, weights, rows, place, total)
        for i in range(rows.shape[0]):
            for t in range(answers.shape[1]):
                answers[begin + i, t] = total[t, i]


@compiled
def chances(x: Array, sharpness: float) -> None:
    """Replace each of `x` (n,) by 1 / (1 + exp(-sharpness x))."""
    for i in range(x.size):
        x[i] = 1.0 / (1.0 + exp(-(x[i] * sharpness)))


@compiled
def fill_decisions(
    factors: Array, table: Array, used: Array, first: Array, reads: Array, weights: Array, sharpness: float, key: Array,
    numbers: Array, values: Array, answers: Array,
) -> None:  # fmt: skip
    """Fill `answers` (p, tasks), uint8: 1 with chance 1 / (1 + exp(-sharpness score)), from the words of `numbers` (p,)."""
    place, total = np.zeros((values.shape[1], LANES)), np.empty((answers.shape[1], LANES))
    tasks, words = answers.shape[1], np.empty((LANES, answers.shape[1]), dtype=np.uint64)
    for begin in range(0, values.shape[0], LANES):
        rows = values[begin : begin + LANES]
        _scores(factors, table, used, first, reads, weights, rows, place, total)
        chances(total.reshape(-1), sharpness)
        philox(key, numbers[begin : begin + rows.shape[0]], 1, words[: rows.shape[0]])
        for i in range(rows.shape[0]):
            for t in range(tasks):
                answers[begin + i, t] = unit(words[i, t]) < total[t, i]
