"""Exact signed area of closed outlines, pixel by pixel, for solids that are painted one at a time.

Coordinates are integers in units of 1/65536 pixel, so a closed outline sums to exactly nothing outside itself.
"""

from __future__ import annotations

import numpy as np

from factorhub.dsprites_like.kernels.raster import BITS, ONE
from factorhub.factors import Array
from factorhub.numerics.compiled import compiled


@compiled
def add_area(x0: int, y0: int, x1: int, y1: int, sums: Array, height: int, width: int) -> None:
    """Add one edge to `sums`, whose running total along a row is then the signed area of each pixel inside the outline."""
    if y0 == y1:
        return
    sign = 1
    if y0 > y1:
        x0, y0, x1, y1 = x1, y1, x0, y0
        sign = -1
    first, last = y0 >> BITS, (y1 - 1) >> BITS
    if first == last:
        if 0 <= first < height:
            add_span(x0, x1, sign * (y1 - y0), sums[first], width)
        return
    slope = (x1 - x0) / (y1 - y0)
    for r in range(max(first, 0), min(last, height - 1) + 1):
        ya, yb = max(y0, r << BITS), min(y1, (r + 1) << BITS)
        xa = x0 + int(np.rint((ya - y0) * slope))
        xb = x1 if yb == y1 else x0 + int(np.rint((yb - y0) * slope))
        add_span(xa, xb, sign * (yb - ya), sums[r], width)


@compiled
def add_span(xa: int, xb: int, tall: int, row: Array, width: int) -> None:
    """Add the part of an edge within one pixel row, from xa to xb and `tall` high (signed), to that row's sums."""
    if xa > xb:
        xa, xb = xb, xa
    first, last = xa >> BITS, xb >> BITS
    if first == last:
        add_cell(first, xa + xb, tall, row, width)
        return
    density = tall / (xb - xa)
    done = 0
    x = xa
    for c in range(first, last + 1):
        end = min((c + 1) << BITS, xb)
        reached = int(np.rint((end - xa) * density))
        add_cell(c, x + end, reached - done, row, width)
        done = reached
        x = end


@compiled
def add_cell(c: int, twice: int, tall: int, row: Array, width: int) -> None:
    """Add the part of an edge within pixel c, whose middle is at x = twice / 2: what lies right of it is inside."""
    if c < 0:
        row[0] += tall
    elif c < width:
        left_share = (tall * (twice - (c << (BITS + 1))) + ONE) >> (BITS + 1)
        row[c] += tall - left_share
        row[c + 1] += left_share
