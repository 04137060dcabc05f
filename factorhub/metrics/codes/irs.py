"""The interventional robustness score."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.metrics.discretise import binned
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.metric import declare
from factorhub.metrics.score import Score


@declare(
    measures="does a code stay put while its best factor stands still and the others move",
    chance="about 0.37",
    tier="full",
    source="Suter et al., Robustly disentangled causal mechanisms, 2019",
    lacks={"doubling": "a quantile of doubled rows lies between other rows"},
)
def irs(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    seed: int = 0,
    quantile: float = 0.99,
    factor_bins: int | None = None,
) -> Score:
    """1 less the deviation of a code from its mean at a value of its best factor, in shares of its greatest deviation at all.

    Deviations are the `quantile` of those at a value, mean over values. The score is the plain mean over the codes that vary:
    scaling a code changes nothing. The part "weighted by range" weights codes by their greatest deviation, as the reference
    does; it moves when one noisy code is scaled.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`; a group deviates by the
            Euclidean distance of its standardised codes.
        seed: of nothing: there is no randomness here.
        quantile: of deviations; the paper's is 1.
        factor_bins: put factors into so many bins of equal width, as the reference does into 20; None gives each value its own.

    Raises:
        InputError: arrays that do not fit.

    >>> factors = np.random.default_rng(0).integers(0, 4, (1000, 2))
    >>> irs(factors, factors) == 1, irs(np.random.default_rng(1).normal(size=(1000, 2)), factors) < 0.5
    (True, True)
    """
    if not 0 < quantile <= 1:
        raise InputError(f"quantile is a share above 0 and up to 1; got {quantile}; the reference takes 0.99")
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    unit = np.where(given.moving, given.codes / np.where(given.moving, given.codes.std(axis=0), 1.0), 0.0)
    blocks = [given.codes[:, g] * given.moving[g] if len(g) == 1 else unit[:, g] for g in map(list, given.groups)]
    most = np.array([np.linalg.norm(block - block.mean(axis=0), axis=1).max() for block in blocks])
    relation = np.zeros((len(blocks), len(given.names)))
    for k in given.varying:
        classes = given.classes[k]
        if factor_bins is not None:
            classes = binned(given.values[:, k], known=given.known[:, k], bins=factor_bins, exact=0)
        known = np.flatnonzero(classes.of >= 0)
        order = known[np.argsort(classes.of[known], kind="stable")]
        parts = np.split(order, np.cumsum(classes.counts)[:-1])
        for j, block in enumerate(blocks):
            if most[j] == 0:
                continue
            away = [
                np.quantile(np.linalg.norm(block[rows] - block[rows].mean(axis=0), axis=1), quantile) for rows in parts if len(rows)
            ]
            relation[j, k] = min(max(1 - float(np.mean(away)) / most[j], 0.0), 1.0)
    best, moving = relation.max(axis=1), most > 0
    value = float(best[moving].mean()) if moving.any() else 0.0
    weighted = float((best * most).sum() / most.sum()) if moving.any() else 0.0
    return given.score(
        "irs", value=value, parts={"weighted by range": weighted}, relation=relation, warnings=given.lonely, quantile=quantile,
        factor_bins=factor_bins, estimator="classes", seed=seed, version=1,
    )  # fmt: skip
