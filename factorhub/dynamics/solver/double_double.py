"""Numbers of 106 bits as pairs of doubles (high, low), one at a time: what the times of collisions are solved in."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from factorhub.numerics.compiled import compiled

Pair: TypeAlias = tuple[float, float]
SPLITTER = 134217729.0  # 2**27 + 1, cuts a double into two halves of 26 bits


@compiled
def tidy(a: float, b: float) -> Pair:
    """The pair a + b."""
    s = a + b
    part = s - a
    return s, (a - (s - part)) + (b - part)


@compiled
def product(a: float, b: float) -> Pair:
    """The exact product of two doubles (Dekker 1971)."""
    p = a * b
    split = SPLITTER * a
    a1 = split - (split - a)
    a2 = a - a1
    split = SPLITTER * b
    b1 = split - (split - b)
    b2 = b - b1
    return p, ((a1 * b1 - p) + a1 * b2 + a2 * b1) + a2 * b2


@compiled
def plus(a: Pair, b: Pair) -> Pair:
    """a + b."""
    s, error = tidy(a[0], b[0])
    t, rest = tidy(a[1], b[1])
    s, error = tidy(s, error + t)
    return tidy(s, error + rest)


@compiled
def minus(a: Pair, b: Pair) -> Pair:
    """a - b."""
    return plus(a, (-b[0], -b[1]))


@compiled
def times(a: Pair, b: Pair) -> Pair:
    """a b."""
    p, error = product(a[0], b[0])
    return tidy(p, error + (a[0] * b[1] + a[1] * b[0]))


@compiled
def over(a: Pair, b: Pair) -> Pair:
    """a / b."""
    first = a[0] / b[0]
    rest = minus(a, times((first, 0.0), b))
    return tidy(first, rest[0] / b[0])


@compiled
def root(a: Pair) -> Pair:
    """The square root of a, 0 where a is not positive."""
    if a[0] <= 0.0:
        return 0.0, 0.0
    first = np.sqrt(a[0])
    rest = minus(a, product(first, first))
    return tidy(first, rest[0] / (2.0 * first))
