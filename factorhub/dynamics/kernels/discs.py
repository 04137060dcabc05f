"""Frames of moving discs: soft edges, rods and fading trails, drawn into uint8 RGB by distance alone."""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled


@compiled
def _segment(frame: Array, x0: float, y0: float, x1: float, y1: float, radius: float, strength: float, colour: Array) -> None:
    """Blend a soft-ended thick line (a disc where both ends meet) into one frame; what lies outside is not drawn."""
    size_y, size_x = frame.shape[0], frame.shape[1]
    reach = radius + 0.5
    left = int(min(max(np.ceil(min(x0, x1) - reach), 0.0), float(size_x)))
    right = int(min(max(np.floor(max(x0, x1) + reach), -1.0), size_x - 1.0))
    top = int(min(max(np.ceil(min(y0, y1) - reach), 0.0), float(size_y)))
    bottom = int(min(max(np.floor(max(y0, y1) + reach), -1.0), size_y - 1.0))
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy
    outer = reach * reach
    for r in range(top, bottom + 1):
        for c in range(left, right + 1):
            px, py = c - x0, r - y0
            if length > 0.0:
                along = min(max((px * dx + py * dy) / length, 0.0), 1.0)
                px -= along * dx
                py -= along * dy
            square = px * px + py * py
            if square < outer:
                alpha = min(reach - np.sqrt(square), 1.0) * strength
                for k in range(3):
                    old = float(frame[r, c, k])
                    frame[r, c, k] = np.uint8(old + alpha * (colour[k] - old) + 0.5)


@compiled
def draw_frames(
    points: Array, radii: Array, colours: Array, rods: Array, rod: Array, background: Array, trail: int, out: Array
) -> None:
    """Fill `out` (n, T, size, size, 3) with discs, in the order of their numbers, over rods, over trails.

    Args:
        points: (n, T, d, 2) centres [px, x right, y down; (0, 0) is the centre of the first pixel].
        radii: (n, d) of the discs [px].
        colours: (n, d, 3) in 0 … 255.
        rods: (m, 2) pairs of points joined by a line; the points of radius 0 are joints, not drawn as discs.
        rod: (4,) the rods' colour and half width [px].
        background: (3,) in 0 … 255.
        trail: how many earlier frames leave a fading line behind each disc.
    """
    for i in range(out.shape[0]):
        for t in range(out.shape[1]):
            frame = out[i, t]
            for c in range(frame.shape[1]):
                for k in range(3):
                    frame[0, c, k] = background[k]
            for r in range(1, frame.shape[0]):
                frame[r] = frame[0]
            at = points[i, t]
            first = max(t - trail, 0)
            for d in range(at.shape[0]):
                if radii[i, d] > 0.0:
                    for past in range(first, t):
                        old, new = points[i, past, d], points[i, past + 1, d]
                        fade = 0.6 * (past + 1 - (t - trail)) / (trail + 1)
                        _segment(frame, old[0], old[1], new[0], new[1], 0.5 * radii[i, d], fade, colours[i, d])
            for m in range(rods.shape[0]):
                a, b = at[rods[m, 0]], at[rods[m, 1]]
                _segment(frame, a[0], a[1], b[0], b[1], rod[3], 1.0, rod)
            for d in range(at.shape[0]):
                if radii[i, d] > 0.0:
                    _segment(frame, at[d, 0], at[d, 1], at[d, 0], at[d, 1], radii[i, d], 1.0, colours[i, d])
