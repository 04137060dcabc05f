"""The effective rank."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.metrics.label_free.spectra import entropy, facts, moving, spectrum
from factorhub.metrics.metric import declare
from factorhub.metrics.score import Score


@declare(
    measures="how many directions do the codes use",
    needs=("codes",),
    range=(0.0, float("inf")),
    better="higher",
    ideal=1.0,
    chance="D: independent noise uses all",
    invariances=("code order", "row order", "affine", "sign", "constant code", "doubling", "one code"),
    tier="full",
    source="Roy and Vetterli, The effective rank, 2007",
)
def effective_rank(codes: npt.ArrayLike, *, seed: int = 0) -> Score:
    """The exponential of the entropy of the singular values of the standardised codes: from 1 to D.

    The part "share" is that of D.

    Args:
        codes: (N, D) real numbers.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: codes that do not fit, or of which none varies.

    >>> codes = np.random.default_rng(0).normal(size=(1000, 2))
    >>> 1.99 < effective_rank(codes) <= 2 and effective_rank(np.repeat(codes, 4, axis=1)) < 2.001
    True
    """
    unit, still, notes = moving(codes, "effective_rank")
    values = np.sqrt(spectrum(unit))
    value = float(np.exp(entropy(values / values.sum())))
    parts = {"share": value / unit.shape[1]}
    return Score(
        value, "effective_rank", parts=parts, warnings=notes,
        settings=facts(unit, still, seed),
    )  # fmt: skip
