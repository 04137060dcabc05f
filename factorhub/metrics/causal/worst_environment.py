"""Accuracy in the worst environment."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.metrics.metric import declare
from factorhub.metrics.score import Score

FEW = 30  # rows of an environment, below which its accuracy is worth a warning


@declare(
    measures="how often is a prediction right in the environment where it is least often",
    needs=("predictions",),
    chance="at most the share of the most frequent class; less with more environments, for the least of several is taken",
    tier="special",
    source="Sagawa et al., Distributionally robust neural networks for group shifts, 2020",
)
def worst_environment(predicted: npt.ArrayLike, true: npt.ArrayLike, environment: npt.ArrayLike, *, seed: int = 0) -> Score:
    """The least accuracy over environments. Parts: the accuracy of each, "mean" over environments, "gap" from mean to worst.

    Args:
        predicted: (N,) classes.
        true: (N,) classes.
        environment: (N,) which environment, or group, a row is of.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: arrays that are not of one length.

    >>> worst_environment([0, 1, 1, 1], [0, 1, 1, 0], [0, 0, 1, 1])
    Score(worst_environment=0.5; environment 0 1, environment 1 0.5, mean 0.75, gap 0.25; 1 warning)
    """
    p, t, e = np.asarray(predicted), np.asarray(true), np.asarray(environment)
    if p.ndim != 1 or p.shape != t.shape or p.shape != e.shape or not len(p):
        raise InputError(f"predicted, true and environment are (N,) with an entry a row; got {p.shape}, {t.shape} and {e.shape}")
    each = {f"environment {name}": float((p[e == name] == t[e == name]).mean()) for name in np.unique(e)}
    mean, worst = float(np.mean(list(each.values()))), min(each.values())
    few = [str(name) for name in np.unique(e) if (e == name).sum() < FEW]
    notes = [f"fewer than {FEW} rows in environments {', '.join(few[:5])}"] if few else []
    settings = {"N": len(p), "environments": len(each), "estimator": "accuracy", "seed": seed, "version": 1}
    parts = {**each, "mean": mean, "gap": mean - worst}
    return Score(worst, "worst_environment", parts=parts, settings=settings, warnings=notes)
