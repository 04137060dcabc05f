"""Figures of filled shapes over white, framed and stroked as the plotting library that drew the published causal scenes does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from factorhub.factors import Array

LEFT, RIGHT, BOTTOM, TOP = 0.125, 0.9, 0.11, 0.88  # the frame, in fractions of the picture's side
PUBLISHED = 96  # the side of the published pictures [px], at which fixed strokes are sharp and the frame ends between pixels
EDGES = 12, 86, 12, 85  # of the frame in these pictures: left, right, top, bottom
SIDES = 128  # of the polygon that stands for a circle: within 0.004 px at 96 px
TURN = 2 * math.pi * np.arange(SIDES) / SIDES
CIRCLE = np.stack([np.cos(TURN), np.sin(TURN)], axis=-1)
COLORS = {
    "black": (0, 0, 0, 255),
    "firebrick": (178, 34, 34, 255),
    "orange": (255, 165, 0, 255),
    "lightskyblue": (135, 206, 250, 255),
}


@dataclass(frozen=True)
class Figure:
    """A square picture of `size` pixels, one inch wide, whose frame shows `width` of x from `first` on and y from `low` to `high`.

    Every shape is an array (n, vertices, 2) of pixel positions, y down, for n pictures; stroke widths are in points.
    """

    size: int
    width: float
    low: float
    high: float
    first: float = 0.0

    @property
    def point(self) -> float:
        """A point, 1/72 inch, in pixels."""
        return self.size / 72

    @property
    def scale(self) -> Array:
        """Pixels per unit of x and y."""
        return np.array([RIGHT - LEFT, TOP - BOTTOM]) * self.size / [self.width, self.high - self.low]

    def at(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Array:
        """The pixel positions (…, 2) of points of the frame."""
        across, down = self.scale
        x, y = np.broadcast_arrays(
            LEFT * self.size + across * (np.asarray(x) - self.first), (1 - BOTTOM) * self.size - down * (np.asarray(y) - self.low)
        )
        return np.stack([x, y], axis=-1)

    def disc(self, centres: Array, radius: npt.ArrayLike) -> Array:
        """Discs about pixel positions (n, 2), of a radius in units of the frame, with the usual stroke of one point."""
        axes = np.asarray(radius, np.float64)[..., None] * self.scale + self.point / 2
        return np.asarray(centres[:, None] + axes[..., None, :] * CIRCLE)

    def band(self, path: Array, tangents: Array, points: float, *, square: bool = False) -> Array:
        """Strokes along paths (n, v, 2) with these tangents, `points` wide; `square` ends reach half the width beyond."""
        half = points * self.point / 2
        ahead = tangents * (half / np.sqrt((tangents**2).sum(axis=-1, keepdims=True)))
        if square:
            path = np.concatenate([path[:, :1] - ahead[:, :1], path[:, 1:-1], path[:, -1:] + ahead[:, -1:]], axis=1)
        aside = np.stack([ahead[..., 1], -ahead[..., 0]], axis=-1)
        return np.concatenate([path + aside, (path - aside)[:, ::-1]], axis=1)

    def line(self, start: Array, end: Array, points: float) -> Array:
        """Straight strokes between pixel positions (n, 2), `points` wide, cut off square at both ends."""
        path = np.stack(np.broadcast_arrays(start, end), axis=1)
        return self.band(path, np.broadcast_to(path[:, 1:] - path[:, :1], path.shape), points)

    def crisp(self, pixel: float, points: float) -> float:
        """Where a fixed upright or level stroke at `pixel` goes: on the pixel's middle or edge that it has at 96 pixels."""
        published = self.size / PUBLISHED
        return published * (math.floor(pixel / published + 0.5) + 0.5 * (round(points * PUBLISHED / 72) % 2))

    def paint(self, n: int, shapes: Sequence[tuple[Array, str]], channels: int, ground: Array | None = None) -> Array:
        """n pictures (n, size, size, channels) uint8: shapes (n or 1, vertices, 2) with their colours, later ones on top.

        They lie on a `ground` (n, channels) uint8, or on white, within a white margin.
        """
        from factorhub.dsprites_like.kernels.coverage import paint_sprites

        vertices = np.concatenate([np.broadcast_to(outlines, (n, *outlines.shape[1:])) for outlines, _ in shapes], axis=1)
        ends = np.cumsum([outlines.shape[1] for outlines, _ in shapes])
        starts = np.append(0, np.arange(n)[:, None] * ends[-1] + ends)
        poses = np.zeros((n, len(shapes), 5))
        poses[..., 0] = np.arange(n * len(shapes)).reshape(n, len(shapes))  # every shape of every picture has an outline of its own
        poses[..., 1] = 1
        colors = np.broadcast_to(np.array([COLORS[name][:channels] for _, name in shapes], np.uint8), (n, len(shapes), channels))
        images = np.full((n, self.size, self.size, channels), 255, np.uint8)
        if ground is not None:
            images[:] = ground[:, None, None]
        nothing = np.empty((0, 0, 0), np.uint8), np.empty((0, 0, 0, 0), np.uint8), np.empty((0, 0, 2), np.int64)
        paint_sprites(vertices.reshape(-1, 2), starts, poses, np.ascontiguousarray(colors), True, images, *nothing)
        left, right, top, bottom = (round(edge * self.size / PUBLISHED) for edge in EDGES)
        images[:, :top] = images[:, bottom:] = images[:, :, :left] = images[:, :, right:] = 255
        return images
