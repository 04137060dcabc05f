"""Flatness: do codes move straight along an axis when one factor is traversed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, short
from factorhub.metrics.metric import declare
from factorhub.metrics.score import Score


@declare(
    measures="do codes move straight along one axis, and evenly, while one factor is traversed",
    needs=("encoder", "generator"),
    chance="near 0: noise runs to and fro; a rotated straight line gets about 1/√D",
    invariances=("code order", "sign"),
    tier="special",
    source="Michlo et al., disent, 2021",
)
def flatness(traversals: Mapping[str, npt.ArrayLike], *, seed: int = 0) -> Score:
    """The mean over factors of width / length of the codes of traversals.

    Width is the greatest distance between two codes of a traversal; length is V - 1 mean steps in the sum of absolute
    differences, the largest step of the closed round being left out. Circular factors count as lines.

    Args:
        traversals: for each factor by name the codes (R, V, D) of R traversals over its V values, 2 or more, the other
            factors standing still.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: arrays that are no finite codes (R, V, D).

    >>> line = np.linspace(0, 1, 9)[:, None]
    >>> round(flatness({"size": [line * [1, 0]]}), 3), round(flatness({"size": [line * [1, 1]]}), 3)
    (1.0, 0.707)
    """
    if not isinstance(traversals, Mapping) or not traversals:
        raise InputError(f"flatness takes codes (R, V, D) of traversals by factor; got {short(traversals)}; give a dict of arrays")
    each: dict[str, float] = {}
    sizes: dict[str, list[int]] = {}
    notes = []
    for name, given in traversals.items():
        codes = np.asarray(given, dtype=np.float64)
        if codes.ndim != 3 or codes.shape[1] < 2 or not codes.size or not np.isfinite(codes).all():
            raise InputError(f"traversals of {name} are finite codes (R, V, D) with V of 2 or more; got shape {codes.shape}")
        width = np.zeros(len(codes))
        for shift in range(1, codes.shape[1]):
            width = np.maximum(width, np.linalg.norm(codes[:, shift:] - codes[:, :-shift], axis=2).max(axis=1))
        steps = np.sort(np.abs(codes - np.roll(codes, 1, axis=1)).sum(axis=2), axis=1)[:, :-1]
        length = steps.mean(axis=1) * (codes.shape[1] - 1)
        if (length == 0).any():
            notes.append(f"no code moves in {int((length == 0).sum())} of {len(codes)} traversals of {name}: they count 0")
        each[name] = float(np.divide(width, length, out=np.zeros_like(width), where=length > 0).mean())
        sizes[name] = list(codes.shape)
    settings = {"estimator": "traversals", "shapes": sizes, "D": codes.shape[2], "seed": seed, "version": 1}
    return Score(float(np.mean(list(each.values()))), "flatness", each, settings=settings, warnings=notes)
