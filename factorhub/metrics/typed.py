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


def orthonormal(matrix: Array) -> tuple[Array, Array]:
    """An orthonormal basis (n, r) of the centred columns (n, m), and the map (m, r) from centred columns to it.

    Columns are scaled first, so that what counts as dependent does not hang on their units.
    """
    centred = matrix - matrix.mean(axis=0)
    scale = np.sqrt((centred**2).sum(axis=0))
    flat = scale <= 1e-12 * np.maximum(np.abs(matrix).max(axis=0, initial=0.0), 1e-300) * np.sqrt(len(matrix))
    safe = np.where(flat, 1.0, scale)
    unit = np.where(flat, 0.0, centred / safe)
    if unit.shape[1] == 1:
        keep = ~flat
        return unit[:, keep], np.where(flat, 0.0, 1 / safe)[:, None][:, keep]
    values, vectors = np.linalg.eigh(unit.T @ unit)
    kept = values > 1e-10 * max(float(values.max(initial=0.0)), 1e-300)
    into = vectors[:, kept] / np.sqrt(values[kept])
    return unit @ into, into / safe[:, None]


def ranked(matrix: Array) -> Array:
    """(n, m) the ranks of each column, ties sharing the mean of theirs."""
    made = np.empty(matrix.shape, dtype=np.float64)
    for d, column in enumerate(matrix.T):
        _, inverse, counts = np.unique(column, return_inverse=True, return_counts=True)
        ends = np.cumsum(counts)
        made[:, d] = (ends - (counts - 1) / 2)[inverse]
    return made


def standardised(x: Array, *others: Array) -> tuple[Array, ...]:
    """Each array with the mean and the standard deviation of `x` taken off; what never varies in `x` becomes 0."""
    middle, spread = x.mean(axis=0), x.std(axis=0)
    flat = spread <= 1e-12 * np.maximum(np.abs(x).max(axis=0, initial=0.0), 1e-300)
    scale = np.where(flat, 1.0, spread)
    return tuple(np.where(flat, 0.0, (array - middle) / scale) for array in (x, *others))
