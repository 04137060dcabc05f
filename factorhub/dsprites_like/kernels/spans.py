"""What becomes of a sprite's pixels: colours over a picture, an instance map, an amodal mask, counts of what stays visible.

Every function here takes the pixels as `coverage.find_spans` lists them: `dots` (count, 2), single pixels as (place in
the image, area inside of 65536), and `runs` (count, 3), neighbours of equal area as (first place, length, area).
"""

from __future__ import annotations

import numpy as np

from factorhub.dsprites_like.kernels.raster import BITS, HALF, ONE
from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.intrinsics import store8

NEXT = np.uint64(1)
RED, GREEN, BLUE, PIXEL = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(3)
WORD, TWO_WORDS, THREE_WORDS = np.uint64(8), np.uint64(16), np.uint64(24)


@compiled
def blend(
    dots: Array, singles: int, runs: Array, several: int, colors: Array, i: int, j: int, first: int, channels: int, pixels: Array
) -> None:
    """Mix the colour of sprite j into image i, whose pixels begin at `first`, by the area of each pixel inside."""
    if channels == 3:  # as below, with the colour in registers, which saves an eighth of all the time
        red, green, blue = int(colors[i, j, 0]), int(colors[i, j, 1]), int(colors[i, j, 2])
        for s in range(singles):
            at, area = np.uint64((first + dots[s, 0]) * 3), dots[s, 1]
            for channel, over in ((RED, red), (GREEN, green), (BLUE, blue)):
                under = int(pixels[at + channel])
                pixels[at + channel] = under + (((over - under) * area + HALF) >> BITS)
        for s in range(several):
            at, area = np.uint64((first + runs[s, 0]) * 3), runs[s, 2]
            if area == ONE:
                fill(red, green, blue, at, runs[s, 1], pixels)
                continue
            for _ in range(runs[s, 1]):
                for channel, over in ((RED, red), (GREEN, green), (BLUE, blue)):
                    under = int(pixels[at + channel])
                    pixels[at + channel] = under + (((over - under) * area + HALF) >> BITS)
                at += PIXEL
        return
    for s in range(singles):
        at, area = np.uint64((first + dots[s, 0]) * channels), dots[s, 1]
        for k in range(channels):
            under = int(pixels[at + np.uint64(k)])
            pixels[at + np.uint64(k)] = under + (((int(colors[i, j, k]) - under) * area + HALF) >> BITS)
    for s in range(several):
        at, area = np.uint64((first + runs[s, 0]) * channels), runs[s, 2]
        if channels == 1 and area == ONE:
            pixels[at : at + np.uint64(runs[s, 1])] = colors[i, j, 0]
            continue
        for _ in range(runs[s, 1]):
            for k in range(channels):
                under = int(pixels[at])
                pixels[at] = under + (((int(colors[i, j, k]) - under) * area + HALF) >> BITS)
                at += NEXT


@compiled
def fill(red: int, green: int, blue: int, at: int, count: int, pixels: Array) -> None:
    """Write one colour to `count` pixels of three bytes from byte `at` on: eight pixels are three words."""
    tint = np.uint64(red | green << 8 | blue << 16)
    first = tint | tint << np.uint64(24) | tint << np.uint64(48)
    second = tint >> np.uint64(16) | tint << np.uint64(8) | tint << np.uint64(32) | tint << np.uint64(56)
    third = tint >> np.uint64(8) | tint << np.uint64(16) | tint << np.uint64(40)
    last = at + np.uint64(3 * count) - THREE_WORDS  # where the last eight pixels begin, which may overlap those before
    if count >= 8:
        while at < last:
            store8(pixels, at, first)
            store8(pixels, at + WORD, second)
            store8(pixels, at + TWO_WORDS, third)
            at += THREE_WORDS
        store8(pixels, last, first)
        store8(pixels, last + WORD, second)
        store8(pixels, last + TWO_WORDS, third)
    elif count >= 3:
        store8(pixels, at, first)
        if count >= 6:
            store8(pixels, at + WORD, second)
        store8(pixels, last + TWO_WORDS, third)
    else:
        for _ in range(count):
            pixels[at + RED] = red
            pixels[at + GREEN] = green
            pixels[at + BLUE] = blue
            at += PIXEL


@compiled
def label(dots: Array, singles: int, runs: Array, several: int, i: int, j: int, instances: Array) -> None:
    """Write the number of sprite j to the pixels of map i that lie inside by at least half."""
    first, pixels = i * instances.shape[1] * instances.shape[2], instances.reshape(instances.size)
    for s in range(singles):
        if dots[s, 1] >= HALF:
            pixels[first + dots[s, 0]] = j + 1
    for s in range(several):
        if runs[s, 2] >= HALF:
            for at in range(first + runs[s, 0], first + runs[s, 0] + runs[s, 1]):
                pixels[at] = j + 1


@compiled
def cover(dots: Array, singles: int, runs: Array, several: int, first: int, masks: Array) -> None:
    """Write the share of each pixel inside, 0 … 255, to the mask that begins at pixel `first` of all masks."""
    pixels = masks.reshape(masks.size)
    for s in range(singles):
        pixels[first + dots[s, 0]] = (dots[s, 1] * 255 + HALF) >> BITS
    for s in range(several):
        share = (runs[s, 2] * 255 + HALF) >> BITS
        for at in range(first + runs[s, 0], first + runs[s, 0] + runs[s, 1]):
            pixels[at] = share


@compiled
def claim(dots: Array, singles: int, runs: Array, several: int, i: int, j: int, owners: Array, counts: Array) -> None:
    """Give the pixels inside by at least half to sprite j, in `owners` (h * w,), and count all of them and those still owned."""
    for s in range(singles + several):
        if s < singles:
            at, length, area = dots[s, 0], 1, dots[s, 1]
        else:
            at, length, area = runs[s - singles, 0], runs[s - singles, 1], runs[s - singles, 2]
        if area >= HALF:
            for p in range(at, at + length):
                if owners[p] > 0:
                    counts[i, owners[p] - 1, 1] -= 1
                owners[p] = j + 1
            counts[i, j, 0] += length
            counts[i, j, 1] += length


@compiled
def fill_plain(colors: Array, images: Array) -> None:
    """Fill each of `images` (n, h, w, channels) with one colour of `colors` (n, channels), row by row."""
    n, height, width, channels = images.shape
    rows = images.reshape(n, height, width * channels)
    for i in range(n):
        for c in range(0, width * channels, channels):
            for k in range(channels):
                rows[i, 0, c + k] = colors[i, k]
        for r in range(1, height):
            rows[i, r] = rows[i, 0]
