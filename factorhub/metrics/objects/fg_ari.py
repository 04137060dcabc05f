"""The adjusted Rand index over the foreground, as a score of a set."""

from __future__ import annotations

import numpy.typing as npt

from factorhub.metrics.metric import declare
from factorhub.metrics.objects.ari import ari
from factorhub.metrics.objects.scored import scored
from factorhub.metrics.score import Score


@declare(
    measures="are pixels of the same true object, and only those, in the same slot",
    needs=("masks",),
    range=(-1.0, 1.0),
    chance="0, but 0.42 to 0.50 for fixed stripes and blocks: read it beside the block baseline and mbo",
    tier="special",
    source="Hubert and Arabie, 1985; over the foreground: Greff et al., IODINE, 2019",
)
def fg_ari(true: npt.ArrayLike, pred: npt.ArrayLike, *, seed: int = 0) -> Score:
    """The mean over images of `factorhub.metrics.ari`: all pixels of true objects count, in every frame of a video.

    Args:
        true: (…, H, W) whole numbers; 0 is the background.
        pred: (…, H, W) the slot that takes each pixel; 0 is a slot like any other.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: the shapes differ, or a map holds anything but whole numbers from 0 to 65,535.

    >>> import numpy as np
    >>> true = np.array([[0, 1, 1, 2, 2]])
    >>> fg_ari(true, [[5, 3, 3, 0, 0]]) == 1
    True
    """
    found = ari(true, pred).ravel()
    return scored("fg_ari", found.tolist(), seed, {"worst image": float(found.min(initial=1.0))})
