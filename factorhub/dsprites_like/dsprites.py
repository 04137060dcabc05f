"""dSprites: a white square, ellipse or heart on black, in six factors, drawn instead of downloaded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from factorhub.dsprites_like.attributes import SPRITE
from factorhub.dsprites_like.sprites import GridValues, Shapes, paint, picture, poses, sprite_factors, sprite_symmetry, tables
from factorhub.factors import Array, categorical
from factorhub.fields import Batch
from factorhub.generator import Generator
from factorhub.space import FactorSpace


def space(grid: GridValues, shapes: Shapes = "original") -> FactorSpace:
    """The factors of dSprites on the published grid ("original") or with the turn's end point left out ("clean")."""
    return FactorSpace((categorical("color", ["white"]), *sprite_factors(grid, shapes)), (sprite_symmetry(shapes),))


def dsprites(*, size: int = 64, grid: GridValues = "original", shapes: Shapes = "original", antialias: bool = False) -> Generator:
    """The generator of dSprites.

    Args:
        size: of the canvas [px].
        grid: "clean" leaves out the orientation 2 pi, at which every picture of the published grid is a duplicate.
        shapes: "more" adds triangle, pentagon, hexagon, star, cross and arrow.
        antialias: pixels hold the share of their area inside the sprite, 0 to 255, instead of 0 and 1.
    """
    image = picture(size, "dsprites", channels=1)
    if antialias:
        image = replace(image, description="share of the pixel inside the sprite, of 255")
    else:
        image = replace(image, description="1 inside the sprite, 0 outside", meta={"binary": True})

    def draw(values: Array) -> Batch:
        from factorhub.dsprites_like.kernels.raster import fill_sprites

        if antialias:
            images = np.zeros((len(values), size, size), np.uint8)
            paint(values[:, 1:], np.full((len(values), 1), 255, np.uint8), images[..., None], shapes, antialias)
        else:
            images = np.empty((len(values), size, size), np.uint8)
            fill_sprites(*tables(size, shapes), poses(values[:, 1:], size), images)
        return {"image": images}

    return Generator(
        name="dsprites",
        summary="one white square, ellipse or heart on black: the dSprites grid, binary pixels",
        space=space(grid, shapes),
        fields=(image,),
        draw=draw,
        attributes=SPRITE,
        source="Matthey, Higgins, Hassabis, Lerchner: dSprites (2017), https://github.com/google-deepmind/dsprites-dataset; "
        "geometry fitted to published pictures",
    )
