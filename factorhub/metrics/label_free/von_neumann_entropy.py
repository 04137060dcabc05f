"""The von Neumann entropy of the codes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.metrics.label_free.spectra import entropy, facts, moving, spectrum
from factorhub.metrics.metric import declare
from factorhub.metrics.score import Score


@declare(
    measures="how evenly do the codes spread over directions",
    needs=("codes",),
    range=(0.0, float("inf")),
    better="higher",
    ideal=1.0,
    chance="log D: independent noise is spread evenly",
    invariances=("code order", "row order", "affine", "sign", "constant code", "doubling", "one code"),
    tier="full",
    source="Kim et al., VNE: An effective method for improving deep representation, 2023",
)
def von_neumann_entropy(codes: npt.ArrayLike, *, seed: int = 0) -> Score:
    """The entropy of the eigenvalues of the correlation matrix divided by its trace, in nats: from 0 to log D.

    The part "share" is that of log D.

    Args:
        codes: (N, D) real numbers.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: codes that do not fit, or of which none varies.

    >>> codes = np.random.default_rng(0).normal(size=(1000, 2))
    >>> 0.69 < von_neumann_entropy(codes) < 0.6932
    True
    """
    unit, still, notes = moving(codes, "von_neumann_entropy")
    value = entropy(spectrum(unit))
    parts = {"share": value / np.log(unit.shape[1]) if unit.shape[1] > 1 else 1.0}
    return Score(
        value, "von_neumann_entropy", parts=parts, warnings=notes,
        settings=facts(unit, still, seed),
    )  # fmt: skip
