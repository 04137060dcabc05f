"""Gaps of mutual information that allow for factors which depend on one another: what DMIG, XMIG and DLIG share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from factorhub.factors import Array
from factorhub.metrics.aggregations import matching
from factorhub.metrics.information import Counting, information, pair
from factorhub.metrics.sample import Sample


@dataclass(frozen=True, eq=False)
class Dependent:
    """Codes, each tied to one factor at most, and what the factors know of one another.

    Attributes:
        mutual: (D, K') mutual information, over the factors that vary.
        all_mutual: (D, K) the same over all.
        tied: (K',) the code of each factor; -1 where codes are fewer.
        own: (D,) the factor of each code; -1 for a free one.
        given: (K', K') the entropy of factor i where factor l is known; its own entropy on the diagonal.
    """

    mutual: Array
    all_mutual: Array
    tied: Array
    own: Array
    given: Array


def dependent(sample: Sample, how: Counting) -> Dependent:
    """Tie codes to factors one to one, by the greatest sum of normalised mutual information; a tie of nothing is none."""
    table = information(sample, how)
    kept = sample.varying
    mutual = table.mutual[:, kept]
    tied, own = np.full(len(kept), -1), np.full(len(mutual), -1)
    for j, i in zip(*matching(table.normalised[:, kept]), strict=True):
        if mutual[j, i] > 0:
            tied[i], own[j] = j, i
    given = np.zeros((len(kept), len(kept)))
    for a, i in enumerate(kept):
        for b, other in enumerate(kept):
            known = 0.0 if a == b else pair(sample.classes[i], sample.classes[other], how)[0]
            given[a, b] = max(table.factors[i] - known, 0.0)
    return Dependent(mutual, table.mutual, tied, own, given)


def share(gap: float, entropy: float) -> float:
    """A gap as a share of the entropy that is left; 0 where none is."""
    return gap / entropy if entropy > 1e-9 else 0.0
