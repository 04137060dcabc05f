"""Explicitness: can the classes of each factor be told apart by a linear classifier of all codes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.learning import area_under_curve, logistic, probabilities, split
from factorhub.metrics.metric import BY_PLACE, declare
from factorhub.metrics.moments import standardised
from factorhub.metrics.score import Score


@declare(
    measures="can the classes of each factor be told apart by a linear classifier of all codes; blind to rotation",
    range=(0.0, 1.0),
    chance="0.5; the part 'rescaled' has 0",
    tier="full",
    cost="seconds",
    source="Ridgeway and Mozer, 2018",
    extra="metrics",
    lacks={**BY_PLACE, "angle": "the solver stops at a tolerance, and not at the same place"},
)
def explicitness(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    seed: int = 0,
    train: float | int = 2 / 3,
) -> Score:
    """The mean over factors of the one-against-the-rest area under the curve, mean over classes, on held-out rows.

    Of a logistic regression (C = 1) on standardised codes. The part "rescaled" is 2 (score - 0.5).

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`; groups change nothing.
        seed: of the split.
        train: the share of the rows that is fitted; a whole number fits the rows before it.

    Raises:
        InputError: arrays that do not fit.
        MissingExtra: scikit-learn is not installed.

    >>> factors = np.random.default_rng(0).integers(0, 2, (300, 2))
    >>> explicitness(factors @ [[1, 1], [1, -1]], factors) > 0.99
    True
    """
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    each, notes = np.zeros(len(given.names)), list(given.lonely)
    for k in given.varying:
        fitted, held = split(np.flatnonzero(given.known[:, k]), train, seed, given.names[k])
        labels, size = given.classes[k].of, given.classes[k].size
        if len(np.unique(labels[fitted])) == 1:
            each[k] = 0.5
            continue
        x, new = standardised(given.codes[fitted], given.codes[held])
        expected = probabilities(logistic(x, labels[fitted]), new, size)
        places = [c for c in range(size) if 0 < (labels[held] == c).sum() < len(held)]
        if len(places) < size:
            notes.append(f"{size - len(places)} of the {size} classes of {given.names[k]} are not among the held-out rows")
        each[k] = np.mean([area_under_curve(expected[:, c], labels[held] == c) for c in places]) if places else 0.5
    value = float(each[given.varying].mean())
    return given.score(
        "explicitness", each, parts={"rescaled": 2 * value - 1}, warnings=notes, estimator="logistic regression, C=1",
        train=train, seed=seed, version=1,
    )  # fmt: skip
