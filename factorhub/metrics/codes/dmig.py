"""The dependency-aware mutual information gap."""

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
    measures="is each factor in one code, and in a second one only as far as another factor tells of it",
    range=(-1.0, 1.0),
    chance="0",
    tier="full",
    source="Watcharasupat and Lerch, Evaluation of latent space disentanglement in the presence of interdependent attributes, 2021",
    extra="metrics",
)
def dmig(
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
    """The gap between the code tied to a factor and its next best, as a share of what the next code's factor leaves open of it.

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
    >>> dmig(factors, factors) > 0.98
    True
    """
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    how = Counting(bins, exact, miller_madow, floor)
    made = dependent(given, how)
    each = np.zeros(len(given.varying))
    for i, j in enumerate(made.tied):
        if j < 0:
            continue
        others = np.where(np.arange(len(made.mutual)) == j, -1.0, made.mutual[:, i])
        second = int(others.argmax()) if len(others) > 1 else -1
        by = made.own[second] if second >= 0 else -1
        left = made.given[i, by] if by >= 0 else made.given[i, i]
        each[i] = share(made.mutual[j, i] - max(others.max(), 0.0), left)
    return given.score("dmig", each, relation=made.all_mutual, warnings=given.lonely, **how.settings, seed=seed, version=1)
