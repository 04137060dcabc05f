"""The inner loops of regimes whose factors depend on each other: ridges, copulas and structural causal models.

This file is over 300 lines because the loops inline each other and are compiled as one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.compiled import compiled
from factorhub.factors import Array
from factorhub.kernels import code_at, code_of, value_at, value_of
from factorhub.philox import block
from factorhub.regimes.kernels import unit
from factorhub.regimes.normal import cdfs, exp, probit, probits

CHUNK = 512  # rows at a time


@compiled
def scaled(factor: Any, value: float, code: int) -> float:
    """A factor's place in [0, 1]: between the ends of its grid or interval, or its code over the largest one."""
    if factor.interval and factor.count == 0:
        return (value - factor.low) / factor.span
    if factor.interval and factor.count > 1:
        return (value - factor.first) / (factor.step * (factor.count - 1))
    return code / (factor.count - 1) if factor.count > 1 else 0.0


@compiled
def ridge_weights(factor: Any, table: Array, a: float, sigma: float, flip: bool, mass: Array, weights: Array) -> None:
    """Fill `weights` with the running sum of exp(-(a - b)^2 / (2 sigma^2)) mass[b] over a factor's grid values b."""
    total = 0.0
    for code in range(factor.count):
        b = scaled(factor, value_of(factor, table, code), code)
        far = (a - (1.0 - b if flip else b)) / sigma
        total += exp(-0.5 * far * far) * mass[code]
        weights[code] = total


@compiled
def ridge_ends(a: Array, sigma: float, low: Array, mass: Array) -> None:
    """The normal cdf `low` below [0, 1] around each `a` (n,), and the ridge's `mass` in it, without sigma sqrt(2 pi)."""
    for i in range(a.size):
        low[i] = -a[i] / sigma
        mass[i] = (1.0 - a[i]) / sigma
    cdfs(low)
    cdfs(mass)
    for i in range(a.size):
        mass[i] -= low[i]


@compiled
def alias(weights: Array, keep: Array, other: Array) -> None:
    """Walker's alias table for `weights` (m,), which must not all be 0: place i is kept with chance keep[i], else other[i]."""
    m, total = weights.size, 0.0
    for i in range(m):
        total += weights[i]
    small, large = np.empty(m, dtype=np.int64), np.empty(m, dtype=np.int64)
    few, many = 0, 0
    for i in range(m):
        keep[i], other[i] = weights[i] / total * m, i
        if keep[i] < 1.0:
            small[few] = i
            few += 1
        else:
            large[many] = i
            many += 1
    while few > 0 and many > 0:
        few -= 1
        low, high = small[few], large[many - 1]
        other[low] = high
        keep[high] -= 1.0 - keep[low]
        if keep[high] < 1.0:
            many -= 1
            small[few] = high
            few += 1
    for i in range(few):
        keep[small[i]] = 1.0
    for i in range(many):
        keep[large[i]] = 1.0


@compiled
def _pick(sums: Array, u: float) -> int:
    """The first place whose running sum exceeds `u` of the whole."""
    goal, low, high = u * sums[-1], 0, sums.size - 1
    while low < high:
        middle = (low + high) >> 1
        if goal < sums[middle]:
            high = middle
        else:
            low = middle + 1
    return low


@compiled
def ridge(
    factors: Array, table: Array, key: Array, rows: Array, order: Array, parent: Array, sigma: Array, flip: Array, start: Array,
    keep: Array, other: Array, most: Array, extra: Array, extra_sigma: Array, extra_flip: Array, tries: int, values: Array,
) -> int:  # fmt: skip
    """Fill `values` (n, k) from the density that multiplies a Gaussian ridge for each pair of factors.

    The pairs form a forest plus `extra` ones. Factor order[t] is drawn given its `parent` (-1: none). Where the parent
    is on a grid, `keep` and `other` hold from start[t], for each of the parent's codes, the alias table of the factor's
    weights (which include what its own children add) or, off the grid, the cdf below its interval and the ridge's mass
    in `keep`. Below a parent off the grid a factor is drawn from the ridge alone, and the point is kept with the chance
    that corrects for it: the ridge's mass at the parent over the `most` it can be. Each extra ridge is such a chance.

    Rows go in chunks; each round tries once for the rows of a chunk that no earlier one has filled. Returns the number
    of rows that `tries` rounds did not fill.
    """
    k = order.size
    blocks, largest = (k + 4) // 4, 1
    for j in range(k):
        largest = max(largest, factors[j].count)
    weights = np.empty(largest if largest <= 65536 else 1)
    words = np.empty((CHUNK, 4 * blocks), dtype=np.uint64)
    place, codes = np.empty((k, CHUNK)), np.zeros((k, CHUNK), dtype=np.int64)
    low, mass, chance, waiting = np.empty(CHUNK), np.empty(CHUNK), np.empty(CHUNK), np.empty(CHUNK, dtype=np.int64)
    missed = 0
    for begin in range(0, rows.size, CHUNK):
        n = min(CHUNK, rows.size - begin)
        for i in range(n):
            waiting[i] = begin + i
        attempt = 0
        while n > 0 and attempt < tries:
            for i in range(n):
                for b in range(blocks):
                    words[i, 4 * b], words[i, 4 * b + 1], words[i, 4 * b + 2], words[i, 4 * b + 3] = block(
                        key[0], key[1], rows[waiting[i]], attempt * blocks + b + 1
                    )
            chance[:n] = 1.0
            for t in range(k):
                j, p = order[t], parent[t]
                factor = factors[j]
                if start[t] < 0 and p < 0:
                    for i in range(n):
                        u = unit(words[i, t])
                        codes[j, i] = min(np.int64(u * factor.count), factor.count - 1)
                        values[waiting[i], j] = value_at(factor, table, u)
                elif factor.count > 0:
                    for i in range(n):
                        u = unit(words[i, t])
                        if p < 0 or factors[p].count > 0:
                            at = start[t] + (codes[p, i] * factor.count if p >= 0 else 0)
                            place_in = u * factor.count
                            code = min(np.int64(place_in), factor.count - 1)
                            codes[j, i] = code if place_in - code < keep[at + code] else other[at + code]
                        else:
                            add = keep[start[t] : start[t] + factor.count]
                            ridge_weights(factor, table, place[p, i], sigma[t], flip[t], add, weights[: factor.count])
                            codes[j, i] = _pick(weights[: factor.count], u)
                            chance[i] *= weights[factor.count - 1] / most[t]
                        values[waiting[i], j] = value_of(factor, table, codes[j, i])
                else:
                    if factors[p].count > 0:
                        for i in range(n):
                            low[i], mass[i] = keep[start[t] + 2 * codes[p, i]], keep[start[t] + 2 * codes[p, i] + 1]
                    else:
                        ridge_ends(place[p, :n], sigma[t], low[:n], mass[:n])
                        for i in range(n):
                            chance[i] *= mass[i] / most[t]
                    for i in range(n):
                        low[i] += unit(words[i, t]) * mass[i]
                    probits(low[:n], mass[:n])
                    for i in range(n):
                        b = min(max(place[p, i] + sigma[t] * mass[i], 0.0), 1.0)
                        values[waiting[i], j] = factor.low + (1.0 - b if flip[t] else b) * factor.span
                for i in range(n):
                    place[j, i] = scaled(factor, values[waiting[i], j], codes[j, i])
            for e in range(extra.shape[0]):
                for i in range(n):
                    b = place[extra[e, 1], i]
                    far = (place[extra[e, 0], i] - (1.0 - b if extra_flip[e] else b)) / extra_sigma[e]
                    chance[i] *= exp(-0.5 * far * far)
            left = 0
            for i in range(n):
                if unit(words[i, k]) >= chance[i]:
                    waiting[left] = waiting[i]
                    left += 1
            n = left
            attempt += 1
        missed += n
    return missed


@compiled
def copula(factors: Array, table: Array, columns: Array, root: Array, words: Array, values: Array) -> None:
    """Fill the `columns` of `values` (n, k) with uniform margins whose normal scores are root @ noise."""
    u, noise = np.empty(CHUNK), np.empty((columns.size, CHUNK))
    for begin in range(0, values.shape[0], CHUNK):
        n = min(CHUNK, values.shape[0] - begin)
        for m in range(columns.size):
            j = columns[m]
            for i in range(n):
                u[i] = unit(words[begin + i, j])
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
                    for i in range(n):
                        if not (lagged and targets[begin + i, j]):
                            told[i] = x[i]
                    cdfs(x[:n])
                    for i in range(n):
                        if not (lagged and targets[begin + i, j]):
                            u[i] = x[i]
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
def logistic(x: Array) -> None:
    """Replace each of `x` (n,) by 1 / (1 + exp(-x))."""
    for i in range(x.size):
        x[i] = 1.0 / (1.0 + exp(-x[i]))
