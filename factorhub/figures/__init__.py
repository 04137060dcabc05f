"""Figures for papers: each function takes arrays to a matplotlib figure, on axes of yours where you give `ax`.

    traversals(g, …)               one strip of pictures for each factor
    latent_traversals(decode, …)   one strip for each dimension of a code
    matrix(relation, …)            codes against factors, as squares sized by value or as a heat map
    scores({model: values}, …)     scores over seeds, a column of points for each model
    joint(regime, space, …)        how often two factors' values come together under a regime
    splits(splits, space, …)       which values of two factors each split has
    phase(states, …)               trajectories in a plane
    horizon({model: errors}, …)    error against time
    roll(tokens, …)                a melody as a piano roll
    objects(batch, …)              a picture, and the objects that its instance map tells apart
    save(figure, path)             PDF, SVG or PNG: pictures as they are, text as text, the same bytes each time

They need matplotlib: pip install 'factorhub[plots]'.
"""

from __future__ import annotations

import importlib
from typing import Any

_ROOMS = {
    "sheets": ("traversals", "latent_traversals", "objects"),
    "relations": ("matrix", "scores", "joint", "splits"),
    "motion": ("phase", "horizon", "roll"),
    "style": ("save", "style", "WIDTHS"),
}
__all__ = sorted(name for names in _ROOMS.values() for name in names)


def __getattr__(name: str) -> Any:
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(importlib.import_module(f"factorhub.figures.{room}"), name)
    raise AttributeError(f"module 'factorhub.figures' has no attribute '{name}'; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return list(__all__)
