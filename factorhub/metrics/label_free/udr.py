"""The unsupervised disentanglement ranking: do models trained alike agree on their codes, one to one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, unknown
from factorhub.factors import Array
from factorhub.metrics.inputs import checked_codes
from factorhub.metrics.learning import quietly, scikit_learn
from factorhub.metrics.metric import declare
from factorhub.metrics.moments import standardised
from factorhub.metrics.score import Score
from factorhub.metrics.typed import ranked

RELATIONS = ("lasso", "spearman")


@declare(
    measures="do models that were trained alike agree on their codes, one to one",
    needs=("models",),
    chance="0 with lasso; above 0 with spearman",
    invariances=("code order", "row order", "affine", "sign"),
    tier="special",
    cost="seconds",
    source="Duan et al., Unsupervised model selection for variational disentangled representation learning, 2020",
    extra="metrics",
)
def udr(
    models: Sequence[npt.ArrayLike],
    *,
    live: Sequence[npt.ArrayLike] | None = None,
    relation: Literal["lasso", "spearman"] = "lasso",
    alpha: float = 0.1,
    seed: int = 0,
) -> Score:
    """The mean over models of the median over partners of how nearly their relation matrix is a permutation.

    A pair's score is half the mean over live columns of greatest² / sum, and half that over live rows. The parts are the score
    of each model, "model 0" and so on, by which models are ranked.

    Args:
        models: codes (N, D) of two or more models for the same N observations; D may differ.
        live: (D,) booleans of each model: which codes take part, such as those with a divergence from the prior above 0.01; all
            that vary where it is left out.
        relation: absolute coefficients of a lasso, or absolute Spearman correlations.
        alpha: of the lasso.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: fewer than two models, or codes of other observations.
        MissingExtra: scikit-learn is not installed.

    >>> codes = np.random.default_rng(0).normal(size=(500, 3))
    >>> udr([codes, -codes[:, ::-1], codes[:, [1, 0, 2]]]) > 0.85
    True
    """
    if relation not in RELATIONS:
        raise unknown("relation", relation, RELATIONS, "udr")
    checked = [checked_codes(codes) for codes in models]
    if len(checked) < 2 or len({len(codes) for codes in checked}) > 1:
        got = ", ".join(str(codes.shape) for codes in checked) or "none"
        raise InputError(f"udr compares codes (N, D) of two or more models for the same N rows; got {got}; encode the same rows")
    alive = [np.ptp(codes, axis=0) > 0 for codes in checked]
    for m, mask in enumerate(live or ()):
        given = np.asarray(mask)
        if given.shape != alive[m].shape or given.dtype != bool:
            raise InputError(f"live holds {len(alive[m])} booleans for model {m}; got {given.dtype} of shape {given.shape}")
        alive[m] = alive[m] & given
    units = [standardised(codes)[0] for codes in checked]
    agree = np.full((len(units), len(units)), np.nan)
    for a, x in enumerate(units):
        for b, y in enumerate(units):
            if a != b:
                agree[a, b] = _one_to_one(_related(x, y, relation, alpha) * alive[a][:, None] * alive[b], alive[a], alive[b])
    each = np.nanmedian(agree, axis=1)
    sizes = [codes.shape[1] for codes in checked]
    settings = {"N": len(units[0]), "D": sizes, "estimator": relation, "alpha": alpha, "seed": seed, "version": 1}
    return Score(each.mean(), "udr", parts={f"model {m}": each[m] for m in range(len(each))}, relation=agree, settings=settings)


def _related(x: Array, y: Array, relation: str, alpha: float) -> Array:
    if relation == "spearman":
        (a,), (b,) = standardised(ranked(x)), standardised(ranked(y))
        return np.asarray(np.abs(a.T @ b) / len(a))
    model = scikit_learn("linear_model", "UDR by lasso").Lasso(alpha=alpha)
    weights: Array = np.abs(np.atleast_2d(quietly(model.fit, x, y).coef_)).T
    return weights


def _one_to_one(table: Array, rows: Array, columns: Array) -> float:
    parts = []
    for part, kept in ((table.T, columns), (table, rows)):
        total = part[kept].sum(axis=1)
        share = np.divide(part[kept].max(axis=1, initial=0.0) ** 2, total, out=np.zeros_like(total), where=total > 0)
        parts.append(float(share.mean()) if kept.any() else 0.0)
    return sum(parts) / 2
