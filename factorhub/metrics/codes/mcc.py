"""The mean correlation coefficient of codes matched to factors one to one."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, unknown, whole
from factorhub.factors import Array
from factorhub.metrics.aggregations import matching
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.metric import BY_PLACE, declare
from factorhub.metrics.relations import correlation, crossed
from factorhub.metrics.sample import Sample
from factorhub.metrics.score import Score

CORRELATIONS = ("pearson", "spearman")


@declare(
    measures="is each factor, up to scale (Pearson) or a monotone map (Spearman), one code of its own",
    range=(-1.0, 1.0),
    chance="0 cross-fitted; in-sample 0.02 to 0.33, by N and D. A rotated code gets about 0.6",
    tier="basic",
    source="Hyvärinen and Morioka, 2016; cross-fitting is ours",
    extra="metrics",
    lacks=BY_PLACE,
)
def mcc(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    seed: int = 0,
    kind: Literal["pearson", "spearman"] = "pearson",
    folds: int = 5,
    null: int = 0,
) -> Score:
    """The mean over factors of the correlation with the code that is matched to it.

    Cross-fitted unless `folds` is 0: the matching and the signs are learned on the other folds, and the signed correlation
    is measured on the fold, so that a code that knows nothing gets 0. In-sample, the greatest of D chance correlations is
    counted. Factors without a code (D < K) count 0.

    A categorical factor correlates through one indicator a class, a circular one through cosine and sine (or its value,
    where that is better), a group of codes as a whole: see `factorhub.metrics.relations.correlation`.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`.
        seed: of the folds and of the null.
        kind: "pearson" or "spearman".
        folds: of the cross-fit; 0 matches and measures on the same rows, as most papers do.
        null: how many times the rows of the codes are shuffled for the parts "null mean", "null 95 %" and
            "adjusted" = (score - mean) / (1 - mean).

    Raises:
        InputError: arrays that do not fit, or fewer than 4 rows a fold.
        MissingExtra: scipy is not installed.

    >>> factors = np.random.default_rng(0).normal(size=(500, 3))
    >>> round(mcc(-factors[:, ::-1], factors), 6), abs(mcc(np.random.default_rng(1).normal(size=(500, 3)), factors)) < 0.1
    (1.0, True)
    """
    if kind not in CORRELATIONS:
        raise unknown("kind", kind, CORRELATIONS, "mcc")
    whole("null", null, 0)
    if whole("folds", folds, 0) == 1:
        raise InputError("mcc is cross-fitted over 2 or more folds, or over none with folds=0; got 1; give folds=5")
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups, least=max(4 * folds, 3))
    ranks = kind == "spearman"
    rng = np.random.default_rng([seed, 0])
    relation, each = _measured(given, ranks, folds, rng)
    value = float(each[given.varying].mean())
    parts: dict[str, float] = {}
    if null:
        draws = []
        for _ in range(null):
            shuffled = sample(given.codes[rng.permutation(given.rows)], factors, schema=schema, mask=mask, groups=groups)
            draws.append(float(_measured(shuffled, ranks, folds, rng)[1][given.varying].mean()))
        mean = float(np.mean(draws))
        parts = {"null mean": mean, "null 95 %": float(np.quantile(draws, 0.95)), "adjusted": (value - mean) / (1 - mean)}
    estimator = "cross-fitted" if folds else "in-sample"
    return given.score(
        "mcc", each, parts=parts, relation=relation, estimator=estimator, kind=kind, folds=folds, null=null, seed=seed, version=1
    )


def _measured(given: Sample, ranks: bool, folds: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """The relation in-sample, and the score of each factor."""
    relation = correlation(given, ranks=ranks)
    if not folds:
        return relation, _matched(relation, relation, given.varying)
    fold = rng.permutation(np.arange(given.rows) % folds)
    total, weight = np.zeros(len(given.names)), np.zeros(len(given.names))
    for learned, signed, rows in crossed(given, fold, ranks=ranks):
        total += _matched(learned, signed, given.varying) * rows
        weight += rows
    return relation, total / np.maximum(weight, 1)


def _matched(by: Array, measured: Array, varying: Array) -> Array:
    """(K,) the measured entry of the code that is matched to each factor; 0 where there is none."""
    each = np.zeros(by.shape[1])
    rows, places = matching(by[:, varying])
    each[varying[places]] = measured[rows, varying[places]]
    return each
