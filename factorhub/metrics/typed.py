"""Factors as columns of numbers, by their kind: what regressions predict and correlations compare."""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array
from factorhub.metrics.sample import Sample


def columns(given: Sample, k: int, rows: Array, *, ranks: bool = False) -> list[Array]:
    """The ways in which factor `k` is written as columns (n, m) over `rows`, a mask or indices of known ones.

    Ordinal and continuous: its value. Categorical: an indicator a class. Circular: cosine and sine, and its value too, for
    a code may hold the angle itself. With `ranks`, values are replaced by their ranks.
    """
    kind, values = given.kinds[k], given.values[rows, k]
    if kind == "categorical":
        return [np.eye(given.classes[k].size)[given.classes[k].of[rows]]]
    plain = values[:, None]
    ways = [ranked(plain) if ranks else plain]
    return [circle(given, k, rows), *ways] if kind == "circular" else ways


def circle(given: Sample, k: int, rows: Array) -> Array:
    """(n, 2) cosine and sine of a circular factor."""
    angle = 2 * np.pi * given.values[rows, k] / given.periods[k]
    return np.column_stack([np.cos(angle), np.sin(angle)])


def target(given: Sample, k: int, rows: Array) -> Array:
    """(n, m) what a regression of factor `k` predicts: value, indicators, or cosine and sine."""
    return columns(given, k, rows)[0]


def ranked(matrix: Array) -> Array:
    """(n, m) the ranks of each column, ties sharing the mean of theirs."""
    made = np.empty(matrix.shape, dtype=np.float64)
    for d, column in enumerate(matrix.T):
        _, inverse, counts = np.unique(column, return_inverse=True, return_counts=True)
        ends = np.cumsum(counts)
        made[:, d] = (ends - (counts - 1) / 2)[inverse]
    return made
