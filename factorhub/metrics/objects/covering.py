"""Segmentation covering."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.metrics.metric import declare
from factorhub.metrics.objects.overlap import overlaps
from factorhub.metrics.objects.scored import scored
from factorhub.metrics.score import Score


@declare(
    measures="how much of the area of true objects is covered by a best slot of the same extent",
    needs=("masks",),
    chance="0.15 to 0.36 for stripes and blocks",
    tier="special",
    source="Arbelaez et al., 2011; over the foreground: Engelcke et al., GENESIS, 2020",
)
def covering(true: npt.ArrayLike, pred: npt.ArrayLike, *, seed: int = 0) -> Score:
    """SC: best intersection over union weighted by the objects' areas; the part "unweighted" is mSC. Means over images.

    Args:
        true: (…, H, W) whole numbers; 0 is the background.
        pred: (…, H, W) the slot that takes each pixel; 0 is a slot like any other.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: the shapes differ, or a map holds anything but whole numbers from 0 to 65,535.

    >>> true = np.array([[0, 1, 1, 2, 2]])
    >>> round(covering(true, [[0, 1, 1, 1, 1]]), 3)
    0.5
    """
    shares, areas = overlaps(true, pred)
    best = [part.max(axis=1) if len(part) else np.zeros(0) for part in shares]
    each = [float((b * a).sum() / a.sum()) if len(b) else float("nan") for b, a in zip(best, areas, strict=True)]
    plain = [float(b.mean()) for b in best if len(b)]
    return scored("covering", each, seed, {"unweighted": float(np.mean(plain)) if plain else 0.0})
