"""The mutual information gap to codes that are tied to no factor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.metrics.dependent import dependent, share
from factorhub.metrics.discretise import BINS, MOST_EXACT
from factorhub.metrics.information import FLOOR, Counting
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.metric import declare
from factorhub.metrics.score import Score


@declare(
    measures="is what a factor's code knows of it in no code that was free",
    range=(-1.0, 1.0),
    chance="0",
    tier="full",
    source="Watcharasupat and Lerch, Evaluation of latent space disentanglement in the presence of interdependent attributes, 2021",
    extra="metrics",
)
def xmig(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    seed: int = 0,
    bins: int = BINS,
    exact: int = MOST_EXACT,
    miller_madow: bool = True,
    floor: float | None = FLOOR,
) -> Score:
    """The gap between the code tied to a factor and the best code tied to none, as a share of the factor's entropy.

    Codes are tied to factors one to one by mutual information. For files whose factors depend on one another; where the
    generator is known, rather evaluate on its independent grid.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`.
        seed: of nothing: there is no randomness here.
        bins, exact, miller_madow, floor: as in `factorhub.metrics.information.Counting`.

    Raises:
        InputError: arrays that do not fit.
        MissingExtra: scipy is not installed.

    >>> factors = np.random.default_rng(0).integers(0, 4, (1000, 2))
    >>> xmig(np.column_stack([factors, factors]), factors) < 0.02
    True
    """
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    how = Counting(bins, exact, miller_madow, floor)
    made = dependent(given, how)
    free = made.own < 0
    each = np.zeros(len(given.varying))
    for i, j in enumerate(made.tied):
        if j >= 0:
            each[i] = share(made.mutual[j, i] - made.mutual[free, i].max(initial=0.0), made.given[i, i])
    notes = given.lonely if free.any() else (*given.lonely, "every code is tied to a factor: nothing is compared with it")
    return given.score(
        "xmig", each, relation=made.all_mutual, warnings=notes, **how.settings, free=int(free.sum()), seed=seed, version=1
    )
