"""Ear's stand-ins: fundamental by autocorrelation, formants by linear prediction, loudness after ITU-R BS.1770."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_toeplitz
from scipy.signal import bilinear, lfilter, resample, resample_poly

from factorhub.factors import Array

FINER = 8


def fundamental(sound: Array, rate: float, near: float) -> float:
    """The fundamental [Hz] of a steady sound, within 3% of `near`: where the sound is most like itself some periods later."""
    x = resample(np.asarray(sound, np.float64), FINER * len(sound))
    period = FINER * rate / near
    many = max(1, int(0.45 * len(x) / period))
    size = int(len(x) - (many + 1) * period)
    likeness = {}

    def like(lag: int) -> float:
        if lag not in likeness:
            a, b = x[:size], x[lag : lag + size]
            likeness[lag] = float(a @ b / np.sqrt((a @ a) * (b @ b)))
        return likeness[lag]

    place = period
    for count in [c for c in (1, 2, 4, 8, 16, 32, 64, 128, 256) if c < many] + [many]:  # ever more periods, ever more closely
        reach = max(3, int(0.03 * period)) if count == 1 else max(3, int(0.15 * period))
        middle = round(place * count)
        lag = max(range(middle - reach, middle + reach + 1), key=like)
        left, top, right = like(lag - 1), like(lag), like(lag + 1)
        place = (lag + 0.5 * (left - right) / (left - 2 * top + right)) / count
    return FINER * rate / place


def cents(found: float, wanted: float) -> float:
    """How far two frequencies lie apart, in hundredths of a semitone."""
    return abs(1200 * np.log2(found / wanted))


def formants(sound: Array, rate: int, order: int = 14) -> Array:
    """Frequencies [Hz] of the resonances of a sound, by the autocorrelation method at 10 kHz."""
    x = resample_poly(np.asarray(sound, np.float64), 10_000, rate)
    x = lfilter([1.0, -0.95], [1.0], x) * np.hanning(len(x))
    r = np.correlate(x, x, "full")[len(x) - 1 :][: order + 1]
    r[0] *= 1 + 1e-9
    poles = np.roots([1.0, *-solve_toeplitz(r[:order], r[1:])])
    poles = poles[poles.imag > 0]
    frequencies, widths = np.angle(poles) * 10_000 / (2 * np.pi), -np.log(np.abs(poles)) * 10_000 / np.pi
    return np.sort(frequencies[(widths < 500) & (frequencies > 150)])


def loudness(sound: Array, rate: int) -> float:
    """Gated loudness [LUFS] of one channel by ITU-R BS.1770-4, its two filters carried to this sampling rate."""
    x = np.asarray(sound, np.float64)
    w, gain, q = 2 * np.pi * 1681.974, 10 ** (3.99984 / 20), 0.7071752
    high = gain**0.4996667741545416
    shelf = bilinear([gain, high * w / q, w * w], [1, w / q, w * w], rate)
    w, q = 2 * np.pi * 38.13547, 0.5003270
    x = lfilter(*bilinear([1, 0, 0], [1, w / q, w * w], rate), lfilter(*shelf, x))
    block, step = int(0.4 * rate), int(0.1 * rate)
    power = np.array([np.mean(x[i : i + block] ** 2) for i in range(0, len(x) - block + 1, step)])
    level = -0.691 + 10 * np.log10(power + 1e-20)
    loud = power[level > -70]
    if not len(loud):
        return -np.inf
    relative = -0.691 + 10 * np.log10(loud.mean()) - 10
    return float(-0.691 + 10 * np.log10(power[(level > -70) & (level > relative)].mean()))


def bend(sound: Array) -> Array:
    """The size of the second difference of a sound, in which a click is a spike."""
    return np.abs(np.diff(np.asarray(sound, np.float64), 2, axis=-1))
