"""From solids in space to coloured outlines in a picture: which faces a camera sees, in what order, where, and how bright."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled

GROWTH = 0.5  # pixels
NEAREST = 0.05  # what comes nearer to the eye is not drawn
SCATTERED = 0.3  # the share of the light from everywhere that has the lamp's colour
BOUND = 8.0  # canvas sides: corners that are seen further out are moved there


class Meshes(NamedTuple):
    """The s solids of a scene, the same in each of its pictures.

    Attributes:
        faces, sizes: (f, k) and (f,) int64: numbers of the corners of each face, and how many it has.
        first, corner: (s + 1,) int64: where the faces and the corners of each solid begin.
        ground: (s,) bool: painted before all others.
        parts: (s,) uint8: the number of the part that a solid is of.
    """

    faces: Array
    sizes: Array
    first: Array
    corner: Array
    ground: Array
    parts: Array


class Scenes(NamedTuple):
    """What differs from picture to picture, float64 unless said otherwise.

    Attributes:
        corners: (n, v, 3) of all solids in space.
        centres, colours: (n, s, 3).
        present: (n, s) bool.
        cameras: (n, 4, 3): the eye, and the directions to the right, up and forward.
        lamps: (n, 3) towards the lamp, of length 1.
        lights: (n, 4): the share of light from everywhere, and the lamp's colour.
    """

    corners: Array
    centres: Array
    colours: Array
    present: Array
    cameras: Array
    lamps: Array
    lights: Array


class Faces(NamedTuple):
    """Faces that are seen, picture after picture, from the farthest to the nearest.

    Attributes:
        vertices, starts: (total, 2) float64 [px], and (faces + 1,) int64, where each face's begin.
        tints: (faces, 3) uint8.
        parts: (faces,) uint8.
        planes: (faces, 6) float64: a, b, c, d, near, far: along the ray forward + u right + v up it lies a / (b + c u + d v) ahead.
        counts: (n,) int64: faces of each picture.
    """

    vertices: Array
    starts: Array
    tints: Array
    parts: Array
    planes: Array
    counts: Array


@compiled
def list_faces(scenes: Scenes, meshes: Meshes, scale: float, size: int, out: Faces) -> None:
    """Fill `out` with the faces seen in pictures of `size` pixels, where a length of 1 at distance 1 has `scale` pixels."""
    n, v, _ = scenes.corners.shape
    solids = len(meshes.parts)
    points, ahead = np.empty((v, 2)), np.empty(v)
    keys, order = np.empty(solids), np.empty(solids, np.int64)
    face = vertex = 0
    out.starts[0] = 0
    for i in range(n):
        project(scenes.corners[i], scenes.cameras[i], scale, size, points, ahead)
        count = 0
        for j in range(solids):
            near = np.inf
            for c in range(meshes.corner[j], meshes.corner[j + 1]):
                near = min(near, ahead[c])
            if near <= NEAREST or not scenes.present[i, j]:
                continue
            key = -np.inf if meshes.ground[j] else -forward_of(scenes.centres[i, j], scenes.cameras[i])
            at = count
            while at > 0 and keys[at - 1] > key:
                keys[at], order[at] = keys[at - 1], order[at - 1]
                at -= 1
            keys[at], order[at] = key, j
            count += 1
        before = face
        for place in range(count):
            j = order[place]
            for f in range(meshes.first[j], meshes.first[j + 1]):
                k = meshes.sizes[f]
                a, b, c = meshes.faces[f, 0], meshes.faces[f, k // 3], meshes.faces[f, 2 * k // 3]
                turn = (points[b, 0] - points[a, 0]) * (points[c, 1] - points[a, 1])
                if not turn - (points[b, 1] - points[a, 1]) * (points[c, 0] - points[a, 0]) < 0:
                    continue
                shade(scenes, i, j, a, b, c, out.tints[face], out.planes[face])
                near, far = np.inf, 0.0
                x = y = 0.0
                for corner in meshes.faces[f, :k]:
                    x += points[corner, 0]
                    y += points[corner, 1]
                    near, far = min(near, ahead[corner]), max(far, ahead[corner])
                x, y = x / k, y / k
                for corner in meshes.faces[f, :k]:
                    across, down = points[corner, 0] - x, points[corner, 1] - y
                    more = GROWTH / max(np.sqrt(across * across + down * down), 1e-9)
                    out.vertices[vertex, 0] = min(max(points[corner, 0] + across * more, -BOUND * size), BOUND * size)
                    out.vertices[vertex, 1] = min(max(points[corner, 1] + down * more, -BOUND * size), BOUND * size)
                    vertex += 1
                out.planes[face, 4], out.planes[face, 5] = near, far
                out.parts[face] = meshes.parts[j]
                face += 1
                out.starts[face] = vertex
        out.counts[i] = face - before


@compiled
def forward_of(point: Array, camera: Array) -> float:
    """How far ahead of a camera (4, 3) a point (3,) lies."""
    x, y, z = point[0] - camera[0, 0], point[1] - camera[0, 1], point[2] - camera[0, 2]
    return x * camera[3, 0] + y * camera[3, 1] + z * camera[3, 2]


@compiled
def project(corners: Array, camera: Array, scale: float, size: int, points: Array, ahead: Array) -> None:
    """Fill `points` (v, 2) [px, y down] and `ahead` (v,) with where a camera (4, 3) sees corners (v, 3)."""
    for c in range(len(corners)):
        x, y, z = corners[c, 0] - camera[0, 0], corners[c, 1] - camera[0, 1], corners[c, 2] - camera[0, 2]
        depth = x * camera[3, 0] + y * camera[3, 1] + z * camera[3, 2]
        ahead[c] = depth
        zoom = scale / max(depth, 1e-3)
        points[c, 0] = size / 2 + zoom * (x * camera[1, 0] + y * camera[1, 1] + z * camera[1, 2])
        points[c, 1] = size / 2 - zoom * (x * camera[2, 0] + y * camera[2, 1] + z * camera[2, 2])


@compiled
def shade(scenes: Scenes, i: int, j: int, a: int, b: int, c: int, tint: Array, plane: Array) -> None:
    """Write the colour of a face of solid j in picture i, by three of its corners, and the first four numbers of its plane."""
    p, camera, lamp, light = scenes.corners[i], scenes.cameras[i], scenes.lamps[i], scenes.lights[i]
    ux, uy, uz = p[b, 0] - p[a, 0], p[b, 1] - p[a, 1], p[b, 2] - p[a, 2]
    wx, wy, wz = p[c, 0] - p[a, 0], p[c, 1] - p[a, 1], p[c, 2] - p[a, 2]
    nx, ny, nz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
    lit = (nx * lamp[0] + ny * lamp[1] + nz * lamp[2]) / max(np.sqrt(nx * nx + ny * ny + nz * nz), 1e-12)
    for channel in range(3):
        colour = light[1 + channel]
        level = max(lit, 0.0) * colour * (1.0 - light[0]) + light[0] * (1.0 - SCATTERED + SCATTERED * colour)
        tint[channel] = np.uint8(min(np.rint(scenes.colours[i, j, channel] * level), 255.0))
    x, y, z = p[a, 0] - camera[0, 0], p[a, 1] - camera[0, 1], p[a, 2] - camera[0, 2]
    plane[0] = nx * x + ny * y + nz * z
    for k in range(3):
        axis = camera[3] if k == 0 else camera[k]
        plane[1 + k] = nx * axis[0] + ny * axis[1] + nz * axis[2]


@compiled
def name_pixels(painted: Array, firsts: Array, faces: Faces, scale: float, parts: Array, depths: Array) -> None:
    """Write what each pixel shows, where something was painted: its part, and how far ahead it lies at the pixel's centre.

    Args:
        painted: (n, h, w) uint8: the number of a face, from 1 on; 0 where none is.
        firsts: (n,) int64: which face of `faces` has the number 1.
        scale: as for `list_faces`.
        parts: (n, h, w) uint8.
        depths: (n, h, w) float32; not written where n is 0.
    """
    n, height, width = painted.shape
    for i in range(n):
        for y in range(height):
            for x in range(width):
                if painted[i, y, x] == 0:
                    continue
                face = firsts[i] + painted[i, y, x] - 1
                parts[i, y, x] = faces.parts[face]
                if len(depths):
                    plane = faces.planes[face]
                    u, v = (x + 0.5 - width / 2) / scale, (height / 2 - y - 0.5) / scale
                    below = plane[1] + plane[2] * u + plane[3] * v
                    ahead = plane[0] / below if below != 0.0 else plane[5]
                    depths[i, y, x] = np.float32(min(max(ahead, plane[4]), plane[5]))
