"""Relation matrices (D, K): how much each code, or group of codes, has to do with each factor. None is negative.

Each is a function of a `Sample`; what is read off them is in `factorhub.metrics.aggregations`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from factorhub.factors import Array
from factorhub.metrics.information import Counting, information
from factorhub.metrics.moments import FLAT, Moments, moments, unit, whitener
from factorhub.metrics.sample import Sample
from factorhub.metrics.typed import columns, ranked


def shared_information(given: Sample, how: Counting) -> Array:
    """Mutual information as importance: each factor's column sums to 1, or to 0 where no code knows it.

    MED of Cao et al., 2022, with exact classes, Miller-Madow term and floor where `how` says so.
    """
    mutual = information(given, how).mutual
    total = mutual.sum(axis=0)
    shares: Array = np.divide(mutual, total, out=np.zeros_like(mutual), where=total > 0)
    return shares


def correlation(given: Sample, *, ranks: bool = False) -> Array:
    """The greatest correlation of a code with what a factor is as numbers; of a group, the first canonical one.

    Ordinal and continuous factors are their value, so this is the absolute Pearson correlation (Spearman with `ranks`).
    A categorical factor is one indicator a class, so that of one code is the correlation ratio; a circular one is cosine and
    sine, or its value where that correlates more.
    """
    table = np.zeros((len(given.groups), len(given.names)))
    for part in parts(given, ranks=ranks):
        table[:, part.factors], _ = part.correlated(moments(part.x, part.y), None)
    return table


def crossed(given: Sample, fold: Array, *, ranks: bool = False) -> Iterator[tuple[Array, Array, Array]]:
    """For each fold: correlations (D, K) learned on the others, the signed ones of the same combinations on it, its rows (K,)."""
    folds = range(int(fold.max()) + 1)
    each = parts(given, ranks=ranks)
    by_fold = [[moments(part.x[fold[part.rows] == f], part.y[fold[part.rows] == f]) for f in folds] for part in each]
    shape = (len(given.groups), len(given.names))
    for f in folds:
        learned, signed, rows = np.zeros(shape), np.zeros(shape), np.zeros(shape[1])
        for part, held in zip(each, by_fold, strict=True):
            total = held[0]
            for other in held[1:]:
                total = total + other
            rows[part.factors] = held[f].rows
            if held[f].rows >= 3 and total.rows - held[f].rows >= 3:
                learned[:, part.factors], signed[:, part.factors] = part.correlated(total - held[f], held[f])
        yield learned, signed, rows


@dataclass(frozen=True, eq=False)
class Part:
    """The factors that are known on the same rows, as columns.

    Attributes:
        rows: (n,) indices of the rows.
        factors: (k,) indices of the factors.
        x: (n, D) codes, standardised.
        y: (n, q) the columns of all ways to write the factors, standardised.
        ways: for each factor, the columns of `y` of each way to write it.
        groups: of the codes.
    """

    rows: Array
    factors: Array
    x: Array
    y: Array
    ways: tuple[tuple[Array, ...], ...]
    groups: tuple[tuple[int, ...], ...]

    def correlated(self, train: Moments, test: Moments | None) -> tuple[Array, Array]:
        """(D, k) the correlations that the best combinations have on `train`, and the signed ones that these have on `test`."""
        xx, xy, yy = train.spread
        held = test.spread if test is not None else None
        best, signed = np.zeros((len(self.groups), len(self.factors))), np.zeros((len(self.groups), len(self.factors)))
        single = np.array([j for j, group in enumerate(self.groups) if len(group) == 1], dtype=np.int64)
        dims = np.array([self.groups[j][0] for j in single], dtype=np.int64)
        blocks = [(j, np.array(group), whitener(xx[np.ix_(group, group)])) for j, group in enumerate(self.groups) if len(group) > 1]
        scale = np.sqrt(np.maximum(xx[dims, dims], 0))
        moving = scale**2 > FLAT
        for i, ways in enumerate(self.ways):
            for way in ways:
                half = whitener(yy[np.ix_(way, way)])
                if not len(half):
                    continue
                inner = half @ xy[np.ix_(dims, way)].T / np.where(moving, scale, 1.0) * moving  # (r, single)
                strength = np.linalg.norm(inner, axis=0)
                better = strength > best[single, i]
                best[single[better], i] = strength[better]
                if held is not None and better.any():
                    turned = half.T @ (inner / np.where(strength > 0, strength, 1.0))
                    across = _between(held, dims, way, np.eye(len(dims)), turned)
                    signed[single[better], i] = across[better]
                for j, group, left in blocks:
                    if not len(left):
                        continue
                    u, s, v = np.linalg.svd(left @ xy[np.ix_(group, way)] @ half.T)
                    if s[0] > best[j, i]:
                        best[j, i] = s[0]
                        if held is not None:
                            signed[j, i] = _between(held, group, way, (left.T @ u[:, :1]), (half.T @ v[:1].T))[0]
        return np.minimum(best, 1.0), signed


def _between(held: tuple[Array, Array, Array], dims: Array, way: Array, a: Array, b: Array) -> Array:
    """(m,) correlations of the combinations a (D, m) of codes with b (q, m) of columns, in the covariances `held`."""
    xx, xy, yy = held[0][np.ix_(dims, dims)], held[1][np.ix_(dims, way)], held[2][np.ix_(way, way)]
    together = ((a.T @ xy) * b.T).sum(axis=1)
    size = ((a.T @ xx) * a.T).sum(axis=1) * ((b.T @ yy) * b.T).sum(axis=1)
    return np.asarray(np.divide(together, np.sqrt(np.maximum(size, 0)), out=np.zeros_like(together), where=size > FLAT))


def parts(given: Sample, *, ranks: bool = False) -> list[Part]:
    """The factors that vary, in parts that are known on the same rows."""
    made = []
    for rows, factors in given.known_together:
        codes = given.codes[rows]
        written, ways, width = [], [], 0
        for k in factors:
            own = []
            for way in columns(given, k, rows, ranks=ranks):
                own.append(np.arange(width, width + way.shape[1]))
                written.append(way)
                width += way.shape[1]
            ways.append(tuple(own))
        x, y = unit(ranked(codes) if ranks else codes), unit(np.hstack(written))
        made.append(Part(rows, np.array(factors), x, y, tuple(ways), given.groups))
    return made
