"""The room of 3D Shapes and its camera: floor, walls, sky, upright solids, one lamp and its shadows, ray by ray.

Everything is drawn a row of pixels at a time and in the camera's frame (x right, y up, z ahead, the origin on the floor
below the camera), where a pixel's ray is (a, -b, 1). There, what bounds a surface along a row or a column has a closed
form: the walls' top and foot in a column, a solid's or a shadow's first and last point in a row. So edges are blended
by the share of the pixel they cover, and no ray is spent on finding them.

Lengths are in the unit in which the room is 7 wide. Camera, solids, colours and lamp were fitted to published pictures
and came out as round numbers; the wall's faint pattern is left out.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np

from factorhub.compiled import compiled
from factorhub.dsprites_like.solids import span, strike
from factorhub.dsprites_like.trig import sincos
from factorhub.factors import Array

HALF, WALL = 3.5, 2.0  # half the room's width; the walls' height
DISTANCE, EYE = 2.5, 0.75  # from the room's axis to the camera; the camera's height
FOCUS = 1.0722534602547793  # picture side 1, so that the field of view is 50 degrees: 0.5 / tan 25°
LAMP_X, LAMP_Y, LAMP_Z = -1.4, 7.2, 0.45  # in the room's frame: the camera's at orientation 0, the origin mid-floor
AMBIENT, HEAD, LAMP, GLOSS = 0.35, 0.6, 0.955, 0.15  # levels: everywhere, camera light, lamp, the lamp's highlight
TERMINATOR = 0.05  # the highlight sets in where the cosine between surface and lamp rises from minus this to this
SKY = (153.0, 226.0, 249.0)

View: TypeAlias = tuple[float, float, float, float]  # the camera's turn (sine, cosine); the lamp (x, z) in its frame


@compiled
def paint_rooms(
    angles: Array, tints: Array, solids: Array, samples: int, images: Array, masks: Array, depths: Array, counts: Array
) -> None:
    """Draw rooms with solids in them.

    Args:
        angles: (n,) of the camera's turn about the room's axis [degree].
        tints: (n, 2 + m, 3) colours of floor, walls and solids, 0 … 255.
        solids: (n, m, 5): kind (negative: absent), radius, height, x, z in the room's frame, the farthest first; a plane
            of constant z must separate each from the next, which orders them for every camera.
        samples: rows of rays per row of pixels for solids and shadows. Along a row edges are exact.
        images: (n, size, size, 3) uint8.
        masks: (n, size, size) uint8: i + 1 where the ray through the pixel's centre meets solid i first, else 0.
        depths: (n, size, size) float32: along the camera's axis, at the pixel's centre; infinite for the sky.
        counts: (n, m, 2) int64: the pixels whose central ray meets each solid, and those of them where none is before it.

    `masks`, `depths` and `counts` are optional: one with a first axis of 0 is left alone.
    """
    size, most = images.shape[1], solids.shape[1]
    extras = masks.shape[0] > 0 or depths.shape[0] > 0 or counts.shape[0] > 0
    columns, level, row = np.empty((7, size)), np.empty(size), np.zeros((3, size))
    shadow, met, cover = np.zeros(size), np.empty((7, size)), np.zeros((4, size))
    placed, rows = np.empty((most, 5)), np.empty((most, 4), np.int64)
    owners = np.empty(size, np.uint8)
    for i in range(angles.size):
        sine, cosine = sincos(angles[i] * (math.pi / 180))
        view = (sine, cosine, LAMP_X * cosine + LAMP_Z * sine, LAMP_Z * cosine - LAMP_X * sine + DISTANCE)
        _columns(view, columns)
        top, last_top, foot, last_foot = float(size), 0.0, float(size), 0.0
        for x in range(size):
            top, last_top = min(top, columns[1, x]), max(last_top, columns[1, x])
            foot, last_foot = min(foot, columns[2, x]), max(last_foot, columns[2, x])
        for j in range(most):
            for k in range(3):
                placed[j, k] = solids[i, j, k]
            placed[j, 3] = solids[i, j, 3] * cosine + solids[i, j, 4] * sine
            placed[j, 4] = solids[i, j, 4] * cosine - solids[i, j, 3] * sine + DISTANCE
            _bounds(placed[j], view, size, rows[j])
            if counts.shape[0] > 0:
                counts[i, j, 0] = counts[i, j, 1] = 0
        for y in range(size):
            if y + 1 > foot:
                for x in range(size):
                    shadow[x] = 0.0
                for j in range(most):
                    if rows[j, 2] <= y < rows[j, 3]:
                        _shadow(placed[j], view, y, samples, cover[0], shadow)
                _floor(view, y, columns, shadow, level)
                _lay(-1, columns[2], tints[i, 0, 0], tints[i, 0, 1], tints[i, 0, 2], level, row)
            if y < last_foot and y + 1 > top:
                _wall(y, columns, level)
                _lay(y, columns[2], tints[i, 1, 0], tints[i, 1, 1], tints[i, 1, 2], level, row)
            if y < last_top:
                for x in range(size):
                    level[x] = 1.0
                _lay(y, columns[1], SKY[0], SKY[1], SKY[2], level, row)
            for j in range(most):
                if rows[j, 0] <= y < rows[j, 1]:
                    _solid(j, placed, view, y, samples, tints[i, 2 + j], met, cover, row)
            for x in range(size):
                for channel in range(3):
                    images[i, y, x, channel] = np.uint8(row[channel, x] + 0.5)
            if extras:
                _centres(i, y, placed, rows, view, columns, owners, masks, depths, counts)


@compiled
def _columns(view: View, columns: Array) -> None:
    """What the walls look like in each column of pixels, as rows of `columns`.

    0: depth; 1, 2: pixel rows of the top and the foot; 3: level without the lamp; 4, 5: the lamp's distance from the
    wall's plane, and from this place of the wall along the floor, squared; 6: slope a of the column.

    One over the depth of a wall is linear in a, and the room is convex, so that of three walls the one with the largest
    shows. In the column where two meet, both are averaged by their shares.
    """
    sine, cosine, lamp_x, lamp_z = view
    size = columns.shape[1]
    beyond = (HALF + DISTANCE * cosine, HALF - DISTANCE * sine, HALF + DISTANCE * sine)
    start = (cosine / beyond[0], -sine / beyond[1], sine / beyond[2])
    slope = (sine / beyond[0], cosine / beyond[1], -cosine / beyond[2])
    level = (cosine, max(-sine, 0.0), max(sine, 0.0))
    away = (HALF - LAMP_Z, HALF - LAMP_X, HALF + LAMP_X)
    for x in range(size):
        left, right = (x / size - 0.5) / FOCUS, ((x + 1) / size - 0.5) / FOCUS
        first, last = 0, 0
        for k in range(1, 3):
            if start[k] + slope[k] * left > start[first] + slope[first] * left:
                first = k
            if start[k] + slope[k] * right > start[last] + slope[last] * right:
                last = k
        corner = right
        if first != last:
            corner = min(max((start[first] - start[last]) / (slope[last] - slope[first]), left), right)
        share = (corner - left) / (right - left)
        inverse = share * (start[first] + slope[first] * 0.5 * (left + corner))
        inverse += (1 - share) * (start[last] + slope[last] * 0.5 * (corner + right))
        depth, a = 1 / inverse, 0.5 * (left + right)
        columns[0, x] = depth
        columns[1, x] = size * (0.5 - FOCUS * (WALL - EYE) * inverse)
        columns[2, x] = size * (0.5 + FOCUS * EYE * inverse)
        columns[3, x] = AMBIENT + HEAD * (share * level[first] + (1 - share) * level[last])
        columns[4, x] = share * away[first] + (1 - share) * away[last]
        columns[5, x] = (a * depth - lamp_x) ** 2 + (depth - lamp_z) ** 2
        columns[6, x] = a


@compiled
def _bounds(solid: Array, view: View, size: int, rows: Array) -> None:
    """The pixel rows [first, end) that a solid and its shadow lie in, or a few more; none if it is absent."""
    for k in range(4):
        rows[k] = 0
    if solid[0] < 0:
        return
    lamp_z, height = view[3], solid[2]
    near, far = solid[4] - 1.5 * solid[1], solid[4] + 1.5 * solid[1]
    highest = (EYE - height) / (near if height > EYE else far)
    rows[0] = max(int(size * (0.5 + FOCUS * highest)), 0)
    rows[1] = min(int(size * (0.5 + FOCUS * EYE / near)) + 1, size)
    stretch = LAMP_Y / (LAMP_Y - height)
    far = max(far, lamp_z + (far - lamp_z) * stretch)
    near = min(near, lamp_z + (near - lamp_z) * stretch)
    rows[2] = max(int(size * (0.5 + FOCUS * EYE / far)), 0)
    rows[3] = min(int(size * (0.5 + FOCUS * EYE / near)) + 1, size) if near > 0 else size


@compiled
def _shadow(solid: Array, view: View, y: int, samples: int, cover: Array, shadow: Array) -> None:
    """Add a solid's shadow to `shadow`, the share of each pixel of row y that lies in shadow where it is floor.

    `cover` is all zeros before and after.
    """
    sine, cosine, lamp_x, lamp_z = view
    kind, radius, height, foot_x, foot_z = solid
    size = shadow.size
    first, end = size, 0
    for part in range(samples):
        b = ((y + (part + 0.5) / samples) / size - 0.5) / FOCUS
        if b <= 0:
            continue
        depth = EYE / b
        away = depth - lamp_z
        low, high = span(int(kind), radius, height, foot_x - lamp_x, -LAMP_Y, foot_z - lamp_z, sine, cosine, -LAMP_Y, away)
        low = max(size * (0.5 + FOCUS * (lamp_x + low) / depth), 0.0)
        high = min(size * (0.5 + FOCUS * (lamp_x + high) / depth), float(size))
        if low < high:
            begin, stop = int(low), int(math.ceil(high))
            first, end = min(first, begin), max(end, stop)
            for x in range(begin, stop):
                cover[x] += (min(high, x + 1.0) - max(low, float(x))) / samples
    for x in range(first, end):
        shadow[x] = 1 - (1 - shadow[x]) * (1 - cover[x])
        cover[x] = 0.0


@compiled
def _floor(view: View, y: int, columns: Array, shadow: Array, level: Array) -> None:
    """The level of light on the floor in the pixels of row y; where a wall hides it, that at the wall's foot."""
    lamp_x, lamp_z = view[2], view[3]
    b = ((y + 0.5) / level.size - 0.5) / FOCUS
    limit = EYE / b if b > 0 else np.inf
    for x in range(level.size):
        depth = min(columns[0, x], limit)
        off_x, off_z = columns[6, x] * depth - lamp_x, depth - lamp_z
        square = LAMP_Y * LAMP_Y / (LAMP_Y * LAMP_Y + off_x * off_x + off_z * off_z)
        level[x] = AMBIENT + LAMP * (1 - shadow[x]) * _beam(square) * math.sqrt(square)


@compiled
def _wall(y: int, columns: Array, level: Array) -> None:
    """The level of light on the walls in the pixels of row y."""
    b = ((y + 0.5) / level.size - 0.5) / FOCUS
    for x in range(level.size):
        down = LAMP_Y - EYE + b * columns[0, x]
        near = 1 / (columns[5, x] + down * down)
        level[x] = columns[3, x] + LAMP * columns[4, x] * _beam(down * down * near) * math.sqrt(near)


@compiled
def _beam(square: float) -> float:
    """How much of the lamp's light goes into a direction: the tenth power of the cosine to the vertical, here squared."""
    fourth = square * square
    return fourth * fourth * square


@compiled
def _lay(y: int, edge: Array, red: float, green: float, blue: float, level: Array, row: Array) -> None:
    """Lay a surface over the part of the pixels of row y that is above `edge`."""
    for x in range(level.size):
        share = min(max(edge[x] - y, 0.0), 1.0)
        row[0, x] = (1 - share) * row[0, x] + share * min(red * level[x], 255.0)
        row[1, x] = (1 - share) * row[1, x] + share * min(green * level[x], 255.0)
        row[2, x] = (1 - share) * row[2, x] + share * min(blue * level[x], 255.0)


@compiled
def _solid(j: int, placed: Array, view: View, y: int, samples: int, tint: Array, met: Array, cover: Array, row: Array) -> None:
    """Lay solid j over the pixels of row y. Each row of rays is shaded in the middle of what it covers of a pixel.

    `cover` is all zeros before and after: the share of each pixel that is covered, and the colours there times it.
    `met` is scratch: for each pixel of a row of rays the share, the slope, the depth, the normal, and 1 if no other solid
    keeps the lamp's light away. Finding these is branches, shading them is arithmetic, which compiles to vectors.
    """
    sine, cosine, lamp_x, lamp_z = view
    kind, radius, height, foot_x, foot_z = placed[j]
    size = row.shape[1]
    first, end = size, 0
    for part in range(samples):
        b = ((y + (part + 0.5) / samples) / size - 0.5) / FOCUS
        low, high = span(int(kind), radius, height, foot_x, -EYE, foot_z, sine, cosine, -b, 1.0)
        low, high = max(size * (0.5 + FOCUS * low), 0.0), min(size * (0.5 + FOCUS * high), float(size))
        if low >= high:
            continue
        begin, stop = int(low), int(math.ceil(high))
        first, end = min(first, begin), max(end, stop)
        for x in range(begin, stop):
            left, right = max(low, float(x)), min(high, x + 1.0)
            a = (0.5 * (left + right) / size - 0.5) / FOCUS
            _, depth, nx, ny, nz = strike(int(kind), radius, height, foot_x, -EYE, foot_z, sine, cosine, a, -b, 1.0)
            met[0, x], met[1, x], met[2, x] = (right - left) / samples, a, depth
            met[3, x], met[4, x], met[5, x] = nx, ny, nz
            met[6, x] = 1.0
            if placed.shape[0] > 1 and _hidden(j, placed, view, a * depth, EYE - b * depth, depth):
                met[6, x] = 0.0
        for x in range(begin, stop):
            depth = met[2, x]
            lx, ly, lz = lamp_x - met[1, x] * depth, LAMP_Y - EYE + b * depth, lamp_z - depth
            near = 1 / (lx * lx + ly * ly + lz * lz)
            facing = (met[3, x] * lx + met[4, x] * ly + met[5, x] * lz) * math.sqrt(near)
            lamp = met[6, x] * _beam(ly * ly * near)
            level = AMBIENT + HEAD * max(-met[5, x], 0.0) + LAMP * lamp * max(facing, 0.0)
            gloss = 255 * GLOSS * lamp * min(max(0.5 + 0.5 / TERMINATOR * facing, 0.0), 1.0)
            cover[0, x] += met[0, x]
            cover[1, x] += met[0, x] * min(tint[0] * level + gloss, 255.0)
            cover[2, x] += met[0, x] * min(tint[1] * level + gloss, 255.0)
            cover[3, x] += met[0, x] * min(tint[2] * level + gloss, 255.0)
    for x in range(first, end):
        for channel in range(3):
            row[channel, x] = row[channel, x] * (1 - cover[0, x]) + cover[1 + channel, x]
            cover[1 + channel, x] = 0.0
        cover[0, x] = 0.0


@compiled
def _hidden(j: int, placed: Array, view: View, x: float, y: float, z: float) -> bool:
    """Whether a solid other than j stands between the lamp and this point of solid j."""
    for other in range(placed.shape[0]):
        kind, radius, height, foot_x, foot_z = placed[other]
        if other != j and kind >= 0:
            w, dy, dz = view[2] - x, LAMP_Y - y, view[3] - z
            if strike(int(kind), radius, height, foot_x - x, -y, foot_z - z, view[0], view[1], w, dy, dz)[0]:
                return True
    return False


@compiled
def _centres(
    i: int,
    y: int,
    placed: Array,
    rows: Array,
    view: View,
    columns: Array,
    owners: Array,
    masks: Array,
    depths: Array,
    counts: Array,
) -> None:
    """What the rays through the centres of row y meet: the solid's number, its depth, and how often each is met."""
    size = owners.size
    b = ((y + 0.5) / size - 0.5) / FOCUS
    for x in range(size):
        owners[x] = 0
        if depths.shape[0] > 0:
            depths[i, y, x] = np.inf if y + 0.5 < columns[1, x] else min(columns[0, x], EYE / b if b > 0 else np.inf)
    for j in range(placed.shape[0]):
        if not rows[j, 0] <= y < rows[j, 1]:
            continue
        kind, radius, height, foot_x, foot_z = placed[j]
        low, high = span(int(kind), radius, height, foot_x, -EYE, foot_z, view[0], view[1], -b, 1.0)
        low, high = max(size * (0.5 + FOCUS * low), 0.0), min(size * (0.5 + FOCUS * high), float(size))
        if low >= high:
            continue
        for x in range(int(math.ceil(low - 0.5)), int(math.ceil(high - 0.5))):
            if counts.shape[0] > 0:
                counts[i, j, 0] += 1
                counts[i, j, 1] += 1
                if owners[x] > 0:
                    counts[i, owners[x] - 1, 1] -= 1
            owners[x] = j + 1
            if depths.shape[0] > 0:
                a = columns[6, x]
                depths[i, y, x] = strike(int(kind), radius, height, foot_x, -EYE, foot_z, view[0], view[1], a, -b, 1.0)[1]
    if masks.shape[0] > 0:
        for x in range(size):
            masks[i, y, x] = owners[x]
