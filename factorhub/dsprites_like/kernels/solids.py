"""Upright solids on a floor (cube, cylinder, sphere, capsule) as seen from a point: outlines of faces, and rays.

A face is a smooth part of the surface: the sides and the top of a cube or a cylinder, the whole of a sphere or a
capsule. Outlines are found without trigonometry, so they are the same on every machine.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled

CUBE, CYLINDER, SPHERE, CAPSULE = range(4)  # a sphere is a capsule as high as it is wide
FACES = (5, 2, 1, 1)

# (kind, radius, height, x, y, z, sine, cosine): half the width, the height, the foot's place seen from where the rays
# start (y up), and the turn of the camera about the vertical, against which cubes are turned
Solid: TypeAlias = tuple[int, float, float, float, float, float, float, float]


@compiled
def plane(solid: Solid, face: int) -> tuple[bool, float, float, float, float]:
    """(seen, nx, ny, nz, offset): whether a face is seen from the front, and, if it is flat, where: n · p = offset < 0.

    Numbers are zero for a curved face, of which some part is always seen.
    """
    kind, radius, height, x, y, z, sine, cosine = solid
    if (kind == CUBE and face == 4) or (kind == CYLINDER and face == 1):
        return y + height < 0, 0.0, 1.0, 0.0, y + height
    if kind != CUBE:
        return True, 0.0, 0.0, 0.0, 0.0
    nx, nz = ((cosine, -sine), (sine, cosine), (-cosine, sine), (-sine, -cosine))[face]
    offset = nx * x + nz * z + radius
    return offset < 0, nx, 0.0, nz, offset


@compiled
def outline(solid: Solid, face: int, points: Array) -> int:
    """Write the outline of a face, as seen from the origin, to `points` (3, room); give how many there are.

    Curves take as many as there is room for, an even number; straight faces 4. All faces of a solid that are seen from the
    front go round the same way. The origin must lie outside the upright cylinder around a round solid.
    """
    kind, radius, height, x, y, z, sine, cosine = solid
    if kind == CUBE:
        nx, nz = ((cosine, -sine), (sine, cosine), (-cosine, sine), (-sine, -cosine))[face % 4]
        for i in range(4):
            if face == 4:
                across, along, up = (-1.0, 1.0, 1.0, -1.0)[i], (1.0, 1.0, -1.0, -1.0)[i], height
            else:
                across, along, up = (-1.0, 1.0, 1.0, -1.0)[i], 1.0, (0.0, 0.0, height, height)[i]
            points[0, i] = x + radius * (along * nx + across * nz)
            points[1, i] = y + up
            points[2, i] = z + radius * (along * nz - across * nx)
        return 4
    half = points.shape[1] // 2
    flat = math.sqrt(x * x + z * z)
    if kind == CYLINDER:
        # seen from above, the near arc of a rim lies within an angle of cosine radius / flat about the line to the origin
        edge = radius / flat
        near = math.sqrt((1 - edge) / (1 + edge))
        if face == 0:
            _arc(
                x, y, z, -radius * x / flat, 0.0, -radius * z / flat, radius * z / flat, -radius * x / flat, -near, 0, half, points
            )
            up = y + height
            _arc(
                x,
                up,
                z,
                -radius * x / flat,
                0.0,
                -radius * z / flat,
                radius * z / flat,
                -radius * x / flat,
                near,
                half,
                half,
                points,
            )
        else:
            up = y + height
            _arc(x, up, z, -radius, 0.0, 0.0, 0.0, radius, 1.0, 0, half, points)
            _arc(x, up, z, radius, 0.0, 0.0, 0.0, -radius, 1.0, half, half, points)
        return 2 * half
    # A ball's outline is a circle; a capsule's is the lower part of one, the upper part of another, and two uprights
    # between the points where the surface is upright.
    for upper in range(2):
        middle = y + height - radius if upper else y + radius
        far = math.sqrt(flat * flat + middle * middle)
        back = radius * radius / (far * far)  # the circle's centre, as a share of the way to the origin
        wide = radius * math.sqrt(1 - back)
        upright = back * middle * far / (wide * flat)  # sine of the angle at which the circle passes an upright surface
        side = 1.0 if upper else -1.0
        reach = math.sqrt((1 - side * upright) / (1 + side * upright))
        rise, lean = side * wide * flat / far, side * wide * middle / (far * flat)
        _arc(
            x * (1 - back),
            middle * (1 - back),
            z * (1 - back),
            -lean * x,
            rise,
            -lean * z,
            side * wide * z / flat,
            -side * wide * x / flat,
            reach,
            upper * half,
            half,
            points,
        )
    return 2 * half


@compiled
def _arc(
    x: float,
    y: float,
    z: float,
    ux: float,
    uy: float,
    uz: float,
    vx: float,
    vz: float,
    reach: float,
    start: int,
    count: int,
    points: Array,
) -> None:
    """Write an arc about (x, y, z), u in its middle and v (level) a quarter turn on, to `count` points from `start` on.

    It runs through tangents of half the angle from -`reach` to `reach`: rational, and evenly enough spaced.
    """
    for i in range(count):
        t = reach * (2 * i / (count - 1) - 1)
        scale = 1 / (1 + t * t)
        a, b = (1 - t * t) * scale, 2 * t * scale
        points[0, start + i] = x + a * ux + b * vx
        points[1, start + i] = y + a * uy
        points[2, start + i] = z + a * uz + b * vz


@compiled
def surface(
    solid: Solid, offset: float, nx: float, ny: float, nz: float, slopes: Array, dy: float, dz: float, reach: Array
) -> None:
    """Write to `reach` (n,) where the rays along (w, dy, dz) meet a face, at `reach` times that, for w in `slopes` (n,).

    The face is flat, with this `plane`, or curved where that is all zeros. A ray that just misses gets the point it
    passes closest to, so that a pixel can be shaded by its middle where only another part of it shows the face.
    """
    kind, radius, height, x, y, z, _, _ = solid
    if offset < 0:
        away = math.sqrt(x * x + z * z)
        near, far = (away - 1.5 * radius) / dz, (away + 1.5 * radius) / dz
        for i in range(slopes.size):
            reach[i] = min(max(offset / min(nx * slopes[i] + ny * dy + nz * dz, -1e-9), near), far)
        return
    low, high = y + radius, y + height - radius
    around = x * x + z * z - radius * radius
    for i in range(slopes.size):
        w = slopes[i]
        flat = w * w + dz * dz
        ahead = w * x + dz * z
        reach[i] = (ahead - math.sqrt(max(ahead * ahead - flat * around, 0.0))) / flat
    if kind == CYLINDER:
        return
    for i in range(slopes.size):
        # Where the ray meets the cylinder, it meets the ball with its centre as high; at the ends, a capsule is a ball.
        middle = min(max(reach[i] * dy, low), high)
        w = slopes[i]
        long = w * w + dy * dy + dz * dz
        ahead = w * x + dy * middle + dz * z
        reach[i] = (ahead - math.sqrt(max(ahead * ahead - long * (around + middle * middle), 0.0))) / long


@compiled
def chord(solid: Solid, w: float, dy: float, dz: float) -> tuple[float, float]:
    """(enter, leave): the part of the ray along (w, dy, dz) that lies inside, in units of that; enter >= leave if it misses."""
    kind, radius, height, x, y, z, sine, cosine = solid
    if kind == CUBE:
        first = _between(x * cosine - z * sine - radius, x * cosine - z * sine + radius, w * cosine - dz * sine)
        second = _between(x * sine + z * cosine - radius, x * sine + z * cosine + radius, w * sine + dz * cosine)
        third = _between(y, y + height, dy)
        return max(first[0], second[0], third[0]), min(first[1], second[1], third[1])
    flat = w * w + dz * dz
    ahead = w * x + dz * z
    around = x * x + z * z - radius * radius
    side = _roots(flat, ahead, around)
    if kind == CYLINDER:
        level = _between(y, y + height, dy)
        return max(side[0], level[0]), min(side[1], level[1])
    low, high = y + radius, y + height - radius
    level = _between(low, high, dy)
    enter, leave = max(side[0], level[0]), min(side[1], level[1])
    if enter >= leave:
        enter, leave = np.inf, -np.inf
    for middle in (low, high):
        ball = _roots(flat + dy * dy, ahead + dy * middle, around + middle * middle)
        if ball[0] < ball[1]:
            enter, leave = min(enter, ball[0]), max(leave, ball[1])
    return enter, leave


@compiled
def _between(low: float, high: float, step: float) -> tuple[float, float]:
    """Where low <= t * step <= high."""
    if step == 0:
        return (-np.inf, np.inf) if low <= 0 <= high else (np.inf, -np.inf)
    return (low / step, high / step) if step > 0 else (high / step, low / step)


@compiled
def _roots(a: float, b: float, c: float) -> tuple[float, float]:
    """Where a t² - 2 b t + c <= 0."""
    square = b * b - a * c
    if square <= 0 or a == 0:
        return np.inf, -np.inf
    half = math.sqrt(square)
    return (b - half) / a, (b + half) / a
