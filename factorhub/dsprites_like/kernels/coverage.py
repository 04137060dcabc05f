"""Painting of turned, scaled, shifted polygons over any background: exact area coverage, colours, instance maps, masks.

All arithmetic after the turn is on integers in units of 1/65536 pixel, so a closed outline sums to exactly nothing
outside itself, the order of its edges does not matter, and no processor can round a pixel differently.
"""

from __future__ import annotations

import numpy as np

from factorhub.dsprites_like.kernels.raster import BITS, HALF, ONE, PIXEL, place
from factorhub.dsprites_like.kernels.spans import blend, claim, cover, label
from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.intrinsics import trailing_zeros
from factorhub.numerics.trig import sincos

FINE = 24  # further bits below 1/65536 pixel, for following an edge from pixel to pixel
BIT = np.uint64(1)

NO_IMAGES, NO_MAPS = np.empty((0, 0, 0, 0), np.uint8), np.empty((0, 0, 0), np.uint8)  # for what is not wanted
NO_MASKS, NO_COUNTS = np.empty((0, 0, 0, 0), np.uint8), np.empty((0, 0, 2), np.int64)


@compiled
def paint_sprites(
    outlines: Array,
    starts: Array,
    poses: Array,
    colors: Array,
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
        colors: (n, m, channels) uint8.
        antialias: True blends by the exact area of the pixel inside the outline, rounded once to 8 bits; False sets the
            pixels whose centre lies inside, as `raster.fill_sprites` does.
        images: (n, h, w, channels) uint8, painted in place.
        instances: (n, h, w) uint8, in place: sprite j writes j + 1 where it covers at least half of the pixel.
        masks: (n, m, h, w) uint8: the coverage, 0 … 255, of each sprite as if it were alone (amodal); all of it is written.
        counts: (n, m, 2) int64: the pixels each sprite covers at least half of, and those of them no later one took.

    `images`, `instances`, `masks` and `counts` are optional: `NO_IMAGES` and its like are left alone. All arrays are
    contiguous. Time grows with the sprites' outlines and areas, not with the canvas.
    """
    height = max(images.shape[1], instances.shape[1], masks.shape[2])
    width = max(images.shape[2], instances.shape[2], masks.shape[3])
    across, down = outlines[:, 0].copy(), outlines[:, 1].copy()
    longest = 0
    for s in range(starts.size - 1):
        longest = max(longest, starts[s + 1] - starts[s])
    xs, ys = np.empty(longest + 1, np.int32), np.empty(longest + 1, np.int32)
    cells, marks = np.zeros(0, np.int64), np.zeros(0, np.uint64)
    dots, runs = np.empty((0, 2), np.int64), np.empty((0, 3), np.int64)
    owners = np.zeros(height * width if counts.shape[0] else 0, np.uint8)
    pixels = images.reshape(images.size)
    masks[:] = 0
    counts[:] = 0
    for i in range(poses.shape[0]):
        owners[:] = 0
        for j in range(poses.shape[1]):
            shape = int(poses[i, j, 0])
            if shape < 0:
                continue
            sine, cosine = sincos(poses[i, j, 2])
            size = poses[i, j, 1] * ONE
            x, y = poses[i, j, 3] * ONE, poses[i, j, 4] * ONE
            count = starts[shape + 1] - starts[shape]
            box = place(across, down, starts[shape], count, sine * size, cosine * size, x, y, xs, ys)
            left, top = int(box[0] >> BITS), int(box[2] >> BITS)
            wide, tall = int(box[1] >> BITS) - left + 2, int(box[3] >> BITS) - top + 2
            if left >= width or left + wide <= 0 or top >= height or top + tall <= 0:
                continue
            groups = (wide + 63) >> 6
            if cells.size < wide * tall or marks.size < groups * tall:
                cells, marks = np.zeros(wide * tall, np.int64), np.zeros(groups * tall, np.uint64)
            if antialias:
                touched = trace_area(xs, ys, count, left, top, wide, groups, cells, marks)
            else:
                touched = trace_centres(xs, ys, count, left, top, wide, groups, cells, marks)
            if dots.shape[0] < touched:
                dots, runs = np.empty((touched, 2), np.int64), np.empty((touched, 3), np.int64)
            singles, several = find_spans(cells, marks, left, top, wide, tall, groups, height, width, dots, runs)
            if images.shape[0]:
                blend(dots, singles, runs, several, colors, i, j, i * height * width, images.shape[3], pixels)
            if instances.shape[0]:
                label(dots, singles, runs, several, i, j, instances)
            if masks.shape[0]:
                cover(dots, singles, runs, several, (i * poses.shape[1] + j) * height * width, masks)
            if counts.shape[0]:
                claim(dots, singles, runs, several, i, j, owners, counts)


@compiled
def trace_area(xs: Array, ys: Array, count: int, left: int, top: int, wide: int, groups: int, cells: Array, marks: Array) -> int:
    """Follow an outline through the pixels it touches; return a bound on their number.

    Args:
        xs, ys: (count + 1,) vertices in units of 1/65536 pixel, closed by the first.
        left, top, wide: the box of pixels around them; cells and marks have one row for each of its rows.
        cells: (rows * wide,) int64. To the upper half of a pixel's cell is added the height by which the outline passes
            down through it, to the lower half the area between that stretch and the pixel's left side: the running
            total of heights along a row, less the pixel's own area, is then how much of the pixel lies inside.
        marks: (rows * groups,) uint64: one bit per pixel, set where the outline touches it.
    """
    x_left, y_top = left << BITS, top << BITS
    touched = 1
    held = 0
    c, r = (int(xs[0]) - x_left) >> BITS, (int(ys[0]) - y_top) >> BITS
    for v in range(count):
        x0, y0 = int(xs[v]) - x_left, int(ys[v]) - y_top
        x1, y1 = int(xs[v + 1]) - x_left, int(ys[v + 1]) - y_top
        c1, r1 = x1 >> BITS, y1 >> BITS
        xa, ya = x0, y0
        sides = abs(c1 - c) + abs(r1 - r)
        if sides > 0:
            touched += sides
            rise = float(y1 - y0) / max(float(abs(x1 - x0)), 1.0)
            run = float(x1 - x0) / max(float(abs(y1 - y0)), 1.0)
            right, down = 1 if x1 >= x0 else -1, 1 if y1 >= y0 else -1
            side_x, side_y = (c + (right > 0)) << BITS, (r + (down > 0)) << BITS
            at_y = (y0 << FINE) + int(rise * float(abs(side_x - x0) << FINE)) + (1 << (FINE - 1))
            at_x = (x0 << FINE) + int(run * float(abs(side_y - y0) << FINE)) + (1 << (FINE - 1))
            step_y, step_x = int(rise * float(1 << (FINE + BITS))), int(run * float(1 << (FINE + BITS)))
            for _ in range(sides):
                cell, word, bit = np.uint64(r * wide + c), np.uint64(r * groups + (c >> 6)), BIT << np.uint64(c & 63)
                xb, yb = at_x >> FINE, at_y >> FINE
                twice_left = c << (BITS + 1)
                if (r == r1) | ((c != c1) & ((yb - side_y) * down < 0)):
                    xb = side_x
                    side_x += right << BITS
                    at_y += step_y
                    c += right
                else:
                    yb = side_y
                    side_y += down << BITS
                    at_x += step_x
                    r += down
                cells[cell] += held + ((yb - ya) << 32) + (((yb - ya) * (xa + xb - twice_left) + ONE) >> (BITS + 1))
                marks[word] |= bit
                held = 0
                xa, ya = xb, yb
        held += ((y1 - ya) << 32) + (((y1 - ya) * (xa + x1 - (c << (BITS + 1))) + ONE) >> (BITS + 1))
    cells[np.uint64(r * wide + c)] += held
    marks[np.uint64(r * groups + (c >> 6))] |= BIT << np.uint64(c & 63)
    return touched


@compiled
def trace_centres(xs: Array, ys: Array, count: int, left: int, top: int, wide: int, groups: int, cells: Array, marks: Array) -> int:
    """Do as `trace_area`, but with edges moved to pixel sides, so that a pixel is inside wholly if its centre is, or not at all."""
    touched = 0
    for v in range(count):
        x0, y0, x1, y1 = int(xs[v]), int(ys[v]), int(xs[v + 1]), int(ys[v + 1])
        height = ONE << 32
        if y0 > y1:
            x0, y0, x1, y1, height = x1, y1, x0, y0, -height
        first, last = (y0 + HALF - 1) >> BITS, (y1 + HALF - 1) >> BITS
        slope = float(x1 - x0) / float(max(y1 - y0, 1))
        for r in range(first, last):
            c = int(np.ceil(float(x0 - HALF) * PIXEL + float((r << BITS) + HALF - y0) * PIXEL * slope)) - left
            cells[(r - top) * wide + c] += height
            marks[(r - top) * groups + (c >> 6)] |= BIT << np.uint64(c & 63)
            touched += 1
    return touched


@compiled
def find_spans(
    cells: Array,
    marks: Array,
    left: int,
    top: int,
    wide: int,
    tall: int,
    groups: int,
    height: int,
    width: int,
    dots: Array,
    runs: Array,
) -> tuple[int, int]:
    """List the pixels with something inside, within an image of height × width, and clear `cells` and `marks`.

    Returns the number of `dots` (place in the image, area of 65536) where the outline passes, and of `runs` (first
    place, length, area) between them.
    """
    singles = several = np.uint64(0)
    for r in range(tall):
        if not 0 <= top + r < height:
            cells[r * wide : (r + 1) * wide] = 0
            marks[r * groups : (r + 1) * groups] = 0
            continue
        row = (top + r) * width
        total, after = 0, left
        for g in range(groups):
            rest = marks[np.uint64(r * groups + g)]
            marks[np.uint64(r * groups + g)] = 0
            while rest:
                c = (g << 6) + trailing_zeros(rest)
                rest &= rest - BIT
                cell = cells[np.uint64(r * wide + c)]
                cells[np.uint64(r * wide + c)] = 0
                c += left
                area = min(abs(total), ONE)
                first, end = max(after, 0), min(c, width)
                if area > 0 and end > first:
                    runs[several, 0], runs[several, 1], runs[several, 2] = row + first, end - first, area
                    several += BIT
                own = int(np.int32(cell))
                total += (cell - own) >> 32
                dots[singles, 0], dots[singles, 1] = row + c, min(abs(total - own), ONE)
                singles += np.uint64((c >= 0) & (c < width))
                after = c + 1
    return int(singles), int(several)
