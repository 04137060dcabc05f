"""The informativeness, modularity and compactness score in one: what each factor's best specialist knows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.metrics.aggregations import gap
from factorhub.metrics.discretise import BINS, MOST_EXACT
from factorhub.metrics.information import FLOOR, Counting, information
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.metric import declare
from factorhub.metrics.score import Score


@declare(
    measures="is there for each factor a code that knows it and no other factor",
    chance="0",
    tier="basic",
    source="Sepliarskaia et al., How to not measure disentanglement, 2019",
)
def dcimig(
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
    """DCIMIG, also called 3CharM: each code credits its best factor with the gap to its next; a factor keeps its largest credit.

    The sum of the credits over the sum of the factors' entropies. One bad code cannot hurt it, so it does not see duplicates.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`.
        seed: of nothing: there is no randomness here.
        bins, exact, miller_madow, floor: as in `factorhub.metrics.information.Counting`.

    Raises:
        InputError: arrays that do not fit.

    >>> factors = np.random.default_rng(0).integers(0, 4, (1000, 2))
    >>> dcimig(factors, factors) > 0.99, dcimig(factors[:, :1], factors) < 0.51
    (True, True)
    """
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    how = Counting(bins, exact, miller_madow, floor)
    table = information(given, how)
    mutual, entropies = table.mutual[:, given.varying], table.factors[given.varying]
    best = mutual.argmax(axis=1)
    credit = np.zeros(len(entropies))
    np.maximum.at(credit, best, gap(mutual.T))
    return given.score(
        "dcimig",
        credit / entropies,
        credit.sum() / entropies.sum(),
        relation=table.mutual,
        warnings=given.lonely,
        **how.settings,
        seed=seed,
        version=1,
    )
