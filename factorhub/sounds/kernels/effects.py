"""What is done to a tune when it has been played: a low-pass filter, reverberation, compression."""

from __future__ import annotations

import math

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.normal import exp, log
from factorhub.numerics.trig import sincos
from factorhub.sounds.kernels.harmonics import LN2, TURN, resonate

TAPS, ROOM = 40, 0.32  # echoes of the room, and how late the last of them is [s]
QUIET = 0.01  # level above which the compressor begins to work
KEPT = 26.0  # 1 + (0.05 / QUIET)²: a level of 0.05 stays what it is


@compiled
def low_pass(signal: Array, cutoff: float, rate: float) -> None:
    """Butterworth's filter of second order, in place; `cutoff` and `rate` in Hz."""
    sine, cosine = sincos(TURN * cutoff / rate)
    alpha = sine * math.sqrt(0.5)
    whole = 1.0 / (1.0 + alpha)
    b = np.array([0.5 * (1.0 - cosine) * whole, (1.0 - cosine) * whole, 0.5 * (1.0 - cosine) * whole])
    resonate(b, -2.0 * cosine * whole, (1.0 - alpha) * whole, np.zeros(2), 0, signal.size, signal)


@compiled
def reverberate(signal: Array, wet: float, rate: float, chances: Array, work: Array) -> None:
    """Add the echoes of a room, in place: taps that become denser and softer, by `chances` (TAPS, 2) in [0, 1).

    No sample becomes larger than the largest of the dry signal.
    """
    size = signal.size
    for i in range(size):
        work[i] = signal[i]
    gains, total = np.empty(TAPS), 0.0
    for k in range(TAPS):
        gains[k] = exp(-4.0 * (k + 1.0) / TAPS) * (0.5 + 0.5 * chances[k, 1])
        total += gains[k]
    dry = 1.0 / (1.0 + wet)
    for i in range(size):
        signal[i] *= dry
    for k in range(TAPS):
        late = int(rate * ROOM * exp(0.7 * log((k + 0.3 + 0.7 * chances[k, 0]) / TAPS)))
        gain = wet * dry * gains[k] / total * (1.0 if chances[k, 1] * 2.0 % 1.0 < 0.5 else -1.0)
        for i in range(late, size):
            signal[i] += gain * work[i - late]


@compiled
def compress(signal: Array, powers: Array, ratio: float) -> None:
    """Make loud parts softer and soft ones louder, in place: above QUIET the level grows by 1 dB for each `ratio` dB.

    The level is known here, where a machine has to follow the sound: `powers` (samples,) is its square. So nothing overshoots.
    """
    exponent = 0.5 * (1.0 / ratio - 1.0)
    for i in range(signal.size):
        signal[i] *= exp(exponent * log((1.0 + powers[i] / (QUIET * QUIET)) / KEPT))


@compiled
def semitones(count: float) -> float:
    """The ratio of frequencies that many semitones apart."""
    return exp(count * (LN2 / 12.0))
