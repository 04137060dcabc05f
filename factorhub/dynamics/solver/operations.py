"""What the compiled integrator reads: operations by number, recorded equations, and how to step."""

from __future__ import annotations

from typing import NamedTuple

from factorhub.factors import Array

ADD, SUBTRACT, MULTIPLY, SCALE, DIVIDE, SINCOS, INVERSE_CUBE = range(7)


class Recording(NamedTuple):
    """Equations as arrays: operations (m, 5), rates (s,), the number of registers, where constants stand (c,), and they (c,)."""

    operations: Array
    rates: Array
    registers: int
    where: Array
    constants: Array


class Steps(NamedTuple):
    """How the integrator steps.

    Attributes:
        order: of the Taylor polynomials.
        reach: the step as a fraction of the estimated radius of convergence; the truncation error of a step is about
            reach ** order of the state's size.
        pairs: carry the state and the coefficients below this order in pairs of doubles, about 30 digits; 0 for none.
        coarse: 2**b + 1 to round the state to 53 - b bits after every step; 0 to leave it.
        longest: the most steps a trajectory may take.
    """

    order: int
    reach: float
    pairs: int
    coarse: float
    longest: int
