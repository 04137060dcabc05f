"""The inner loops of normal scores: Gaussian copulas and structural causal models."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.columns import copy, put_columns, put_columns_at
from factorhub.numerics.compiled import compiled
from factorhub.numerics.coordinates import code_of, units, values_at
from factorhub.numerics.normal import cdfs, exp, probit, probits
from factorhub.numerics.philox import philox_columns
from factorhub.regimes.kernels.shared import CHUNK


@compiled
def level_of(factor: Any, start: int, levels: Array, code: int) -> float:
    """The normal score of a grid value: that of the middle of its share, read from a table unless the grid is huge."""
    return levels[start + code] if start >= 0 else probit((code + 0.5) / factor.count)


@compiled
def scores_of(factors: Array, table: Array, read: Array, start: Array, levels: Array, values: Array, scores: Array) -> None:
    """Fill the `read` rows of `scores` (k, size) with the normal scores of `values` (n, k).

    A value off the grid scores the standard normal number that lies as high; one on it, the middle of its share.
    """
    for j in range(values.shape[1]):
        if read[j] and factors[j].count > 0:
            for i in range(values.shape[0]):
                scores[j, i] = level_of(factors[j], start[j], levels, code_of(factors[j], table, values[i, j]))
        elif read[j]:
            for i in range(values.shape[0]):
                scores[j, i] = probit((values[i, j] - factors[j].low) / factors[j].span)


@compiled
def add(weight: float, x: Array, total: Array) -> None:
    """Add `weight` times `x` (n,) to `total` (n,)."""
    for i in range(x.size):
        total[i] += weight * x[i]


@compiled
def copula(factors: Array, table: Array, columns: Array, root: Array, words: Array, values: Array) -> None:
    """Fill the `columns` of `values` (n, k) with uniform margins whose normal scores are root @ noise, from `words` (m, n)."""
    size = min(values.shape[0], CHUNK)
    u_, codes_, noise = np.empty(size), np.empty(size, dtype=np.int64), np.empty((columns.size, size))
    for begin in range(0, values.shape[0], CHUNK):
        end = min(begin + CHUNK, values.shape[0])
        u, codes = u_[: end - begin], codes_[: end - begin]
        for m in range(columns.size):
            units(words[m, begin:end], u)
            own, share = noise[m, : end - begin], root[m, m]
            probits(u, own)
            for i in range(u.size):
                u[i] = share * own[i]
            for other in range(m):
                add(root[m, other], noise[other, : end - begin], u)
            cdfs(u)
            values_at(factors[columns[m]], table, u, codes, values[begin:end, columns[m]])


@compiled
def mechanism(form: int, x: Array) -> None:
    """Apply the function that stands at place `form` of `mechanisms.FORMS` to `x` (n,), in place."""
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
def effects(model: Any, t: int, known: Array, own: Array, x: Array) -> None:
    """Fill `x` (n,) with what mechanism `t` makes of its parents' scores, rows of `known` (k, size), and of noise, `own` (n,)."""
    begin, end, bias = model.first[t], model.first[t + 1], model.bias[t]
    if begin < end:
        weight, parent = model.weights[begin], known[model.parents[begin]]
        for i in range(x.size):
            x[i] = bias + weight * parent[i]
        for p in range(begin + 1, end):
            add(model.weights[p], known[model.parents[p], : x.size], x)
    else:
        x[:] = bias
    mechanism(model.form[t], x)
    add(model.noise[t], own, x)


@compiled
def root_of(model: Any, t: int) -> bool:
    """Whether a factor takes its word as it is: without parents, bias and scaled noise it is exactly uniform."""
    return model.first[t + 1] == model.first[t] and model.noise[t] == 1.0 and model.bias[t] == 0.0


@compiled
def tell(factor: Any, model: Any, j: int, codes: Array, told: Array) -> None:
    """Fill `told` (n,) with the scores that factor `j` has, to its children, at `codes` (n,) of its grid."""
    start, levels = model.start[j], model.levels
    for i in range(codes.size):
        told[i] = level_of(factor, start, levels, codes[i])


@compiled
def assign(
    factors: Array, table: Array, model: Any, keys: Array, anew: Array, rows: Array, ends: Array, places: Array,
    values: Array,
) -> None:  # fmt: skip
    """Fill rows of `values` (m, k) factor by factor, each from its parents' scores and its own noise.

    `model`, a `mechanisms.Model`, is several models one after the other: as many, w, for each part of `rows` (n,), those of part e
    from ends[e] to ends[e + 1]. Their words under keys[e] are the noise; of a mechanism marked in `anew` those under the last of
    `keys` (parts + 1, 2) are. What rows[i] is under the q-th model of its part goes to row places[i] w + q, or to row i if there
    are no `places` and one model.

    Mechanism t is that of factor order[t]; its parents and weights stand from first[t] to first[t + 1]. Its normal score is
    form(sum of weights times the parents' scores + bias) + noise times the score of its word, or, where `fixed`, its value is
    value[t] and its score level[t]. On a grid a factor's score, to its children, is that of its value: levels[start[j] + code].
    `read` marks mechanisms of factors that are somebody's parent. Rows go in chunks that stay in the cache.
    """
    k, size, parts = values.shape[1], min(rows.size, CHUNK), ends.size - 1
    several, count = model.order.size // (parts * k), (k + 3) // 4 * 4
    u_, own_, known, codes_ = np.empty(size), np.empty(size), np.empty((k, size)), np.empty(size, dtype=np.int64)
    made, at = np.empty((k, size)), np.empty(size if places.size > 0 else 0, dtype=np.int64)
    words, other = np.empty((count, size), dtype=np.uint64), np.empty((count, size if np.any(anew) else 0), dtype=np.uint64)
    for e in range(parts):
        some = np.any(anew[e * several * k : (e + 1) * several * k])
        for begin in range(ends[e], ends[e + 1], CHUNK):
            end = min(begin + CHUNK, ends[e + 1])
            n = end - begin
            u, own, codes = u_[:n], own_[:n], codes_[:n]
            philox_columns(keys[e], rows[begin:end], 1, words)
            if some:
                philox_columns(keys[-1], rows[begin:end], 1, other)
            for q in range(several):
                for t in range((e * several + q) * k, (e * several + q + 1) * k):
                    j = model.order[t]
                    factor, told, column = factors[j], known[j, :n], made[j, :n]
                    if model.fixed[t]:
                        column[:], told[:] = model.value[t], model.level[t]
                        continue
                    units(other[j, :n] if anew[t] else words[j, :n], u)
                    if not root_of(model, t):
                        probits(u, own)
                        effects(model, t, known, own, told)
                        copy(told, u)
                        cdfs(u)
                    elif model.read[t] and factor.count == 0:
                        probits(u, told)
                    values_at(factor, table, u, codes, column)
                    if model.read[t] and factor.count > 0:
                        tell(factor, model, j, codes, told)
                if places.size == 0:
                    put_columns(made, values[begin:end])
                else:
                    for i in range(n):
                        at[i] = places[begin + i] * several + q
                    put_columns_at(made, at[:n], values)
