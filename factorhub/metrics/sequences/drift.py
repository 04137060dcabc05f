"""How far a predicted trajectory leaves a quantity that its dynamics keep."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.metrics.metric import declare
from factorhub.metrics.predictions import alike
from factorhub.metrics.score import Score


@declare(
    measures="how far do predicted trajectories leave what the dynamics keep, such as energy",
    needs=("predictions",),
    range=(0.0, float("inf")),
    better="lower",
    ideal=0.0,
    chance="by the spread of the quantity: about 1 for states of other trajectories",
    tier="special",
    source="the relative energy error of numerical integration",
)
def drift(invariant: npt.ArrayLike, *, scale: float | None = None, seed: int = 0) -> Score:
    """The greatest distance of a conserved quantity from its first value along a trajectory, in units of `scale`; mean over rows.

    The part "at the end" is the distance of the last value, "worst" the greatest over rows.

    Args:
        invariant: (N, T) the quantity, computed from predicted states.
        scale: what is divided by; the mean absolute first value where it is left out.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: no finite (N, T) with two moments, or a scale of 0.

    >>> drift([[2.0, 2.1, 1.8], [2.0, 2.0, 2.0]])
    Score(drift=0.05; at the end 0.05, worst 0.1)
    """
    (values,) = alike("drift", "(N, T)", invariant=invariant)
    unit = float(np.abs(values[:, 0]).mean()) if scale is None else float(scale)
    if values.shape[1] < 2 or not unit > 0:
        raise InputError(f"drift needs 2 moments and a scale above 0; got {values.shape[1]} and {unit:g}; give scale")
    away = np.abs(values - values[:, :1]) / unit
    parts = {"at the end": float(away[:, -1].mean()), "worst": float(away.max())}
    settings = {"N": len(values), "T": values.shape[1], "scale": unit, "estimator": "greatest distance", "seed": seed, "version": 1}
    return Score(float(away.max(axis=1).mean()), "drift", parts=parts, settings=settings)
