"""The inner loops of regimes: from random words and row numbers to points of a space."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.columns import divide, put_columns
from factorhub.compiled import compiled
from factorhub.factors import Array
from factorhub.kernels import unit_of, value_at, values_of

CHUNK = 2048  # rows at a time, where a loop goes factor by factor: few enough for their columns to stay in the cache
LANES = 64  # rows at a time, where each has many columns


@compiled
def unit(word: Any) -> float:
    """A word as a number in [0, 1), like `randomness.unit`."""
    return (word >> np.uint64(11)) * 2.0**-53


@compiled
def pick(which: Array, first: Array, second: Array, out: Array) -> None:
    """Fill `out` (n,) with `first` where `which` (n,) says so, else with `second`; it may be either of them.

    Both are read before one is picked: a read behind a condition would be a branch, which random data make guess wrong.
    """
    for i in range(out.size):
        a, b = first[i], second[i]
        out[i] = a if which[i] else b


@compiled
def fill_differing(first: Array, second: Array, differing: Array) -> None:
    """Mark in `differing` (n, k) where two (n, several, k) differ at any of the several."""
    for i in range(first.shape[0]):
        for j in range(first.shape[2]):
            apart = False
            for s in range(first.shape[1]):
                apart |= first[i, s, j] != second[i, s, j]
            differing[i, j] = apart


@compiled
def put_rows(source: Array, picked: Array, places: Array, target: Array) -> None:
    """Put the rows picked[i] of `source` (m, w), or its i-th ones if none are picked, at places[i] of `target` (n, w)."""
    some = picked.size > 0
    for i in range(places.size):
        old, new = picked[i] if some else i, places[i]
        for j in range(target.shape[1]):
            target[new, j] = source[old, j]


@compiled
def assort(numbers: Array, edges: Array, which: Array, order: Array, ends: Array) -> None:
    """Fill `which` (n,) with how many of the `edges` (m,) each of `numbers` (n,) has reached, fewer than m, and put the numbers
    that reached i edges, in `order` (n,), from ends[i] to ends[i + 1]; `ends` is (m + 1,)."""
    which[:], ends[:] = 0, 0
    for edge in edges:
        for i in range(numbers.size):
            which[i] += numbers[i] >= edge
    for i in range(numbers.size):
        ends[which[i] + 1] += 1
    for i in range(edges.size):
        ends[i + 1] += ends[i]
    free = ends.copy()
    for i in range(numbers.size):
        order[free[which[i]]] = i
        free[which[i]] += 1


@compiled
def number(rows: Array, waiting: Array, start: int, width: int, most: int, numbers: Array) -> None:
    """Fill `numbers` (n * width,) with the attempts from `start` on of the rows at `waiting` (n,), each row having `most`; past
    2**63 they come round again."""
    for i in range(waiting.size):
        first = rows[waiting[i]] * most + start
        for t in range(width):
            numbers[i * width + t] = (first + t) & 0x7FFFFFFFFFFFFFFF


@compiled
def sift(made: Array, inside: Array, width: int, waiting: Array, picked: Array, places: Array) -> int:
    """Choose the first draw that is `inside` for each row of `waiting` (n,); those that have none move to its front.

    Row i tried the attempts i * width to (i + 1) * width - 1, of which those in `made` (n * width,) were drawn, `inside` (m,) in
    all. Fills the first of `picked` (n + 1,) with draws and of `places` (n + 1,) with their rows; returns how many.
    """
    hits, left, drawn, last = 0, 0, 0, inside.size - 1
    for i in range(waiting.size if last >= 0 else 0):
        row, hit, first = waiting[i], made[i * width] & inside[min(drawn, last)], drawn
        drawn += made[i * width]
        for at in range(i * width + 1, (i + 1) * width):
            first = first if hit else drawn
            hit |= made[at] & inside[min(drawn, last)]
            drawn += made[at]
        picked[hits], places[hits], waiting[left] = first, row, row
        hits += hit
        left += not hit
    return hits


@compiled
def fill_grid(factors: Array, table: Array, rows: Array, values: Array, codes: Array) -> None:
    """Fill `values` and `codes` (n, k) with the grid points of `rows` (n,): the last factor first, the first one takes what is
    left."""
    k, size = values.shape[1], min(rows.size, CHUNK)
    numbers, found, places = np.empty(size, dtype=np.int64), np.empty((k, size), dtype=np.int64), np.empty((k, size))
    for begin in range(0, rows.size, CHUNK):
        end = min(begin + CHUNK, rows.size)
        left = numbers[: end - begin]
        left[:] = rows[begin:end]
        for j in range(k - 1, -1, -1):
            code = found[j, : end - begin]
            if j > 0:
                divide(left, factors[j].count, code)
            else:
                code[:] = left
            values_of(factors[j], table, code, places[j, : end - begin])
        put_columns(found, codes[begin:end])
        put_columns(places, values[begin:end])


@compiled
def fill_shell(
    inner: Array, outer: Array, box: Array, width: Array, upto: Array, words: Array, points: Array, outside: Array, count: Array,
    distance: Array,
) -> None:  # fmt: skip
    """Fill `points` (n, m) with even draws from the `outer` box (m, 2) without the `inner` one.

    Factor f is the first outside the inner box with the chance that `upto` (m,) sums up: those before it lie inside,
    it lies below or above, those after it anywhere. Without `upto` the draws fill the outer box. Fills `outside`
    (n, m), its `count` (n,) and `distance` (n,), in widths, as seen from `box`.
    """
    m = points.shape[1]
    for i in range(points.shape[0]):
        first = m
        if upto.size > 0:
            goal, first = unit(words[i, m]) * upto[m - 1], 0
            while first < m - 1 and goal >= upto[first]:
                first += 1
        total, far = 0.0, 0
        for f in range(m):
            u = unit(words[i, f])
            bounds = inner if f < first and upto.size > 0 else outer
            point = bounds[f, 0] + u * (bounds[f, 1] - bounds[f, 0])
            if f == first:
                below, above = inner[f, 0] - outer[f, 0], outer[f, 1] - inner[f, 1]
                place = u * (below + above)
                point = outer[f, 0] + place if place < below else np.nextafter(inner[f, 1] + (place - below), np.inf)
                point = min(point, outer[f, 1])
            over = max(max(box[f, 0] - point, point - box[f, 1]), 0.0)
            points[i, f] = point
            outside[i, f] = over > 0.0
            far += over > 0.0
            total += (over / width[f]) ** 2
        count[i] = far
        distance[i] = np.sqrt(total)


@compiled
def fill_labels(
    factors: Array, table: Array, shown: Array, noise: float, bins: int, here: Array, words: Array, values: Array, labels: Array
) -> None:
    """Fill the `shown` columns of the rows `here` of `labels` (p, k) from `values` (p, k): wrong with chance `noise`, then put
    in `bins`. Each row in `here` has a row of `words`."""
    for n in range(here.size):
        i = here[n]
        for j in shown:
            value = values[i, j]
            if noise > 0.0:
                u = unit(words[n, j])
                if u < noise:
                    value = value_at(factors[j], table, u / noise)
            if bins > 0:
                value = min(np.floor(unit_of(factors[j], table, value) * bins), bins - 1.0)
            labels[i, j] = value
