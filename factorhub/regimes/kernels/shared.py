"""The inner loops of regimes: from random words and row numbers to points of a space."""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.columns import copy
from factorhub.numerics.compiled import compiled
from factorhub.numerics.coordinates import codes_of, unit, unit_of, values_at
from factorhub.numerics.philox import philox_columns

CHUNK = 2048  # rows at a time, where a loop goes factor by factor: few enough for their columns to stay in the cache


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
def choose_part(words: Array, edges: Array, which: Array) -> None:
    """Fill `which` (n,) with the part that each of `words` (n,) falls into: part i ends at edges[i] of the last of `edges` (m,)."""
    numbers, last = np.empty(words.size), edges[-1]
    for i in range(words.size):
        numbers[i] = unit(words[i]) * last
    which[:] = 0
    for edge in edges:
        for i in range(words.size):
            which[i] += numbers[i] >= edge


@compiled
def assort(which: Array, order: Array, ends: Array) -> None:
    """Put the places in `which` (n,) where i stands, in their order, into `order` (n,) from ends[i] to ends[i + 1]."""
    ends[:] = 0
    for part in which:
        ends[part + 1] += 1
    for i in range(1, ends.size):
        ends[i] += ends[i - 1]
    free = ends.copy()
    for i in range(which.size):
        order[free[which[i]]] = i
        free[which[i]] += 1


@compiled
def number(rows: Array, waiting: Array, start: int, width: int, most: int, numbers: Array) -> None:
    """Fill `numbers` (n * width,) with the attempts from `start` on of the rows at `waiting` (n,), each row having `most`; past
    2**63 they come round again."""
    for i in range(waiting.size):
        numbers[i * width] = rows[waiting[i]] * most + start
    for t in range(1, width):
        for i in range(waiting.size):
            numbers[i * width + t] = numbers[i * width] + t
    for i in range(numbers.size):
        numbers[i] &= 0x7FFFFFFFFFFFFFFF


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
def next_above(x: float) -> float:
    """The least number above `x`, which is finite: what `np.nextafter` gives, without a branch."""
    bits = np.float64(x + 0.0).view(np.int64)  # of 0.0 where x is -0.0
    return np.int64(bits + (1 if bits >= 0 else -1)).view(np.float64)


@compiled
def place_in_shell(words: Array, f: int, first: Array, inner: Array, outer: Array, points: Array) -> None:
    """Fill `points` (n,) from `words` (n,) with factor f's places: between the `inner` ends (2,) in rows whose `first` factor
    outside comes later, between those and the `outer` ends where it is f, and else anywhere between the outer ones."""
    low, high, lowest, highest = inner[0], inner[1], outer[0], outer[1]
    width, widest, below, both = high - low, highest - lowest, low - lowest, (low - lowest) + (highest - high)
    for i in range(points.size):
        u = unit(words[i])
        place = u * both
        beside = lowest + place if place < below else next_above(high + (place - below))
        other = low + u * width if f < first[i] else lowest + u * widest
        points[i] = min(beside, highest) if f == first[i] else other


@compiled
def stray(points: Array, low: float, high: float, width: float, outside: Array, count: Array, squares: Array) -> None:
    """Mark in `outside` (n,) which `points` (n,) lie outside low to high; add them to `count` (n,), and to `squares` (n,) the
    squares of how far, in widths."""
    for i in range(points.size):
        over = max(max(low - points[i], points[i] - high), 0.0)
        outside[i] = over > 0.0
        count[i] += over > 0.0
        squares[i] += (over / width) ** 2


@compiled
def fill_shell(
    inner: Array, outer: Array, box: Array, width: Array, upto: Array, columns: Array, key: Array, rows: Array, values: Array,
    outside: Array, count: Array, distance: Array,
) -> None:  # fmt: skip
    """Fill the `columns` (m,) of `values` (n, several, k) with even draws from the `outer` box (m, 2) without the `inner` one.

    Factor f is the first outside the inner box with the chance that `upto` (m,) sums up: those before it lie inside,
    it lies below or above, those after it anywhere. Without `upto` the draws fill the outer box. Fills `outside`
    (n, m), its `count` (n,) and `distance` (n,), in widths, as seen from `box`.
    """
    m, size = columns.size, min(rows.size, CHUNK)
    words = np.empty(((m + 4) // 4 * 4, size), dtype=np.uint64)
    first, points, marks = np.full(size, -1, dtype=np.int64), np.empty(size), np.empty(size, dtype=np.bool_)
    for begin in range(0, rows.size, CHUNK):
        end = min(begin + CHUNK, rows.size)
        n = end - begin
        philox_columns(key, rows[begin:end], 1, words)
        if upto.size > 0:
            first[:n] = 0
            for f in range(m - 1):
                for i in range(n):
                    first[i] += unit(words[m, i]) * upto[m - 1] >= upto[f]
        far, squares = count[begin:end], distance[begin:end]
        far[:], squares[:] = 0, 0.0
        for f in range(m):
            point, mark = points[:n], marks[:n]
            place_in_shell(words[f, :n], f, first[:n], inner[f], outer[f], point)
            stray(point, box[f, 0], box[f, 1], width[f], mark, far, squares)
            copy(mark, outside[begin:end, f])
            for s in range(values.shape[1]):
                copy(point, values[begin:end, s, columns[f]])
        for i in range(n):
            squares[i] = np.sqrt(squares[i])


@compiled
def fill_chosen(key: Array, rows: Array, chance: float, chosen: Array) -> None:
    """Mark in `chosen` (n,) the `rows` (n,) whose first number in [0, 1) is below `chance`."""
    size = min(rows.size, CHUNK)
    words = np.empty((4, size), dtype=np.uint64)
    for begin in range(0, rows.size, CHUNK):
        out = chosen[begin : begin + CHUNK]
        philox_columns(key, rows[begin : begin + CHUNK], 1, words)
        for i in range(out.size):
            out[i] = unit(words[0, i]) < chance


@compiled
def fill_labels(
    factors: Array, table: Array, shown: Array, noise: float, bins: int, key: Array, numbers: Array, labelled: Array,
    values: Array, labels: Array,
) -> None:  # fmt: skip
    """Fill `labels` (p, k) from `values` (p, k): in the `shown` columns of the points that are `labelled` (p,), wrong with chance
    `noise`, then put in `bins`; NaN elsewhere. The words are those of the points' `numbers` (p,)."""
    k, size = values.shape[1], min(values.shape[0], CHUNK)
    here, codes, rows = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64), np.empty(size, dtype=np.uint64)
    u, wrong, label = np.empty(size), np.empty(size), np.empty(size)
    others = np.empty(size, dtype=np.int64)
    words = np.empty(((k + 3) // 4 * 4, size if noise > 0.0 else 0), dtype=np.uint64)
    for begin in range(0, values.shape[0], CHUNK):
        end, n = min(begin + CHUNK, values.shape[0]), 0
        for i in range(begin, end):
            here[n] = i
            n += labelled[i]
        labels[begin:end] = np.nan
        if noise > 0.0:
            for m in range(n):
                rows[m] = numbers[here[m]]
            philox_columns(key, rows[:n], 1, words)
        for j in shown:
            for m in range(n):
                label[m] = values[here[m], j]
            if noise > 0.0:
                for m in range(n):
                    u[m] = unit(words[j, m])
                    wrong[m] = min(u[m] / noise, 1.0)
                values_at(factors[j], table, wrong[:n], codes[:n], wrong[:n])
                for m in range(n):
                    true, other = label[m], wrong[m]
                    label[m] = other if u[m] < noise else true
            if bins > 0 and factors[j].count > 0:  # by code, in whole numbers: a value's place in the range may round down
                codes_of(factors[j], table, label[:n], codes[:n], others[:n])
                for m in range(n):
                    label[m] = codes[m] if factors[j].count <= bins else codes[m] * bins // factors[j].count
            elif bins > 0:
                for m in range(n):
                    label[m] = min(np.floor(unit_of(factors[j], table, label[m]) * bins), bins - 1.0)
            for m in range(n):
                labels[here[m], j] = label[m]
