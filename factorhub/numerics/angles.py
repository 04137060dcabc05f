"""Sine and cosine of whole arrays, the same bits on every machine, which a library's are not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.factors import Array


def sines(angles: npt.ArrayLike) -> Array:
    """Sine and cosine (2, …) of angles (…) [rad]."""
    from factorhub.numerics.trig import sines as fill

    angles = np.asarray(angles, np.float64)
    out = np.empty((2, angles.size))
    fill(np.ascontiguousarray(angles.reshape(-1)), out)
    return out.reshape(2, *angles.shape)
