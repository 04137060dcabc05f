"""Sine and cosine from IEEE additions and multiplications only, so that pixels never depend on a machine's libm."""

from __future__ import annotations

import math

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled

QUARTER = math.pi / 2
QUARTER_TAIL = 6.123233995736766e-17  # pi / 2 minus its double


@compiled
def sincos(angle: float) -> tuple[float, float]:
    """(sin, cos) of `angle` [rad], within 2 ulp for |angle| < 1e5.

    The angle is reduced to an eighth of a turn in two parts, then the Taylor series are summed; a library's sine may
    differ in its last bit from one system to the next, and a pixel whose centre lies on an edge would differ with it.
    Without branches, so that a loop over angles runs in vector registers.
    """
    turns = np.rint(angle / QUARTER)
    x = (angle - turns * QUARTER) - turns * QUARTER_TAIL
    z = x * x
    s = 1.0 / 355687428096000.0
    s = -1.0 / 1307674368000.0 + z * s
    s = 1.0 / 6227020800.0 + z * s
    s = -1.0 / 39916800.0 + z * s
    s = 1.0 / 362880.0 + z * s
    s = -1.0 / 5040.0 + z * s
    s = 1.0 / 120.0 + z * s
    s = -1.0 / 6.0 + z * s
    sine = x + x * (z * s)
    c = 1.0 / 20922789888000.0
    c = -1.0 / 87178291200.0 + z * c
    c = 1.0 / 479001600.0 + z * c
    c = -1.0 / 3628800.0 + z * c
    c = 1.0 / 40320.0 + z * c
    c = -1.0 / 720.0 + z * c
    c = 1.0 / 24.0 + z * c
    c = -0.5 + z * c
    cosine = 1.0 + z * c
    quadrant = turns - 4.0 * np.floor(turns * 0.25)
    odd = (quadrant == 1.0) | (quadrant == 3.0)
    up, along = cosine if odd else sine, sine if odd else cosine
    return -up if quadrant >= 2.0 else up, -along if (quadrant == 1.0) | (quadrant == 2.0) else along


@compiled
def sines(angles: Array, out: Array) -> None:
    """Write sines and cosines of `angles` (n,) [rad] to `out` (2, n)."""
    for i in range(angles.size):
        out[0, i], out[1, i] = sincos(angles[i])
