"""Textures from random numbers: marbled swirls of three colours, the same at any resolution."""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled

OCTAVES = 4
CELLS = 3  # a side of the coarsest lattice; each octave has twice the cells of the one before at half the weight
SIDES = tuple((CELLS << octave) + 1 for octave in range(OCTAVES))
COLORS = 9
NUMBERS = COLORS + 2 * sum(side * side for side in SIDES)  # what one texture takes: three colours and two fields
BANDS = 6.0  # how often the colour goes to and fro between the first two over the range of the first field


@compiled
def paint_textures(numbers: Array, inverted: Array, images: Array) -> None:
    """Fill each picture with the texture of its numbers, in negative where asked.

    Args:
        numbers: (n, NUMBERS) uint16, random.
        inverted: (n, size, size) uint8: the share of each pixel, of 255, that shows the negative.
        images: (n, size, size, 3) uint8, written.

    A field is a sum of octaves: a lattice of random levels over the canvas, interpolated smoothly.
    """
    n, size = images.shape[0], images.shape[1]
    places, parts = np.empty((OCTAVES, size), np.int64), np.empty((OCTAVES, size))
    for octave in range(OCTAVES):
        for c in range(size):
            at = (c + 0.5) * (SIDES[octave] - 1) / size
            part = at - np.floor(at)
            places[octave, c], parts[octave, c] = int(at), part * part * (3.0 - 2.0 * part)
    unit = 1.0 / (65535.0 * (2.0 - 2.0 ** (1 - OCTAVES)))  # the weight of a level in a field from 0 to 1
    lines, fields = np.empty((2 * sum(SIDES), size)), np.empty((2, size))
    for i in range(n):
        k, line = COLORS, 0
        for _ in range(2):
            for octave in range(OCTAVES):
                for _ in range(SIDES[octave]):
                    for c in range(size):
                        left = k + places[octave, c]
                        here, there = float(numbers[i, left]), float(numbers[i, left + 1])
                        lines[line, c] = (here + (there - here) * parts[octave, c]) * (unit / (1 << octave))
                    k += SIDES[octave]
                    line += 1
        for r in range(size):
            line = 0
            for field in range(2):
                for c in range(size):
                    fields[field, c] = 0.0
                for octave in range(OCTAVES):
                    above, part = line + places[octave, r], parts[octave, r]
                    for c in range(size):
                        fields[field, c] += lines[above, c] + (lines[above + 1, c] - lines[above, c]) * part
                    line += SIDES[octave]
            for c in range(size):
                band = BANDS * fields[0, c]
                fields[0, c] = abs(band - 2.0 * np.rint(0.5 * band))
                fields[1, c] = fields[1, c] * fields[1, c] * (3.0 - 2.0 * fields[1, c])
            for k in range(3):
                first, second, third = numbers[i, k] / 257.0, numbers[i, 3 + k] / 257.0, numbers[i, 6 + k] / 257.0
                for c in range(size):
                    level = first + (second - first) * fields[0, c]
                    level += (third - level) * fields[1, c]
                    level += (255.0 - 2.0 * level) * (inverted[i, r, c] * (1.0 / 255.0))
                    images[i, r, c, k] = np.uint8(level + 0.5)
