"""Pictures by compositional pattern-producing networks, whose genome and symmetry are factors."""

from __future__ import annotations

import numpy as np

from factorhub import randomness
from factorhub.dsprites_like.shapes3d import check_size
from factorhub.factors import Array, categorical, circular, continuous, ordinal
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace

SYMMETRIES = ("none", "left-right", "top-bottom", "both")


def cppn(*, size: int = 64) -> Generator:
    """The generator of patterns that a small network paints: from the place of a pixel to its hue, saturation and value.

    Two layers of eight nodes, each a bell, a wave, a bent line or a sum, read x, y, the distance from the middle and 1. The
    `genome` draws the weights and the nodes' kinds; folding x or y about the middle makes halves mirror one another.

    Args:
        size: of the picture [px].
    """
    check_size("cppn", size)
    about = "what the network is given is multiplied by"
    space = FactorSpace(
        (
            ordinal("genome", range(2**32), description="seed of the weights and of the kinds of nodes"),
            categorical("symmetry", SYMMETRIES, description="which halves mirror one another"),
            continuous("stretch_x", 0.5, 2.0, grid=6, description=f"{about}, from left to right"),
            continuous("stretch_y", 0.5, 2.0, grid=6, description=f"{about}, from top to bottom"),
            continuous("stretch_r", 0.5, 2.0, grid=6, description=f"{about}, from the middle outwards"),
            circular("hue", 1.0, grid=8, description="turned on, of all colours"),
        ),
        groups={"structure": ("genome", "symmetry"), "style": ("stretch_x", "stretch_y", "stretch_r", "hue")},
    )

    def draw(values: Array) -> Batch:
        from factorhub.dsprites_like.kernels.cppn import HIDDEN, WEIGHTS, fill_patterns
        from factorhub.numerics.normal import probits

        u = randomness.uniforms(0, "cppn/genome", values[:, 0].astype(np.uint64), WEIGHTS + 2 * HIDDEN)
        weights = np.empty(len(values) * WEIGHTS)
        probits(np.ascontiguousarray(u[:, :WEIGHTS]).reshape(-1), weights)
        symmetry = values[:, 1].astype(np.int64)
        images = np.empty((len(values), size, size, 3), np.uint8)
        fill_patterns(
            weights.reshape(-1, WEIGHTS), (4 * u[:, WEIGHTS:]).astype(np.int64), np.stack([symmetry & 1, symmetry >> 1], axis=1),
            np.ascontiguousarray(values[:, 2:5]), np.ascontiguousarray(values[:, 5]), images,
        )  # fmt: skip
        return {"image": images}

    return Generator(
        name="cppn",
        summary="patterns painted by small networks of the place, whose genome and symmetry are factors",
        space=space,
        fields=(Field("image", "uint8", (size, size, 3), ("y", "x", "channel")),),
        draw=draw,
        source="own networks, after Stanley: Compositional pattern producing networks (2007) and the pictures of Picbreeder",
    )
