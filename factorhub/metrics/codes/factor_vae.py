"""The FactorVAE score: which code moves least while a factor stands still."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.errors import whole
from factorhub.factors import Array
from factorhub.metrics.fixing import Fix, checked, rows_that_share
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.metric import BY_PLACE, declare
from factorhub.metrics.score import Score


@declare(
    measures="does the code that varies least while a factor is fixed tell which factor it was",
    chance="1/K",
    tier="basic",
    source="Kim and Mnih, Disentangling by factorising, 2018",
    lacks=BY_PLACE,
)
def factor_vae(
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
    active: float = 0.0,
    fix: Fix | None = None,
) -> Score:
    """The accuracy of a majority vote from the code of least normalised variance to the factor that was fixed.

    Votes are shared evenly among the factors that vary. Without `fix` a batch is drawn from the rows of one value.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`; a group's variance is the mean of its own.
        seed: of the batches.
        batch: codes in which the factor is the same.
        train, test: votes that the classifier is made of and judged on.
        active: codes with a standard deviation at or below this take no part (0.05 in some published settings); so do those
            that never vary.
        fix: codes (batches, size, D) of observations of which each batch shares a value of factor k:
            `fix(k, batches, size, rng)`.

    Raises:
        InputError: arrays that do not fit.

    >>> factors = np.random.default_rng(0).integers(0, 4, (1000, 2))
    >>> factor_vae(factors, factors) == 1, factor_vae(factors[:, :1] * [1, 1], factors) < 0.6
    (True, True)
    """
    whole("batch", batch, 2)
    whole("train", train, 1)
    whole("test", test, 1)
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    middle, spread = given.codes.mean(axis=0), given.codes.std(axis=0, ddof=1)
    scale = np.where(given.moving, spread, 1.0)
    stored = rows_that_share(given, (given.codes - middle) / scale)

    def draw(k: int, number: int, part: int) -> Array:
        rng = np.random.default_rng([seed, part])  # the same for every factor, so that their order changes nothing
        if fix is None:
            return stored(k, number, batch, rng)
        shifted: Array = (checked(fix, k, number, batch, given.codes.shape[1], rng) - middle) / scale
        return shifted

    lively = [[d for d in group if given.moving[d] and spread[d] > active] for group in given.groups]
    used = [j for j, dims in enumerate(lively) if dims]
    k_used, notes = given.varying, list(given.lonely)
    if not used:
        notes.append("no code is active: every vote goes to the first")
    votes = np.zeros((2, len(given.groups), len(given.names)))
    for k in k_used:
        for part, total in enumerate((train, test)):
            number = max(total // len(k_used), 1)
            shifted = draw(int(k), number, part)
            variances = np.einsum("nbd,nbd->nd", shifted, shifted) - shifted.sum(axis=1) ** 2 / batch
            each = np.column_stack([variances[:, lively[j]].mean(axis=1) for j in used]) if used else np.zeros((number, 1))
            winners = np.asarray(used or [0])[each.argmin(axis=1)]
            votes[part, :, k] = np.bincount(winners, minlength=len(given.groups))
    decided = votes[0].argmax(axis=1)
    each_factor = np.array([votes[1, decided == k, k].sum() / max(votes[1, :, k].sum(), 1) for k in range(len(given.names))])
    return given.score(
        "factor_vae",
        each_factor,
        relation=votes[0] / np.maximum(votes[0].sum(axis=0), 1),
        warnings=notes,
        estimator="generator" if fix else "rows",
        batch=batch,
        train=train,
        test=test,
        pruning=active,
        active=len(used),
        seed=seed,
        version=1,
    )
