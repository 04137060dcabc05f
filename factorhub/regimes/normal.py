"""exp, log, and the normal distribution's cdf and its inverse, from IEEE arithmetic only.

A library's exp may differ in its last bit from one machine to the next; a draw near the border of two grid values would
then differ too, and a set could not be finished on another machine. Accuracy: a few units in the last place.
"""

from __future__ import annotations

import math

import numpy as np

from factorhub.compiled import compiled
from factorhub.factors import Array

LN2_HIGH = 6.93147180369123816490e-01  # 33 bits of ln 2, so that whole multiples are exact
LN2_LOW = 1.90821492927058770002e-10
TINY = 2.0**-54
POWERS = 2.0 ** np.arange(-1022, 1024)


def _roots() -> Array:
    """2 ** (j / 32) for j = 0 … 31 by square roots, which are correctly rounded everywhere."""
    halves = [math.sqrt(2.0)]
    while len(halves) < 5:
        halves.append(math.sqrt(halves[-1]))
    return np.array([math.prod(root for bit, root in enumerate(halves) if j >> (4 - bit) & 1) for j in range(32)])


ROOTS = _roots()


@compiled
def exp(x: float) -> float:
    """e to the x; 0 below -708 and infinity above 709."""
    if x < -708.0:
        return 0.0
    if x > 709.0:
        return math.inf
    k = np.rint(x * 46.16624130844683)
    r = (x - k * (LN2_HIGH / 32)) - k * (LN2_LOW / 32)
    z = r * r
    p = (1.0 + r * 0.5) + z * ((1.0 / 6.0 + r * (1.0 / 24.0)) + z * (1.0 / 120.0 + r * (1.0 / 720.0)))
    whole = np.int64(k)
    root = ROOTS[whole & 31]
    return (root + root * (r * p)) * POWERS[(whole >> 5) + 1022]


@compiled
def log(x: float) -> float:
    """The natural logarithm of x > 0."""
    m, e = math.frexp(x)
    if m < 0.7071067811865476:
        m *= 2.0
        e -= 1
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = 1.0 / 21.0
    p = 1.0 / 19.0 + z * p
    p = 1.0 / 17.0 + z * p
    p = 1.0 / 15.0 + z * p
    p = 1.0 / 13.0 + z * p
    p = 1.0 / 11.0 + z * p
    p = 1.0 / 9.0 + z * p
    p = 1.0 / 7.0 + z * p
    p = 1.0 / 5.0 + z * p
    p = 1.0 / 3.0 + z * p
    return e * LN2_HIGH + (2.0 * s + (2.0 * s * (z * p) + e * LN2_LOW))


@compiled
def cdf(z: float) -> float:
    """The chance that a standard normal number is below z (Hart's algorithm 5666 in the form of West, 2005)."""
    x = abs(z)
    if x > 37.0:
        tail = 0.0
    else:
        e = exp(-0.5 * x * x)
        if x < 7.07106781186547:
            n = 3.52624965998911e-02 * x + 0.700383064443688
            n = n * x + 6.37396220353165
            n = n * x + 33.912866078383
            n = n * x + 112.079291497871
            n = n * x + 221.213596169931
            n = n * x + 220.206867912376
            d = 8.83883476483184e-02 * x + 1.75566716318264
            d = d * x + 16.064177579207
            d = d * x + 86.7807322029461
            d = d * x + 296.564248779674
            d = d * x + 637.333633378831
            d = d * x + 793.826512519948
            d = d * x + 440.413735824752
            tail = e * n / d
        else:
            f = x + 0.65
            f = x + 4.0 / f
            f = x + 3.0 / f
            f = x + 2.0 / f
            f = x + 1.0 / f
            tail = e / f / 2.506628274631
    return 1.0 - tail if z > 0.0 else tail


@compiled
def probit(u: float) -> float:
    """The number below which a standard normal number lies with chance u (Wichura's AS 241, 1988); 0 and 1 are kept off."""
    u = min(max(u, TINY), 1.0 - 2.0 * TINY)
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        n = 2509.0809287301226727 * r + 33430.575583588128105
        n = n * r + 67265.770927008700853
        n = n * r + 45921.953931549871457
        n = n * r + 13731.693765509461125
        n = n * r + 1971.5909503065514427
        n = n * r + 133.14166789178437745
        n = n * r + 3.387132872796366608
        d = 5226.495278852854561 * r + 28729.085735721942674
        d = d * r + 39307.89580009271061
        d = d * r + 21213.794301586595867
        d = d * r + 5394.1960214247511077
        d = d * r + 687.1870074920579083
        d = d * r + 42.313330701600911252
        d = d * r + 1.0
        return q * n / d
    r = math.sqrt(-log(u if q < 0.0 else 1.0 - u))
    if r <= 5.0:
        r -= 1.6
        n = 7.7454501427834140764e-4 * r + 0.0227238449892691845833
        n = n * r + 0.24178072517745061177
        n = n * r + 1.27045825245236838258
        n = n * r + 3.64784832476320460504
        n = n * r + 5.7694972214606914055
        n = n * r + 4.6303378461565452959
        n = n * r + 1.42343711074968357734
        d = 1.05075007164441684324e-9 * r + 5.475938084995344946e-4
        d = d * r + 0.0151986665636164571966
        d = d * r + 0.14810397642748007459
        d = d * r + 0.68976733498510000455
        d = d * r + 1.6763848301838038494
        d = d * r + 2.05319162663775882187
        d = d * r + 1.0
    else:
        r -= 5.0
        n = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5
        n = n * r + 0.0012426609473880784386
        n = n * r + 0.026532189526576123093
        n = n * r + 0.29656057182850489123
        n = n * r + 1.7848265399172913358
        n = n * r + 5.4637849111641143699
        n = n * r + 6.6579046435011037772
        d = 2.04426310338993978564e-15 * r + 1.4215117583164458887e-7
        d = d * r + 1.8463183175100546818e-5
        d = d * r + 7.868691311456132591e-4
        d = d * r + 0.0148753612908506148525
        d = d * r + 0.13692988092273580531
        d = d * r + 0.59983220655588793769
        d = d * r + 1.0
    return -n / d if q < 0.0 else n / d
