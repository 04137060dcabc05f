"""Scenes of sprites with hard edges: who owns each pixel, in one colour each, and how much of each sprite is seen."""

from __future__ import annotations

import numpy as np

from factorhub.compiled import compiled
from factorhub.dsprites_like.raster import ONE
from factorhub.factors import Array
from factorhub.trig import sincos


@compiled
def paint_scenes(
    outlines: Array, starts: Array, poses: Array, palette: Array, images: Array, instances: Array, masks: Array, counts: Array
) -> None:
    """Paint sprites in order over a plain background: later ones cover earlier ones, each pixel belongs to one.

    What `coverage.paint_sprites` does without blending, in half the time: pixels are owned first and coloured once.

    Args:
        outlines, starts: as in `raster.fill_sprites`.
        poses: (n, m, 5) float64: shape (negative: the sprite is absent), scale, angle, centre x, centre y.
        palette: (n, m + 1, 3) uint8: the colours of the background and of the sprites.
        images: (n, size, size, 3) uint8, written.
        instances: (n, size, size) uint8, written: 0 for the background, j + 1 for sprite j.
        masks: (n, m, size, size) uint8, written: 1 in the whole of each sprite, hidden or not.
        counts: (n, m, 2) int64, written: the pixels of each sprite, and those of them that no later one covers.

    `images` and `masks` are optional: one with a first axis of 0 is left alone.
    """
    sprites, size = poses.shape[1], instances.shape[1]
    with_images, with_masks = images.shape[0] > 0, masks.shape[0] > 0
    xs, ys = rooms(starts)
    scratch = np.zeros((size, size), np.uint8)
    boxes = np.empty((sprites, 4), np.int64)
    for i in range(poses.shape[0]):
        owners = instances[i]
        owners[:] = 0
        for j in range(sprites):
            boxes[j] = 0, -1, 0, -1
            counts[i, j] = 0
            mask = masks[i, j] if with_masks else scratch
            if with_masks:
                mask[:] = 0
            shape = int(poses[i, j, 0])
            if shape < 0:
                continue
            top, bottom, left, right = fill(outlines[starts[shape] : starts[shape + 1]], poses[i, j], xs, ys, mask)
            boxes[j] = top, bottom, left, right
            number = np.uint8(j + 1)
            covered = 0
            for r in range(top, bottom + 1):
                for c in range(left, right + 1):
                    covered += mask[r, c]
                    owners[r, c] = number if mask[r, c] else owners[r, c]
                if not with_masks:
                    mask[r, left : right + 1] = 0
            counts[i, j, 0] = covered
        for j in range(sprites):
            seen = 0
            for r in range(boxes[j, 0], boxes[j, 1] + 1):
                for c in range(boxes[j, 2], boxes[j, 3] + 1):
                    seen += owners[r, c] == j + 1
            counts[i, j, 1] = seen
        if with_images:
            color(owners, palette[i], boxes, images[i].reshape(size, size * 3))


@compiled
def color(owners: Array, palette: Array, boxes: Array, image: Array) -> None:
    """Write each pixel's color to `image` (size, size * 3): the background's row by row, the rest within the boxes' hull."""
    size = owners.shape[0]
    for c in range(size):
        image[0, 3 * c] = palette[0, 0]
        image[0, 3 * c + 1] = palette[0, 1]
        image[0, 3 * c + 2] = palette[0, 2]
    for r in range(1, size):
        image[r] = image[0]
    top, bottom, left, right = size, -1, size, -1
    for j in range(boxes.shape[0]):
        if boxes[j, 0] <= boxes[j, 1]:
            top, bottom = min(top, boxes[j, 0]), max(bottom, boxes[j, 1])
            left, right = min(left, boxes[j, 2]), max(right, boxes[j, 3])
    for r in range(top, bottom + 1):
        for c in range(left, right + 1):
            owner = owners[r, c]
            image[r, 3 * c] = palette[owner, 0]
            image[r, 3 * c + 1] = palette[owner, 1]
            image[r, 3 * c + 2] = palette[owner, 2]


@compiled
def rooms(starts: Array) -> tuple[Array, Array]:
    """Scratch for `fill`: room for the x and y of the longest outline, closed."""
    longest = 0
    for s in range(starts.size - 1):
        longest = max(longest, starts[s + 1] - starts[s])
    return np.empty(longest + 1), np.empty(longest + 1)


@compiled
def fill(outline: Array, pose: Array, xs: Array, ys: Array, image: Array) -> tuple[int, int, int, int]:
    """Write 1 inside the placed outline to `image` (size, size), zeros before; returns its top, bottom, left and right.

    Every edge toggles, in each pixel row it crosses, the first pixel to its right; a running exclusive-or along the
    row then fills between pairs of edges. No sorting, no special cases, and the result does not depend on the order.
    The box, ends included, holds all that is inside; where nothing is, bottom < top.
    """
    size = image.shape[0]
    count = outline.shape[0]
    sine, cosine = sincos(pose[2])
    sine *= pose[1] * ONE
    cosine *= pose[1] * ONE
    centre_x = pose[3] * ONE
    centre_y = pose[4] * ONE
    for v in range(count):
        x = outline[v, 0]
        y = outline[v, 1]
        xs[v] = np.rint(centre_x + (x * cosine + y * sine)) * (1.0 / ONE) - 0.5
        ys[v] = np.rint(centre_y + (y * cosine - x * sine)) * (1.0 / ONE) - 0.5
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
    return top, bottom, left, right
