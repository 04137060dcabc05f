"""The operations that equations of motion are recorded in, by number, as the compiled integrator reads them."""

from __future__ import annotations

ADD, SUBTRACT, MULTIPLY, SCALE, DIVIDE, SINCOS, INVERSE_CUBE = range(7)
