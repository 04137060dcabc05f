"""Mean intersection over union."""

from __future__ import annotations

import numpy.typing as npt

from factorhub.metrics.aggregations import matching
from factorhub.metrics.metric import declare
from factorhub.metrics.objects.overlap import overlaps
from factorhub.metrics.objects.scored import scored
from factorhub.metrics.score import Score


@declare(
    measures="how well is each true object covered by a slot of its own",
    needs=("masks",),
    chance="0.10 to 0.33 for stripes and blocks",
    tier="special",
    source="the Jaccard index with one-to-one matching (Kuhn, 1955)",
    extra="metrics",
)
def miou(true: npt.ArrayLike, pred: npt.ArrayLike, *, seed: int = 0) -> Score:
    """The intersection over union of objects matched to slots one to one, an unmatched object counting 0; means like `mbo`.

    Args:
        true: (…, H, W) whole numbers; 0 is the background.
        pred: (…, H, W) the slot that takes each pixel; 0 is a slot like any other.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: the shapes differ, or a map holds anything but whole numbers from 0 to 65,535.

    >>> import numpy as np
    >>> true = np.array([[0, 1, 1, 2, 2]])
    >>> round(miou(true, [[0, 1, 1, 1, 1]]), 3)
    0.25
    """
    shares, _ = overlaps(true, pred)
    each = []
    for part in shares:
        rows, columns = matching(part)
        each.append(float(part[rows, columns].sum() / len(part)) if len(part) else float("nan"))
    return scored("miou", each, seed)
