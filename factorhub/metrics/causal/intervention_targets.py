"""Are the targets of interventions found."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.metrics.aggregations import matching
from factorhub.metrics.metric import declare
from factorhub.metrics.score import Score


@declare(
    measures="is the code that a model says was intervened on the one that stands for the true target",
    needs=("predictions",),
    chance="1/K; a little above for few rows, since codes are matched to factors on the same rows",
    tier="special",
    source="accuracy after one-to-one matching (Kuhn, 1955), as in Lippe et al., CITRIS, 2022",
    extra="metrics",
)
def intervention_targets(
    predicted: npt.ArrayLike, true: npt.ArrayLike, *, match: npt.ArrayLike | None = None, seed: int = 0
) -> Score:
    """The share of rows whose predicted target, after codes are matched to factors one to one, is the true one.

    Args:
        predicted: (N,) the code that was intervened on, from 0.
        true: (N,) the factor that was.
        match: (D,) the factor of each code, -1 for none, where it is known from elsewhere; else it is the best on these rows.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: arrays that are not whole numbers from 0 of one length.
        MissingExtra: scipy is not installed.

    >>> intervention_targets([1, 1, 0, 0], [0, 0, 1, 0]) == 0.75
    True
    """
    p, t = np.asarray(predicted), np.asarray(true)
    if (
        p.ndim != 1
        or p.shape != t.shape
        or not len(p)
        or p.dtype.kind not in "iu"
        or t.dtype.kind not in "iu"
        or min(p.min(), t.min()) < 0
    ):
        raise InputError(
            f"targets are whole numbers (N,) from 0; got {p.dtype} of {p.shape} and {t.dtype} of {t.shape}; give indices"
        )
    width, factors = int(p.max()) + 1, int(t.max()) + 1
    names = np.full(width, -1)
    if match is None:
        rows, columns = matching(np.bincount(p * factors + t, minlength=width * factors).reshape(width, factors))
        names[rows] = columns
    else:
        given = np.asarray(match)
        if given.ndim != 1 or len(given) < width or given.dtype.kind not in "iu":
            raise InputError(f"match names the factor of each of {width} codes, -1 for none; got {given.dtype} of {given.shape}")
        names = given
    right = names[p] == t
    each = {f"factor{k}": float(right[t == k].mean()) for k in np.unique(t)}
    settings = {"N": len(p), "K": factors, "match": "given" if match is not None else "same rows", "estimator": "accuracy"}
    return Score(float(right.mean()), "intervention_targets", each, settings={**settings, "seed": seed, "version": 1})
