"""Sums and products of codes and encoded factors by parts of the rows, from which correlations and regressions are solved.

A fold is taken out of a fit by subtracting its moments, so a cross-fit over five folds reads the rows once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from factorhub.factors import Array

SMALLEST = 1e-12  # share of the largest eigenvalue, below which a direction counts as none
FLAT = 1e-13  # variance of a column that was standardised over all rows, at or below which it does not vary in a part


@dataclass(frozen=True, eq=False)
class Moments:
    """Number of rows, sums and products of columns x (n, p) and y (n, q), of which each is standardised beforehand.

    Attributes:
        rows: n.
        x, y: (p,) and (q,) sums.
        xx, xy, yy: (p, p), (p, q), (q, q) sums of products.
    """

    rows: int
    x: Array
    y: Array
    xx: Array
    xy: Array
    yy: Array

    def __sub__(self, other: Moments) -> Moments:
        return Moments(
            self.rows - other.rows, self.x - other.x, self.y - other.y, self.xx - other.xx, self.xy - other.xy, self.yy - other.yy
        )

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.rows + other.rows, self.x + other.x, self.y + other.y, self.xx + other.xx, self.xy + other.xy, self.yy + other.yy
        )

    @property
    def spread(self) -> tuple[Array, Array, Array]:
        """Covariances (p, p), (p, q), (q, q)."""
        n = self.rows
        a, b = self.x / n, self.y / n
        return self.xx / n - np.outer(a, a), self.xy / n - np.outer(a, b), self.yy / n - np.outer(b, b)


def moments(x: Array, y: Array) -> Moments:
    """The moments of columns x (n, p) and y (n, q)."""
    return Moments(len(x), x.sum(axis=0), y.sum(axis=0), x.T @ x, x.T @ y, y.T @ y)


def whitener(covariance: Array) -> Array:
    """(r, p) that maps columns of this covariance (p, p) to uncorrelated ones of variance 1; r is its rank."""
    if len(covariance) == 1:
        return 1 / np.sqrt(covariance) if covariance[0, 0] > FLAT else np.zeros((0, 1))
    values, vectors = np.linalg.eigh(covariance)
    kept = values > max(SMALLEST * float(values[-1]), FLAT)
    mapped: Array = vectors[:, kept].T / np.sqrt(values[kept])[:, None]
    return mapped


def solved(covariance: Array, cross: Array) -> Array:
    """(p, q) the coefficients of least squares; directions in which x does not vary get none."""
    half = whitener(covariance)
    coefficients: Array = half.T @ (half @ cross)
    return coefficients


def unit(x: Array) -> Array:
    """(n, p) each column with mean 0 and standard deviation 1; one that never varies becomes 0."""
    return standardised(x)[0]


def standardised(x: Array, *others: Array) -> tuple[Array, ...]:
    """Each array with the mean and the standard deviation of `x` taken off; what never varies in `x` becomes 0."""
    spread = x.std(axis=0)
    moving = (np.ptp(x, axis=0) > 0) & (spread > 0)  # the deviation of a constant 0.3 is not exactly 0
    middle, scale = x.mean(axis=0), np.where(moving, spread, 1.0)
    return tuple(np.where(moving, (array - middle) / scale, 0.0) for array in (x, *others))
