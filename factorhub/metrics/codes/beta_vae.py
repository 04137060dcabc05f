"""The BetaVAE score: can a linear classifier tell from differences of codes which factor two observations share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.errors import whole
from factorhub.factors import Array
from factorhub.metrics.fixing import Fix, checked, rows_that_share
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.learning import logistic
from factorhub.metrics.metric import BY_PLACE, declare
from factorhub.metrics.score import Score


@declare(
    measures="do differences of codes tell which factor two observations share; two factors in one code still get 1",
    chance="1/K",
    tier="full",
    cost="seconds",
    source="Higgins et al., beta-VAE, 2017",
    extra="metrics",
    lacks={**BY_PLACE, "angle": "the solver stops at a tolerance, and not at the same place"},
)
def beta_vae(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    seed: int = 0,
    batch: int = 64,
    train: int = 10_000,
    test: int = 5_000,
    fix: Fix | None = None,
) -> Score:
    """The accuracy of a logistic regression from mean absolute differences of `batch` pairs that share a factor to which it was.

    The weakest metric of the field: it is 1 for codes that hold two factors in one.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`; differences of a group are averaged.
        seed: of the pairs.
        batch: pairs of a feature; each pair shares a value of the factor, another pair another one.
        train, test: features that the classifier is fitted to and judged on, shared evenly among the factors.
        fix: as in `factor_vae`; it is called for batches of 2.

    Raises:
        InputError: arrays that do not fit.
        MissingExtra: scikit-learn is not installed.

    >>> factors = np.random.default_rng(0).integers(0, 4, (1000, 2))
    >>> beta_vae(factors, factors, train=400, test=200) > 0.99
    True
    """
    whole("batch", batch, 1)
    whole("train", train, 2)
    whole("test", test, 1)
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    draw = fix or rows_that_share(given, given.codes)
    scale = np.where(given.moving, given.codes.std(axis=0), 1.0)
    features: list[list[Array]] = [[], []]
    truth: list[list[Array]] = [[], []]
    for k in given.varying:
        for part, total in enumerate((train, test)):
            number = max(total // len(given.varying), 1)
            rng = np.random.default_rng([seed, part])  # the same for every factor, so that their order changes nothing
            pairs = checked(draw, int(k), number * batch, 2, given.codes.shape[1], rng)
            apart = (np.abs(pairs[:, 0] - pairs[:, 1]) / scale).reshape(number, batch, -1).mean(axis=1)
            features[part].append(np.column_stack([apart[:, list(group)].mean(axis=1) for group in given.groups]))
            truth[part].append(np.full(number, k))
    x, new, y, right = np.vstack(features[0]), np.vstack(features[1]), np.concatenate(truth[0]), np.concatenate(truth[1])
    if len(given.varying) == 1:
        predicted = np.full(len(right), given.varying[0])
    else:
        middle, wide = x.mean(axis=0), x.std(axis=0)
        wide = np.where(wide > 0, wide, 1.0)
        predicted = logistic((x - middle) / wide, y).predict((new - middle) / wide)
    each = np.array([(predicted[right == k] == k).mean() if (right == k).any() else 0.0 for k in range(len(given.names))])
    return given.score(
        "beta_vae",
        each,
        warnings=given.lonely,
        estimator="generator" if fix else "rows",
        batch=batch,
        train=train,
        test=test,
        seed=seed,
        version=1,
    )
