"""Modularity: is each code about one factor."""

from __future__ import annotations

import numpy.typing as npt

from factorhub.metrics import aggregations
from factorhub.metrics.discretise import BINS, MOST_EXACT
from factorhub.metrics.information import FLOOR, Counting, information
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.metric import declare
from factorhub.metrics.score import Score


@declare(
    measures="is each code that knows anything about one factor only",
    chance="0 with the floor; 0.62 to 0.87 without",
    tier="basic",
    source="Ridgeway and Mozer, Learning deep disentangled embeddings with the F-statistic loss, 2018",
)
def modularity(
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
    """Modularity of the mutual information, mean over the codes that know anything; "all codes" counts the others as 0.

    A rotated code still gets 0.92 to 0.96: the whole range from rotated to ideal is a few hundredths. Never show it without
    its panel.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`.
        seed: of nothing: there is no randomness here.
        bins, exact, miller_madow, floor: as in `factorhub.metrics.information.Counting`.

    Raises:
        InputError: arrays that do not fit.

    >>> import numpy as np
    >>> factors = np.random.default_rng(0).integers(0, 4, (1000, 2))
    >>> modularity(factors, factors) == 1, modularity(factors @ [[1], [4]], factors) < 0.1
    (True, True)
    """
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    how = Counting(bins, exact, miller_madow, floor)
    table = information(given, how)
    mutual = table.mutual[:, given.varying]
    each, active = aggregations.modularity(mutual), mutual.max(axis=1) > 0
    return given.score(
        "modularity",
        value=float(each[active].mean()) if active.any() else 0.0,
        parts={"all codes": each.mean()},
        relation=table.mutual,
        warnings=given.lonely,
        **how.settings,
        active=int(active.sum()),
        seed=seed,
        version=1,
    )
