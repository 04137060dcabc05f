"""The causal flow: a ball raises the water in a cup, and the water's height drives a jet out of a hole."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from factorhub.dsprites_like.causal import Channels, causal_scene
from factorhub.dsprites_like.figure import Figure
from factorhub.factors import Array, continuous
from factorhub.formulas import Formula
from factorhub.generator import Generator

RADII, POURS, HOLES = ([i / d for i in range(*ends)] for d, ends in ((30, (5, 35)), (10, (10, 40)), (3, (6, 15))))
Intervene: TypeAlias = Literal["none", "water_height", "reach", "all"]
CAUSES = (
    continuous("ball_radius", RADII[0], RADII[-1], grid=RADII, description="of the ball in the cup, which is 5 wide"),
    continuous("poured", POURS[0], POURS[-1], grid=POURS, description="the water's height without the ball"),
    continuous("hole", HOLES[0], HOLES[-1], grid=HOLES, description="height of the hole in the cup's side"),
)
EFFECTS = (
    continuous("water_height", 1.0, 6.0, description="above the level of 5"),
    continuous("reach", 1.6, 7.0, description="how far from the cup the jet lands"),
)
FORMULAS = (
    Formula("water_height", "ball_radius * ball_radius * ball_radius + poured"),
    Formula("reach", "sqrt(2 * 0.98 * water_height * (hole - 0.5))"),
)
STEPS = np.linspace(0, 1, 33)  # of the jet, even in time


def causal_flow(*, size: int = 96, intervene: Intervene = "none", channels: Channels = "rgba") -> Generator:
    """The generator of the causal flow, on the published grid of 8,100 pictures.

    The published labels are cut to whole numbers, and the published jets moved by a random number that no label holds;
    these are neither.

    Args:
        size: of the picture [px].
        intervene: an effect that becomes a factor, to be set instead of following from its causes; or all of them.
        channels: "rgb" leaves out the alpha channel, which is 255 everywhere.

    >>> import factorhub
    >>> flow = factorhub.generator("causal_flow")
    >>> len(flow.space), flow.render([1.0, 2.0, 3.5])["causal"].round(3).tolist()
    (8100, [1.0, 2.0, 3.5, 3.0, 4.2])
    """
    return causal_scene(
        "causal_flow",
        "a ball in a cup of water with a hole: five causal variables, of which three are free",
        causes=CAUSES,
        effects=EFFECTS,
        formulas=FORMULAS,
        frame=(20.0, 0.0, 20.0),
        picture=picture,
        size=size,
        intervene=intervene,
        channels=channels,
        source="Yang et al.: CausalVAE (CVPR 2021), https://github.com/huawei-noah/trustworthyAI",
    )


def picture(figure: Figure, known: dict[str, Array]) -> list[tuple[Array, str]]:
    """The water, the cup's sides, the ball, the jet and the ground, in the published order of painting."""
    hole, reach = known["hole"], known["reach"]
    top = 5 + known["water_height"] + figure.point / 2 / figure.scale[1]
    water = figure.at([3, 8, 8, 3], np.stack([top, top, 0 * top, 0 * top], axis=-1))
    fall = hole - 0.5
    jet = figure.at(8 + reach[:, None] * STEPS, hole[:, None] - fall[:, None] * STEPS**2)
    tangents = figure.scale * np.stack([reach[:, None] + 0 * STEPS, 2 * fall[:, None] * STEPS], axis=-1)
    ground = figure.at([[0, 20]], 0.2)
    ground[..., 1] = figure.crisp(ground[0, 0, 1], 2)
    return [
        (water, "lightskyblue"),
        (side(figure, 3, np.zeros(1), 19), "black"),
        (side(figure, 8, np.zeros(1), hole), "black"),
        (side(figure, 8, hole + 0.4, 19), "black"),
        (figure.disc(figure.at(5.5, known["ball_radius"] + 0.5), known["ball_radius"]), "firebrick"),
        (figure.band(jet, tangents, 2, square=True), "lightskyblue"),
        (figure.line(ground[:, 0], ground[:, 1], 2), "black"),
    ]


def side(figure: Figure, x: float, low: Array, high: npt.ArrayLike) -> Array:
    """An upright part of the cup's side."""
    ends = figure.at(x, np.stack(np.broadcast_arrays(low, high), axis=-1))
    ends[..., 0] = figure.crisp(figure.at(x, 0)[0], 2)
    return figure.line(ends[:, 0], ends[:, 1], 2)
