"""The separated attribute predictability, read as squared correlation."""

from __future__ import annotations

import numpy.typing as npt

from factorhub.metrics.aggregations import gap
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.metric import declare
from factorhub.metrics.relations import correlation
from factorhub.metrics.score import Score


@declare(
    measures="is each factor a linear function of one code, and of no second one",
    chance="about 1/N",
    tier="basic",
    source="Kumar et al., 2018, the variant for continuous factors",
)
def sap_r2(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    seed: int = 0,
) -> Score:
    """SAP of numbers: the gap of the squared correlations of the two best codes with a factor, mean over factors.

    Typed like `factorhub.metrics.relations.correlation`; for one code and an ordinal or continuous factor this is the
    squared Pearson correlation of the reference.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: arrays that do not fit.

    >>> import numpy as np
    >>> factors = np.random.default_rng(0).normal(size=(500, 2))
    >>> sap_r2(factors, factors) > 0.95
    True
    """
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    relation = correlation(given) ** 2
    return given.score("sap_r2", gap(relation), relation=relation, estimator="squared correlation", seed=seed, version=1)
