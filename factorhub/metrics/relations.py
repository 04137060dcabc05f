"""Relation matrices (D, K): how much each code, or group of codes, has to do with each factor. None is negative.

Each is a function of a `Sample`; what is read off them is in `factorhub.metrics.aggregations`.
"""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array
from factorhub.metrics.information import Counting, information
from factorhub.metrics.sample import Sample
from factorhub.metrics.typed import columns, orthonormal, ranked


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
    for k in given.varying:
        known = given.known[:, k]
        codes = given.codes[known]
        bases = [orthonormal(ranked(codes[:, group]) if ranks else codes[:, group])[0] for group in map(list, given.groups)]
        for encoded in columns(given, k, known, ranks=ranks):
            factor = orthonormal(encoded)[0]
            for j, base in enumerate(bases):
                if base.shape[1] and factor.shape[1]:
                    table[j, k] = max(table[j, k], np.linalg.norm(base.T @ factor, 2))
    return np.minimum(table, 1.0)
