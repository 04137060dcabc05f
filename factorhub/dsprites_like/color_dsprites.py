"""Color-dSprites: the sprite in a colour of its own on black, the colour a labelled nuisance."""

from __future__ import annotations

import numpy as np

from factorhub.dsprites_like.attributes import SPRITE
from factorhub.dsprites_like.sprites import GridValues, Shapes, color_factors, paint, picture, sprite_factors, sprite_symmetry
from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.generator import Generator
from factorhub.space import FactorSpace


def color_dsprites(
    *, size: int = 64, grid: GridValues = "original", shapes: Shapes = "original", antialias: bool = False
) -> Generator:
    """The generator of Color-dSprites: options as for `dsprites`; red, green and blue fill [0.5, 1] evenly."""
    image = picture(size, "color_dsprites")

    def draw(values: Array) -> Batch:
        images = np.zeros((len(values), size, size, 3), np.uint8)
        paint(values[:, 3:], np.rint(255 * values[:, :3]).astype(np.uint8), images, shapes, antialias)
        return {"image": images}

    return Generator(
        name="color_dsprites",
        summary="dSprites in a random colour on black",
        space=FactorSpace((*color_factors(nuisance=True), *sprite_factors(grid, shapes)), (sprite_symmetry(shapes),)),
        fields=(image,),
        draw=draw,
        attributes=SPRITE,
        source="Locatello et al.: Challenging Common Assumptions in the Unsupervised Learning of Disentangled "
        "Representations, ICML 2019",
    )
