"""The harmonics of each instrument, and what an overdriven amplifier makes of them."""

from __future__ import annotations

import math

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.normal import exp, log
from factorhub.numerics.trig import sincos
from factorhub.sounds.kernels.harmonics import TURN, audible, harmonics_below, level

# Columns of an instrument's row, in the order of `factorhub.sounds.instruments.Instrument`.
SLOPE, EVEN, BODY, WIDTH, STRENGTH, COMB, STOPS, ATTACK, DECAY, RELEASE, BITE, BITE_TIME = range(12)
CREST = 3.125  # of a note's peak over its level: two that overlap stay below 1 at the loudest
POINTS = 256  # of one period that is overdriven
DRAWBARS = 0b10101111  # harmonics 1, 2, 3, 4, 6 and 8 of an organ, the first in the lowest bit


@compiled
def spectrum(own: Array, pitch: float, shift: float, slope: float, rate: float, out: Array) -> int:
    """Fill `out` with the amplitudes of a note's harmonics, levelled, and say how many there are.

    Args:
        own: the row of the instrument.
        pitch: of the note [Hz].
        shift: by what the sound is moved afterwards, body and all; 1 is not at all.
        slope: how fast harmonics fall, a power of their number.
        rate: sampling rate [Hz].
    """
    count = min(harmonics_below(pitch * shift * 1.03, rate), out.size)  # vibrato takes the tone 3% up
    for h in range(1, count + 1):
        a = exp(-slope * log(float(h)))
        if h % 2 == 0:
            a *= own[EVEN]
        if own[STOPS] > 0.0 and (h > 8 or (DRAWBARS >> (h - 1)) & 1 == 0):
            a = 0.0
        if own[COMB] > 0.0:
            a *= 0.06 + abs(sincos(0.5 * TURN * h * own[COMB])[0])  # a string plucked at this share of its length
        off = (pitch * h / own[BODY] - 1.0) / own[WIDTH]
        a *= 1.0 + own[STRENGTH] * exp(-off * off)
        out[h - 1] = a * audible(pitch * shift * h * 1.03, rate)
    level(out, count, CREST)
    return count


@compiled
def saturated(x: float) -> float:
    """What an amplifier makes of x: x where it is small, never beyond 1."""
    return x / math.sqrt(1.0 + x * x)


@compiled
def overdrive(amplitudes: Array, count: int, drive: float, top: float, rate: float, sines: Array) -> None:
    """Replace harmonics by those of the overdriven wave, levelled again.

    One period is bent point by point and taken apart again: what the amplifier adds above the band is left out, which
    bending the sampled signal could not do. The wave is odd, and so is the curve: it stays a sum of sines.

    Args:
        amplitudes: (many,), of which `count` are there.
        drive: gain before the amplifier.
        top: the highest frequency that the tone takes [Hz].
        rate: sampling rate [Hz].
        sines: (POINTS,) of one period.
    """
    half = POINTS // 2
    bent = np.empty(half)
    for n in range(half):
        x = 0.0
        for h in range(1, count + 1):
            x += amplitudes[h - 1] * sines[(h * n) % POINTS]
        bent[n] = saturated(drive * x)
    for h in range(1, count + 1):
        total = 0.0
        for n in range(half):
            total += bent[n] * sines[(h * n) % POINTS]
        amplitudes[h - 1] = total * audible(top * h, rate)
    level(amplitudes, count, CREST)
