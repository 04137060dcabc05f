"""The inner loops of regimes whose factors depend on each other: ridges, copulas and structural causal models."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.compiled import compiled
from factorhub.factors import Array
from factorhub.kernels import unit_of, value_at, value_of
from factorhub.philox import block
from factorhub.regimes.kernels import unit
from factorhub.regimes.normal import cdf, exp, probit

ALMOST_ONE = 1.0 - 2.0**-53


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
def ridge_mass(a: float, sigma: float) -> float:
    """The same sum for a factor that fills [0, 1], without the constant sigma sqrt(2 pi)."""
    return cdf((1.0 - a) / sigma) - cdf(-a / sigma)


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
    sums: Array, most: Array, extra: Array, extra_sigma: Array, extra_flip: Array, tries: int, values: Array,
) -> int:  # fmt: skip
    """Fill `values` (n, k) from the density that multiplies a Gaussian ridge for each pair of factors.

    The pairs form a forest plus `extra` ones. Factor order[t] is drawn given its `parent` (-1: none). Where both are on
    a grid, the running sums of its weights stand in `sums` from start[t], a row for each code of the parent, and hold
    what its own children add. Elsewhere it is drawn from the ridge alone, and the point is kept with the chance that
    corrects for it: the ridge's mass at the parent over the `most` it can be. Each extra ridge is such a chance too.
    Returns the number of rows that `tries` attempts did not fill.
    """
    k = order.size
    blocks = (k + 4) // 4
    words = np.empty(4 * blocks, dtype=np.uint64)
    place, codes, missed, largest = np.empty(k), np.zeros(k, dtype=np.int64), 0, 1
    for j in range(k):
        largest = max(largest, factors[j].count)
    weights = np.empty(largest if largest <= 65536 else 1)
    for i in range(rows.size):
        kept = False
        for attempt in range(tries):
            for number in range(blocks):
                words[4 * number], words[4 * number + 1], words[4 * number + 2], words[4 * number + 3] = block(
                    key, rows[i], attempt * blocks + number + 1
                )
            chance = 1.0
            for t in range(k):
                j, p, u = order[t], parent[t], unit(words[t])
                factor = factors[j]
                if start[t] < 0 and p < 0:
                    values[i, j] = value_at(factor, table, u)
                    codes[j] = min(np.int64(u * factor.count), factor.count - 1)
                elif factor.count > 0:
                    if p < 0 or factors[p].count > 0:
                        at = start[t] + (codes[p] * factor.count if p >= 0 else 0)
                        codes[j] = _pick(sums[at : at + factor.count], u)
                    else:
                        mass = sums[start[t] : start[t] + factor.count]
                        ridge_weights(factor, table, place[p], sigma[t], flip[t], mass, weights[: factor.count])
                        codes[j] = _pick(weights[: factor.count], u)
                        chance *= weights[factor.count - 1] / most[t]
                    values[i, j] = value_of(factor, table, codes[j])
                else:
                    a = place[p]
                    low, mass_at = cdf(-a / sigma[t]), ridge_mass(a, sigma[t])
                    b = min(max(a + sigma[t] * probit(low + u * mass_at), 0.0), 1.0)
                    values[i, j] = factor.low + (1.0 - b if flip[t] else b) * factor.span
                    chance *= mass_at / most[t]
                place[j] = scaled(factor, values[i, j], codes[j])
            for e in range(extra.shape[0]):
                b = place[extra[e, 1]]
                far = (place[extra[e, 0]] - (1.0 - b if extra_flip[e] else b)) / extra_sigma[e]
                chance *= exp(-0.5 * far * far)
            if unit(words[k]) < chance:
                kept = True
                break
        missed += not kept
    return missed


@compiled
def copula(factors: Array, table: Array, columns: Array, root: Array, words: Array, values: Array) -> None:
    """Fill the `columns` of `values` (n, k) with uniform margins whose normal scores are root @ noise."""
    noise = np.empty(columns.size)
    for i in range(values.shape[0]):
        for m in range(columns.size):
            noise[m] = probit(unit(words[i, columns[m]]))
            z = 0.0
            for other in range(m + 1):
                z += root[m, other] * noise[other]
            values[i, columns[m]] = value_at(factors[columns[m]], table, min(cdf(z), ALMOST_ONE))


@compiled
def score(factor: Any, table: Array, value: float) -> float:
    """The normal score of a value: the standard normal number that lies as high."""
    return probit(unit_of(factor, table, value))


@compiled
def mechanism(form: int, x: float) -> float:
    """The functions that mechanisms are made of, by their place in `causal.FORMS`."""
    if form == 1:
        e = exp(-2.0 * abs(x))
        return (1.0 - e) / (1.0 + e) if x >= 0 else (e - 1.0) / (1.0 + e)
    if form == 2:
        return max(x, 0.0)
    if form == 3:
        return abs(x)
    if form == 4:
        return x * x - 1.0
    if form == 5:
        return 1.0 if x >= 0.0 else -1.0
    return x


@compiled
def assign(
    factors: Array, table: Array, order: Array, first: Array, parents: Array, weights: Array, form: Array, bias: Array,
    noise: Array, fixed: Array, value: Array, read: Array, words: Array, before: Array, values: Array,
) -> None:  # fmt: skip
    """Fill `values` (n, k) factor by factor, each from its parents' values and its own noise.

    Mechanism t is that of factor order[t]; its parents and weights stand from first[t] to first[t + 1]. Its normal
    score is form(sum of weights times the parents' scores + bias) + noise times the score of its word, or, where
    `fixed`, its value is `value[t]` itself. Parents are read from `before` (n, k) where it has rows (the frame before),
    else from `values`. `read` marks the factors that are somebody's parent. Without parents, bias and scaled noise a
    factor takes its word as it is, so that roots are exactly uniform.
    """
    scores = np.empty(values.shape[1])
    lagged = before.shape[0] > 0
    for i in range(values.shape[0]):
        if lagged:
            for j in range(values.shape[1]):
                if read[j]:
                    scores[j] = score(factors[j], table, before[i, j])
        for t in range(order.size):
            j = order[t]
            if fixed[t]:
                values[i, j] = value[t]
            else:
                u = unit(words[i, j])
                if first[t + 1] > first[t] or noise[t] != 1.0 or bias[t] != 0.0:
                    x = bias[t]
                    for p in range(first[t], first[t + 1]):
                        x += weights[p] * scores[parents[p]]
                    u = min(cdf(mechanism(form[t], x) + noise[t] * probit(u)), ALMOST_ONE)
                values[i, j] = value_at(factors[j], table, u)
            if read[j] and not lagged:
                scores[j] = score(factors[j], table, values[i, j])


@compiled
def normals(words: Array) -> Array:
    """Words (n,) as standard normal numbers."""
    out = np.empty(words.size)
    for i in range(words.size):
        out[i] = probit(unit(words[i]))
    return out


@compiled
def logistic(x: Array) -> Array:
    """1 / (1 + exp(-x)) of each of `x` (n,)."""
    out = np.empty(x.size)
    for i in range(x.size):
        out[i] = 1.0 / (1.0 + exp(-x[i]))
    return out
