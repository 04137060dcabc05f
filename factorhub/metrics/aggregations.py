"""What is read off a relation matrix (D, K), a row per code and a column per factor, none negative.

A relation says how much each code has to do with each factor; see `factorhub.metrics.relations`. Any aggregation may be
applied to any relation; metrics are named pairs of the two.
"""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array


def gap(relation: Array) -> Array:
    """(K,) the best entry of each column less its second; a single row has a second of 0.

    >>> gap(np.array([[0.9, 0.1], [0.2, 0.1]])).round(2).tolist()
    [0.7, 0.0]
    """
    if len(relation) == 1:
        relation = np.vstack([relation, np.zeros_like(relation)])
    ranked = np.sort(relation, axis=0)
    best: Array = ranked[-1] - ranked[-2]
    return best
