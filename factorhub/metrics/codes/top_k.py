"""Disentanglement and completeness of the best codes of each factor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.errors import whole
from factorhub.metrics.aggregations import completeness, disentanglement, purity
from factorhub.metrics.discretise import BINS, MOST_EXACT
from factorhub.metrics.information import FLOOR, Counting
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.metric import declare
from factorhub.metrics.relations import shared_information
from factorhub.metrics.score import Score


@declare(
    measures="do the k purest codes of each factor know that factor only",
    chance="0",
    tier="full",
    source="Cao et al., An empirical study on disentanglement of negative-free contrastive learning, 2022",
)
def top_k(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    seed: int = 0,
    k: int = 1,
    bins: int = BINS,
    exact: int = MOST_EXACT,
    miller_madow: bool = True,
    floor: float | None = FLOOR,
) -> Score:
    """Top-k MED: D of mutual information importance over the k purest codes of each factor; its C is the part "completeness".

    For codes of many dimensions, of which most are not meant to be about a factor.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`.
        seed: of nothing: there is no randomness here.
        k: codes kept of those whose best factor is the same.
        bins, exact, miller_madow, floor: as in `factorhub.metrics.information.Counting`.

    Raises:
        InputError: arrays that do not fit.

    >>> factors = np.random.default_rng(0).integers(0, 4, (1000, 2))
    >>> top_k(np.column_stack([factors, factors.sum(axis=1)]), factors) > 0.99
    True
    """
    whole("k", k, 1)
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    how = Counting(bins, exact, miller_madow, floor)
    relation = shared_information(given, how)
    part = relation[:, given.varying]
    best = part.argmax(axis=1)
    kept: list[int] = []
    for j in np.argsort(-purity(part), kind="stable"):
        if part[j].any() and sum(best[i] == best[j] for i in kept) < k:
            kept.append(int(j))
    rows = part[sorted(kept)] if kept else part
    return given.score(
        "top_k",
        value=disentanglement(rows),
        parts={"completeness": completeness(rows)},
        relation=relation,
        warnings=given.lonely,
        **how.settings,
        k=k,
        kept=sorted(kept),
        seed=seed,
        version=1,
    )
