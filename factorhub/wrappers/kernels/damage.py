"""The compiled loops that damage pictures: blur, noise, blocks, down-sampling, occlusion, by pixel."""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled

QUARTER = np.uint64(65535)


@compiled
def blur(image: Array, radius: float, work: Array) -> None:
    """Blur `image` (h, w, c) float64 by two boxes of this radius in pixels across and two down; fractions count at the ends."""
    height, width, channels = image.shape
    whole = int(radius)
    rest = radius - whole
    share = 1.0 / (2.0 * radius + 1.0)
    for _ in range(2):
        for axis in range(2):
            lines, length = (height, width) if axis == 0 else (width, height)
            for line in range(lines):
                for c in range(channels):
                    for i in range(length):
                        work[i] = image[line, i, c] if axis == 0 else image[i, line, c]
                    inner = 0.0  # of the whole pixels around i
                    for d in range(-whole, whole + 1):
                        inner += work[min(max(d, 0), length - 1)]
                    for i in range(length):
                        before, after = work[max(i - whole - 1, 0)], work[min(i + whole + 1, length - 1)]
                        total = inner + rest * (before + after)
                        inner += after - work[max(i - whole, 0)]
                        if axis == 0:
                            image[line, i, c] = total * share
                        else:
                            image[i, line, c] = total * share


@compiled
def average(image: Array, block: float, keep: float) -> None:
    """Move `image` (h, w, c) towards the means of blocks of `block` pixels, all the way where `keep` is 0."""
    height, width, channels = image.shape
    rows, columns = int(np.ceil(height / block)), int(np.ceil(width / block))
    for r in range(rows):
        top, bottom = int(r * block), min(int((r + 1) * block), height)
        for q in range(columns):
            left, right = int(q * block), min(int((q + 1) * block), width)
            count = (bottom - top) * (right - left)
            if count <= 0:
                continue
            for c in range(channels):
                total = 0.0
                for y in range(top, bottom):
                    for x in range(left, right):
                        total += image[y, x, c]
                mean = total / count
                for y in range(top, bottom):
                    for x in range(left, right):
                        image[y, x, c] = mean + keep * (image[y, x, c] - mean)


@compiled
def deviate(word: int) -> float:
    """A number of mean 0 and deviation 1 from a random word: the sum of its four quarters.

    Nearly normal, cut off at 3.5 deviations, and exact, where a logarithm's last bit differs between machines.
    """
    total = (word & QUARTER) + ((word >> np.uint64(16)) & QUARTER) + ((word >> np.uint64(32)) & QUARTER) + (word >> np.uint64(48))
    return (np.int64(total) - 131070) * (3**0.5 / 65535)


@compiled
def degrade(clean: Array, kinds: Array, strengths: Array, noise: Array, spots: Array, out: Array) -> None:
    """Fill `out` with pictures that are damaged in one way each.

    Args:
        clean: (n, h, w, c) uint8.
        kinds: (n,) int64: none, blur, noise, pixels, blocks, occlusion.
        strengths: (n,) 0 … 1.
        noise: (rows, h * w * c) uint64 random words for the rows of noise, one after the other.
        spots: (n, 2) 0 … 1: where what is hidden lies.
        out: (n, h, w, c) uint8.
    """
    n, height, width, channels = clean.shape
    image, work = np.empty((height, width, channels)), np.empty(max(height, width))
    side = min(height, width)
    taken = 0
    for i in range(n):
        kind, strength = kinds[i], strengths[i]
        if kind == 0 or kind == 5:
            out[i] = clean[i]
            if kind == 5:
                edge = strength * 0.5 * side
                top, left = spots[i, 1] * (height - edge), spots[i, 0] * (width - edge)
                for y in range(height):
                    down = min(max(min(y + 1.0, top + edge) - max(float(y), top), 0.0), 1.0)
                    if down <= 0.0:
                        continue
                    for x in range(width):
                        across = min(max(min(x + 1.0, left + edge) - max(float(x), left), 0.0), 1.0)
                        share = down * across
                        if share > 0.0:
                            for c in range(channels):
                                level = float(clean[i, y, x, c])
                                out[i, y, x, c] = np.uint8(level + share * (128.0 - level) + 0.5)
            continue
        for y in range(height):
            for x in range(width):
                for c in range(channels):
                    image[y, x, c] = clean[i, y, x, c]
        if kind == 1:
            blur(image, strength * 0.06 * side, work)
        elif kind == 2:
            at = 0
            for y in range(height):
                for x in range(width):
                    for c in range(channels):
                        image[y, x, c] += 90.0 * strength * deviate(noise[taken, at])
                        at += 1
            taken += 1
        elif kind == 3:
            average(image, 1.0 + strength * (side / 8.0 - 1.0), 0.0)
        else:
            average(image, side / 8.0, 1.0 - strength)
        for y in range(height):
            for x in range(width):
                for c in range(channels):
                    out[i, y, x, c] = np.uint8(min(max(image[y, x, c] + 0.5, 0.0), 255.0))
