"""Closed random outlines: polygons and splines through points at jittered angles and normal distances from a centre."""

from __future__ import annotations

import math

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.trig import sincos

LEAST, MOST = 5, 8  # points of an outline
STEPS = 32  # vertices for each stretch of a spline: within 0.1 px of the curve at 512 px
VERTICES = MOST * STEPS
NUMBERS = 2 + 2 * MOST


@compiled
def draw_outlines(numbers: Array, deviates: Array, out: Array, counts: Array) -> None:
    """Write one outline for each row of random numbers.

    A point's distance from the centre is normal with mean 1 and deviation 0.4, kept in [0.1, 1.9]; its angle is off its
    even share of the turn by a normal with half the deviation that would reach halfway to the next point, kept within
    that. Half of the outlines join the points by straight lines, half by a cubic spline over the length of the chords.
    The outline is then turned so that its longest axis is upright, made to fill a square of side 1, and centred. Where
    a spline's loops take away so much of its area that its centroid lies outside (3 in 10,000), it gives way to the lines.

    Args:
        numbers: (n, NUMBERS) float64, even over [0, 1): the number of points, the kind, distances, angles.
        deviates: the quantiles of the normal distribution at even steps of probability from 0 to 1.
        out: (n, VERTICES, 2) float64, written: vertices about the centroid, y down.
        counts: (n,) int64, written: how many of them the outline has.
    """
    for i in range(numbers.shape[0]):
        counts[i] = points = corners(numbers[i], deviates, out[i])
        if numbers[i, 1] < 0.5:
            counts[i] = points * STEPS
            spline(out[i], points)
        if not settle(out[i], counts[i]) <= 1.0:  # two points in one place make a spline of no numbers, which are not
            counts[i] = corners(numbers[i], deviates, out[i])
            settle(out[i], counts[i])


@compiled
def corners(numbers: Array, deviates: Array, outline: Array) -> int:
    """Write the points that an outline goes through; give how many there are."""
    points = LEAST + int(numbers[0] * (MOST + 1 - LEAST))
    for j in range(points):
        distance = min(max(1.0 + 0.4 * normal(numbers[2 + j], deviates), 0.1), 1.9)
        shift = min(max(0.5 * normal(numbers[2 + MOST + j], deviates), -1.0), 1.0)
        sine, cosine = sincos((2 * j + shift) * (math.pi / points))
        outline[j, 0], outline[j, 1] = distance * cosine, distance * sine
    return points


@compiled
def normal(u: float, deviates: Array) -> float:
    """The quantile of the normal distribution at probability u in [0, 1), by linear interpolation."""
    at = u * (deviates.size - 1)
    low = int(at)
    return deviates[low] + (deviates[low + 1] - deviates[low]) * (at - low)


@compiled
def spline(outline: Array, count: int) -> None:
    """Replace the first `count` points by STEPS points per stretch of the closed cubic spline through them."""
    points = outline[:count].copy()
    chords = np.empty(count)
    for j in range(count):
        dx, dy = points[(j + 1) % count, 0] - points[j, 0], points[(j + 1) % count, 1] - points[j, 1]
        chords[j] = np.sqrt(dx * dx + dy * dy)
    bends = np.zeros((count, count + 2))  # the equations for the second derivatives, and their right sides
    for j in range(count):
        after, before = (j + 1) % count, (j + count - 1) % count
        bends[j, before] += chords[before]
        bends[j, j] += 2.0 * (chords[before] + chords[j])
        bends[j, after] += chords[j]
        for k in range(2):
            slope = (points[after, k] - points[j, k]) / chords[j] - (points[j, k] - points[before, k]) / chords[before]
            bends[j, count + k] = 6.0 * slope
    for j in range(count):  # the diagonal dominates, so elimination needs no pivots
        for row in range(count):
            if row != j:
                ratio = bends[row, j] / bends[j, j]
                for k in range(j, count + 2):
                    bends[row, k] -= ratio * bends[j, k]
    for j in range(count):
        after = (j + 1) % count
        for step in range(STEPS):
            b = step / STEPS
            a = 1.0 - b
            for k in range(2):
                here, there = bends[j, count + k] / bends[j, j], bends[after, count + k] / bends[after, after]
                bent = (a * a * a - a) * here + (b * b * b - b) * there
                outline[j * STEPS + step, k] = a * points[j, k] + b * points[after, k] + bent * chords[j] * chords[j] / 6.0


@compiled
def settle(outline: Array, count: int) -> float:
    """Centre an outline on its centroid, turn its longest axis upright, stretch it to fill a square of side 1; give its reach."""
    area, x, y, xx, xy, yy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for j in range(count):
        x0, y0 = outline[j, 0], outline[j, 1]
        x1, y1 = outline[(j + 1) % count, 0], outline[(j + 1) % count, 1]
        cross = x0 * y1 - x1 * y0
        area += cross / 2
        x += cross * (x0 + x1) / 6
        y += cross * (y0 + y1) / 6
        xx += cross * (x0 * x0 + x0 * x1 + x1 * x1) / 12
        yy += cross * (y0 * y0 + y0 * y1 + y1 * y1) / 12
        xy += cross * (x0 * y1 + 2 * x0 * y0 + 2 * x1 * y1 + x1 * y0) / 24
    x, y = x / area, y / area
    difference, twice = (xx - yy) / area - x * x + y * y, 2 * (xy / area - x * y)
    length = np.sqrt(difference * difference + twice * twice)
    along = np.sqrt(max((1.0 + difference / length) / 2, 0.0)) if length > 0 else 0.0
    up = np.sqrt(max(1.0 - along * along, 0.0)) * (1.0 if twice >= 0 else -1.0)
    left, right, top, bottom = np.inf, -np.inf, np.inf, -np.inf
    for j in range(count):
        dx, dy = outline[j, 0] - x, outline[j, 1] - y
        outline[j, 0], outline[j, 1] = up * dx - along * dy, along * dx + up * dy
        left, right = min(left, outline[j, 0]), max(right, outline[j, 0])
        top, bottom = min(top, outline[j, 1]), max(bottom, outline[j, 1])
    for j in range(count):
        outline[j, 0] /= right - left
        outline[j, 1] /= bottom - top
    return max(max(-left, right) / (right - left), max(-top, bottom) / (bottom - top))
