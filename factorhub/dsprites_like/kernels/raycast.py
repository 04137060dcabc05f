"""Pictures of the room of 3D Shapes with solids in it: outlines by exact area, surfaces by one ray a pixel, shadows.

A solid's visible faces are polygons on the screen, and so is the shadow each face that the lamp sees throws on the
floor; `area.add_area` gives the share of every pixel they cover. Inside, a pixel's light is that of its middle.
So edges are free of steps at the price of one ray, and pictures change continuously with every number that shapes them.
"""

from __future__ import annotations

import math

import numpy as np

from factorhub.dsprites_like.kernels.area import add_area
from factorhub.dsprites_like.kernels.raster import BITS, ONE
from factorhub.dsprites_like.kernels.room import (
    AMBIENT,
    DISTANCE,
    EYE,
    FOCUS,
    HEAD,
    LAMP,
    LAMP_X,
    LAMP_Y,
    LAMP_Z,
    View,
    beam,
    paint_room,
)
from factorhub.dsprites_like.kernels.solids import CYLINDER, FACES, Solid, chord, outline, plane, surface
from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.trig import sincos

GLOSS = 0.15  # level of the lamp's highlight, which is white and covers all that faces the lamp
TERMINATOR = 0.05  # it sets in where the cosine between surface and lamp rises from minus this to this
PENUMBRA = 0.15  # a solid takes all the lamp's light from another where the light's way through it is longer than this


@compiled
def paint_rooms(angles: Array, tints: Array, solids: Array, images: Array, masks: Array, depths: Array, counts: Array) -> None:
    """Draw rooms with solids in them.

    Args:
        angles: (n,) of the camera's turn about the room's axis [degree].
        tints: (n, 2 + m, 3) colours of floor, walls and solids, 0 … 255.
        solids: (n, m, 5): kind (negative: absent), radius, height, x, z in the room's frame, the farthest first; a plane
            of constant z must separate each from the next, which orders them for every camera.
        images: (n, size, size, 3) uint8.
        masks: (n, size, size) uint8: i + 1 where the ray through the pixel's middle meets solid i first, else 0.
        depths: (n, size, size) float32: along the camera's axis, at the pixel's middle; infinite for the sky.
        counts: (n, m, 2) int64: the pixels whose middle ray meets each solid, and those of them where none is before it.

    `masks`, `depths` and `counts` are optional: one with a first axis of 0 is left alone.
    """
    size, most = images.shape[1], solids.shape[1]
    extras = masks.shape[0] > 0 or depths.shape[0] > 0 or counts.shape[0] > 0
    columns, work = np.empty((7, size)), np.zeros((9, size))
    shadow, sums = np.zeros((size, size)), np.zeros((3, size, size + 2), np.int32)
    room = 8 * int(math.sqrt(size))  # vertices of a round outline: it is within a few hundredths of a pixel of the true one
    points, pixels = np.empty((3, room)), np.empty((room + 1, 2), np.int32)
    placed, owners = np.empty((most, 5)), np.empty((size, size), np.uint8)
    boxes, planes = np.empty((most + 1, 4), np.int64), np.empty((3, 4))
    for i in range(angles.size):
        sine, cosine = sincos(angles[i] * (math.pi / 180))
        view = (sine, cosine, LAMP_X * cosine + LAMP_Z * sine, LAMP_Z * cosine - LAMP_X * sine + DISTANCE)
        for j in range(most):
            for k in range(3):
                placed[j, k] = solids[i, j, k]
            placed[j, 3] = solids[i, j, 3] * cosine + solids[i, j, 4] * sine
            placed[j, 4] = solids[i, j, 4] * cosine - solids[i, j, 3] * sine + DISTANCE
            if placed[j, 0] >= 0:
                _shadow(placed[j], view, points, pixels, boxes[most], sums[0], shadow)
        paint_room(view, tints[i], shadow, columns, work, images[i])
        for j in range(most):
            if placed[j, 0] >= 0:
                _solid(j, placed, view, tints[i, 2 + j], points, pixels, boxes[j], planes, sums, work, images[i])
        if extras:
            _centres(i, placed, view, columns, boxes, owners, masks, depths, counts)


@compiled
def seen_from(placed: Array, view: View, x: float, y: float, z: float) -> Solid:
    """A solid as seen from a point."""
    return int(placed[0]), placed[1], placed[2], placed[3] - x, -y, placed[4] - z, view[0], view[1]


@compiled
def _trace(points: Array, count: int, pixels: Array, box: Array, sums: Array) -> None:
    """Add the area of a polygon given in the camera's frame to `sums`, and grow `box` (top, bottom, left, right) by it."""
    size = sums.shape[0]
    for v in range(count):
        scale = size * FOCUS / points[2, v]
        pixels[v, 0] = np.int32(np.rint((0.5 * size + scale * points[0, v]) * ONE))
        pixels[v, 1] = np.int32(np.rint((0.5 * size - scale * points[1, v]) * ONE))
        box[0], box[1] = min(box[0], pixels[v, 1] >> BITS), max(box[1], pixels[v, 1] >> BITS)
        box[2], box[3] = min(box[2], pixels[v, 0] >> BITS), max(box[3], pixels[v, 0] >> BITS)
    pixels[count, 0], pixels[count, 1] = pixels[0, 0], pixels[0, 1]
    for v in range(count):
        add_area(pixels[v, 0], pixels[v, 1], pixels[v + 1, 0], pixels[v + 1, 1], sums, size, size)


@compiled
def _shadow(placed: Array, view: View, points: Array, pixels: Array, box: Array, sums: Array, shadow: Array) -> None:
    """Add a solid's shadow to `shadow`; `sums` is all zeros before and after."""
    size = shadow.shape[0]
    solid = seen_from(placed, view, view[2], LAMP_Y, view[3])
    box[0], box[1], box[2], box[3] = size, -1, size, -1
    for face in range(FACES[solid[0]]):
        if plane(solid, face)[0]:
            count = outline(solid, face, points)
            for v in range(count):
                stretch = -LAMP_Y / points[1, v]
                points[0, v] = view[2] + stretch * points[0, v]
                points[2, v] = view[3] + stretch * points[2, v]
                points[1, v] = -EYE
            _trace(points, count, pixels, box, sums)
    for y in range(max(box[0], 0), min(box[1] + 1, size)):
        inside = 0
        for x in range(max(box[2], 0), min(box[3] + 1, size)):
            inside += sums[y, x]
            share = min(abs(inside), ONE) / ONE
            shadow[y, x] = 1 - (1 - shadow[y, x]) * (1 - share)
        for x in range(max(box[2], 0), min(box[3] + 3, size + 2)):
            sums[y, x] = 0


@compiled
def _solid(
    j: int,
    placed: Array,
    view: View,
    tint: Array,
    points: Array,
    pixels: Array,
    box: Array,
    planes: Array,
    sums: Array,
    work: Array,
    image: Array,
) -> None:
    """Lay solid j over a picture, all its faces at once. `sums` is all zeros before and after; `work` is scratch."""
    size = image.shape[0]
    solid = seen_from(placed[j], view, 0.0, EYE, 0.0)
    box[0], box[1], box[2], box[3] = size, -1, size, -1
    faces = 0
    for face in range(FACES[solid[0]]):
        seen, nx, ny, nz, offset = plane(solid, face)
        if seen:
            planes[faces, 0], planes[faces, 1], planes[faces, 2], planes[faces, 3] = nx, ny, nz, offset
            _trace(points, outline(solid, face, points), pixels, box, sums[faces])
            faces += 1
    left, right = max(box[2], 0), min(box[3] + 1, size)
    cover, share, slope, reach, level, gloss = work[3], work[4], work[5], work[6], work[7], work[8]
    for y in range(max(box[0], 0), min(box[1] + 1, size)):
        b = ((y + 0.5) / size - 0.5) / FOCUS
        for x in range(left, right):
            work[0, x] = work[1, x] = work[2, x] = cover[x] = 0.0
        for face in range(faces):
            first, end, inside = right, left, 0
            for x in range(left, right):
                inside += sums[face, y, x]
                sums[face, y, x] = 0
                if inside != 0:
                    first, end = min(first, x), x + 1
                    share[x] = min(abs(inside), ONE) / ONE
                else:
                    share[x] = 0.0
            sums[face, y, right] = 0
            if first < end:
                for x in range(first, end):
                    # where an edge cuts the pixel, its neighbours tell on which side the covered part is
                    before, after = share[x - 1] if x > first else 0.0, share[x + 1] if x + 1 < end else 0.0
                    aside = 0.5 * (1 - share[x]) * (after - before)
                    slope[x] = ((x + 0.5 + aside) / size - 0.5) / FOCUS
                _light(j, placed, view, planes[face], b, slope[first:end], reach[first:end], level[first:end], gloss[first:end])
                for x in range(first, end):
                    cover[x] += share[x]
                for channel in range(3):
                    for x in range(first, end):
                        work[channel, x] += share[x] * min(tint[channel] * level[x] + gloss[x], 255.0)
        for x in range(left, right):
            if cover[x] > 0:
                rest = max(1 - cover[x], 0.0)
                for channel in range(3):
                    image[y, x, channel] = np.uint8(min(rest * image[y, x, channel] + work[channel, x], 255.0) + 0.5)


@compiled
def _light(
    j: int, placed: Array, view: View, face: Array, b: float, slopes: Array, reach: Array, level: Array, gloss: Array
) -> None:
    """Write the light that a face of solid j sends along the rays (slopes, -b, 1): its level, and the white on top of it.

    The normal is that of the plane, or leads from the nearest point of a curved solid's axis: one formula for both, and
    no branches, so that the loop compiles to vectors.
    """
    solid = seen_from(placed[j], view, 0.0, EYE, 0.0)
    kind, radius, height, foot_x, foot_y, foot_z, _, _ = solid
    nx, ny, nz, offset = face[0], face[1], face[2], face[3]
    surface(solid, offset, nx, ny, nz, slopes, -b, 1.0, reach)
    low, high = (foot_y + radius, foot_y + height - radius) if kind != CYLINDER else (-np.inf, np.inf)
    round_ = 0.0 if offset < 0 else 1 / radius
    lamp_x, lamp_y, lamp_z = view[2], LAMP_Y - EYE, view[3]
    for i in range(reach.size):
        x, y, z = slopes[i] * reach[i], -b * reach[i], reach[i]
        mx, my, mz = nx + round_ * (x - foot_x), ny + round_ * (y - min(max(y, low), high)), nz + round_ * (z - foot_z)
        lx, ly, lz = lamp_x - x, lamp_y - y, lamp_z - z
        square = 1 / (lx * lx + ly * ly + lz * lz)
        facing = (mx * lx + my * ly + mz * lz) * math.sqrt(square)
        lamp = beam(ly * ly * square)
        level[i] = LAMP * lamp * max(facing, 0.0)
        gloss[i] = 255 * GLOSS * lamp * min(max(0.5 + 0.5 / TERMINATOR * facing, 0.0), 1.0)
    for other in range(placed.shape[0]):
        if other != j and placed[other, 0] >= 0:
            for i in range(reach.size):
                if gloss[i] > 0:
                    open_ = _open(placed[other], view, slopes[i] * reach[i], EYE - b * reach[i], reach[i])
                    level[i] *= open_
                    gloss[i] *= open_
    for i in range(reach.size):
        level[i] += AMBIENT + HEAD * max(-nz - round_ * (reach[i] - foot_z), 0.0)


@compiled
def _open(placed: Array, view: View, x: float, y: float, z: float) -> float:
    """The share of the lamp's light that a solid lets through to a point."""
    lx, ly, lz = view[2] - x, LAMP_Y - y, view[3] - z
    enter, leave = chord(seen_from(placed, view, x, y, z), lx, ly, lz)
    through = max(leave - max(enter, 0.0), 0.0) / PENUMBRA
    return max(1 - through * through * (lx * lx + ly * ly + lz * lz), 0.0)


@compiled
def _centres(
    i: int,
    placed: Array,
    view: View,
    columns: Array,
    boxes: Array,
    owners: Array,
    masks: Array,
    depths: Array,
    counts: Array,
) -> None:
    """What the rays through the pixels' middles meet: the solid's number, the depth, and how often each solid is met."""
    size = owners.shape[0]
    for y in range(size):
        b = ((y + 0.5) / size - 0.5) / FOCUS
        floor = EYE / b if b > 0 else np.inf
        for x in range(size):
            owners[y, x] = 0
            if depths.shape[0] > 0:
                depths[i, y, x] = np.inf if y + 0.5 < columns[1, x] else min(columns[0, x], floor)
    for j in range(placed.shape[0]):
        if counts.shape[0] > 0:
            counts[i, j, 0] = counts[i, j, 1] = 0
        if placed[j, 0] < 0:
            continue
        solid = seen_from(placed[j], view, 0.0, EYE, 0.0)
        for y in range(max(boxes[j, 0], 0), min(boxes[j, 1] + 1, size)):
            b = ((y + 0.5) / size - 0.5) / FOCUS
            for x in range(max(boxes[j, 2], 0), min(boxes[j, 3] + 1, size)):
                enter, leave = chord(solid, ((x + 0.5) / size - 0.5) / FOCUS, -b, 1.0)
                if enter < leave:
                    if counts.shape[0] > 0:
                        counts[i, j, 0] += 1
                        counts[i, j, 1] += 1
                        if owners[y, x] > 0:
                            counts[i, owners[y, x] - 1, 1] -= 1
                    owners[y, x] = j + 1
                    if depths.shape[0] > 0:
                        depths[i, y, x] = enter
    if masks.shape[0] > 0:
        for y in range(size):
            for x in range(size):
                masks[i, y, x] = owners[y, x]
