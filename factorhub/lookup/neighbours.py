"""Rows beside other rows: pairs that differ in one factor, and distances to given factor values, over columns of a set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from factorhub import randomness
from factorhub.factors import Array
from factorhub.space import FactorSpace


def partners(codes: Array, space: FactorSpace, name: str, seed: int, start: int) -> Array:
    """Pairs of rows (m, 2), int64, ascending by the first, that agree in every factor but `name`, and differ in it.

    Each row that has such a partner is paired with one of them, chosen at random under `seed`.

    Args:
        codes: (n, k) of the rows, all factors having a grid.
        space: the factors.
        name: the one to differ in.
        seed: of the choice.
        start: the number of the first row in the whole set, which the choice depends on.
    """
    column = space.index(name)
    groups = np.zeros(len(codes), dtype=np.int64)  # equal where all the other factors are
    for i, factor in enumerate(space):
        if factor.name != name:
            groups = groups * (factor.size or 1) + codes[:, i]
            if groups.max(initial=0) > 2**30:
                groups = np.unique(groups, return_inverse=True)[1]
    order = np.lexsort((codes[:, column], groups))
    ranked, value = groups[order], codes[order, column]
    starts = np.searchsorted(ranked, ranked, side="left")
    ends = np.searchsorted(ranked, ranked, side="right")
    first = np.flatnonzero(np.r_[True, (np.diff(ranked) != 0) | (np.diff(value) != 0)])
    run = np.searchsorted(first, np.arange(len(order)), side="right") - 1
    low, high = first[run], np.r_[first[1:], len(order)][run]  # the rows of the group with the same value
    choices = (ends - starts) - (high - low)
    word = randomness.words(seed, "pairs_differing_in", order + start, 1)[:, 0]
    pick = starts + randomness.integers(word, np.maximum(choices, 1))
    pick = np.where(pick >= low, pick + (high - low), pick)
    kept = choices > 0
    pairs = np.stack([order[kept], order[np.minimum(pick[kept], len(order) - 1)]], axis=1)
    return pairs[np.argsort(pairs[:, 0])]


def kept(pairs: Array, count: int, seed: int) -> Array:
    """`count` of the pairs, chosen at random under `seed`, in their order."""
    lot = randomness.words(seed, "pairs_differing_in/keep", pairs[:, 0], 1)[:, 0]
    return pairs[np.sort(np.argsort(lot)[:count])]


def distances(space: FactorSpace, wanted: Mapping[str, Any], column: Callable[[str], Array]) -> Array:
    """The squared distance (n,) of each row from factor values, each factor scaled by its range.

    Args:
        space: the factors.
        wanted: one value or label for each factor that counts.
        column: gives a factor's codes (n,), or its values where it has no grid.
    """
    total: Array = np.zeros(())
    for name, asked in wanted.items():
        factor = space[name]
        value = factor.value(asked)
        if factor.interval:
            factor.check(np.asarray(value))
        scale = 1.0 if factor.labels is not None else (factor.period or factor.high - factor.low) or 1.0
        if factor.size is None:
            part = (factor.distance(column(name), value) / scale) ** 2
        else:  # one distance per grid value, gathered by code
            places = np.arange(factor.size) if factor.labels is not None else factor.values(np.arange(factor.size))
            part = ((factor.distance(places, value) / scale) ** 2)[column(name)]
        total = total + part
    return total
