"""Abstract-dSprites: the sprite in one of six colours on one of five greys, made for visual reasoning tasks."""

from __future__ import annotations

import numpy as np

from factorhub.dsprites_like.sprites import GridValues, Shapes, paint, picture, sprite_factors, sprite_symmetry
from factorhub.factors import Array, categorical, continuous
from factorhub.fields import Batch
from factorhub.generator import Generator
from factorhub.space import FactorSpace

COLORS = {  # six hues of equal lightness, as published, rounded to 8 bits
    "orange": (232, 150, 93),
    "olive": (162, 177, 92),
    "green": (96, 186, 152),
    "blue": (101, 180, 201),
    "violet": (178, 159, 229),
    "pink": (232, 141, 191),
}


def abstract_dsprites(
    *, size: int = 64, grid: GridValues = "original", shapes: Shapes = "original", antialias: bool = False
) -> Generator:
    """The generator of Abstract-dSprites: options as for `dsprites`; the orientation is a nuisance, as published."""
    image = picture(size, "abstract_dsprites")
    grey = continuous("background", 0.0, 1.0, grid=5, description="grey level; 0 is black")
    palette = np.array(list(COLORS.values()), np.uint8)

    def draw(values: Array) -> Batch:
        from factorhub.dsprites_like.kernels.spans import fill_plain

        images = np.empty((len(values), size, size, 3), np.uint8)
        fill_plain(np.rint(255 * values[:, :1]).astype(np.uint8).repeat(3, axis=1), images)
        paint(values[:, 2:], palette[values[:, 1].astype(np.int64)], images, shapes, antialias)
        return {"image": images}

    sprite = sprite_factors(grid, shapes, turn_is_nuisance=True)
    return Generator(
        name="abstract_dsprites",
        summary="dSprites in six colours on five greys",
        space=FactorSpace((grey, categorical("color", COLORS), *sprite), (sprite_symmetry(shapes),)),
        fields=(image,),
        draw=draw,
        source="van Steenkiste, Locatello, Schmidhuber, Bachem: Are Disentangled Representations Helpful for Abstract Visual "
        "Reasoning?, NeurIPS 2019",
    )
