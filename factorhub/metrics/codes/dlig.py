"""The dependency-aware latent information gap."""

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
    measures="does each code tied to a factor know others only as far as its factor tells of them",
    range=(-1.0, 1.0),
    chance="0",
    tier="full",
    source="Watcharasupat and Lerch, Evaluation of latent space disentanglement in the presence of interdependent attributes, 2021",
    extra="metrics",
)
def dlig(
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
    """The gap between a code's factor and the factor it knows next best, as a share of what the latter leaves open of the former.

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
    >>> dlig(factors, factors) > 0.98
    True
    """
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    how = Counting(bins, exact, miller_madow, floor)
    made = dependent(given, how)
    each = np.zeros(len(given.varying))
    for i, j in enumerate(made.tied):
        if j < 0:
            continue
        others = np.where(np.arange(made.mutual.shape[1]) == i, -1.0, made.mutual[j])
        left = made.given[i, int(others.argmax())] if len(others) > 1 else made.given[i, i]
        each[i] = share(made.mutual[j, i] - max(others.max(), 0.0), left)
    return given.score("dlig", each, relation=made.all_mutual, warnings=given.lonely, **how.settings, seed=seed, version=1)
