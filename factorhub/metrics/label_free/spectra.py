"""What the label-free scores of codes share: checked codes and the spectrum of their correlations."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.metrics.inputs import checked_codes
from factorhub.metrics.moments import standardised


def moving(codes: npt.ArrayLike, name: str) -> tuple[Array, list[int], list[str]]:
    """The codes that vary, standardised (N, D'), which ones do not, and a warning of those.

    Raises:
        InputError: codes that are no array of finite numbers (N, D), fewer than 2 rows, or none that varies.
    """
    numbers = checked_codes(codes)
    if len(numbers) < 2:
        raise InputError(f"{name} needs at least 2 rows; got {len(numbers)}; give more rows")
    still = np.ptp(numbers, axis=0) == 0
    if still.all():
        raise InputError(f"{name} needs a code that varies; got {numbers.shape[1]} that never do; look at the model's output")
    (unit,) = standardised(numbers[:, ~still])
    left = [int(d) for d in np.flatnonzero(still)]
    return unit, left, [f"codes that never vary: {', '.join(map(str, left[:5]))}"] if left else []


def facts(unit: Array, still: list[int], seed: int) -> dict[str, Any]:
    """The settings of a score of these codes."""
    width = unit.shape[1] + len(still)
    return {"N": len(unit), "D": width, "still": still, "estimator": "correlations", "seed": seed, "version": 1}


def spectrum(unit: Array) -> Array:
    """The eigenvalues (D,) of the correlation matrix of standardised codes, as shares of their sum."""
    values = np.clip(np.linalg.eigvalsh(unit.T @ unit / len(unit)), 0, None)
    shares: Array = values / values.sum()
    return shares


def entropy(shares: Array) -> float:
    """The entropy of shares, in nats."""
    kept = shares[shares > 0]
    return float(-(kept * np.log(kept)).sum())
