"""Textured-dSprites: the sprite as a negative in a textured picture, after the variant that used a painting."""

from __future__ import annotations

import numpy as np

from factorhub import randomness
from factorhub.dsprites_like.attributes import SPRITE
from factorhub.dsprites_like.sprites import GridValues, Shapes, picture, shares, sprite_factors, sprite_symmetry
from factorhub.factors import Array, ordinal
from factorhub.fields import Batch
from factorhub.generator import Generator
from factorhub.space import FactorSpace


def textured_dsprites(
    *, size: int = 64, grid: GridValues = "original", shapes: Shapes = "original", antialias: bool = False
) -> Generator:
    """The generator of Textured-dSprites: options as for `dsprites`; `texture` is the seed of the picture behind.

    The published variant crops and tints a photograph of a painting, unlabelled. A marbled texture, of which there are
    2**32, stands in for it; as there, the sprite inverts what it covers. At any size it is the same picture.
    """
    image = picture(size, "textured_dsprites")
    texture = ordinal("texture", range(2**32), nuisance=True, description="seed of the background's pattern and colours")

    def draw(values: Array) -> Batch:
        from factorhub.dsprites_like.kernels.texture import NUMBERS, paint_textures

        words = randomness.words(0, "textured_dsprites", values[:, 0].astype(np.uint64), (NUMBERS + 3) // 4)
        images = np.empty((len(values), size, size, 3), np.uint8)
        paint_textures(words.astype("<u8", copy=False).view("<u2"), shares(values[:, 1:], size, shapes, antialias), images)
        return {"image": images}

    return Generator(
        name="textured_dsprites",
        summary="dSprites as negatives in marbled textures",
        space=FactorSpace((texture, *sprite_factors(grid, shapes)), (sprite_symmetry(shapes),)),
        fields=(image,),
        draw=draw,
        attributes=SPRITE,
        source="after Scream-dSprites of Locatello et al.: Challenging Common Assumptions in the Unsupervised Learning of "
        "Disentangled Representations, ICML 2019",
    )
