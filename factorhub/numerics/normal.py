"""exp, log, and the normal distribution's cdf and its inverse, from IEEE arithmetic only.

A library's exp may differ in its last bit from one machine to the next; a draw near the border of two grid values would
then differ too, and a set could not be finished on another machine. The functions have no branches where it matters,
so that loops over arrays (`cdfs`, `probits`) run several lanes at once, with the same bits as one value at a time.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled

LN2_HIGH = 6.93147180369123816490e-01  # 33 bits of ln 2, so that whole multiples are exact
LN2_LOW = 1.90821492927058770002e-10
WHOLE = 6755399441055744.0  # 1.5 * 2**52: adding it leaves a number's nearest integer in its lowest bits
ROOT_HALF = 0x3FE6A09E667F3BCD  # the bits of the double nearest to sqrt(0.5)
TINY = 2.0**-54
ALMOST_ONE = 1.0 - 2.0**-53
FAR = 2e-11  # from 0 and 1, where the tails need another formula
LANES = 1024  # numbers at a time
CENTRAL = 0.425  # from 0.5, within which AS 241 needs no logarithm


@compiled
def exp(x: Any) -> float:
    """e to the x, x being kept from -708 to 709: a polynomial around a whole power of two. Within 2 ulp."""
    x = min(max(x, -708.0), 709.0)
    t = x * 1.4426950408889634 + WHOLE
    k = t - WHOLE
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    r2 = r * r
    low = (1.0 + r * 0.5) + r2 * (1.0 / 6.0 + r * (1.0 / 24.0))
    middle = (1.0 / 120.0 + r * (1.0 / 720.0)) + r2 * (1.0 / 5040.0 + r * (1.0 / 40320.0))
    high = (1.0 / 362880.0 + r * (1.0 / 3628800.0)) + r2 * (1.0 / 39916800.0 + r * (1.0 / 479001600.0))
    p = 1.0 + r * (low + (r2 * r2) * (middle + (r2 * r2) * high))
    return p * np.int64((np.float64(t).view(np.int64) + 1023) << 52).view(np.float64)


@compiled
def exps(numbers: Array) -> None:
    """Replace `numbers` (n,) by e to each of them."""
    for i in range(numbers.size):
        numbers[i] = exp(numbers[i])


@compiled
def log(x: Any) -> float:
    """The natural logarithm of a normal number x > 0: the series of atanh around a whole power of two. Within 2 ulp."""
    bits = np.float64(x).view(np.int64)
    power = (bits - ROOT_HALF) >> 52
    f = np.int64(bits - (power << 52)).view(np.float64)
    e = np.int64(power + 0x4338000000000000).view(np.float64) - WHOLE
    s = (f - 1.0) / (f + 1.0)
    z = s * s
    z2 = z * z
    low = (1.0 / 3.0 + z * (1.0 / 5.0)) + z2 * (1.0 / 7.0 + z * (1.0 / 9.0))
    high = (1.0 / 11.0 + z * (1.0 / 13.0)) + z2 * (1.0 / 15.0 + z * (1.0 / 17.0))
    top = 1.0 / 19.0 + z * (1.0 / 21.0)
    p = low + (z2 * z2) * (high + (z2 * z2) * top)
    return e * LN2_HIGH + (2.0 * s + (2.0 * s * (z * p) + e * LN2_LOW))


@compiled
def cdf(z: Any) -> float:
    """The chance that a standard normal number is below z, kept inside (0, 1); Hart's algorithm 5666 as West gives it (2005).

    Within 1e-15; beyond 7.5 the value at 7.5, which is 3e-14 from 0 or 1.
    """
    x = min(abs(z), 7.5)
    x2 = x * x
    x4 = x2 * x2
    n = (220.206867912376 + 221.213596169931 * x) + x2 * (112.079291497871 + 33.912866078383 * x)
    n = n + x4 * ((6.37396220353165 + 0.700383064443688 * x) + x2 * 3.52624965998911e-02)
    d = (440.413735824752 + 793.826512519948 * x) + x2 * (637.333633378831 + 296.564248779674 * x)
    d = d + x4 * ((86.7807322029461 + 16.064177579207 * x) + x2 * (1.75566716318264 + 8.83883476483184e-02 * x))
    tail = exp(-0.5 * x2) * n / d
    return 1.0 - tail if z > 0.0 else tail


@compiled
def _central(u: Any) -> float:
    """The inverse of `cdf` for |u - 0.5| <= CENTRAL (Wichura's AS 241, 1988)."""
    q = u - 0.5
    r = 0.180625 - q * q
    r2 = r * r
    r4 = r2 * r2
    n = (3.387132872796366608 + 133.14166789178437745 * r) + r2 * (1971.5909503065514427 + 13731.693765509461125 * r)
    n = n + r4 * ((45921.953931549871457 + 67265.770927008700853 * r) + r2 * (33430.575583588128105 + 2509.0809287301226727 * r))
    d = (1.0 + 42.313330701600911252 * r) + r2 * (687.1870074920579083 + 5394.1960214247511077 * r)
    d = d + r4 * ((21213.794301586595867 + 39307.89580009271061 * r) + r2 * (28729.085735721942674 + 5226.495278852854561 * r))
    return q * n / d


@compiled
def _seventh(x: float, a: float, b: float, c: float, d: float, e: float, f: float, g: float, h: float) -> float:
    """a x**7 + b x**6 + … + g x + h, from the inside out."""
    return ((((((a * x + b) * x + c) * x + d) * x + e) * x + f) * x + g) * x + h


@compiled
def _outer(u: Any) -> float:
    """The inverse of `cdf` for most other u in (0, 1): those that are 1.4e-11 or more from 0 and 1."""
    r = math.sqrt(-log(min(u, 1.0 - u))) - 1.6
    n = _seventh(
        r,
        7.7454501427834140764e-4,
        0.0227238449892691845833,
        0.24178072517745061177,
        1.27045825245236838258,
        3.64784832476320460504,
        5.7694972214606914055,
        4.6303378461565452959,
        1.42343711074968357734,
    )
    d = _seventh(
        r,
        1.05075007164441684324e-9,
        5.475938084995344946e-4,
        0.0151986665636164571966,
        0.14810397642748007459,
        0.68976733498510000455,
        1.6763848301838038494,
        2.05319162663775882187,
        1.0,
    )
    return -n / d if u < 0.5 else n / d


@compiled
def _farthest(u: Any) -> float:
    """The inverse of `cdf` where its logarithm's root passes 5, and for all other u outside the centre."""
    r = math.sqrt(-log(min(u, 1.0 - u)))
    if r <= 5.0:
        return _outer(u)
    r -= 5.0
    n = _seventh(
        r,
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        0.0012426609473880784386,
        0.026532189526576123093,
        0.29656057182850489123,
        1.7848265399172913358,
        5.4637849111641143699,
        6.6579046435011037772,
    )
    d = _seventh(
        r,
        2.04426310338993978564e-15,
        1.4215117583164458887e-7,
        1.8463183175100546818e-5,
        7.868691311456132591e-4,
        0.0148753612908506148525,
        0.13692988092273580531,
        0.59983220655588793769,
        1.0,
    )
    return -n / d if u < 0.5 else n / d


@compiled
def probit(u: Any) -> float:
    """The number below which a standard normal number lies with chance u; 0 and 1 are kept off. Within a few ulp."""
    u = min(max(u, TINY), ALMOST_ONE)
    return _central(u) if abs(u - 0.5) <= CENTRAL else _farthest(u)


@compiled
def cdfs(z: Array) -> None:
    """Replace each of `z` (n,) by its `cdf`."""
    for i in range(z.size):
        z[i] = cdf(z[i])


@compiled
def probits(u: Array, out: Array) -> None:
    """Fill `out` (n,) with the `probit` of each of `u` (n,): the central formula for all, then the few others again.

    The others are first put side by side, and the farthest of them done last, so that each loop has one formula.
    """
    size = min(u.size, LANES)
    where, tail = np.empty(size, dtype=np.int64), np.empty(size)
    for begin in range(0, u.size, LANES):
        chances, found, many, far = u[begin : begin + LANES], out[begin : begin + LANES], 0, 0
        for i in range(chances.size):
            found[i] = _central(chances[i])
        for i in range(chances.size):
            where[many] = i
            many += abs(chances[i] - 0.5) > CENTRAL
        for m in range(many):
            tail[m] = min(max(chances[where[m]], TINY), ALMOST_ONE)
        for m in range(many):
            far += np.int64(min(tail[m], 1.0 - tail[m]) < FAR)
        if far > 0:
            for m in range(many):
                found[where[m]] = _farthest(tail[m])
        else:
            for m in range(many):
                tail[m] = _outer(tail[m])
            for m in range(many):
                found[where[m]] = tail[m]
