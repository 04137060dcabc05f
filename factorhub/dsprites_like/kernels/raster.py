"""Binary rasterisation of turned, scaled, shifted polygons: a pixel is lit exactly when its centre lies inside."""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.trig import sincos

BITS = 16
ONE = 1 << BITS  # vertices lie on a lattice of 1/65536 pixel, so rounding in the last bit cannot move a pixel
HALF = ONE >> 1
PIXEL = 1.0 / ONE
ALL = np.uint64(2**64 - 1)
BYTE = np.uint64(255)
SPREAD = np.array([sum((byte >> bit & 1) << 8 * bit for bit in range(8)) for byte in range(256)], np.uint64)


@compiled
def fill_sprites(outlines: Array, starts: Array, poses: Array, out: Array) -> None:
    """Draw one polygon into each image of `out` (n, size, size) uint8: 1 inside, 0 outside, even-odd rule.

    Args:
        outlines: (total, 2) float64 vertices of all shapes, in pixels about the sprite's centre, y down.
        starts: (shapes + 1,) int64; shape s has the vertices starts[s] … starts[s + 1] - 1.
        poses: (n, 5) float64: shape, scale, angle [rad, counter-clockwise on screen], centre x, centre y [px];
            vertices stay within ±32,000 px.
        out: contiguous; all of it is written.

    Every edge inverts, in each pixel row it crosses, all pixels to its right. A row is held as one bit per pixel, so
    that this is one operation on a word, and is written out eight pixels at a time. No sorting, no special cases, and
    the result does not depend on the order of the edges.
    """
    n, size = out.shape[0], out.shape[1]
    across, down = outlines[:, 0].copy(), outlines[:, 1].copy()
    angles, sines, cosines = poses[:, 2].copy(), np.empty(n), np.empty(n)
    for i in range(n):
        sines[i], cosines[i] = sincos(angles[i])
    longest = 0
    for s in range(starts.size - 1):
        longest = max(longest, starts[s + 1] - starts[s])
    xs, ys, rows = np.empty(longest + 1, np.int32), np.empty(longest + 1, np.int32), np.empty(longest + 1, np.int32)
    crossing = np.empty(longest + 1, np.uint32)
    groups = (size + 63) >> 6
    bits = np.zeros(size * groups, np.uint64)
    line = np.empty(8, np.uint64)
    line_pixels = line.view(np.uint8)
    images, pixels = out.reshape(n, size * size), out.reshape(out.size)
    octets = pixels[: out.size & -8].view(np.uint64)
    for i in range(n):
        images[i] = 0
        shape = int(poses[i, 0])
        count = starts[shape + 1] - starts[shape]
        sine, cosine = sines[i] * (poses[i, 1] * ONE), cosines[i] * (poses[i, 1] * ONE)
        box = place(across, down, starts[shape], count, sine, cosine, poses[i, 3] * ONE, poses[i, 4] * ONE, xs, ys)
        left, right = max((box[0] + HALF - 1) >> BITS, 0), min((box[1] + HALF - 1) >> BITS, size - 1)
        top, bottom = max((box[2] + HALF - 1) >> BITS, 0), min((box[3] + HALF - 1) >> BITS, size)
        if left > right or top >= bottom:
            continue
        first, last = left >> 6, (right >> 6) + 1
        narrow = (left - 1) >> 6 == (((box[1] + HALF - 1) >> BITS) + 1) >> 6  # all of it, and a pixel more, in one word a row
        for v in range(count + 1):
            rows[v] = (ys[v] + (HALF - 1)) >> BITS
        edges = np.uint64(0)
        for v in range(count):
            crossing[edges] = v
            edges += np.uint64(rows[v] != rows[v + 1])
        for e in range(edges):
            here, there = np.uint64(crossing[e]), np.uint64(crossing[e] + 1)
            r0, x0, y0 = rows[here], xs[here], ys[here]
            r1, x1, y1 = rows[there], xs[there], ys[there]
            slope = float(x1 - x0) / float(y1 - y0)
            if r0 > r1:
                r0, r1, x0, y0 = r1, r0, x1, y1
            r0, r1 = max(r0, np.int32(0)), min(r1, np.int32(size))
            start = float(x0 - HALF) * PIXEL
            fall = float((r0 << BITS) + HALF - y0) * PIXEL
            at = np.uint64(r0 * groups)
            for _ in range(r0, r1):
                column = int(np.ceil(start + fall * slope))
                if narrow:
                    bits[at + np.uint64(first)] ^= ALL << np.uint64(column & 63)
                else:
                    for g in range(first, last):
                        bit = column - (g << 6)
                        bits[at + np.uint64(g)] ^= ALL << np.uint64(max(bit, 0) & 63) if bit < 64 else np.uint64(0)
                fall += 1.0
                at += np.uint64(groups)
        if narrow and size % 64 == 0 and right - (left & ~7) < 32:  # most sprites at 64 px; a count known in advance is fast
            skip = min((left & 63) >> 3, 4)
            for r in range(top, bottom):
                row = bits[np.uint64(r * groups + first)] >> np.uint64(8 * skip)
                at = np.uint64((((i * size + r) * size + 64 * first) >> 3) + skip)
                for k in range(4):
                    octets[at + np.uint64(k)] = SPREAD[row >> np.uint64(8 * k) & BYTE]
            bits[top * groups : bottom * groups] = 0
            continue
        for r in range(top, bottom):
            for g in range(first, last):
                row = bits[np.uint64(r * groups + g)]
                at = np.uint64((i * size + r) * size + 64 * g)
                if size % 64 == 0:
                    at >>= np.uint64(3)
                    for k in range(8):
                        octets[at + np.uint64(k)] = SPREAD[row >> np.uint64(8 * k) & BYTE]
                else:
                    for k in range(8):
                        line[k] = SPREAD[row >> np.uint64(8 * k) & BYTE]
                    for c in range(min(64, size - 64 * g)):
                        pixels[at + np.uint64(c)] = line_pixels[c]
        bits[top * groups : bottom * groups] = 0


@compiled
def place(
    across: Array, down: Array, first: int, count: int, sine: float, cosine: float, x: float, y: float, xs: Array, ys: Array
) -> tuple[int, int, int, int]:
    """Turn, scale and shift an outline's vertices into `xs` and `ys` [1/65536 px], closed by the first; return their bounds.

    Args:
        across, down: all vertices; the outline has `count` of them from `first`.
        sine, cosine: of the angle, times the scale, times 65536.
        x, y: the centre, times 65536.
        xs, ys: (at least count + 1,) int32, written.
    """
    for v in range(count):
        a, d = across[np.uint64(first + v)], down[np.uint64(first + v)]
        xs[v] = np.int32(np.rint(x + (a * cosine + d * sine)))
        ys[v] = np.int32(np.rint(y + (d * cosine - a * sine)))
    xs[count], ys[count] = xs[0], ys[0]
    left = right = xs[0]
    top = bottom = ys[0]
    for v in range(count):
        left, right = min(left, xs[v]), max(right, xs[v])
    for v in range(count):
        top, bottom = min(top, ys[v]), max(bottom, ys[v])
    return left, right, top, bottom
