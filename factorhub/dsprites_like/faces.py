"""Convex solids in space as shaded faces: unit meshes that are placed, seen by a camera, and painted from far to near.

Every face is a polygon of one colour, painted by the share of each pixel that it covers, its corners half a pixel further out
than they are: what lies behind would else show through the seams between faces. Solids must not pass through one another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from factorhub.factors import Array
from factorhub.numerics.angles import sines

if TYPE_CHECKING:
    from factorhub.dsprites_like.kernels.shading import Faces

MOST = 255  # faces that are painted at once: the map of which is seen has bytes
WHITE = np.ones(3)
NO_DEPTHS = np.empty((0, 0, 0), np.float32)
DEPTH = "along the camera's axis, in the scene's units of length; infinite where nothing is"
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


def nothing(count: int, size: int) -> Array:
    """Depth maps (count, size, size) float32 of pictures in which nothing is yet."""
    return np.full((count, size, size), np.inf, np.float32)


def _dot(a: Array, b: Array) -> Array:
    return np.asarray(a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2])


def paint(
    images: Array,
    solids: Sequence[Solid],
    camera: Camera,
    lamp: Array,
    *,
    ambient: Array | float = 0.45,
    light: Array = WHITE,
    depths: Array = NO_DEPTHS,
) -> Array:
    """Paint solids over the pictures, from the farthest to the nearest, and say which part each pixel shows.

    Args:
        images: (n, size, size, 3) uint8, painted over.
        solids: none inside another.
        camera: of each picture.
        lamp: (n, 3) towards the lamp.
        ambient: the share of light that comes from everywhere, (n, 1) or one for all.
        light: the lamp's colour (n, 3) or (3,), 1 is white.
        depths: (n, size, size) float32, in place: how far ahead of the eye what each pixel shows lies, where anything is; or empty.

    Returns:
        (n, size, size) uint8: the number of the part, 0 where none is.
    """
    from factorhub.dsprites_like.kernels.coverage import NO_COUNTS, NO_MASKS, paint_sprites
    from factorhub.dsprites_like.kernels.shading import name_pixels

    n, size = images.shape[:2]
    parts = np.zeros((n, size, size), np.uint8)
    if n == 0:
        return parts
    faces = _seen(solids, camera, lamp, np.hstack([np.broadcast_to(ambient, (n, 1)), np.broadcast_to(light, (n, 3))]), size)
    firsts = np.cumsum(faces.counts) - faces.counts
    for begin in range(0, int(faces.counts.max()), MOST):
        some = np.arange(begin, min(begin + MOST, int(faces.counts.max())))
        numbers = np.where(some < faces.counts[:, None], firsts[:, None] + some, -1)
        poses = np.zeros((*numbers.shape, 5))
        poses[..., 0], poses[..., 1] = numbers, 1.0
        painted = np.zeros_like(parts)
        paint_sprites(faces.vertices, faces.starts, poses, faces.tints[numbers], True, images, painted, NO_MASKS, NO_COUNTS)
        name_pixels(painted, firsts + begin, faces, camera.focus * size, parts, depths)
    return parts


def _seen(solids: Sequence[Solid], camera: Camera, lamp: Array, lights: Array, size: int) -> Faces:
    """The faces of the solids that are seen in each picture."""
    from factorhub.dsprites_like.kernels.shading import Faces, Meshes, Scenes, list_faces

    n = len(lamp)
    meshes = _joined(tuple(solid.mesh for solid in solids))
    ground, parts = np.array([solid.ground for solid in solids]), np.array([solid.part for solid in solids], np.uint8)
    present = [np.ones(n, np.bool_) if solid.present is None else solid.present for solid in solids]
    scenes = Scenes(
        np.concatenate([solid.placed() for solid in solids], axis=1),
        np.stack([solid.centre for solid in solids], axis=1),
        np.stack([solid.colour for solid in solids], axis=1),
        np.stack(present, axis=1),
        np.stack(camera.axes, axis=1),
        lamp / np.sqrt(_dot(lamp, lamp))[:, None],
        lights,
    )
    faces, sizes, first, corner = meshes
    most = n * len(sizes)
    room = np.empty((n * int(sizes.sum()), 2)), np.empty(most + 1, np.int64), np.empty((most, 3), np.uint8)
    out = Faces(*room, np.empty(most, np.uint8), np.empty((most, 6)), np.empty(n, np.int64))
    list_faces(scenes, Meshes(faces, sizes, first, corner, ground, parts), camera.focus * size, size, out)
    total = int(out.counts.sum())
    starts = out.starts[: total + 1]
    return Faces(out.vertices[: starts[-1]], starts, out.tints, out.parts, out.planes, out.counts)


def _joined(meshes: Sequence[Mesh]) -> tuple[Array, Array, Array, Array]:
    """The faces (f, k) of several meshes, filled up with -1, their sizes (f,), and where faces and corners of each mesh begin."""
    corner = np.cumsum([0, *(len(mesh.corners) for mesh in meshes)])
    groups = [group + start for mesh, start in zip(meshes, corner, strict=False) for group in mesh.faces]
    faces = np.full((sum(map(len, groups)), max(group.shape[1] for group in groups)), -1)
    sizes = np.concatenate([np.full(len(group), group.shape[1]) for group in groups])
    at = 0
    for group in groups:
        faces[at : at + len(group), : group.shape[1]] = group
        at += len(group)
    return faces, sizes, np.cumsum([0, *(sum(map(len, mesh.faces)) for mesh in meshes)]), corner
