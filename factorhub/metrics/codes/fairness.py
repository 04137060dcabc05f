"""Unfairness: how far predictions of one factor move with another one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.learning import logistic, probabilities, split
from factorhub.metrics.metric import BY_PLACE, declare
from factorhub.metrics.moments import standardised
from factorhub.metrics.score import Score


@declare(
    measures="how far do predictions of a factor from all codes move when another factor is set",
    better="lower",
    ideal=0.0,
    chance="0: a predictor that knows nothing is fair. Read it beside the accuracy",
    tier="full",
    cost="seconds",
    source="Locatello et al., On the fairness of disentangled representations, 2019",
    extra="metrics",
    lacks={**BY_PLACE, "angle": "the solver stops at a tolerance, and not at the same place"},
)
def fairness(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    seed: int = 0,
    train: float | int = 2 / 3,
) -> Score:
    """The total variation between predictions of a factor over all rows and over those of one value of another factor.

    Mean over values (weighted by their rows) and over pairs of factors; the score of a factor is that of its predictions.
    The relation (K, K) has predicted factors as columns. Rows of a value are those of the sample, which is an intervention
    where the factors are independent, as on a generator's grid. Parts: "worst" is the greatest over values and pairs, and
    "accuracy" that of the predictions (logistic regression, C = 1). A few rows a value leave a floor of about sqrt(classes / rows).

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`; groups change nothing.
        seed: of the split.
        train: the share of the rows that is fitted; a whole number fits the rows before it.

    Raises:
        InputError: arrays that do not fit.
        MissingExtra: scikit-learn is not installed.

    >>> factors = np.random.default_rng(0).integers(0, 2, (2000, 2))
    >>> fairness(factors, factors) < 0.05, fairness(factors.sum(axis=1), factors) > 0.2
    (True, True)
    """
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    table, worst, right = np.zeros((len(given.names), len(given.names))), 0.0, []
    for k in given.varying:
        fitted, held = split(np.flatnonzero(given.known[:, k]), train, seed, given.names[k])
        of, size = given.classes[k].of, given.classes[k].size
        if len(np.unique(of[fitted])) == 1:
            right.append(float((of[held] == of[fitted[0]]).mean()))
            continue
        x, new = standardised(given.codes[fitted], given.codes[held])
        expected = probabilities(logistic(x, of[fitted]), new, size)
        right.append(float((expected.argmax(axis=1) == of[held]).mean()))
        for other in given.varying:
            value = given.classes[other].of[held]
            seen = np.unique(value[value >= 0])
            if other == k or not len(seen):
                continue
            middle = expected[value >= 0].mean(axis=0)
            apart = np.array([0.5 * np.abs(expected[value == v].mean(axis=0) - middle).sum() for v in seen])
            weight = np.array([(value == v).sum() for v in seen])
            table[other, k], worst = (apart * weight).sum() / weight.sum(), max(worst, float(apart.max()))
    each = table[:, given.varying].sum(axis=0) / max(len(given.varying) - 1, 1)
    return given.score(
        "fairness", each, parts={"worst": worst, "accuracy": float(np.mean(right))}, relation=table, warnings=given.lonely,
        estimator="logistic regression, C=1", train=train, seed=seed, version=1,
    )  # fmt: skip
