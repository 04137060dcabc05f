"""Infinite dSprites: a random closed polygon or spline for each shape seed, endless, for continual learning and open worlds."""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

import numpy as np

from factorhub import randomness
from factorhub.dsprites_like.sprites import picture, sprite_factors
from factorhub.factors import Array, ordinal
from factorhub.fields import Batch
from factorhub.generator import Generator
from factorhub.space import FactorSpace

SIDE = 0.45  # of the square that a shape fills at scale 1, in canvas sides


@cache
def deviates() -> Array:
    """Quantiles of the normal distribution at even steps, rounded, so that no library's last bit shows in a shape."""
    inner = [round(NormalDist().inv_cdf(step / 1024), 9) for step in range(1, 1024)]
    return np.array([-9.0, *inner, 9.0])


def infinite_outlines(seeds: Array) -> tuple[Array, Array]:
    """The outlines of shapes: vertices (total, 2) about the centroid, in a square of side 1, and where each begins."""
    from factorhub.dsprites_like.kernels.blobs import NUMBERS, VERTICES, draw_outlines

    numbers = randomness.uniforms(0, "infinite_sprites", seeds.astype(np.uint64), NUMBERS)
    outlines, counts = np.empty((len(seeds), VERTICES, 2)), np.empty(len(seeds), np.int64)
    draw_outlines(numbers, deviates(), outlines, counts)
    kept = np.arange(VERTICES) < counts[:, None]
    return outlines[kept], np.append(0, np.cumsum(counts))


def infinite_sprites(*, size: int = 64, antialias: bool = True) -> Generator:
    """The generator of infinite dSprites: 2**32 shapes, each the same on every machine.

    Half are polygons of 5 to 8 corners, half splines through such points; all are upright along their longest axis,
    fill a square of 0.45 canvas sides at scale 1 and turn about their centroid. The few that reach farthest hang over
    the border from the ends of posX and posY, as published. A task of continual learning is a range of seeds:
    the regime "where('shape < 100')", or splits such as
    "task1=500 * where('shape < 100'); task2=500 * where('shape >= 100 & shape < 200')".

    Args:
        size: of the canvas [px].
        antialias: pixels hold the share of their area inside the sprite, of 255; otherwise 255 or 0.
    """
    image = picture(size, "infinite_sprites", channels=1)
    shape = ordinal("shape", range(2**32), description="seed of the outline")

    def draw(values: Array) -> Batch:
        from factorhub.dsprites_like.kernels.coverage import NO_COUNTS, NO_MAPS, NO_MASKS, paint_sprites

        seeds, which = np.unique(values[:, 0], return_inverse=True)
        vertices, starts = infinite_outlines(seeds)
        placed = values.copy()
        placed[:, 0] = which
        placed[:, 3:] = size * (0.25 + 0.5 * placed[:, 3:])
        images, white = np.zeros((len(values), size, size, 1), np.uint8), np.full((len(values), 1, 1), 255, np.uint8)
        paint_sprites(vertices * (SIDE * size), starts, placed[:, None], white, antialias, images, NO_MAPS, NO_MASKS, NO_COUNTS)
        return {"image": images[..., 0]}

    return Generator(
        name="infinite_sprites",
        summary="one white sprite of endlessly many random shapes on black",
        space=FactorSpace((shape, *sprite_factors("clean", "original")[1:])),
        fields=(image,),
        draw=draw,
        source="Dziadzio et al.: Infinite dSprites for Disentangled Continual Learning (2023), https://arxiv.org/abs/2312.16731",
    )
