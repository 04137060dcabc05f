"""A score of images, from one number an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from factorhub.errors import InputError
from factorhub.metrics.score import Score


def scored(name: str, each: Sequence[float], seed: int, parts: Mapping[str, float] | None = None) -> Score:
    """The mean over images; one without an object is given as NaN, and left out.

    Raises:
        InputError: no image has an object.
    """
    kept = [value for value in each if not np.isnan(value)]
    if not kept:
        raise InputError(f"{name} needs a true object; got {len(each)} maps of background only; 0 is the background")
    left = len(each) - len(kept)
    notes = [f"left out, for they have no object: {left} of {len(each)} images"] if left else []
    settings = {"N": len(each), "estimator": "masks", "seed": seed, "version": 1}
    return Score(float(np.mean(kept)), name, parts=parts, settings=settings, warnings=notes)
