"""A small model and its report, made once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import factorhub
from factorhub.evaluation import Report
from factorhub.factors import Array


def centres(images: Array) -> Array:
    """Where the sprite is and how large: three numbers that know three factors."""
    x = images.astype(np.float64)
    size = x.sum(axis=(1, 2))
    along = np.arange(images.shape[2])
    return np.stack([(x.sum(axis=1) @ along) / size, (x.sum(axis=2) @ along) / size, size], axis=1)


@pytest.fixture(scope="session")
def model() -> Any:
    return centres


@pytest.fixture(scope="session")
def report(panels: object) -> Report:
    return factorhub.evaluate(centres, "dsprites", ["mig", "dci", "mcc"], draws=2, n=1000, seed=3, model="centres")
