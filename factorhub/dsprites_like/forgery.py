"""Traces of forged faces: what methods that swap or retouch faces leave behind, by method and strength, as factors of heads.

Each method mixes the picture with another of the same face, made from it, where the face is: strength is that other's share.
"""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array

METHODS = ("none", "seam", "colour_shift", "blur", "upsample", "ghost")
EDGE = 5.0  # how steeply the face's region ends: its share falls from 1 to 0 over 1 / EDGE of the squared distance
REGION = 1.5  # how far the region reaches, in distances from its middle to the farthest of eyes and mouth
TINT = np.array([46.0, -6.0, -34.0])
LINE = 90.0  # levels by which a seam is darker


def forge(images: Array, face: Array, points: Array, methods: Array, strengths: Array) -> Array:
    """Leave traces in pictures.

    Args:
        images: (n, size, size, 3) uint8, changed in place.
        face: (n, size, size) bool: the pixels that show the face.
        points: (n, p, 2) [px]: eyes and ends of the mouth.
        methods: (n,) codes of `METHODS`.
        strengths: (n,) from 0 to 1.

    Returns:
        (n, size, size) uint8: 1 where the picture was changed.
    """
    changed = np.zeros(face.shape, np.uint8)
    for code in range(1, len(METHODS)):
        rows = np.flatnonzero(methods == code)
        if len(rows) == 0:
            continue
        before = images[rows].astype(np.float64)
        share, other = _other(METHODS[code], before, _squared(points[rows], face.shape[1]))
        share = share * face[rows] * strengths[rows, None, None]
        images[rows] = np.rint(np.clip(before + share[..., None] * (other - before), 0.0, 255.0))
        changed[rows] = (images[rows] != before).any(axis=-1)
    return changed


def _other(method: str, picture: Array, squared: Array) -> tuple[Array, Array]:
    """How much (n, size, size) of which other picture (n, size, size, 3) a method leaves at strength 1."""
    size = picture.shape[1]
    inside = np.clip((1.0 - squared) * EDGE, 0.0, 1.0)
    if method == "seam":
        return np.clip(1.0 - np.abs(squared - 0.8) * EDGE, 0.0, 1.0), picture - LINE
    if method == "colour_shift":
        return inside, picture + TINT
    if method == "blur":
        return inside, _smooth(_smooth(picture, size // 24 + 1), size // 24 + 1)
    if method == "upsample":
        return inside, _coarse(picture, max(size // 16, 2))
    shift = max(size // 16, 1)
    return inside * 0.5, np.roll(picture, (-shift // 2, shift), axis=(1, 2))


def _squared(points: Array, size: int) -> Array:
    """The squared distance of each pixel's centre from the middle of the points, (n, size, size); 1 at the region's end."""
    middle = points.mean(axis=1)
    away = points - middle[:, None]
    reach = np.maximum((away[..., 0] ** 2 + away[..., 1] ** 2).max(axis=1), 1.0) * REGION**2
    at = np.arange(size) + 0.5
    x, y = at - middle[:, :1], at - middle[:, 1:]
    return np.asarray((x[:, None] ** 2 + y[:, :, None] ** 2) / reach[:, None, None])


def _smooth(picture: Array, radius: int) -> Array:
    """The means over squares of 2 radius + 1 pixels."""
    for axis in (1, 2):
        wide = [(0, 0)] * 4
        wide[axis] = (radius, radius)
        padded = np.pad(picture, wide, mode="edge")
        parts = [np.take(padded, range(k, k + picture.shape[axis]), axis=axis) for k in range(2 * radius + 1)]
        picture = sum(parts[1:], parts[0]) / (2 * radius + 1)
    return picture


def _coarse(picture: Array, block: int) -> Array:
    """The upper left pixel of each block in the place of the block."""
    at = np.arange(picture.shape[1]) // block * block
    return np.asarray(picture[:, at][:, :, at])
