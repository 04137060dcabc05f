"""Explicitness of DCI-ES: how little capacity a probe needs to read the factors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, whole
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.learning import quietly, scikit_learn, split
from factorhub.metrics.metric import BY_PLACE, declare
from factorhub.metrics.score import Score

DEPTHS = (1, 2, 3, 4, 8, 10, 12, 14, 16, 18, 20, 32)


@declare(
    measures="how little capacity does a probe need to read the factors from all codes",
    ideal=0.86,
    chance="near 0; as published, near 1: a probe that never learns has no area",
    tier="full",
    cost="seconds",
    source="Eastwood et al., DCI-ES, 2023; the area is taken down to a loss of 0",
    extra="metrics",
    lacks={
        **BY_PLACE,
        "code order": "a tree tries codes in a random order of their places",
        "relabelling": "of two classes that are as frequent in a leaf, the first is named",
        "sign": "of two cuts that are as good, a tree takes the lower one",
        "constant code": "a tree tries some of the codes, and a constant one in vain",
        "angle": "a tree cuts along the codes, so turning a pair of them changes what it can cut off",
    },
)
def dci_es(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    seed: int = 0,
    depths: Sequence[int] = DEPTHS,
    trees: int = 30,
    rows: int = 3_000,
    train: float | int = 2 / 3,
) -> Score:
    """1 less the area under the curve of loss against capacity, in shares of the loss of a guess; capacity is a forest's depth.

    The loss is that of held-out classes and never rises with the depth. Here the area reaches down to 0, so that codes which
    know nothing get 0; the part "as published", 1 - 2 · the area above the least loss, gives them nearly 1. Read it beside
    the part "informativeness", the accuracy of the deepest forest.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`; groups change nothing.
        seed: of the split and of the forests.
        depths: of the trees, increasing.
        trees: of a forest.
        rows: used at most.
        train: the share of the rows that is fitted; a whole number fits the rows before it.

    Raises:
        InputError: arrays that do not fit.
        MissingExtra: scikit-learn is not installed.

    >>> factors = np.random.default_rng(0).integers(0, 3, (200, 1))
    >>> score = dci_es(factors, factors, trees=3, depths=(1, 2, 4))
    >>> score > 0.8, score.parts["informativeness"]
    (True, 1.0)
    """
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    steps = [whole("a depth", depth, 1) for depth in depths]
    if len(steps) < 2 or sorted(set(steps)) != steps:
        raise InputError(f"depths are two or more, increasing, as in {DEPTHS[:4]}; got {tuple(depths)}")
    ensemble = scikit_learn("ensemble", "DCI-ES")
    zero, published, informative = (np.zeros(len(given.names)) for _ in range(3))
    for k in given.varying:
        known = np.flatnonzero(given.known[:, k])
        known = known[np.random.default_rng([seed, 2]).permutation(len(known))[:rows]]
        fitted, held = split(known, train, seed, given.names[k])
        of = given.classes[k].of
        losses = []
        for depth in steps:
            forest = ensemble.RandomForestClassifier(trees, max_depth=depth, random_state=seed)
            quietly(forest.fit, given.codes[fitted], of[fitted])
            losses.append(1 - float((forest.predict(given.codes[held]) == of[held]).mean()))
        curve = np.minimum.accumulate(losses)
        guess = 1 - 1 / given.classes[k].size
        informative[k] = 1 - curve[-1]
        area = (steps[-1] - steps[0]) * guess
        zero[k] = max(1 - float(np.trapezoid(curve, steps)) / area, 0.0)
        published[k] = 1 - 2 * float(np.trapezoid(curve - curve[-1], steps)) / area
    parts = {"as published": published[given.varying].mean(), "informativeness": informative[given.varying].mean()}
    return given.score(
        "dci_es", zero, parts=parts, warnings=given.lonely, estimator="random forest", trees=trees, depths=steps, rows=rows,
        train=train, seed=seed, version=1,
    )  # fmt: skip
