"""The Gaussian total correlation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.metrics.label_free.spectra import facts, moving
from factorhub.metrics.metric import declare
from factorhub.metrics.score import Score


@declare(
    measures="how far do the codes depend on one another linearly",
    needs=("codes",),
    range=(0.0, float("inf")),
    better="lower",
    ideal=0.0,
    chance="0: independent noise has none",
    invariances=("code order", "row order", "affine", "sign", "constant code", "doubling", "one code"),
    tier="full",
    source="Locatello et al., Challenging common assumptions, 2019",
)
def total_correlation(codes: npt.ArrayLike, *, seed: int = 0) -> Score:
    """The total correlation of a Gaussian with the codes' covariance, in nats.

    Half the negative log determinant of their correlations. Infinite where a code is a linear function of others: a duplicate.

    Args:
        codes: (N, D) real numbers.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: codes that do not fit, or of which none varies.

    >>> codes = np.random.default_rng(0).normal(size=(1000, 2))
    >>> total_correlation(codes) < 0.01 and total_correlation(np.repeat(codes, 2, axis=1)) == float("inf")
    True
    """
    unit, still, notes = moving(codes, "total_correlation")
    sign, log = np.linalg.slogdet(unit.T @ unit / len(unit))
    value = float("inf") if sign <= 0 or log < -30 * unit.shape[1] else max(-0.5 * float(log), 0.0)
    if value == float("inf"):
        notes = [*notes, "some code is a linear function of the others"]
    parts = {"per code": value / unit.shape[1]}
    return Score(
        value, "total_correlation", parts=parts, warnings=notes,
        settings=facts(unit, still, seed),
    )  # fmt: skip
