"""Painting of turned, scaled, shifted polygons over any background: exact area coverage, colours, instance maps, masks.

All arithmetic after the turn is on integers in units of 1/65536 pixel, so a closed outline sums to exactly nothing
outside itself, the order of its edges does not matter, and no processor can round a pixel differently.
"""

from __future__ import annotations

import numpy as np

from factorhub.compiled import compiled
from factorhub.dsprites_like.trig import sincos
from factorhub.factors import Array

BITS = 16
ONE = 1 << BITS  # one pixel, and the coverage of a full one


@compiled
def paint_sprites(
    outlines: Array,
    starts: Array,
    poses: Array,
    colours: Array,
    antialias: bool,
    images: Array,
    instances: Array,
    masks: Array,
    counts: Array,
) -> None:
    """Paint the sprites of each image over the background it already holds, in order: later ones cover earlier ones.

    Args:
        outlines: (total, 2) float64 vertices of all shapes, in pixels about the sprite's centre, y down. An outline must
            not cross itself.
        starts: (shapes + 1,) int64; shape s has the vertices starts[s] … starts[s + 1] - 1.
        poses: (n, m, 5) float64: shape (negative: the sprite is absent), scale, angle [rad, counter-clockwise on screen],
            centre x, centre y [px]. Sprites may hang over the border; vertices stay within ±32,000 px.
        colours: (n, m, channels) uint8.
        antialias: True blends by the exact area of the pixel inside the outline, rounded once to 8 bits; False sets the
            pixels whose centre lies inside, as `raster.fill_sprites` does.
        images: (n, h, w, channels) uint8, painted in place.
        instances: (n, h, w) uint8, in place: sprite j writes j + 1 where it covers at least half of the pixel.
        masks: (n, m, h, w) uint8: the coverage, 0 … 255, of each sprite as if it were alone (amodal); all of it is written.
        counts: (n, m, 2) int64: the pixels each sprite covers at least half of, and those of them no later one took.

    `images`, `instances`, `masks` and `counts` are optional: one with a first axis of 0 is left alone. Time grows with
    the sprites' bounding boxes and the number of their vertices, not with the canvas.
    """
    height, width = (
        max(images.shape[1], instances.shape[1], masks.shape[2]),
        max(images.shape[2], instances.shape[2], masks.shape[3]),
    )
    with_images, with_instances = images.shape[0] > 0, instances.shape[0] > 0
    with_masks, with_counts = masks.shape[0] > 0, counts.shape[0] > 0
    channels = images.shape[3]
    longest = 1
    for s in range(starts.size - 1):
        longest = max(longest, starts[s + 1] - starts[s])
    xs = np.empty(longest + 1, np.int32)
    ys = np.empty(longest + 1, np.int32)
    sums = np.zeros((height, width + 2), np.int32)
    owners = np.zeros((height, width), np.uint8)
    for i in range(poses.shape[0]):
        if with_masks:
            masks[i] = 0
        if with_counts:
            counts[i] = 0
            owners[:] = 0
        for j in range(poses.shape[1]):
            shape = int(poses[i, j, 0])
            if shape < 0:
                continue
            count = starts[shape + 1] - starts[shape]
            place(outlines[starts[shape] : starts[shape + 1]], poses[i, j], xs, ys)
            left, right = max(xs[:count].min() >> BITS, 0), min(xs[:count].max() >> BITS, width - 1)
            top, bottom = max(ys[:count].min() >> BITS, 0), min(ys[:count].max() >> BITS, height - 1)
            if left > right or top > bottom:
                continue
            if antialias:
                for v in range(count):
                    add_area(xs[v], ys[v], xs[v + 1], ys[v + 1], sums, height, width)
            else:
                for v in range(count):
                    add_crossings(xs[v], ys[v], xs[v + 1], ys[v + 1], sums, height, width)
            for r in range(top, bottom + 1):
                inside = np.int32(0)
                for c in range(left, right + 2):
                    inside += sums[r, c]
                    sums[r, c] = min(abs(inside), ONE)
                if with_images:
                    for c in range(left, right + 1):
                        area = sums[r, c]
                        for k in range(channels):
                            under = np.int32(images[i, r, c, k])
                            over = np.int32(colours[i, j, k])
                            images[i, r, c, k] = np.uint8((under * (ONE - area) + over * area + ONE // 2) >> BITS)
                if with_instances:
                    for c in range(left, right + 1):
                        if 2 * sums[r, c] >= ONE:
                            instances[i, r, c] = j + 1
                if with_masks:
                    for c in range(left, right + 1):
                        masks[i, j, r, c] = (sums[r, c] * 255 + ONE // 2) >> BITS
                if with_counts:
                    for c in range(left, right + 1):
                        if 2 * sums[r, c] >= ONE:
                            if owners[r, c] > 0:
                                counts[i, owners[r, c] - 1, 1] -= 1
                            owners[r, c] = j + 1
                            counts[i, j, 0] += 1
                            counts[i, j, 1] += 1
                sums[r, left : right + 2] = 0


@compiled
def place(outline: Array, pose: Array, xs: Array, ys: Array) -> None:
    """Write the vertices of a placed outline, closed by its first, to `xs` and `ys` in units of 1/65536 pixel."""
    sine, cosine = sincos(pose[2])
    sine *= pose[1] * ONE
    cosine *= pose[1] * ONE
    centre_x = pose[3] * ONE
    centre_y = pose[4] * ONE
    count = outline.shape[0]
    for v in range(count):
        x = outline[v, 0]
        y = outline[v, 1]
        xs[v] = np.int32(np.rint(centre_x + (x * cosine + y * sine)))
        ys[v] = np.int32(np.rint(centre_y + (y * cosine - x * sine)))
    xs[count] = xs[0]
    ys[count] = ys[0]


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


@compiled
def add_crossings(x0: int, y0: int, x1: int, y1: int, sums: Array, height: int, width: int) -> None:
    """Add one edge to `sums`, whose running total along a row is then full where the pixel's centre lies inside."""
    sign = ONE
    if y0 > y1:
        x0, y0, x1, y1 = x1, y1, x0, y0
        sign = -ONE
    half = ONE // 2
    first, last = max((y0 + half - 1) >> BITS, 0), min((y1 + half - 1) >> BITS, height)
    if first >= last:
        return
    slope = (x1 - x0) / (y1 - y0)
    for r in range(first, last):
        crossing = (x0 - half) + ((r << BITS) + half - y0) * slope
        c = max(int(np.ceil(crossing * (1.0 / ONE))), 0)
        if c < width:
            sums[r, c] += sign
