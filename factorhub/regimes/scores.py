"""The inner loops of normal scores: Gaussian copulas and structural causal models."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.compiled import compiled
from factorhub.factors import Array
from factorhub.kernels import code_at, code_of, value_at, value_of
from factorhub.regimes.kernels import CHUNK, unit
from factorhub.regimes.normal import cdfs, exp, probit, probits


@compiled
def copula(factors: Array, table: Array, columns: Array, root: Array, words: Array, values: Array) -> None:
    """Fill the `columns` of `values` (n, k) with uniform margins whose normal scores are root @ noise."""
    u, noise = np.empty(CHUNK), np.empty((columns.size, CHUNK))
    for begin in range(0, values.shape[0], CHUNK):
        n = min(CHUNK, values.shape[0] - begin)
        for m in range(columns.size):
            j = columns[m]
            for i in range(n):
                u[i] = unit(words[begin + i, m])
            probits(u[:n], noise[m, :n])
            for i in range(n):
                u[i] = root[m, m] * noise[m, i]
            for other in range(m):
                for i in range(n):
                    u[i] += root[m, other] * noise[other, i]
            cdfs(u[:n])
            for i in range(n):
                values[begin + i, j] = value_at(factors[j], table, u[i])


@compiled
def level_of(factor: Any, start: int, levels: Array, code: int) -> float:
    """The normal score of a grid value: that of the middle of its share, read from a table unless the grid is huge."""
    return levels[start + code] if start >= 0 else probit((code + 0.5) / factor.count)


@compiled
def scores_of(factors: Array, table: Array, read: Array, start: Array, levels: Array, values: Array, scores: Array) -> None:
    """Fill the `read` columns of `scores` (n, k) with the normal scores of `values` (n, k).

    A value off the grid scores the standard normal number that lies as high; one on it, the middle of its share.
    """
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            if read[j] and factors[j].count > 0:
                scores[i, j] = level_of(factors[j], start[j], levels, code_of(factors[j], table, values[i, j]))
            elif read[j]:
                scores[i, j] = probit((values[i, j] - factors[j].low) / factors[j].span)


@compiled
def mechanism(form: int, x: Array) -> None:
    """Apply the function that stands at place `form` of `causal.FORMS` to `x` (n,), in place."""
    if form == 1:
        for i in range(x.size):
            e = exp(-2.0 * abs(x[i]))
            x[i] = (1.0 - e) / (1.0 + e) if x[i] >= 0 else (e - 1.0) / (1.0 + e)
    elif form == 2:
        for i in range(x.size):
            x[i] = max(x[i], 0.0)
    elif form == 3:
        for i in range(x.size):
            x[i] = abs(x[i])
    elif form == 4:
        for i in range(x.size):
            x[i] = x[i] * x[i] - 1.0
    elif form == 5:
        for i in range(x.size):
            x[i] = 1.0 if x[i] >= 0.0 else -1.0


@compiled
def assign(
    factors: Array, table: Array, order: Array, first: Array, parents: Array, weights: Array, form: Array, bias: Array,
    noise: Array, fixed: Array, value: Array, level: Array, read: Array, start: Array, levels: Array, words: Array,
    past: Array, targets: Array, values: Array, scores: Array,
) -> None:  # fmt: skip
    """Fill `values` (n, k) factor by factor, each from its parents' scores and its own noise.

    Mechanism t is that of factor order[t]; its parents and weights stand from first[t] to first[t + 1]. Its normal
    score is form(sum of weights times the parents' scores + bias) + noise times the score of its word, or, where
    `fixed`, its value is value[t] and its score level[t]. On a grid a factor's score, to its children, is that of its
    value: levels[start[j] + code]. `read` marks the factors that are somebody's parent. Without parents, bias and
    scaled noise a factor takes its word as it is, so that roots are exactly uniform.

    Where `past` (n, k) has rows, parents' scores are read from it (the frame before), `targets` (n, k) marks the
    factors that a row draws anew from the word as it is, and `scores` (n, k) is filled. Rows go in chunks that stay
    in the cache.
    """
    k = values.shape[1]
    u, x, own, known = np.empty(CHUNK), np.empty(CHUNK), np.empty(CHUNK), np.empty((k, CHUNK))
    lagged = past.shape[0] > 0
    for begin in range(0, values.shape[0], CHUNK):
        n = min(CHUNK, values.shape[0] - begin)
        if lagged:
            for j in range(k):
                if read[j]:
                    known[j, :n] = past[begin : begin + n, j]
        for t in range(order.size):
            j = order[t]
            column, told = values[begin : begin + n, j], own if lagged else known[j]
            if fixed[t]:
                column[:] = value[t]
                told[:n] = level[t]
            else:
                for i in range(n):
                    u[i] = unit(words[begin + i, j])
                root = first[t + 1] == first[t] and noise[t] == 1.0 and bias[t] == 0.0
                if not root or (read[j] and factors[j].count == 0):
                    probits(u[:n], own[:n])
                if root:
                    told[:n] = own[:n]
                else:
                    x[:n] = bias[t]
                    for p in range(first[t], first[t + 1]):
                        for i in range(n):
                            x[i] += weights[p] * known[parents[p], i]
                    mechanism(form[t], x[:n])
                    for i in range(n):
                        x[i] += noise[t] * own[i]
                    if not lagged:
                        told[:n] = x[:n]
                        u[:n] = x[:n]
                        cdfs(u[:n])
                    else:
                        for i in range(n):
                            told[i] = told[i] if targets[begin + i, j] else x[i]
                        cdfs(x[:n])
                        for i in range(n):
                            u[i] = u[i] if targets[begin + i, j] else x[i]
                if factors[j].count == 0:
                    for i in range(n):
                        column[i] = factors[j].low + u[i] * factors[j].span
                else:
                    for i in range(n):
                        code = code_at(factors[j], u[i])
                        column[i] = value_of(factors[j], table, code)
                        if read[j]:
                            told[i] = level_of(factors[j], start[j], levels, code)
            if lagged and read[j]:
                scores[begin : begin + n, j] = told[:n]


@compiled
def mark(t: int, words: Array, varying: Array, limit: float, mask: Array, targets: Array) -> None:
    """Mark the `varying` columns of `mask` (n, k), and of frame `t` of `targets` (n, steps, k), whose chances lie below `limit`.

    Chances are the halves of `words` (n, half as many, rounded up): the upper ones for the first columns, then the lower ones.
    """
    half = words.shape[1]
    for i in range(words.shape[0]):
        for m in range(half):
            mask[i, varying[m]] = np.float64(words[i, m] >> np.uint64(32)) < limit
        for m in range(half, varying.size):
            mask[i, varying[m]] = np.float64(words[i, m - half] & np.uint64(0xFFFFFFFF)) < limit
        for j in range(mask.shape[1]):
            targets[i, t, j] = mask[i, j]


@compiled
def settle(t: int, still: Array, mask: Array, made: Array, before: Array, scores: Array, frames: Array) -> None:
    """Fill frame `t` of `frames` (n, steps, points, k) with `made` (n points, k), but where a `still` factor is not in `mask`
    (n, k): there with the frame before, and `scores` (n points, k) with those `before`."""
    for i in range(frames.shape[0]):
        for p in range(frames.shape[2]):
            at = i * frames.shape[2] + p
            for j in range(frames.shape[3]):
                if still[j] and not mask[i, j]:
                    frames[i, t, p, j] = frames[i, t - 1, p, j]
                    scores[at, j] = before[at, j]
                else:
                    frames[i, t, p, j] = made[at, j]
