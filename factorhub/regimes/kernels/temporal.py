"""The inner loop of temporal causal models: frame after frame, each from the scores of the one before."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.columns import copy, put_columns
from factorhub.numerics.compiled import compiled
from factorhub.numerics.coordinates import units, values_at
from factorhub.numerics.normal import cdfs, probits
from factorhub.numerics.philox import philox_columns
from factorhub.regimes.kernels.causal import effects, root_of, scores_of, tell
from factorhub.regimes.kernels.shared import CHUNK, pick


@compiled
def mark(words: Array, varying: Array, limit: float, mask: Array) -> None:
    """Mark the `varying` rows of `mask` (k, n) where their chances lie below `limit`.

    Chances are the halves of `words` (half as many, rounded up, n): the upper ones for the first rows, then the lower ones.
    """
    half = (varying.size + 1) // 2
    for m in range(varying.size):
        marks, word, shift = mask[varying[m]], words[m % half], np.uint64(32 if m < half else 0)
        for i in range(marks.size):
            marks[i] = np.float64(word[i] >> shift & np.uint64(0xFFFFFFFF)) < limit


@compiled
def follow(
    tables: Any, model: Any, still: Array, words: Array, mask: Array, before: Array, past: Array, frame: Array, scores: Array,
    room: Any,
) -> None:  # fmt: skip
    """Fill `frame` (n, k) and its `scores` (k, size) from the frame `before` (n, k) and its scores, `past` (k, size).

    A factor in `mask` (k, size) is drawn anew from its word, of `words` (many, size), as it is; else a `still` one stays, and
    others follow `model`, one lagged `mechanisms.Model` without fixed values. `room` is three arrays (n,) of numbers and one of
    codes to work in.
    """
    factors, table = tables
    u, own, x, codes = room
    n = u.size
    for t in range(model.order.size):
        j = model.order[t]
        factor, told, target = factors[j], scores[j, :n], mask[j, :n]
        units(words[j, :n], u)
        if not root_of(model, t):
            probits(u, own)
            effects(model, t, past, own, x)
            pick(target, own, x, told)
            cdfs(x)
            pick(target, u, x, u)
        elif model.read[t] and factor.count == 0:
            probits(u, told)
        values_at(factor, table, u, codes, own)
        if model.read[t] and factor.count > 0:
            tell(factor, model, j, codes, told)
        if still[j]:
            copy(before[:, j], x)
            pick(target, own, x, own)
            if model.read[t]:
                pick(target, told, past[j], told)
        copy(own, frame[:, j])


@compiled
def evolve(
    tables: Any, model: Any, still: Array, varying: Array, limit: float, keys: Any, rows: Array, frames: Array, targets: Array
) -> None:
    """Fill all but the first of `frames` (n, steps, points, k), and of `targets` (n, steps, k), which all points share.

    Frame t of `rows` (n,) takes the words of row times steps, plus t; that of their points those of row times points, plus
    point, times steps, plus t.
    """
    factors, table = tables
    target_key, noise_key = keys
    size, steps, several, k = min(rows.size, CHUNK), frames.shape[1], frames.shape[2], frames.shape[3]
    chances = np.empty(((varying.size + 7) // 8 * 4, size), dtype=np.uint64)
    words, numbers_ = np.empty(((k + 3) // 4 * 4, size), dtype=np.uint64), np.empty(size, dtype=np.uint64)
    mask, scores = np.zeros((k, size), dtype=np.bool_), np.empty((2, several, k, size))
    u, own, x, codes = np.empty(size), np.empty(size), np.empty(size), np.empty(size, dtype=np.int64)
    for begin in range(0, rows.size, CHUNK):
        n = min(CHUNK, rows.size - begin)
        numbers = numbers_[:n]
        for p in range(several):
            scores_of(factors, table, model.read, model.start, model.levels, frames[begin : begin + n, 0, p], scores[0, p])
        for t in range(1, steps):
            for i in range(n):
                numbers[i] = np.uint64(rows[begin + i] * steps + t)
            philox_columns(target_key, numbers, 1, chances)
            mark(chances, varying, limit, mask)
            put_columns(mask, targets[begin : begin + n, t])
            for p in range(several):
                for i in range(n):
                    numbers[i] = np.uint64((rows[begin + i] * several + p) * steps + t)
                philox_columns(noise_key, numbers, 1, words)
                follow(
                    tables, model, still, words, mask, frames[begin : begin + n, t - 1, p], scores[(t - 1) % 2, p],
                    frames[begin : begin + n, t, p], scores[t % 2, p], (u[:n], own[:n], x[:n], codes[:n]),
                )  # fmt: skip
