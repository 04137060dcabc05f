"""Batches of codes that share the value of one factor, from stored rows or from a generator and an encoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.metrics.sample import Sample

Fix: TypeAlias = Callable[[int, int, int, np.random.Generator], Array]


def rows_that_share(given: Sample, codes: Array) -> Fix:
    """A `Fix` over the rows of a sample and their codes (N, D).

    A value comes as often as it occurs, and rows of that value are drawn with repetition. A fix is
    a function of a factor's index, a number of batches, their size and a generator of random numbers, that returns codes
    (batches, size, D). With a generator and an encoder at hand, pass one that fixes the factor, draws the others and encodes.
    """
    places, order, starts = [], [], []
    for k in range(len(given.names)):
        classes = given.classes[k]
        known = np.flatnonzero(classes.of >= 0)
        places.append(known)
        order.append(known[np.argsort(classes.of[known], kind="stable")])
        starts.append(np.concatenate([[0], np.cumsum(classes.counts)]))

    def fix(k: int, batches: int, size: int, rng: np.random.Generator) -> Array:
        rows, start = order[k], starts[k]
        value = given.classes[k].of[places[k][rng.integers(0, len(rows), batches)]]
        counts = (start[value + 1] - start[value])[:, None]
        within = (rng.random((batches, size)) * counts).astype(np.int64)
        picked: Array = codes[rows[start[value][:, None] + within]]
        return picked

    return fix


def checked(fix: Fix, k: int, batches: int, size: int, width: int, rng: np.random.Generator) -> Array:
    """What `fix` returns, as float64 (batches, size, width).

    Raises:
        InputError: another shape, or numbers that are not finite.
    """
    codes = np.asarray(fix(k, batches, size, rng), dtype=np.float64)
    if codes.shape != (batches, size, width) or not np.isfinite(codes).all():
        what = "numbers that are not finite" if codes.shape == (batches, size, width) else f"shape {codes.shape}"
        raise InputError(f"fix({k}, {batches}, {size}, rng) returns finite codes ({batches}, {size}, {width}); got {what}")
    return codes
