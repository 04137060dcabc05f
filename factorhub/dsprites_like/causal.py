"""What causal scenes share: factors that are the free causes or all variables, and labels of every variable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import numpy as np

from factorhub.dsprites_like.figure import Figure
from factorhub.errors import InputError
from factorhub.factors import Array, Factor
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.mechanisms import Mechanism, follow
from factorhub.space import FactorSpace

Variables: TypeAlias = Literal["causes", "all"]
Channels: TypeAlias = Literal["rgba", "rgb"]


def causal_scene(
    name: str,
    summary: str,
    *,
    causes: Sequence[Factor],
    effects: Sequence[Factor],
    mechanisms: Sequence[Mechanism],
    frame: tuple[float, float, float],
    picture: Callable[[Figure, dict[str, Array]], list[tuple[Array, str]]],
    size: int,
    variables: Variables,
    channels: Channels,
    source: str,
) -> Generator:
    """The generator of a scene whose picture is drawn from all its causal variables.

    With `variables="causes"` the factors are the free causes and the effects follow from them: every picture obeys the
    mechanisms. With "all" the effects are factors too, and the picture shows whatever values they are given: a causal
    model over the factors with these mechanisms draws observations, interventions and counterfactuals, each exact.
    The mechanisms are data, in the `meta` of the field `causal`, which holds every variable's value.

    Args:
        causes: the free causes, with the published grid.
        effects: a factor for each mechanism's variable, with the range of values it may be set to.
        mechanisms: one for each effect, parents before children.
        frame: the width of the picture's frame, and its lowest and highest y.
        picture: the coloured shapes, from the figure and each variable's values (n,).
    """
    if not 16 <= size <= 1024:
        raise InputError(f"size of {name} is 16 to 1024 pixels; got {size}")
    figure = Figure(size, *frame)
    labels = (*causes, *effects)
    space = FactorSpace(labels if variables == "all" else tuple(causes))

    def draw(values: Array) -> Batch:
        known = follow(mechanisms, dict(zip(space.names, values.T, strict=True)))
        return {
            "image": figure.paint(picture(figure, known), len(channels)) if len(values) else np.empty((0, *image.shape), np.uint8),
            "causal": np.stack([known[factor.name] for factor in labels], axis=-1),
        }

    image = Field("image", "uint8", (size, size, len(channels)), ("y", "x", "channel"))
    names = [factor.name for factor in labels]
    meta = {"components": names, "mechanisms": [mechanism.to_dict() for mechanism in mechanisms]}
    causal = Field("causal", "float64", (len(labels),), ("component",), description=f"all variables: {', '.join(names)}", meta=meta)
    return Generator(name=name, summary=summary, space=space, fields=(image, causal), draw=draw, source=source)
