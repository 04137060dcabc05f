"""Binary rasterisation of turned, scaled, shifted polygons: a pixel is lit exactly when its centre lies inside."""

from __future__ import annotations

import numpy as np

from factorhub.compiled import compiled
from factorhub.dsprites_like.trig import sincos
from factorhub.factors import Array

SNAP = 65536.0  # vertices lie on a lattice of 1/65536 pixel, so rounding in the last bit cannot move a pixel


@compiled
def fill_sprites(outlines: Array, starts: Array, poses: Array, out: Array) -> None:
    """Draw one polygon into each image of `out` (n, size, size) uint8: 1 inside, 0 outside, even-odd rule.

    Args:
        outlines: (total, 2) float64 vertices of all shapes, in pixels about the sprite's centre, y down.
        starts: (shapes + 1,) int64; shape s has the vertices starts[s] … starts[s + 1] - 1.
        poses: (n, 5) float64: shape, scale, angle [rad, counter-clockwise on screen], centre x, centre y [px].

    Every edge toggles, in each pixel row it crosses, the first pixel to its right; a running exclusive-or along the
    row then fills between pairs of edges. No sorting, no special cases, and the result does not depend on the order.
    """
    size = out.shape[1]
    longest = 0
    for s in range(starts.size - 1):
        longest = max(longest, starts[s + 1] - starts[s])
    xs = np.empty(longest + 1)
    ys = np.empty(longest + 1)
    for i in range(out.shape[0]):
        image = out[i]
        image[:] = 0
        shape = int(poses[i, 0])
        first = starts[shape]
        count = starts[shape + 1] - first
        sine, cosine = sincos(poses[i, 2])
        sine *= poses[i, 1] * SNAP
        cosine *= poses[i, 1] * SNAP
        centre_x = poses[i, 3] * SNAP
        centre_y = poses[i, 4] * SNAP
        for v in range(count):
            x = outlines[first + v, 0]
            y = outlines[first + v, 1]
            xs[v] = np.rint(centre_x + (x * cosine + y * sine)) * (1.0 / SNAP) - 0.5
            ys[v] = np.rint(centre_y + (y * cosine - x * sine)) * (1.0 / SNAP) - 0.5
        xs[count] = xs[0]
        ys[count] = ys[0]
        left, right, top, bottom = size, -1, size, -1
        for v in range(count):
            x0, y0, x1, y1 = xs[v], ys[v], xs[v + 1], ys[v + 1]
            if y0 > y1:
                x0, y0, x1, y1 = x1, y1, x0, y0
            r0 = max(int(np.ceil(y0)), 0)
            r1 = min(int(np.ceil(y1)), size)
            if r0 >= r1:
                continue
            slope = (x1 - x0) / (y1 - y0)
            top = min(top, r0)
            bottom = max(bottom, r1 - 1)
            for r in range(r0, r1):
                column = max(int(np.ceil(x0 + (r - y0) * slope)), 0)
                if column < size:
                    image[r, column] ^= 1
                    left = min(left, column)
                right = max(right, min(column, size - 1))
        for r in range(top, bottom + 1):
            inside = np.uint8(0)
            for c in range(left, right + 1):
                inside ^= image[r, c]
                image[r, c] = inside
