"""The inner loops of task heads: scores of rows, and answers drawn from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.columns import copy, put_columns
from factorhub.numerics.compiled import compiled
from factorhub.numerics.coordinates import codes_of, unit
from factorhub.numerics.normal import exp
from factorhub.numerics.philox import philox

ROWS = 256  # at a time, where each has a score for every task


@compiled
def _places(factor: Any, table: Array, column: Array, codes: Array, others: Array) -> None:
    """Replace the values in `column` (n,) by their places from -1 to 1, which are 2 u - 1."""
    low, span, count = factor.low, factor.span, factor.count
    if not factor.interval:
        codes_of(factor, table, column, codes, others)
        for i in range(column.size):
            column[i] = 2.0 * ((codes[i] + 0.5) / count) - 1.0
    elif span > 0.0:
        for i in range(column.size):
            column[i] = 2.0 * ((column[i] - low) / span) - 1.0
    else:
        column[:] = -1.0


@compiled
def fill_answers(
    factors: Array, table: Array, used: Array, first: Array, reads: Array, weights: Array, values: Array, answers: Array
) -> None:
    """Fill `answers` (p, tasks) with the scores of `values` (p, k): task t adds up weight (2 u - 1) over the factors it reads,
    from first[t] to first[t + 1]; `used` are those of any.

    A factor or task at a time, so that several rows are added up at once.
    """
    tasks, rows = answers.shape[1], min(ROWS, answers.shape[0])
    place, total = np.empty((values.shape[1], rows)), np.empty((tasks, rows))
    codes, others = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
    for begin in range(0, values.shape[0], ROWS):
        points, scores = values[begin : begin + ROWS], answers[begin : begin + ROWS]
        n = points.shape[0]
        for j in used:
            column = place[j, :n]
            copy(points[:, j], column)
            _places(factors[j], table, column, codes, others)
        for t in range(tasks):
            score, column, weight = total[t], place[reads[first[t]]], weights[first[t]]
            for i in range(n):
                score[i] = 0.0 + weight * column[i]
            for r in range(first[t] + 1, first[t + 1]):
                column, weight = place[reads[r]], weights[r]
                for i in range(n):
                    score[i] += weight * column[i]
        put_columns(total, scores)


@compiled
def chances(x: Array, sharpness: float) -> None:
    """Replace each of `x` (n,) by 1 / (1 + exp(-sharpness x))."""
    for i in range(x.size):
        x[i] = 1.0 / (1.0 + exp(-(x[i] * sharpness)))


@compiled
def _decide(words: Array, chances: Array, answers: Array) -> None:
    """Fill `answers` (n,) with whether the numbers of `words` (n,) lie below `chances` (n,)."""
    for i in range(answers.size):
        answers[i] = unit(words[i]) < chances[i]


@compiled
def fill_decisions(
    factors: Array, table: Array, used: Array, first: Array, reads: Array, weights: Array, sharpness: float, key: Array,
    numbers: Array, values: Array, answers: Array,
) -> None:  # fmt: skip
    """Fill `answers` (p, tasks), uint8: 1 with chance 1 / (1 + exp(-sharpness score)), from the words of `numbers` (p,)."""
    scores = np.empty((min(ROWS, answers.shape[0]), answers.shape[1]))
    words = np.empty(scores.shape, dtype=np.uint64)
    for begin in range(0, values.shape[0], ROWS):
        decisions = answers[begin : begin + ROWS]
        n = decisions.shape[0]
        fill_answers(factors, table, used, first, reads, weights, values[begin : begin + ROWS], scores[:n])
        chances(scores[:n].reshape(-1), sharpness)
        philox(key, numbers[begin : begin + ROWS], 1, words[:n])
        _decide(words[:n].reshape(-1), scores[:n].reshape(-1), decisions.reshape(-1))
