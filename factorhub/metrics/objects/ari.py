"""Scores that need nothing but arrays: how well predicted objects match the true ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.metrics.objects.overlap import instances, numbered


def ari(true: npt.ArrayLike, pred: npt.ArrayLike) -> Array:
    """The adjusted Rand index of predicted instance maps over the foreground, the usual score of object discovery.

    Only pixels of true objects count (`true` > 0), so how the background is cut up does not matter. 1 is a perfect
    match whatever the numbers of the slots, 0 is chance level, and negative values are worse than chance. As in
    scikit-learn, two maps that agree on having one group, or no pixel at all, score 1.

    Args:
        true: (…, H, W) whole numbers; 0 is the background, as in the `mask` field of the generators. A last axis of one
            channel, (…, H, W, 1), as in published masks, is dropped.
        pred: (…, H, W) or (…, H, W, 1) whole numbers; the slot that takes each pixel. 0 is a slot like any other.

    Returns:
        (…) float64, one score per image; average them for a set.

    Raises:
        InputError: the shapes differ, or a map holds anything but whole numbers from 0 to 65,535.

    Hubert and Arabie, "Comparing partitions" (1985); over the foreground: Greff et al., IODINE (2019).

    >>> true = np.array([[0, 1, 1, 2, 2]])
    >>> ari(true, [[5, 3, 3, 0, 0]]).item(), ari(true, [[0, 1, 1, 1, 1]]).item()
    (1.0, 0.0)
    """
    true, pred = instances("true", true), instances("pred", pred)
    if true.shape != pred.shape:
        raise InputError(f"ari compares maps of one shape (…, H, W); got {true.shape} and {pred.shape}")
    lead, pixels = true.shape[:-2], true.shape[-2] * true.shape[-1]
    true, pred = true.reshape(-1, pixels), pred.reshape(-1, pixels)
    images, place = np.nonzero(true)
    rows, columns = numbered(true[images, place]), numbered(pred[images, place])
    height, width = int(rows.max(initial=0)) + 1, int(columns.max(initial=0)) + 1
    cells = (images * height + rows) * width + columns
    counts = np.bincount(cells, minlength=len(true) * height * width).reshape(len(true), height, width).astype(np.float64)

    # Ordered pairs of pixels, counted exactly: together in both maps, in the true one, in the predicted one.
    total = counts.sum(axis=(1, 2))
    both = (counts**2).sum(axis=(1, 2)) - total
    in_true = (counts.sum(axis=2) ** 2).sum(axis=1) - total
    in_pred = (counts.sum(axis=1) ** 2).sum(axis=1) - total
    pairs = np.maximum(total * (total - 1), 1)
    chance = in_true * in_pred / pairs
    best = (in_true + in_pred) / 2
    same = (both == in_true) & (both == in_pred)
    score = np.where(same, 1.0, (both - chance) / np.where(same, 1.0, best - chance))
    return score.reshape(lead)
