"""The mutual information gap with the roles swapped: of codes over factors."""

from __future__ import annotations

import numpy.typing as npt

from factorhub.metrics.aggregations import gap
from factorhub.metrics.discretise import BINS, MOST_EXACT
from factorhub.metrics.information import FLOOR, Counting, information
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.metric import declare
from factorhub.metrics.score import Score


@declare(
    measures="does each code that knows anything know one factor only",
    chance="0; without the floor near 0",
    tier="basic",
    source="Li et al., Progressive learning and disentanglement of hierarchical representations, 2020",
)
def mig_sup(
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
    """How much more each code knows of its best factor than of its next best, in shares of their entropies.

    Mean over the codes that know anything; the part "all codes" counts the others as 0. Blind to duplicated codes.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`.
        seed: of nothing: there is no randomness here.
        bins, exact, miller_madow, floor: as in `factorhub.metrics.information.Counting`.

    Raises:
        InputError: arrays that do not fit.

    >>> import numpy as np
    >>> factors = np.random.default_rng(0).integers(0, 4, (1000, 2))
    >>> mig_sup(factors, factors) > 0.99, mig_sup(factors @ [[1], [4]], factors) < 0.1
    (True, True)
    """
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    how = Counting(bins, exact, miller_madow, floor)
    table = information(given, how)
    shares = table.normalised[:, given.varying]
    gaps, active = gap(shares.T), shares.max(axis=1) > 0
    value = float(gaps[active].mean()) if active.any() else 0.0
    return given.score(
        "mig_sup",
        value=value,
        parts={"all codes": gaps.mean()},
        relation=table.mutual,
        warnings=given.lonely,
        **how.settings,
        active=int(active.sum()),
        seed=seed,
        version=1,
    )
