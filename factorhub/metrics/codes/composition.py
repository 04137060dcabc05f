"""Combinations of factors that were seen against those that were held out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.learning import logistic, split
from factorhub.metrics.metric import declare
from factorhub.metrics.moments import standardised
from factorhub.metrics.score import Score


@declare(
    measures="are factors read from codes of combinations that the reader never saw as from those that it did",
    needs=("codes", "factors", "generator"),
    invariances=("factor order", "code order", "affine", "sign", "constant code"),
    chance="the product of the shares of the most frequent classes, near 0",
    tier="special",
    cost="seconds",
    source="Montero et al., The role of disentanglement in generalisation, 2021; all factors together as in orthotopic evaluation",
    extra="metrics",
)
def composition(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    held_out: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    seed: int = 0,
    train: float = 2 / 3,
) -> Score:
    """The share of held-out rows of which every factor is read right, by logistic regressions fitted to seen combinations.

    Scores of factors are those on held-out combinations. Parts: "seen, jointly", "seen" and "held out", the means over
    factors, and "ratio", held out over seen.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`, of seen and held-out rows together.
        held_out: (N,) which rows have a combination that was not trained on, such as those of a region's complement.
        seed: of the split of the seen rows.
        train: the share of the seen rows that is fitted; the others measure "seen".

    Raises:
        InputError: arrays that do not fit, or no rows of either sort.
        MissingExtra: scikit-learn is not installed.

    >>> factors = np.random.default_rng(0).integers(0, 3, (600, 2))
    >>> score = composition(factors, factors, (factors[:, 0] == 2) & (factors[:, 1] == 2))
    >>> score > 0.99, score.parts["ratio"] > 0.99
    (True, True)
    """
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    out = np.asarray(held_out)
    if out.shape != (given.rows,) or out.dtype != bool or out.all() or not out.any():
        got = f"{out.dtype} of shape {out.shape}" if out.dtype != bool else f"{int(out.sum())} of {given.rows} rows"
        raise InputError(f"held_out says of each of {given.rows} rows whether it is, some are and some are not; got {got}")
    right: Array = np.ones((given.rows, len(given.names)), dtype=bool)
    judged = np.zeros((given.rows, len(given.names)), dtype=bool)
    fitted, seen = split(np.flatnonzero(~out), train, seed, "composition")
    new = np.concatenate([seen, np.flatnonzero(out)])
    for k in given.varying:
        of = given.classes[k].of
        rows = fitted[of[fitted] >= 0]
        if not len(rows):
            raise InputError(f"no label of {given.names[k]} is known in the rows that are fitted; expected some; widen the mask")
        x, z = standardised(given.codes[rows], given.codes[new])
        alone = len(np.unique(of[rows])) == 1
        right[new, k] = (of[rows][0] if alone else logistic(x, of[rows]).predict(z)) == of[new]
        judged[new, k] = of[new] >= 0

    def read(rows: Array) -> tuple[Array, float]:
        each = np.array([right[rows, k][judged[rows, k]].mean() if judged[rows, k].any() else 0.0 for k in given.varying])
        whole = judged[rows][:, given.varying].all(axis=1)
        return each, float(right[rows][whole].all(axis=1).mean()) if whole.any() else 0.0

    (inside, inside_all), (outside, outside_all) = read(seen), read(np.flatnonzero(out))
    parts = {"seen, jointly": inside_all, "seen": inside.mean(), "held out": outside.mean()}
    parts["ratio"] = parts["held out"] / parts["seen"] if parts["seen"] > 0 else 0.0
    return given.score(
        "composition", outside, outside_all, parts=parts, warnings=given.lonely, estimator="logistic regression, C=1",
        train=train, held_out=int(out.sum()), seed=seed, version=1,
    )  # fmt: skip
