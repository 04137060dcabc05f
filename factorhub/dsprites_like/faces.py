"""Convex solids in space as shaded faces: unit meshes that are placed, seen by a camera, and painted from far to near.

Every face is a polygon of one colour, painted by the share of each pixel that it covers, its corners half a pixel further out
than they are: what lies behind would else show through the seams between faces. Solids must not pass through one another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from factorhub.factors import Array
from factorhub.numerics.angles import sines

GROWTH = 0.5  # pixels
NEAREST = 0.05  # what comes nearer to the eye is not drawn
SCATTERED = 0.3  # the share of the light from everywhere that has the lamp's colour
MOST = 255  # faces that are painted at once: the map of which is seen has bytes
WHITE = np.ones(3)
ROUND = 20  # faces around what stands for a round solid


class Mesh(NamedTuple):
    """A convex solid: corners (v, 3), and its faces (f, k) as numbers of corners, counter-clockwise from outside, by their k."""

    corners: Array
    faces: tuple[Array, ...]


def _ring(sides: int, radius: float, z: float) -> list[tuple[float, float, float]]:
    turns = [2 * math.pi * (i + 0.5) / sides for i in range(sides)]
    return [(radius * round(math.cos(turn), 12), radius * round(math.sin(turn), 12), z) for turn in turns]


@cache
def frustum(sides: int, top: float = 1.0) -> Mesh:
    """A prism of radius 1 from z = -1 to 1, whose upper end has the radius `top`; 0 makes a pyramid or a cone."""
    lower = _ring(sides, 1.0, -1.0)
    turn = [(i, (i + 1) % sides) for i in range(sides)]
    floor = np.array([list(range(sides))[::-1]])
    if top == 0.0:
        return Mesh(np.array([*lower, (0.0, 0.0, 1.0)]), (floor, np.array([(a, b, sides) for a, b in turn])))
    quads = np.array([(a, b, b + sides, a + sides) for a, b in turn])
    return Mesh(np.array([*lower, *_ring(sides, top, 1.0)]), (floor, np.array([list(range(sides, 2 * sides))]), quads))


@cache
def box() -> Mesh:
    """A cube from -1 to 1."""
    found = frustum(4)
    return Mesh(found.corners * [math.sqrt(2), math.sqrt(2), 1.0], found.faces)


@cache
def ball(rings: int = 8, sides: int = 16) -> Mesh:
    """A sphere of radius 1 as rings of quads between two caps."""
    levels = [math.pi * (i + 0.5) / rings - math.pi / 2 for i in range(rings)]
    corners = [corner for level in levels for corner in _ring(sides, math.cos(level), math.sin(level))]
    quads = [
        (r * sides + a, r * sides + b, (r + 1) * sides + b, (r + 1) * sides + a)
        for r in range(rings - 1)
        for a, b in ((i, (i + 1) % sides) for i in range(sides))
    ]
    caps = np.array([list(range(sides))[::-1], list(range((rings - 1) * sides, rings * sides))])
    return Mesh(np.array(corners), (caps, np.array(quads)))


@dataclass(frozen=True)
class Solid:
    """One part of a scene, for n pictures.

    Attributes:
        mesh: its faces, and its shape at unit size.
        frame: (n, 3, 3), the directions of its own x, y and z, each as long as half its size, in the columns.
        centre: (n, 3); what is nearer to the camera by its centre is painted later.
        colour: (n, 3), 0 … 255.
        part: its number in the map of parts.
        present: (n,) where it is to be seen; everywhere by default.
        ground: True for what all others stand on: it is painted before them.
        corners: (n, v, 3) in space, where they are not those of the mesh, turned and sized by the frame.
    """

    mesh: Mesh
    frame: Array
    centre: Array
    colour: Array
    part: int = 1
    present: Array | None = None
    ground: bool = False
    corners: Array | None = None

    def placed(self) -> Array:
        """The corners (n, v, 3) in space."""
        if self.corners is not None:
            return self.corners
        found = self.centre[:, None].repeat(len(self.mesh.corners), axis=1)
        for k in range(3):
            found += self.frame[:, None, :, k] * self.mesh.corners[None, :, None, k]
        return found


def turned(frame: Array, axis: int, angle: Array) -> Array:
    """Frames (n, 3, 3) turned about one of the axes of the space they lie in by angles (n,) [rad]."""
    sine, cosine = sines(angle)
    a, b = (axis + 1) % 3, (axis + 2) % 3
    found = frame.copy()
    found[:, a] = cosine[:, None] * frame[:, a] - sine[:, None] * frame[:, b]
    found[:, b] = sine[:, None] * frame[:, a] + cosine[:, None] * frame[:, b]
    return found


def sized(n: int, x: npt.ArrayLike, y: npt.ArrayLike, z: npt.ArrayLike) -> Array:
    """Frames (n, 3, 3) along the axes, with these half sizes."""
    frame = np.zeros((n, 3, 3))
    frame[:, 0, 0], frame[:, 1, 1], frame[:, 2, 2] = x, y, z
    return frame


def moved(frame: Array, offset: Sequence[float]) -> Array:
    """Where a point given in a frame's own half sizes lies from the frame's centre, (n, 3)."""
    return frame[:, :, 0] * offset[0] + frame[:, :, 1] * offset[1] + frame[:, :, 2] * offset[2]


@dataclass(frozen=True)
class Camera:
    """Looks at a point from a distance; z is up.

    Attributes:
        azimuth, elevation: (n,) of the camera as seen from `target` [rad].
        distance: (n,) from the target.
        target: (n, 3).
        focus: how many picture widths wide a length of 1 is at distance 1.
    """

    azimuth: Array
    elevation: Array
    distance: Array
    target: Array
    focus: float = 1.8

    @cached_property
    def axes(self) -> tuple[Array, Array, Array, Array]:
        """The eye (n, 3), and the directions to the right, up and forward (n, 3)."""
        (sa, ca), (se, ce) = sines(self.azimuth), sines(self.elevation)
        back = np.stack([ca * ce, sa * ce, se], axis=-1)
        right = np.stack([-sa, ca, np.zeros_like(sa)], axis=-1)
        up = np.stack([-ca * se, -sa * se, ce], axis=-1)
        return self.target + self.distance[:, None] * back, right, up, -back

    def pixels(self, points: Array, size: int) -> tuple[Array, Array]:
        """Where points (n, v, 3) are in a picture (n, v, 2) [px, y down], and how far ahead (n, v)."""
        eye, right, up, forward = (axis[:, None] for axis in self.axes)
        away = points - eye
        depth = _dot(away, forward)
        scale = self.focus * size / np.maximum(depth, 1e-3)
        return np.stack([size / 2 + scale * _dot(away, right), size / 2 - scale * _dot(away, up)], axis=-1), depth


def _dot(a: Array, b: Array) -> Array:
    return np.asarray(a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2])


def _cross(a: Array, b: Array) -> Array:
    x = a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]
    y = a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]
    return np.stack([x, y, a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]], axis=-1)


def _listed(outlines: Sequence[Array], visible: Array, order: Array, numbers: Array) -> tuple[Array, Array]:
    """The corners (total, 2) of all faces that are seen, half a pixel further from the middle of each, and where each face begins.

    Fills `numbers` (n, most) with the number of each face in their `order` (n, most), -1 where there is none.
    """
    place, at, listed, counts = np.full(visible.shape, -1), 0, [], []
    for column, group in zip(np.cumsum([0, *(group.shape[1] for group in outlines)])[:-1], outlines, strict=False):
        seen = visible[:, column : column + group.shape[1]]
        faces = group[seen]
        place[:, column : column + group.shape[1]][seen] = at + np.arange(len(faces))
        away = faces - faces.mean(axis=1, keepdims=True)
        length = np.sqrt(away[..., 0] ** 2 + away[..., 1] ** 2)[..., None]
        listed.append((faces + away * (GROWTH / np.maximum(length, 1e-9))).reshape(-1, 2))
        counts.append(np.full(len(faces), group.shape[2]))
        at += len(faces)
    numbers[:] = np.take_along_axis(place, order, axis=1)
    return np.concatenate(listed), np.append(0, np.cumsum(np.concatenate(counts)))


def paint(
    images: Array,
    solids: Sequence[Solid],
    camera: Camera,
    lamp: Array,
    *,
    ambient: Array | float = 0.45,
    light: Array = WHITE,
) -> Array:
    """Paint solids over the pictures, from the farthest to the nearest, and say which part each pixel shows.

    Args:
        images: (n, size, size, 3) uint8, painted over.
        solids: none inside another.
        camera: of each picture.
        lamp: (n, 3) towards the lamp.
        ambient: the share of light that comes from everywhere, (n, 1, 1) or one for all.
        light: the lamp's colour (n, 1, 3) or (3,), 1 is white.

    Returns:
        (n, size, size) uint8: the number of the part, 0 where none is.
    """
    from factorhub.dsprites_like.kernels.coverage import NO_COUNTS, NO_MASKS, paint_sprites

    n, size = images.shape[:2]
    if n == 0:
        return np.zeros((n, size, size), np.uint8)
    lamp = lamp / np.sqrt(_dot(lamp, lamp))[:, None]
    outlines: list[Array] = []  # (n, faces, corners, 2) of each group of faces with as many corners
    seen, lits, keys, owners = [], [], [], []
    for number, solid in enumerate(solids):
        corners = solid.placed()
        points, depth = camera.pixels(corners, size)
        shown = (depth.min(axis=1) > NEAREST) & (True if solid.present is None else solid.present)
        key = np.where(solid.ground, -np.inf, -camera.pixels(solid.centre[:, None], size)[1])
        for faces in solid.mesh.faces:
            flat, third = points[:, faces], faces[:, [0, faces.shape[1] // 3, 2 * faces.shape[1] // 3]]
            at, on = corners[:, third], points[:, third]
            first, second = on[:, :, 1] - on[:, :, 0], on[:, :, 2] - on[:, :, 0]
            facing = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0] < 0
            normal = _cross(at[:, :, 1] - at[:, :, 0], at[:, :, 2] - at[:, :, 0])
            lit = _dot(normal, lamp[:, None]) / np.maximum(np.sqrt(_dot(normal, normal)), 1e-12)
            outlines.append(flat)
            seen.append(facing & shown[:, None])
            lits.append(np.maximum(lit, 0.0))
            keys.append(np.broadcast_to(key, facing.shape))
            owners.append(np.full(facing.shape[1], number))
    visible = np.concatenate(seen, axis=1)
    order = np.argsort(np.where(visible, np.concatenate(keys, axis=1), np.inf), axis=1, kind="stable")
    order = order[:, : max(int(visible.sum(axis=1).max()), 1)]
    owner = np.concatenate(owners)[order]
    lamplight: Array = np.take_along_axis(np.concatenate(lits, axis=1), order, axis=1)[..., None] * light
    level = lamplight * (1.0 - ambient) + ambient * (1.0 - SCATTERED + SCATTERED * light)
    base = np.stack([solid.colour for solid in solids], axis=1)[np.arange(n)[:, None], owner]
    tints = np.minimum(np.rint(base * level), 255.0).astype(np.uint8)
    poses = np.zeros((n, order.shape[1], 5))
    poses[..., 1] = 1.0
    vertices, starts = _listed(outlines, visible, order, poses[..., 0])
    vertices = np.clip(vertices, -8.0 * size, 8.0 * size)
    parts = np.array([solid.part for solid in solids], np.uint8)[owner]
    found = np.zeros((n, size, size), np.uint8)
    for begin in range(0, order.shape[1], MOST):
        some = slice(begin, begin + MOST)
        instances = np.zeros_like(found)
        place, tint = np.ascontiguousarray(poses[:, some]), np.ascontiguousarray(tints[:, some])
        paint_sprites(vertices, starts, place, tint, True, images, instances, NO_MASKS, NO_COUNTS)
        named = np.concatenate([np.zeros((n, 1), np.uint8), parts[:, some]], axis=1)
        shown_part = np.take_along_axis(named, instances.reshape(n, -1).astype(np.int64), axis=1).reshape(found.shape)
        found = np.where(instances > 0, shown_part, found)
    return found
