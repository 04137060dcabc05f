"""dSprites: a white square, ellipse or heart on black, in six factors, drawn instead of downloaded."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from factorhub.errors import InputError
from factorhub.factors import Array, categorical, circular, continuous
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace, Fold

SHAPES = ("square", "ellipse", "heart")


def outlines(size: int) -> list[Array]:
    """The outlines (vertices, 2) of the three shapes at scale 1, in pixels of a canvas of side `size`, y down."""
    side = 0.15 * size
    square = np.array([(-side, -side), (side, -side), (side, side), (-side, side)])
    turn = 2 * math.pi * np.arange(34) / 34
    ellipse = np.stack([12.8 * np.cos(turn), 7.25 * np.sin(turn)], axis=1) * (size / 64)
    t = 2 * math.pi * np.arange(128) / 128
    across = 16 * 0.600 * np.sin(t) ** 3
    down = -0.6625 * (13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) - 1.44
    return [square, ellipse, np.stack([across, down], axis=1) * (size / 64)]


def space(grid: str) -> FactorSpace:
    """The factors of dSprites on the published grid ("original") or with the turn's end point left out ("clean")."""
    return FactorSpace(
        (
            categorical("color", ["white"]),
            categorical("shape", SHAPES),
            continuous("scale", 0.5, 1.0, grid=6, description="of all lengths; 1 is a square of 0.3 canvas sides"),
            circular("orientation", 2 * math.pi, grid=40, endpoint=grid == "original", unit="rad", description="counter-clockwise"),
            continuous("posX", 0.0, 1.0, grid=32, description="0 is a quarter of the canvas from the left, 1 three quarters"),
            continuous("posY", 0.0, 1.0, grid=32, description="0 is a quarter of the canvas from the top, 1 three quarters"),
        ),
        (Fold("orientation", by="shape", folds=(4, 2, 1)),),
    )


def dsprites(*, size: int = 64, grid: Literal["original", "clean"] = "original") -> Generator:
    """The generator of dSprites at any `size`; `grid="clean"` leaves out the duplicate orientation 2 pi."""
    if not 8 <= size <= 4096:
        raise InputError(f"size of dsprites is 8 to 4096 pixels; got {size}")
    shapes = outlines(size)
    vertices = np.concatenate(shapes)
    starts = np.cumsum([0, *(len(shape) for shape in shapes)])

    def draw(values: Array) -> Batch:
        from factorhub.dsprites_like.raster import fill_sprites

        poses = values[:, 1:].copy()
        poses[:, 3:] = size * (0.25 + 0.5 * poses[:, 3:])
        images = np.empty((len(values), size, size), dtype=np.uint8)
        fill_sprites(vertices, starts, poses, images)
        return {"image": images}

    image = Field("image", "uint8", (size, size), ("y", "x"), description="1 inside the sprite, 0 outside", meta={"binary": True})
    return Generator(
        name="dsprites",
        summary="one white square, ellipse or heart on black: the dSprites grid, binary pixels",
        space=space(grid),
        fields=(image,),
        draw=draw,
        source="Matthey, Higgins, Hassabis, Lerchner: dSprites (2017), https://github.com/google-deepmind/dsprites-dataset; "
        "geometry fitted to published pictures",
    )
