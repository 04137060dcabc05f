"""Mean best overlap."""

from __future__ import annotations

import numpy.typing as npt

from factorhub.metrics.metric import declare
from factorhub.metrics.objects.overlap import overlaps
from factorhub.metrics.objects.scored import scored
from factorhub.metrics.score import Score


@declare(
    measures="how well does the best slot of each true object cover it and nothing else",
    needs=("masks",),
    chance="0.13 to 0.33 for stripes and blocks",
    tier="special",
    source="Pont-Tuset et al., 2017",
)
def mbo(true: npt.ArrayLike, pred: npt.ArrayLike, *, seed: int = 0) -> Score:
    """The intersection over union of each true object with its best slot, mean over the objects of an image, then over images.

    Args:
        true: (…, H, W) whole numbers; 0 is the background.
        pred: (…, H, W) the slot that takes each pixel; 0 is a slot like any other.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: the shapes differ, or a map holds anything but whole numbers from 0 to 65,535.

    >>> import numpy as np
    >>> true = np.array([[0, 1, 1, 2, 2]])
    >>> round(mbo(true, [[0, 1, 1, 1, 1]]), 3), mbo(true, [[5, 3, 3, 0, 0]])
    (0.5, Score(mbo=1))
    """
    shares, _ = overlaps(true, pred)
    return scored("mbo", [float(part.max(axis=1).mean()) if len(part) else float("nan") for part in shares], seed)
