"""What dSprites and its variants share: the shapes, their factors and symmetries, and painting one over any background."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Literal, TypeAlias

import numpy as np

from factorhub.errors import InputError
from factorhub.factors import Array, Factor, categorical, circular, continuous
from factorhub.fields import Field
from factorhub.space import Fold

GridValues: TypeAlias = Literal["original", "clean"]
Shapes: TypeAlias = Literal["original", "more"]
FOLDS = {"square": 4, "ellipse": 2, "heart": 1}  # the published shapes; by how many turns each is unchanged
MORE = {"triangle": 3, "pentagon": 5, "hexagon": 6, "star": 5, "cross": 4, "arrow": 1}
SHAPES = tuple(FOLDS)
RGB = ("red", "green", "blue")


def folds(shapes: Shapes) -> dict[str, int]:
    """The names of the shapes, and by how many turns each is unchanged."""
    return FOLDS if shapes == "original" else FOLDS | MORE


def outlines(size: int, shapes: Shapes = "original") -> list[Array]:
    """The outlines (vertices, 2) of the shapes at scale 1, in pixels of a canvas of side `size`, y down.

    The published shapes are fitted to published pictures; the others have about the square's area and, like it, the
    centroid at the origin. No shape reaches the border from anywhere in the range of posX and posY.
    """
    side = 0.15 * 64
    turn = 2 * math.pi * np.arange(34) / 34
    t = 2 * math.pi * np.arange(128) / 128
    down = -0.6625 * (13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) - 1.44
    drawn = [
        np.array([(-side, -side), (side, -side), (side, side), (-side, side)]),
        _snapped(12.8 * np.cos(turn), 7.25 * np.sin(turn)),
        _snapped(16 * 0.600 * np.sin(t) ** 3, down),
    ]
    if shapes == "more":
        arm, tip = 0.07, 0.2
        cross = [(arm, arm), (arm, tip), (-arm, tip), (-arm, arm), (-tip, arm), (-tip, -arm)]
        arrow = [(0, -0.2), (0.18, 0), (0.06, 0), (0.06, 0.2), (-0.06, 0.2), (-0.06, 0), (-0.18, 0)]
        drawn += [_corners(3, 0.24), _corners(5, 0.2), _corners(6, 0.19), _corners(10, 0.24, 0.12)]
        drawn += [64 * np.array([*cross, *((-x, -y) for x, y in cross)]), 64 * np.array(arrow)]
    return [outline * (size / 64) for outline in drawn]


def _corners(count: int, *radii: float) -> Array:
    """Points at even angles, the first on top, at these distances in turn [canvas sides], in pixels of a canvas of 64."""
    angles, radius = 2 * math.pi * np.arange(count) / count, 64 * np.resize(radii, count)
    return _snapped(radius * np.sin(angles), -radius * np.cos(angles))


def _snapped(x: Array, y: Array) -> Array:
    """Points on a lattice of 2**-32 pixel, so that the last bit of a library's sine cannot move a pixel."""
    points: Array = np.rint(np.stack([x, y], axis=1) * 2.0**32) * 2.0**-32
    return points


def sprite_factors(grid: GridValues, shapes: Shapes, *, turn_is_nuisance: bool = False) -> tuple[Factor, ...]:
    """Shape, scale, orientation, posX and posY, with the published grids; "clean" leaves out the orientation 2 pi."""
    turn = circular("orientation", 2 * math.pi, grid=40, endpoint=grid == "original", unit="rad", description="counter-clockwise")
    return (
        categorical("shape", folds(shapes)),
        continuous("scale", 0.5, 1.0, grid=6, description="of all lengths; 1 is a square of 0.3 canvas sides"),
        replace(turn, nuisance=turn_is_nuisance),
        continuous("posX", 0.0, 1.0, grid=32, description="0 is a quarter of the canvas from the left, 1 three quarters"),
        continuous("posY", 0.0, 1.0, grid=32, description="0 is a quarter of the canvas from the top, 1 three quarters"),
    )


def color_factors(*, nuisance: bool) -> tuple[Factor, ...]:
    """The colour of the published coloured variant: each channel even over the brighter half."""
    return tuple(continuous(name, 0.5, 1.0, nuisance=nuisance, description="of the sprite; 1 is full") for name in RGB)


def sprite_symmetry(shapes: Shapes) -> Fold:
    """The turns that leave a shape unchanged."""
    return Fold("orientation", by="shape", folds=tuple(folds(shapes).values()))


def picture(size: int, generator: str, channels: int = 3) -> Field:
    """The field of a picture of `size` pixels, or `InputError` when that is no size for it."""
    if not 8 <= size <= 4096:
        raise InputError(f"size of {generator} is 8 to 4096 pixels; got {size}")
    if channels == 1:
        return Field("image", "uint8", (size, size), ("y", "x"))
    return Field("image", "uint8", (size, size, channels), ("y", "x", "channel"))


@cache
def tables(size: int, shapes: Shapes) -> tuple[Array, Array]:
    """The outlines as the kernels take them: vertices (total, 2), and where each shape's begin (shapes + 1,)."""
    drawn = outlines(size, shapes)
    return np.concatenate(drawn), np.cumsum([0, *(len(outline) for outline in drawn)])


def poses(values: Array, size: int) -> Array:
    """Sprites' values (…, 5) as the kernels take them: centres in pixels of a canvas of side `size`."""
    placed = values.copy()
    placed[..., 3:] = size * (0.25 + 0.5 * placed[..., 3:])
    return placed


def paint(values: Array, colors: Array, images: Array, shapes: Shapes, antialias: bool) -> None:
    """Paint one sprite per image: `values` (n, 5), `colors` (n, channels) uint8, over `images` (n, size, size, channels)."""
    from factorhub.dsprites_like.kernels.coverage import NO_COUNTS, NO_MAPS, NO_MASKS, paint_sprites

    placed = poses(values, images.shape[1])[:, None]
    paint_sprites(*tables(images.shape[1], shapes), placed, colors[:, None], antialias, images, NO_MAPS, NO_MASKS, NO_COUNTS)


def shares(values: Array, size: int, shapes: Shapes, antialias: bool) -> Array:
    """How much of each pixel lies inside the sprite: (n, size, size) uint8, 0 … 255, for `values` (n, 5)."""
    from factorhub.dsprites_like.kernels.coverage import NO_COUNTS, NO_IMAGES, NO_MAPS, paint_sprites

    masks, none = np.empty((len(values), 1, size, size), np.uint8), np.empty((len(values), 1, 0), np.uint8)
    paint_sprites(*tables(size, shapes), poses(values, size)[:, None], none, antialias, NO_IMAGES, NO_MAPS, masks, NO_COUNTS)
    return masks[:, 0]
