"""The causal pendulum: a pendulum, a light, and the shadow that follows from both."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import numpy as np

from factorhub.dsprites_like.causal import Channels, causal_scene
from factorhub.dsprites_like.figure import Figure
from factorhub.factors import Array, continuous
from factorhub.formulas import Formula
from factorhub.generator import Generator

SWING = [i * math.pi / 200 for i in range(-40, 44)]
LIGHT = [j * math.pi / 200 for j in range(60, 148) if j != 100]
Intervene: TypeAlias = Literal["none", "shadow_length", "shadow_position", "all"]
CAUSES = (
    continuous("pendulum_angle", SWING[0], SWING[-1], grid=SWING, unit="rad", description="0 hangs down, positive to the right"),
    continuous("light_angle", LIGHT[0], LIGHT[-1], grid=LIGHT, unit="rad", description="of the rays, from the ground's right side"),
)
EFFECTS = (
    continuous("shadow_length", 3.0, 13.0, description="the ground is 20 long"),
    continuous("shadow_position", 0.0, 20.0, description="of the shadow's middle, from the ground's left end"),
)
FORMULAS = (
    Formula("shadow_length", "max(3, abs(9.5 * (sin(pendulum_angle) + cos(pendulum_angle) / tan(light_angle))))"),
    Formula("shadow_position", "10 + 4.75 * sin(pendulum_angle) - (11 - 4.75 * cos(pendulum_angle)) / tan(light_angle)"),
)
HANGS = Formula("bob_x", "10 + 8 * sin(pendulum_angle)"), Formula("bob_y", "10.5 - 8 * cos(pendulum_angle)")
SHINES = Formula("sun_x", "10 + 10 / tan(light_angle)")


def causal_pendulum(
    *, size: int = 96, intervene: Intervene = "none", channels: Channels = "rgba", background: bool = False
) -> Generator:
    """The generator of the causal pendulum, on the published grid of 7,308 pictures.

    The light falls on a pendulum that hangs from (10, 10.5) above the ground at y = -0.5. Pictures differ from the
    published ones in a few pixels at the ends of the shadow, which there lie between whole pixels. The published labels
    are cut to whole numbers; these are not.

    The published frame cuts the sun, whose centre is half a unit below its upper end. Rows are as published; a preview
    shows the whole sun, and the frame.

    Args:
        size: of the picture [px].
        intervene: an effect that becomes a factor, to be set instead of following from the causes; or all of them.
        channels: "rgb" leaves out the alpha channel, which is 255 everywhere.
        background: the factor `background_hue` tints the ground: the spurious factor whose correlation with the light shifts
            between training and test.

    >>> import factorhub
    >>> pendulum = factorhub.generator("causal_pendulum")
    >>> len(pendulum.space), pendulum.render([0.0, 2.0])["causal"].round(3).tolist()
    (7308, [0.0, 2.0, 4.348, 12.86])
    """
    return causal_scene(
        "causal_pendulum",
        "a pendulum, a light and its shadow: four causal variables, of which two are free",
        causes=CAUSES,
        effects=EFFECTS,
        formulas=FORMULAS,
        frame=(20.0, -1.0, 21.0),
        view=(26.0, -2.6, 24.4, -3.5),
        picture=picture,
        size=size,
        intervene=intervene,
        channels=channels,
        background=background,
        source="Yang et al.: CausalVAE (CVPR 2021), https://github.com/huawei-noah/trustworthyAI",
    )


def picture(figure: Figure, known: dict[str, Array]) -> list[tuple[Array, str]]:
    """The rod, the bob, the sun and the shadow, in the published order of painting."""
    bob = figure.at(HANGS[0](known), HANGS[1](known))
    ground = figure.crisp(figure.at(0, -0.5)[1], 3)
    ends = (figure.at(known["shadow_position"] + side * known["shadow_length"] / 2, 0) for side in (-1, 1))
    left, right = (np.stack([end[:, 0], np.full(len(end), ground)], axis=-1) for end in ends)
    return [
        (figure.line(figure.at(10, 10.5), bob, 3), "black"),
        (figure.disc(bob, 1.5), "firebrick"),
        (figure.disc(figure.at(SHINES(known), 20.5), 3), "orange"),
        (figure.line(left, right, 3), "black"),
    ]
