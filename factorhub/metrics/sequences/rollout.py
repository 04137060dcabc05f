"""How far predicted trajectories leave the true ones, by horizon."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, whole
from factorhub.metrics.metric import declare
from factorhub.metrics.predictions import alike
from factorhub.metrics.score import Score

HORIZONS = (1, 10, 100, 1_000)


@declare(
    measures="how far do predicted trajectories leave the true ones",
    needs=("predictions",),
    range=(0.0, float("inf")),
    better="lower",
    ideal=0.0,
    chance="1 for the mean state of each moment; about 1.4 for another trajectory",
    tier="special",
    source="the forecast error of Fotiadis et al., Disentangled generative models for robust prediction of system dynamics, 2023",
)
def rollout(
    predicted: npt.ArrayLike,
    true: npt.ArrayLike,
    *,
    inside: npt.ArrayLike | None = None,
    horizons: Sequence[int] = HORIZONS,
    seed: int = 0,
) -> Score:
    """The root of the mean squared error in standard deviations of each coordinate, over all steps.

    Parts: "at h" steps, for those horizons that there are; with `inside`, "inside" and "outside" of the box that was trained
    on, and "ratio", outside over inside.

    Args:
        predicted: (N, T, d) trajectories that begin one step after the last one that was seen.
        true: (N, T, d).
        inside: (N,) which trajectories have parameters in the box.
        horizons: steps at which the error is told, from 1.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: arrays that do not fit, or a true coordinate that never varies.

    >>> from factorhub.metrics.sequences.rollout import rollout
    >>> true = np.random.default_rng(0).normal(size=(50, 20, 2))
    >>> rollout(true, true), round(rollout(np.zeros_like(true), true), 1)
    (Score(rollout=0; at 1 0, at 10 0), 1.0)
    """
    made, right = alike("rollout", "(N, T, d)", predicted=predicted, true=true)
    spread = right.std(axis=(0, 1))
    if (spread == 0).any():
        raise InputError(f"coordinate {int(np.flatnonzero(spread == 0)[0])} of the true trajectories never varies; leave it out")
    squares = (((made - right) / spread) ** 2).mean(axis=2)
    parts = {f"at {h}": float(np.sqrt(squares[:, whole("a horizon", h, 1) - 1].mean())) for h in horizons if h <= squares.shape[1]}
    if inside is not None:
        box = np.asarray(inside)
        if box.shape != (len(made),) or box.dtype != bool or box.all() or not box.any():
            raise InputError(f"inside says of each of {len(made)} trajectories whether it lies in the box, some in and some out")
        parts["inside"], parts["outside"] = (float(np.sqrt(squares[rows].mean())) for rows in (box, ~box))
        if parts["inside"] > 0:
            parts["ratio"] = parts["outside"] / parts["inside"]
    settings = {"N": len(made), "T": made.shape[1], "D": made.shape[2], "estimator": "normalised error", "seed": seed, "version": 1}
    return Score(float(np.sqrt(squares.mean())), "rollout", parts=parts, settings=settings)
