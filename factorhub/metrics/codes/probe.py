"""How well a simple classifier reads the factors from few labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from factorhub.errors import whole
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.learning import logistic, split
from factorhub.metrics.metric import BY_PLACE, declare
from factorhub.metrics.moments import standardised
from factorhub.metrics.score import Score

BUDGETS = (10, 100, 1_000, 10_000)


@declare(
    measures="how well does a linear classifier of all codes name the factors, after 10, 100, 1,000 and 10,000 labels",
    chance="the share of the most frequent class, the part 'majority'",
    tier="full",
    cost="seconds",
    source="Locatello et al., Challenging common assumptions, 2019: downstream tasks and sample efficiency",
    extra="metrics",
    lacks={**BY_PLACE, "angle": "the solver stops at a tolerance, and not at the same place"},
)
def probe(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    seed: int = 0,
    labels: Sequence[int] = BUDGETS,
    test: float | int = 1 / 3,
) -> Score:
    """The held-out accuracy of a logistic regression (C = 1) at the largest budget of labels, mean over factors.

    Parts: the accuracy at each budget that the rows allow, "majority", and "efficiency", the accuracy at 100 labels over
    that at the largest budget.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`; groups change nothing.
        seed: of the split and of which labels are seen first.
        labels: the budgets, increasing.
        test: the share of the rows that is never fitted; a whole number is the first of them, the rows before it are fitted.

    Raises:
        InputError: arrays that do not fit.
        MissingExtra: scikit-learn is not installed.

    >>> factors = np.random.default_rng(0).integers(0, 2, (300, 2))
    >>> score = probe(factors, factors)
    >>> score == 1, list(score.parts)
    (True, ['10 labels', '100 labels', '200 labels', 'majority', 'efficiency'])
    """
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    budgets = sorted({whole("a budget of labels", n, 1) for n in labels})
    parts: dict[str, list[float]] = {}
    last, majority, early = np.zeros(len(given.names)), [], []
    for k in given.varying:
        train = test if isinstance(test, int) else 1 - test
        fitted, held = split(np.flatnonzero(given.known[:, k]), train, seed, given.names[k])
        of = given.classes[k].of
        majority.append(float((of[held] == np.bincount(of[fitted]).argmax()).mean()))
        for budget in [n for n in budgets if n < len(fitted)] + [len(fitted)] * (budgets[-1] >= len(fitted)):
            rows = fitted[:budget]
            if len(np.unique(of[rows])) == 1:
                last[k] = (of[held] == of[rows[0]]).mean()
            else:
                x, new = standardised(given.codes[rows], given.codes[held])
                last[k] = (logistic(x, of[rows]).predict(new) == of[held]).mean()
            parts.setdefault(f"{budget} labels", []).append(float(last[k]))
            if budget <= 100:
                few = float(last[k])
        early.append(few / last[k] if budgets[0] <= 100 and last[k] > 0 else 1.0)
    made = {name: float(np.mean(each)) for name, each in parts.items()}
    return given.score(
        "probe", last, parts={**made, "majority": float(np.mean(majority)), "efficiency": float(np.mean(early))},
        warnings=given.lonely, estimator="logistic regression, C=1", labels=budgets, test=test, seed=seed, version=1,
    )  # fmt: skip
