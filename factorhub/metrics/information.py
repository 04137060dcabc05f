"""Mutual information between codes and factors by counting, in nats, with its bias and its noise taken off.

The plug-in estimate of an independent pair of B and V classes is about (B - 1)(V - 1) / 2N, not 0. Two corrections:
*Miller-Madow* subtracts that term; the *floor* sets to 0 what lies below the chi-square mean of 2N·I under independence plus
four standard deviations, or rather beyond the point that a normal variable passes as rarely: the chi-square of few degrees of
freedom is skewed, and one entry in a thousand of pure noise lies above its mean plus four deviations, which would make that
code a specialist. Neither may be used on rows drawn with repetition.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from factorhub.errors import InputError, whole
from factorhub.factors import Array
from factorhub.metrics.discretise import BINS, MOST_EXACT, Classes
from factorhub.metrics.sample import Sample

FLOOR = 4.0  # standard deviations


@dataclass(frozen=True)
class Counting:
    """How mutual information is estimated.

    Attributes:
        bins: of equal width, for codes of many values.
        exact: distinct values up to which a code has a class for each; 0 never, as in disentanglement_lib.
        miller_madow: subtract the bias term.
        floor: standard deviations of a normal variable; information that chance exceeds more often than it counts as none. None
            for no floor.
    """

    bins: int = BINS
    exact: int = MOST_EXACT
    miller_madow: bool = True
    floor: float | None = FLOOR

    def __post_init__(self) -> None:
        whole("bins", self.bins, 2, 2**20)
        whole("exact", self.exact, 0)
        if self.floor is not None and not self.floor >= 0:
            raise InputError(f"floor is standard deviations from 0 up, or None for no floor; got {self.floor}")

    @property
    def settings(self) -> dict[str, Any]:
        """For the settings of a score."""
        bias = "miller-madow" if self.miller_madow else "none"
        return {"estimator": "plug-in", "bins": self.bins, "exact": self.exact, "bias_correction": bias, "floor": self.floor}


REFERENCE = Counting(exact=0, miller_madow=False, floor=None)  # what disentanglement_lib and disent do


@dataclass(frozen=True, eq=False)
class Information:
    """What codes and factors share.

    Attributes:
        mutual: (D, K) mutual information of each group of codes with each factor, in nats.
        factors: (K,) entropy of each factor, over its known rows.
        codes: (D,) entropy of each group of codes.
        sizes: (D,) classes of each group of codes.
        joint: (D, K) joint entropy of each pair, without corrections.
    """

    mutual: Array
    factors: Array
    codes: Array
    sizes: Array
    joint: Array

    @property
    def normalised(self) -> Array:
        """(D, K) share of each factor's entropy; 0 for a factor that never varies."""
        return np.divide(self.mutual, self.factors, out=np.zeros_like(self.mutual), where=self.factors > 0)


def entropy(counts: Array) -> float:
    """The plug-in entropy of counts, in nats.

    >>> round(entropy(np.array([5, 5])), 4)
    0.6931
    """
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def information(given: Sample, how: Counting = Counting()) -> Information:
    """The mutual information of every group of codes with every factor, from one counting pass.

    >>> from factorhub.metrics.inputs import sample
    >>> rows = np.arange(400) % 4
    >>> made = information(sample(rows[:, None] // 2, rows[:, None]), Counting(miller_madow=False))
    >>> made.mutual.round(4).tolist(), made.factors.round(4).tolist()
    ([[0.6931]], [1.3863])
    """
    if how in given.tables:
        known: Information = given.tables[how]
        return known
    codes, factors = given.code_classes(how.bins, how.exact), given.classes
    entropies = np.array([entropy(factor.counts) for factor in factors])
    mutual, joint = np.zeros((len(codes), len(factors))), np.zeros((len(codes), len(factors)))
    if given.known.all():
        joint = _joint(codes, factors)
        own = np.array([entropy(code.counts) for code in codes])
        freedom = np.outer([code.size - 1.0 for code in codes], [factor.size - 1.0 for factor in factors])
        mutual = _corrected(np.maximum(own[:, None] + entropies - joint, 0), freedom, given.rows, how)
    else:
        for j, code in enumerate(codes):
            for k, factor in enumerate(factors):
                mutual[j, k], joint[j, k] = pair(code, factor, how)
    made = Information(
        mutual,
        entropies,
        np.array([entropy(code.counts) for code in codes]),
        np.array([code.size for code in codes]),
        joint,
    )
    given.tables[how] = made
    return made


def _joint(codes: tuple[Classes, ...], factors: tuple[Classes, ...]) -> Array:
    """(D, K) joint entropies of codes with factors that are all known in every row."""
    total = len(factors[0].of)
    sizes = np.array([factor.size for factor in factors])
    labels = np.stack([factor.of for factor in factors])
    joint = np.zeros((len(codes), len(factors)))
    for j, code in enumerate(codes):
        _fits(code.size, int(sizes.max()), total)
        ends = np.cumsum(code.size * sizes)
        starts = ends - code.size * sizes
        counts = np.zeros(int(ends[-1]), dtype=np.int64)
        if "numba" in sys.modules:  # three times as fast, but loading it takes as long as a hundred tables
            from factorhub.metrics.kernels.counting import count

            count(code.of, labels, sizes, starts, counts)
        else:
            scaled = code.of[None] * sizes[:, None] + labels
            for cells, start, end in zip(scaled, starts, ends, strict=True):
                counts[start:end] = np.bincount(cells, minlength=end - start)
        logs = np.log(np.maximum(counts, 1))
        joint[j] = np.log(total) - np.add.reduceat(counts * logs, starts) / total
    return joint


def pair(a: Classes, b: Classes, how: Counting = Counting()) -> tuple[float, float]:
    """The mutual information and the joint entropy of two columns in classes, over the rows where both are known."""
    _fits(a.size, b.size, len(a.of))
    cells = (a.of * b.size + b.of)[(a.of >= 0) & (b.of >= 0)]
    counts = np.bincount(cells, minlength=a.size * b.size).reshape(a.size, b.size)
    rows, columns, joint = counts.sum(axis=1), counts.sum(axis=0), entropy(counts)
    freedom = (np.count_nonzero(rows) - 1.0) * (np.count_nonzero(columns) - 1.0)
    mutual = max(entropy(rows) + entropy(columns) - joint, 0.0)
    return float(_corrected(np.array([mutual]), np.array([freedom]), int(counts.sum()), how)[0]), joint


def _fits(rows: int, columns: int, total: int) -> None:
    if rows * columns > 64 * total + 2**20:
        raise InputError(f"a table of {rows} × {columns} classes is too large for {total} rows; give more rows or fewer bins")


def _corrected(mutual: Array, freedom: Array, total: int, how: Counting) -> Array:
    """Plug-in estimates (K,) of tables of so many degrees of freedom, with floor and bias term."""
    kept = mutual > 1e-12
    if how.floor is not None:
        kept &= 2 * total * mutual >= _exceeded(freedom, how.floor)
    if how.miller_madow:
        mutual = np.maximum(mutual - freedom / (2 * total), 0)
    return np.where(kept, mutual, 0.0)


def _exceeded(freedom: Array, deviations: float) -> Array:
    """What a chi-square exceeds as often as a normal variable exceeds `deviations` (Wilson and Hilferty, 1931)."""
    step = 2 / (9 * np.maximum(freedom, 1))
    return np.asarray(freedom * (1 - step + deviations * np.sqrt(step)) ** 3)
