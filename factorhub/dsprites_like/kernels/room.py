"""The empty room of 3D Shapes and its camera: floor, walls, sky and one lamp.

Everything is drawn in the camera's frame (x right, y up, z ahead, the origin on the floor below the camera), where the
ray of a pixel is (a, -b, 1). The walls' top and foot in a column of pixels then have a closed form, and edges are
blended by the share of the pixel they cover.

Lengths are in the unit in which the room is 7 wide. Camera, colours and lamp were fitted to published pictures and came
out as round numbers.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled

HALF, WALL = 3.5, 2.0  # half the room's width; the walls' height
DISTANCE, EYE = 2.5, 0.75  # from the room's axis to the camera; the camera's height
FOCUS = 1.0722534602547793  # picture side 1, so that the field of view is 50 degrees: 0.5 / tan 25°
LAMP_X, LAMP_Y, LAMP_Z = -1.4, 7.2, 0.45  # in the room's frame: the camera's at orientation 0, the origin mid-floor
AMBIENT, HEAD, LAMP = 0.35, 0.6, 0.955  # levels of light: everywhere; from the camera, along its axis; from the lamp
SKY = (153.0, 226.0, 249.0)

View: TypeAlias = tuple[float, float, float, float]  # the camera's turn (sine, cosine); the lamp (x, z) in its frame


@compiled
def paint_room(view: View, tints: Array, shadow: Array, columns: Array, work: Array, image: Array) -> None:
    """Draw floor, walls and sky.

    Args:
        view: of the camera.
        tints: (2 or more, 3) colours of floor and walls, 0 … 255.
        shadow: (size, size) the share of each pixel's floor in shadow; all zeros afterwards.
        columns: (7, size) filled with what `_wall_columns` says.
        work: (4 or more, size), scratch, any finite numbers.
        image: (size, size, 3) uint8.
    """
    size = image.shape[0]
    row, level = work[:3], work[3]
    _wall_columns(view, columns)
    top, last_top, foot, last_foot = float(size), 0.0, float(size), 0.0
    for x in range(size):
        top, last_top = min(top, columns[1, x]), max(last_top, columns[1, x])
        foot, last_foot = min(foot, columns[2, x]), max(last_foot, columns[2, x])
    for y in range(size):
        if y + 1 > foot:
            _light_floor(view, y, columns, shadow[y], level)
            for x in range(size):
                shadow[y, x] = 0.0
            _lay(-1, columns[2], tints[0, 0], tints[0, 1], tints[0, 2], level, row)
        if y < last_foot and y + 1 > top:
            _light_wall(y, columns, level)
            _lay(y, columns[2], tints[1, 0], tints[1, 1], tints[1, 2], level, row)
        if y < last_top:
            for x in range(size):
                level[x] = 1.0
            _lay(y, columns[1], SKY[0], SKY[1], SKY[2], level, row)
        for x in range(size):
            for channel in range(3):
                image[y, x, channel] = np.uint8(row[channel, x] + 0.5)


@compiled
def _wall_columns(view: View, columns: Array) -> None:
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
def _light_floor(view: View, y: int, columns: Array, shadow: Array, level: Array) -> None:
    """The level of light on the floor in the pixels of row y; where a wall hides it, that at the wall's foot."""
    lamp_x, lamp_z = view[2], view[3]
    b = ((y + 0.5) / level.size - 0.5) / FOCUS
    limit = EYE / b if b > 0 else np.inf
    for x in range(level.size):
        depth = min(columns[0, x], limit)
        off_x, off_z = columns[6, x] * depth - lamp_x, depth - lamp_z
        square = LAMP_Y * LAMP_Y / (LAMP_Y * LAMP_Y + off_x * off_x + off_z * off_z)
        level[x] = AMBIENT + LAMP * (1 - shadow[x]) * beam(square) * math.sqrt(square)


@compiled
def _light_wall(y: int, columns: Array, level: Array) -> None:
    """The level of light on the walls in the pixels of row y."""
    b = ((y + 0.5) / level.size - 0.5) / FOCUS
    for x in range(level.size):
        down = LAMP_Y - EYE + b * columns[0, x]
        near = 1 / (columns[5, x] + down * down)
        level[x] = columns[3, x] + LAMP * columns[4, x] * beam(down * down * near) * math.sqrt(near)


@compiled
def beam(square: float) -> float:
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


SURFACES = ("sky", "floor", "far wall", "side wall")


def surfaces(angles: Array, size: int) -> Array:
    """Which of `SURFACES` the ray through each pixel's middle meets in the empty room, uint8 (n, size, size).

    Args:
        angles: (n,) of the camera's turn [degree].
        size: of the picture [px].
    """
    turn = np.deg2rad(np.asarray(angles, dtype=np.float64))[:, None]
    sine, cosine = np.sin(turn), np.cos(turn)
    a = ((np.arange(size) + 0.5) / size - 0.5) / FOCUS
    walls = np.stack(  # one over the depth of each; the largest shows
        [
            (cosine + sine * a) / (HALF + DISTANCE * cosine),
            (-sine + cosine * a) / (HALF - DISTANCE * sine),
            (sine - cosine * a) / (HALF + DISTANCE * sine),
        ]
    )
    inverse, side = walls.max(axis=0), walls.argmax(axis=0) > 0
    y = np.arange(size)[:, None] + 0.5
    sky = y < (size * (0.5 - FOCUS * (WALL - EYE) * inverse))[:, None]
    floor = y > (size * (0.5 + FOCUS * EYE * inverse))[:, None]
    return np.where(sky, 0, np.where(floor, 1, 2 + side[:, None])).astype(np.uint8)
