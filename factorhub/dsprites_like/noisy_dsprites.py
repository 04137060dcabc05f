"""Noisy-dSprites: a white sprite before independent noise in every pixel and channel, the noise a labelled nuisance."""

from __future__ import annotations

import numpy as np

from factorhub import randomness
from factorhub.dsprites_like.attributes import SPRITE
from factorhub.dsprites_like.sprites import GridValues, Shapes, paint, picture, sprite_factors, sprite_symmetry
from factorhub.factors import Array, ordinal
from factorhub.fields import Batch
from factorhub.generator import Generator
from factorhub.space import FactorSpace


def noisy_dsprites(
    *, size: int = 64, grid: GridValues = "original", shapes: Shapes = "original", antialias: bool = False
) -> Generator:
    """The generator of Noisy-dSprites: options as for `dsprites`; `noise` is the seed of the picture's background."""
    image = picture(size, "noisy_dsprites")
    noise = ordinal("noise", range(2**32), nuisance=True, description="seed of the background: every channel even over 0 … 255")

    def draw(values: Array) -> Batch:
        words = randomness.words(0, "noisy_dsprites", values[:, 0].astype(np.uint64), (3 * size**2 + 7) // 8)
        levels = words.astype("<u8", copy=False).view(np.uint8)[:, : 3 * size**2]
        images = np.ascontiguousarray(levels).reshape(len(values), size, size, 3)
        paint(values[:, 1:], np.full((len(values), 3), 255, np.uint8), images, shapes, antialias)
        return {"image": images}

    return Generator(
        name="noisy_dsprites",
        summary="dSprites in white on noise in every pixel",
        space=FactorSpace((noise, *sprite_factors(grid, shapes)), (sprite_symmetry(shapes),)),
        fields=(image,),
        draw=draw,
        attributes=SPRITE,
        source="Locatello et al.: Challenging Common Assumptions in the Unsupervised Learning of Disentangled "
        "Representations, ICML 2019",
    )
