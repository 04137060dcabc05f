"""The joint entropy minus mutual information gap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.metrics.discretise import BINS, MOST_EXACT
from factorhub.metrics.information import FLOOR, Counting, information
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.metric import declare
from factorhub.metrics.score import Score


@declare(
    measures="is each factor in one code that holds nothing else, no noise either",
    chance="0.0 to 0.2: it depends on the numbers of classes and bins",
    tier="basic",
    source="Do and Tran, Theory and evaluation metrics for learning disentangled representations, 2020",
)
def jemmig(
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
    """JEMMIG, normalised: 1 - (H(a, v) - I(a; v) + I(b; v)) / (H(v) + log B), a the best code of a factor and b the second.

    B is the number of classes of code a. 1 only where the best code in classes is a bijection of the factor; noise in the code
    costs more than in MIG.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`.
        seed: of nothing: there is no randomness here.
        bins, exact, miller_madow, floor: as in `factorhub.metrics.information.Counting`.

    Raises:
        InputError: arrays that do not fit.

    >>> factors = np.random.default_rng(0).integers(0, 4, (1000, 2))
    >>> jemmig(factors, factors) > 0.99, jemmig(factors[:, ::-1] // 2, factors) < 0.8
    (True, True)
    """
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    how = Counting(bins, exact, miller_madow, floor)
    table = information(given, how)
    each = np.zeros(len(given.names))
    for k in given.varying:
        mutual = table.mutual[:, k]
        ranked = np.sort(mutual)[::-1]
        second = ranked[1] if len(ranked) > 1 else 0.0
        best = np.flatnonzero(
            (mutual == ranked[0]) & (table.sizes > 1)
        )  # of codes that know as much, the one that holds least else
        if not len(best):
            continue
        left = table.joint[best, k] - ranked[0] + second
        each[k] = max(float((1 - left / (table.factors[k] + np.log(table.sizes[best]))).max()), 0.0)
    return given.score("jemmig", each, relation=table.mutual, warnings=given.lonely, **how.settings, seed=seed, version=1)
