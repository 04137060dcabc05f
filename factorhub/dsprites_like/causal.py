"""What causal scenes share: effects that follow from free causes or are factors themselves, and labels of them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import numpy as np

from factorhub.dsprites_like.figure import Figure
from factorhub.dsprites_like.shapes3d import rgb
from factorhub.errors import InputError
from factorhub.factors import Array, Factor, circular
from factorhub.fields import Batch, Field
from factorhub.formulas import Formula, follow
from factorhub.generator import Generator
from factorhub.space import FactorSpace

Channels: TypeAlias = Literal["rgba", "rgb"]
EDGE = (190, 190, 190)  # of the published frame in a wider picture


def causal_scene(
    name: str,
    summary: str,
    *,
    causes: Sequence[Factor],
    effects: Sequence[Factor],
    formulas: Sequence[Formula],
    frame: tuple[float, float, float],
    picture: Callable[[Figure, dict[str, Array]], list[tuple[Array, str]]],
    size: int,
    intervene: str,
    channels: Channels,
    source: str,
    view: tuple[float, float, float, float] | None = None,
    background: bool = False,
) -> Generator:
    """The generator of a scene whose picture is drawn from all its causal variables, causes and effects alike.

    The factors are the free causes, and the effects that `intervene` names: these take the values they are given,
    while the others follow their formulas. So a set over the causes shows the world as it is, and one over a space with
    an effect shows what comes of setting it. With "all", a causal regime with the scene's formulas draws observations,
    interventions and counterfactual pairs from one space, each exact. The formulas are data, in the `meta` of the
    field `causal`, which holds the value of every variable.

    Args:
        causes: the free causes, with the published grid.
        effects: a factor for each formula, with the range of values it may be set to.
        formulas: parents before children.
        frame: the width of the picture's frame, and its lowest and highest y.
        picture: the coloured shapes, from the figure and each variable's values (n,).
        intervene: "none", one of the effects, or "all".
        view: where something stands half outside the frame as published, the wider frame that people are shown, with the
            published one drawn in it: as `frame`, and its lowest x.
        background: the factor `background_hue` tints the ground. It is no variable of the scene: nothing follows from it.
    """
    if not 16 <= size <= 1024:
        raise InputError(f"size of {name} is 16 to 1024 pixels; got {size}")
    figure, every = Figure(size, *frame), (*causes, *effects)
    free = (*causes, *(effect for effect in effects if intervene in (effect.name, "all")))
    tint = circular("background_hue", 1.0, grid=8, description="HSV hue of the ground, which causes nothing")
    space = FactorSpace((*free, *([tint] if background else [])))

    def draw(values: Array) -> Batch:
        known = follow(formulas, dict(zip(space.names, values.T, strict=True)))
        ground = None
        if background:
            pale = np.rint(255 - 0.4 * (255 - rgb(values[:, -1]))).astype(np.uint8)
            ground = np.concatenate([pale, np.full((len(values), len(channels) - 3), 255, np.uint8)], axis=1)
        images = figure.paint(len(values), picture(figure, known), len(channels), ground)
        return {"image": images, "causal": np.stack([known[factor.name] for factor in every], axis=-1)}

    def shown(batch: Batch) -> Array:
        assert view is not None
        wide = Figure(round(size * max(view[0] / frame[0], (view[2] - view[1]) / (frame[2] - frame[1]))), *view)
        known = {factor.name: column for factor, column in zip(every, batch["causal"].T, strict=True)}
        images = wide.paint(len(batch["causal"]), picture(wide, known), 3)
        (left, top), (right, bottom) = np.rint(wide.at([0, frame[0]], [frame[2], frame[1]])).astype(int)
        edge = np.zeros(images.shape[1:3], dtype=bool)
        edge[[top, bottom], left : right + 1] = edge[top : bottom + 1, [left, right]] = True
        images[edge & (images == 255).all(axis=3)] = EDGE
        return images

    names = [factor.name for factor in every]
    meta = {"components": names, "mechanisms": [formula.to_dict() for formula in formulas]}
    image = Field("image", "uint8", (size, size, len(channels)), ("y", "x", "channel"))
    causal = Field("causal", "float64", (len(every),), ("component",), description=f"all variables: {', '.join(names)}", meta=meta)
    return Generator(
        name=name,
        summary=summary,
        space=space,
        fields=(image, causal),
        draw=draw,
        source=source,
        picture=shown if view and not background else None,
    )
