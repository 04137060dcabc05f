"""The mutual information gap."""

from __future__ import annotations

import numpy.typing as npt

from factorhub.metrics.aggregations import gap
from factorhub.metrics.discretise import BINS, MOST_EXACT
from factorhub.metrics.information import FLOOR, Counting, information
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.metric import declare
from factorhub.metrics.score import Score


@declare(
    measures="is each factor in one code, and in no second one",
    chance="0",
    tier="basic",
    source="Chen et al., Isolating sources of disentanglement in VAEs, 2018",
)
def mig(
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
    """The mutual information gap: how much more of a factor its best code knows than the next best, as a share of its entropy.

    Mean over factors of (I(best; v) - I(second; v)) / H(v). A single code has no second: 0 is taken for it. Blind to a code
    that holds several factors (see `mig_sup`).

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`.
        seed: of nothing: there is no randomness here.
        bins, exact, miller_madow, floor: as in `factorhub.metrics.information.Counting`.

    Raises:
        InputError: arrays that do not fit.

    >>> import numpy as np
    >>> factors = np.random.default_rng(0).integers(0, 4, (1000, 2))
    >>> mig(factors, factors) > 0.99, mig(factors @ [[1, 1], [1, -1]], factors) < 0.1
    (True, True)
    """
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    how = Counting(bins, exact, miller_madow, floor)
    table = information(given, how)
    return given.score(
        "mig", gap(table.normalised), relation=table.mutual, warnings=given.lonely, **how.settings, seed=seed, version=1
    )
