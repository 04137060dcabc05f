"""Numbers put into classes: a class for each value where there are few, else bins of equal width.

Equal width is the field's habit; an exact class for each value is right wherever it is possible: twenty bins cost an ideal
code of a factor of forty values a tenth of its mutual information. Bins of equal frequency are not offered: they cut ties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from factorhub.factors import Array

BINS = 20  # as in disentanglement_lib
MOST_EXACT = 100  # distinct values that get a class each
GLANCE = 512  # rows that tell most continuous columns from those of few values


@dataclass(frozen=True, eq=False)
class Classes:
    """A column in classes.

    Attributes:
        of: (N,) int64, the class of each row, numbered without gaps from 0; -1 where it is unknown.
        size: the number of classes that occur.
    """

    of: Array
    size: int

    @cached_property
    def counts(self) -> Array:
        """(size,) rows in each class."""
        return np.bincount(self.of[self.of >= 0], minlength=self.size)


def binned(column: Array, *, known: Array | None = None, bins: int = BINS, exact: int = MOST_EXACT) -> Classes:
    """A column (N,) in classes: one for each distinct value where these are at most `exact`, else `bins` of equal width.

    >>> binned(np.array([0.5, 2.0, 0.5])).of.tolist(), binned(np.linspace(0, 1, 5), bins=2, exact=0).of.tolist()
    ([0, 1, 0], [0, 0, 1, 1, 1])
    """
    if known is not None and not known.all():
        part = binned(column[known], bins=bins, exact=exact)
        of = np.full(len(column), -1, dtype=np.int64)
        of[known] = part.of
        return Classes(of, part.size)
    if exact and len(np.unique(column[:GLANCE])) <= exact:
        distinct, of = np.unique(column, return_inverse=True)
        if len(distinct) <= exact:
            return Classes(of.astype(np.int64), len(distinct))
    return renumbered(equal_width(column, bins), bins)


def equal_width(column: Array, bins: int) -> Array:
    """(N,) int64 bins of equal width between the least and the greatest number, which falls into the last bin.

    The edges are those of `np.histogram`, so bins equal those of the libraries that call it.
    """
    low, high = float(column.min()), float(column.max())
    if low == high:
        return np.zeros(len(column), dtype=np.int64)
    edges = np.linspace(low, high, bins + 1)
    of = np.clip(((column - low) * (bins / (high - low))).astype(np.int64), 0, bins - 1)
    of -= column < edges[of]  # rounding may put a point on the wrong side of an edge
    of += (column >= edges[of + 1]) & (of < bins - 1)
    return of


def joined(parts: Sequence[Classes]) -> Classes:
    """The classes of several columns at once: one for each combination that occurs."""
    made = parts[0]
    for part in parts[1:]:
        made = renumbered(made.of * part.size + part.of, made.size * part.size)
    return made


def renumbered(of: Array, size: int) -> Classes:
    """Classes without gaps from numbers in [0, size)."""
    if size > 4 * len(of) + 1024:
        distinct, of = np.unique(of, return_inverse=True)
        return Classes(of.astype(np.int64), len(distinct))
    used = np.bincount(of, minlength=size) > 0
    return Classes((np.cumsum(used) - 1)[of], int(used.sum()))
