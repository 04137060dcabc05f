"""The inner loop of uniform draws."""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.columns import copy, put_columns
from factorhub.numerics.compiled import compiled
from factorhub.numerics.coordinates import unit, values_of
from factorhub.numerics.intrinsics import high_product
from factorhub.regimes.kernels.shared import CHUNK

HALF = 2**32


@compiled
def take(left: Array, count: int, codes: Array) -> None:
    """Fill `codes` (n,) from the fractions `left` (n,) of 2**64: the whole part of each times `count`; the rest is left."""
    size, half, mask = np.uint64(count), np.uint64(32), np.uint64(HALF - 1)
    if count < HALF:  # in products of 32 bits, which machines do several of at once
        for i in range(left.size):
            word = left[i]
            codes[i] = np.int64(((word >> half) * size + ((word & mask) * size >> half)) >> half)
            left[i] = word * size
    else:
        for i in range(left.size):
            codes[i] = np.int64(high_product(left[i], size))
            left[i] *= size


@compiled
def fill_uniform(factors: Array, table: Array, words: Array, values: Array, codes: Array) -> None:
    """Fill `values` (n, k) with the uniform points of `words` (most, n), and `codes` where it has room.

    A word is a fraction of 2**64: times a number of values, its whole part is a code, and what is left is the next
    fraction. See `layout` for which factor takes which word. Rows go in chunks that stay in the cache.
    """
    k, size = values.shape[1], min(values.shape[0], CHUNK)
    fractions, found, places = (
        np.empty((words.shape[0], size), dtype=np.uint64),
        np.zeros((k, size), dtype=np.int64),
        np.empty((k, size)),
    )
    for begin in range(0, values.shape[0], CHUNK):
        end = min(begin + CHUNK, values.shape[0])
        n = end - begin
        for w in range(words.shape[0]):
            copy(words[w, begin:end], fractions[w, :n])
        for j in range(k):
            if factors[j].count > 1:
                take(fractions[factors[j].word, :n], factors[j].count, found[j, :n])
            if factors[j].count > 0:
                values_of(factors[j], table, found[j, :n], places[j, :n])
        for j in range(k):
            if factors[j].count == 0:
                place, rest, low, span = places[j, :n], fractions[factors[j].word, :n], factors[j].low, factors[j].span
                for i in range(n):
                    place[i] = low + unit(rest[i]) * span
        put_columns(places, values[begin:end])
        if codes.size > 0:
            put_columns(found, codes[begin:end])
