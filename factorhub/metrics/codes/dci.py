"""Disentanglement and completeness, of importances by mutual information or by boosted trees."""

from __future__ import annotations

from typing import Any, Literal

import numpy.typing as npt

from factorhub.errors import unknown
from factorhub.metrics.aggregations import completeness, disentanglement
from factorhub.metrics.discretise import BINS, MOST_EXACT
from factorhub.metrics.information import FLOOR, Counting
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.metric import declare
from factorhub.metrics.relations import shared_information
from factorhub.metrics.score import Score

ESTIMATORS = ("mi", "gbt", "lightgbm", "regressor")


@declare(
    measures="is each code about one factor (D), and each factor in one code (the part completeness)",
    chance="0 with the default estimator; 0.01 to 0.05 with trees",
    tier="basic",
    source="Eastwood and Williams, A framework for the quantitative evaluation of disentangled representations, 2018; "
    "importance by mutual information: Cao et al., 2022",
)
def dci(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    seed: int = 0,
    estimator: Literal["mi", "gbt", "lightgbm", "regressor"] = "mi",
    bins: int = BINS,
    exact: int = MOST_EXACT,
    miller_madow: bool = True,
    floor: float | None = FLOOR,
    train: float | int = 2 / 3,
) -> Score:
    """Disentanglement D; the parts are "completeness" C and, of trees, "informativeness" I on held-out rows.

    DCI is a different metric under each estimator, so never compare numbers of two. Those of trees take seconds to minutes:

    - "mi" (default): mutual information, as a share of what all codes know of a factor (MED). Milliseconds, no fitting.
    - "gbt": scikit-learn's gradient boosted classifiers, the reference. N = 1,000 takes most of a minute on dSprites.
    - "lightgbm": LightGBM classifiers with gain importance; agrees with "gbt" except that exact duplicates are not shared.
    - "regressor": boosted regressors, for ordinal, continuous and circular factors (cosine and sine); I is R². Categorical
      factors are left to the classifier. LightGBM's where it is installed, else scikit-learn's.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`; importances of a group are added.
        seed: of the trees and of the split.
        estimator: of the importances.
        bins, exact, miller_madow, floor: of "mi"; as in `factorhub.metrics.information.Counting`.
        train: of trees, the share of the rows that they are fitted to; I is measured on the rest.

    Raises:
        InputError: arrays that do not fit, or an unknown estimator.
        MissingExtra: scikit-learn or LightGBM is not installed.

    >>> import numpy as np
    >>> factors = np.random.default_rng(0).integers(0, 4, (1000, 2))
    >>> score = dci(np.repeat(factors, 2, axis=1), factors)
    >>> score > 0.99, score.parts["completeness"] < 0.6
    (True, True)
    """
    if estimator not in ESTIMATORS:
        raise unknown("estimator", estimator, ESTIMATORS, "dci")
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    parts: dict[str, float] = {}
    each: npt.NDArray[Any] | None = None
    if estimator == "mi":
        how = Counting(bins, exact, miller_madow, floor)
        relation, settings, notes = shared_information(given, how), how.settings, given.lonely
    else:
        from factorhub.metrics.trees import boosted

        relation, each, settings, notes = boosted(given, estimator, train=train, seed=seed)
        parts["informativeness"] = float(each[given.varying].mean())
    used = relation[:, given.varying]
    return given.score(
        "dci",
        value=disentanglement(used),
        parts={"completeness": completeness(used), **parts},
        relation=relation,
        warnings=notes,
        **{**settings, "estimator": estimator},
        seed=seed,
        version=1,
    )
