"""The inner loops of normal scores: Gaussian copulas and structural causal models."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.compiled import compiled
from factorhub.factors import Array
from factorhub.kernels import code_of, codes_at, value_at, values_of
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
    k, size, lagged = values.shape[1], min(values.shape[0], CHUNK), past.shape[0] > 0
    u_, x_, own_, known, codes_ = np.empty(size), np.empty(size), np.empty(size), np.empty((k, size)), np.empty(size, dtype=np.int64)
    for begin in range(0, values.shape[0], CHUNK):
        end = min(begin + CHUNK, values.shape[0])
        u, x, own, codes = u_[: end - begin], x_[: end - begin], own_[: end - begin], codes_[: end - begin]
        for t in range(order.size):
            j = order[t]
            factor, column, told = factors[j], values[begin:end, j], own if lagged else known[j, : end - begin]
            if fixed[t]:
                column[:] = value[t]
                told[:] = level[t]
            else:
                word = words[begin:end, j]
                for i in range(u.size):
                    u[i] = unit(word[i])
                root = first[t + 1] == first[t] and noise[t] == 1.0 and bias[t] == 0.0
                if not root or (read[j] and factor.count == 0):
                    probits(u, told if root else own)
                if not root:
                    x[:] = bias[t]
                    for p in range(first[t], first[t + 1]):
                        weight, parent = weights[p], past[begin:end, parents[p]] if lagged else known[parents[p], : end - begin]
                        for i in range(x.size):
                            x[i] += weight * parent[i]
                    mechanism(form[t], x)
                    share = noise[t]
                    for i in range(x.size):
                        x[i] += share * own[i]
                    if lagged:
                        target = targets[begin:end, j]
                        for i in range(x.size):
                            told[i] = told[i] if target[i] else x[i]
                        cdfs(x)
                        for i in range(x.size):
                            u[i] = u[i] if target[i] else x[i]
                    else:
                        told[:] = x
                        u[:] = x
                        cdfs(u)
                if factor.count == 0:
                    low, span = factor.low, factor.span
                    for i in range(u.size):
                        column[i] = low + u[i] * span
                else:
                    codes_at(factor, u, codes)
                    values_of(factor, table, codes, column)
                    if read[j]:
                        for i in range(codes.size):
                            told[i] = level_of(factor, start[j], levels, codes[i])
            if lagged and read[j]:
                scores[begin:end, j] = told


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
