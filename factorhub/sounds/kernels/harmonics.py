"""Sums of harmonics of one tone, band-limited by construction, and the smooth steps that all envelopes are made of."""

from __future__ import annotations

import math

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.normal import exp
from factorhub.numerics.trig import sincos

BLOCK = 128  # samples at a time: what a sum of harmonics works on stays in the first cache
FADE, STOP = 0.80, 0.94  # of half the sampling rate: harmonics fade between them, and there are none above
LN2, LN10 = math.log(2.0), math.log(10.0)
TURN = 2.0 * math.pi


@compiled
def smooth(x: float) -> float:
    """0 below 0, 1 above 1, and between them a step whose slope and curvature are 0 at both ends."""
    x = min(max(x, 0.0), 1.0)
    return x * x * x * (10.0 + x * (6.0 * x - 15.0))


@compiled
def decibels(x: float) -> float:
    """The factor of amplitude that `x` dB are."""
    return exp(x * (LN10 / 20.0))


@compiled
def audible(frequency: float, rate: float) -> float:
    """The share of a harmonic at `frequency` that is kept at this sampling rate, both in Hz: all of it, or less near the end."""
    return 1.0 - smooth((2.0 * frequency / rate - FADE) / (STOP - FADE))


@compiled
def harmonics_below(frequency: float, rate: float) -> int:
    """How many harmonics of a tone have a share that is kept."""
    return int(STOP * 0.5 * rate / frequency)


@compiled
def add_harmonics(
    angles: Array, shares: Array, start: Array, change: Array, count: int, size: int, work: Array, out: Array, levels: Array
) -> None:
    """Add levels · Σ_h (start_h + share · change_h) sin(h · angle), h from 1 to `count`, to `out`, by Clenshaw's recurrence.

    Two additions and two products a harmonic and sample, in loops over samples that run in vector registers with the same bits
    as one sample at a time.

    Args:
        angles: (size,) [rad].
        shares: (size,) how far the amplitudes have moved from `start` by `change`.
        start, change: (count,) amplitudes.
        work: (4, BLOCK) to write on.
        out: (size,).
        levels: (size,).
    """
    twice, sines, near, far = work[0], work[1], work[2], work[3]
    for i in range(size):
        sine, cosine = sincos(angles[i])
        sines[i] = sine
        twice[i] = 2.0 * cosine
        near[i] = 0.0
        far[i] = 0.0
    h = count - 1
    if count % 2 == 1:
        a, d = start[h], change[h]
        for i in range(size):
            near[i] = a + shares[i] * d
        h -= 1
    while h > 0:
        a, d, b, e = start[h], change[h], start[h - 1], change[h - 1]
        for i in range(size):
            next_far = a + shares[i] * d + twice[i] * near[i] - far[i]
            far_now = near[i]
            near[i] = b + shares[i] * e + twice[i] * next_far - far_now
            far[i] = next_far
        h -= 2
    for i in range(size):
        out[i] += levels[i] * near[i] * sines[i]


@compiled
def resonate(b: Array, a1: float, a2: float, state: Array, start: int, stop: int, signal: Array) -> None:
    """Filter signal[start:stop] in place by b0 + b1 z⁻¹ + b2 z⁻² over 1 + a1 z⁻¹ + a2 z⁻²; `state` (2,) goes on between calls."""
    first, second = state[0], state[1]
    b0, b1, b2 = b[0], b[1], b[2]
    for i in range(start, stop):
        x = signal[i]
        y = b0 * x + first
        first = b1 * x - a1 * y + second
        second = b2 * x - a2 * y
        signal[i] = y
    state[0], state[1] = first, second


@compiled
def level(amplitudes: Array, count: int, crest: float) -> None:
    """Scale amplitudes so that the sum of their sines has nearly the mean square 1, and is nowhere beyond `crest`.

    The mean square is 1 of few harmonics and less of many, whose peaks rise high above it; smooth, where a limit is not.
    """
    power, peak = 0.0, 0.0
    for h in range(count):
        power += amplitudes[h] * amplitudes[h]
        peak += abs(amplitudes[h])
    peak /= crest
    scale = 1.0 / math.sqrt(max(0.5 * power + peak * peak, 1e-30))
    for h in range(count):
        amplitudes[h] *= scale


@compiled
def end_smoothly(signal: Array, silent: int, fade: int) -> None:
    """Fade the end of a signal out over `fade` samples; the last `silent` ones are 0."""
    end = signal.size - silent
    for i in range(fade):
        signal[end - 1 - i] *= smooth((i + 0.5) / fade)
    for i in range(end, signal.size):
        signal[i] = 0.0


@compiled
def keep(signal: Array, out: Array) -> None:
    """Write a float64 signal as float32."""
    for i in range(signal.size):
        out[i] = np.float32(signal[i])
