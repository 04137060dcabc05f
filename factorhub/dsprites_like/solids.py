"""Upright solids on a floor (cube, cylinder, sphere, capsule): where rays from a point meet them.

Two questions answer everything a picture needs. `span`: of the rays in one plane, which meet the solid? From the eye
that is the solid's extent along a row of pixels, from the light the extent of its shadow. `strike`: where does one
ray meet it, and which way does the surface face there?

A solid is given as (kind, radius, height, x, y, z, sine, cosine): its foot (x, y, z) relative to the point the rays
leave from, y up; its half width and height; and the turn of the camera, and so of cubes, about the vertical. Rays run along (w, dy, dz).
All solids are convex, and every ray that is asked about starts outside.
"""

from __future__ import annotations

import math

import numpy as np

from factorhub.compiled import compiled

CUBE, CYLINDER, SPHERE, CAPSULE = range(4)


@compiled
def span(
    kind: int, radius: float, height: float, x: float, y: float, z: float, sine: float, cosine: float, dy: float, dz: float
) -> tuple[float, float]:
    """(low, high): the rays along (w, dy, dz) that meet the solid are those with low <= w <= high; low > high if none do.

    The plane of the rays cuts the solid in a convex figure, whose extreme points lie on the solid's rims (top and
    bottom), on the uprights where it turns away (a cube's edges, the lines where rays graze a cylinder) or on a sphere.
    """
    low, high = np.inf, -np.inf
    if kind == SPHERE or kind == CAPSULE:
        low, high = _ball(radius, x, y + radius, z, dy, dz)
        if kind == SPHERE:
            return low, high
        other = _ball(radius, x, y + height - radius, z, dy, dz)
        low, high = min(low, other[0]), max(high, other[1])
        y, height = y + radius, height - 2 * radius
    if kind == CUBE:
        p, q = radius * (cosine + sine), radius * (cosine - sine)
        for level in (y, y + height):
            if dy != 0:
                reach = level / dy
                if reach > 0:
                    cut = reach * dz - z
                    for a, b, c, d in ((p, q, q, -p), (q, -p, -p, -q), (-p, -q, -q, p), (-q, p, p, q)):
                        if (b <= cut) != (d <= cut):
                            w = (x + a + (cut - b) / (d - b) * (c - a)) / reach
                            low, high = min(low, w), max(high, w)
        for a, b in ((p, q), (q, -p), (-p, -q), (-q, p)):
            w = _upright(x + a, y, z + b, height, dy, dz)
            low, high = min(low, w[0]), max(high, w[1])
        return low, high
    if kind == CYLINDER and dy != 0:
        for level in (y, y + height):
            reach = level / dy
            cut = reach * dz - z
            square = radius * radius - cut * cut
            if reach > 0 and square >= 0:
                half = math.sqrt(square)
                low, high = min(low, (x - half) / reach), max(high, (x + half) / reach)
    far = x * x + z * z
    if far > radius * radius:
        along = 1 - radius * radius / far
        across = radius * math.sqrt(far - radius * radius) / far
        for side in (-across, across):
            w = _upright(along * x + side * z, y, along * z - side * x, height, dy, dz)
            low, high = min(low, w[0]), max(high, w[1])
    return low, high


@compiled
def _ball(radius: float, x: float, y: float, z: float, dy: float, dz: float) -> tuple[float, float]:
    """The span of a ball with centre (x, y, z)."""
    ahead = y * dy + z * dz
    room = y * y + z * z - radius * radius
    square = (room + x * x) * (ahead * ahead - (dy * dy + dz * dz) * room)
    if square < 0 or ahead <= 0:
        return np.inf, -np.inf
    half = math.sqrt(square)
    return (x * ahead - half) / room, (x * ahead + half) / room


@compiled
def _upright(x: float, y: float, z: float, height: float, dy: float, dz: float) -> tuple[float, float]:
    """The span of an upright line of this height over (x, y, z)."""
    foot = y * dz - z * dy
    head = foot + height * dz
    if (foot < 0) == (head < 0):
        return np.inf, -np.inf
    reach = ((y + height * foot / (foot - head)) * dy + z * dz) / (dy * dy + dz * dz)
    return (x / reach, x / reach) if reach > 0 else (np.inf, -np.inf)


@compiled
def strike(
    kind: int, radius: float, height: float, x: float, y: float, z: float, sine: float, cosine: float, w: float, dy: float, dz: float
) -> tuple[bool, float, float, float, float]:
    """(met, t, nx, ny, nz): whether the ray meets the solid, at t times (w, dy, dz), and the normal of the surface there.

    A ray that just misses gets the t and normal of the point it passes closest to, so that silhouettes can be shaded.
    """
    if kind == CUBE:
        aside, ahead = x * cosine - z * sine, x * sine + z * cosine
        du, dv = w * cosine - dz * sine, w * sine + dz * cosine
        enter, leave, axis = -np.inf, np.inf, 0
        for i, (centre, half, step) in enumerate(((aside, radius, du), (y + 0.5 * height, 0.5 * height, dy), (ahead, radius, dv))):
            if step != 0:
                middle, reach = centre / step, half / abs(step)
                if middle - reach > enter:
                    enter, axis = middle - reach, i
                leave = min(leave, middle + reach)
            elif abs(centre) > half:
                leave = -np.inf
        met = enter <= leave and enter > 0
        if axis == 0:
            facing = -1.0 if du > 0 else 1.0
            return met, enter, facing * cosine, 0.0, -facing * sine
        if axis == 1:
            return met, enter, 0.0, -1.0 if dy > 0 else 1.0, 0.0
        facing = -1.0 if dv > 0 else 1.0
        return met, enter, facing * sine, 0.0, facing * cosine
    bottom, top = (y, y + height) if kind == CYLINDER else (y + radius, y + height - radius)
    if kind != SPHERE:
        flat = w * w + dz * dz
        ahead = w * x + dz * z
        square = ahead * ahead - flat * (x * x + z * z - radius * radius)
        t = (ahead - math.sqrt(max(square, 0.0))) / flat if flat > 0 else -np.inf
        at = t * dy
        if kind == CYLINDER and at > top and dy < 0:
            t = top / dy
            off_x, off_z = t * w - x, t * dz - z
            return t > 0 and off_x * off_x + off_z * off_z <= radius * radius, t, 0.0, 1.0, 0.0
        if kind == CYLINDER or bottom <= at <= top:
            met = square >= 0 and t > 0 and bottom <= at <= top
            return met, t, (t * w - x) / radius, 0.0, (t * dz - z) / radius
        middle = top if at > top else bottom
    else:
        middle = bottom
    long = w * w + dy * dy + dz * dz
    ahead = w * x + dy * middle + dz * z
    square = ahead * ahead - long * (x * x + middle * middle + z * z - radius * radius)
    t = (ahead - math.sqrt(max(square, 0.0))) / long
    return square >= 0 and t > 0, t, (t * w - x) / radius, (t * dy - middle) / radius, (t * dz - z) / radius
