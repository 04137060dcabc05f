"""The inner loops of Gaussian ridges between factors: a forest drawn exactly, what is left corrected by chance."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.columns import put_columns_at
from factorhub.numerics.compiled import compiled
from factorhub.numerics.coordinates import unit, units, value_of, values_at, values_of
from factorhub.numerics.normal import cdfs, exp, probits
from factorhub.numerics.philox import philox_columns
from factorhub.regimes.kernels.shared import CHUNK


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
def aliased(count: int, keep: Array, other: Array, above: Array, words: Array, left: Array, instead: Array, codes: Array) -> None:
    """Fill `codes` (n,) below `count` from `words` (n,), each by the alias table in `keep` and `other` of the code `above` it.

    The look-ups have a loop of their own, through `left` and `instead` (n,): so the others run several lanes at once.
    """
    for i in range(words.size):
        place = unit(words[i]) * count
        codes[i] = min(np.int64(place), count - 1)
        left[i] = place - codes[i]
    for i in range(words.size):
        at = codes[i] + above[i] * count
        left[i] -= keep[at]
        instead[i] = other[at]
    for i in range(words.size):
        kept, other_code = codes[i], instead[i]
        codes[i] = kept if left[i] < 0.0 else other_code


@compiled
def places(factor: Any, codes: Array, values: Array, out: Array) -> None:
    """Fill `out` (n,) with the `scaled` places of `codes` and `values` (n,)."""
    for i in range(codes.size):
        out[i] = scaled(factor, values[i], codes[i])


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
def ridge(tables: Any, key: Array, rows: Array, forest: Any, tries: int, values: Array) -> int:
    """Fill `values` (n, k) from the density that multiplies a Gaussian ridge for each pair of factors.

    The pairs form a forest plus `extra` ones. Factor order[t] is drawn given its `parent` (-1: none). Where the parent
    is on a grid, `keep` and `other` hold from start[t], for each of the parent's codes, the alias table of the factor's
    weights (which include what its own children add) or, off the grid, the cdf below its interval and the ridge's mass
    in `keep`. Below a parent off the grid a factor is drawn from the ridge alone, and the point is kept with the chance
    that corrects for it: the ridge's mass at the parent over the `most` it can be. Each extra ridge is such a chance.

    Each round tries once for the rows that no earlier one has filled, in chunks that stay in the cache. Returns the number of
    rows that `tries` rounds did not fill.

    Args:
        tables: the space's `FactorTables`.
        key: (2,) of the random words.
        rows: (n,) uint64.
        forest: the pairs, as `correlated.Forest` describes them.
        tries: rounds.
        values: (n, k).
    """
    factors, table = tables
    order, parent, sigma, flip, start, keep, other, most, extra, extra_sigma, extra_flip = forest
    k, size, largest = order.size, max(min(rows.size, CHUNK), 1), 1
    blocks, placed, sure = (k + 4) // 4, np.zeros(k, dtype=np.bool_), extra.shape[0] == 0
    for t in range(k):
        j, p = order[t], parent[t]
        sure &= p < 0 or factors[p].count > 0
        if p >= 0 and (factors[p].count == 0 or factors[j].count == 0):
            placed[p] = True  # its places in [0, 1] are read
            largest = max(largest, factors[j].count)
    for e in range(extra.shape[0]):
        placed[extra[e, 0]] = placed[extra[e, 1]] = True
    weights = np.empty(largest)
    numbers, words = np.empty(size, dtype=np.uint64), np.empty((4 * blocks, size), dtype=np.uint64)
    made, place, codes = np.empty((k, size)), np.empty((k, size)), np.zeros((k, size), dtype=np.int64)
    low, mass, chance, nothing = np.empty(size), np.empty(size), np.empty(size), np.zeros(size, dtype=np.int64)
    waiting, instead, left, attempt = np.arange(rows.size), np.empty(size, dtype=np.int64), rows.size, 0
    while left > 0 and attempt < tries:
        many, left = left, 0
        for begin in range(0, many, size):
            here = waiting[begin : min(begin + size, many)]
            n = here.size
            for i in range(n):
                numbers[i] = rows[here[i]]
            philox_columns(key, numbers[:n], attempt * blocks + 1, words)
            chance[:n] = 1.0
            for t in range(k):
                j, p = order[t], parent[t]
                factor, word, code, value = factors[j], words[t, :n], codes[j, :n], made[j, :n]
                if start[t] < 0 and p < 0:
                    units(word, low[:n])
                    values_at(factor, table, low[:n], code, value)
                elif factor.count > 0 and (p < 0 or factors[p].count > 0):
                    above = codes[p] if p >= 0 else nothing
                    aliased(factor.count, keep[start[t] :], other[start[t] :], above, word, low, instead, code)
                    values_of(factor, table, code, value)
                elif factor.count > 0:
                    for i in range(n):
                        add = keep[start[t] : start[t] + factor.count]
                        ridge_weights(factor, table, place[p, i], sigma[t], flip[t], add, weights[: factor.count])
                        code[i] = _pick(weights[: factor.count], unit(word[i]))
                        chance[i] *= weights[factor.count - 1] / most[t]
                    values_of(factor, table, code, value)
                else:
                    if factors[p].count > 0:
                        for i in range(n):
                            low[i], mass[i] = keep[start[t] + 2 * codes[p, i]], keep[start[t] + 2 * codes[p, i] + 1]
                    else:
                        ridge_ends(place[p, :n], sigma[t], low[:n], mass[:n])
                        for i in range(n):
                            chance[i] *= mass[i] / most[t]
                    for i in range(n):
                        low[i] += unit(word[i]) * mass[i]
                    probits(low[:n], mass[:n])
                    for i in range(n):
                        b = min(max(place[p, i] + sigma[t] * mass[i], 0.0), 1.0)
                        value[i] = factor.low + (1.0 - b if flip[t] else b) * factor.span
                if placed[j]:
                    places(factor, code, value, place[j])
            put_columns_at(made, here, values)
            for e in range(extra.shape[0]):
                for i in range(n):
                    b = place[extra[e, 1], i]
                    far = (place[extra[e, 0], i] - (1.0 - b if extra_flip[e] else b)) / extra_sigma[e]
                    chance[i] *= exp(-0.5 * far * far)
            for i in range(0 if sure else n):
                waiting[left] = here[i]
                left += unit(words[k, i]) >= chance[i]
        attempt += 1
    return left
