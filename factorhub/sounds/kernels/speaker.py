"""Syllables spoken: harmonics of a voice under the formants of a vocal tract, and noise of breath and of s."""

from __future__ import annotations

import math

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.normal import exp, log
from factorhub.numerics.philox import block
from factorhub.numerics.trig import sincos
from factorhub.sounds.kernels.harmonics import (
    BLOCK,
    TURN,
    add_harmonics,
    audible,
    decibels,
    end_smoothly,
    harmonics_below,
    keep,
    level,
    resonate,
    smooth,
)

TRACT, TILT, BANDWIDTH, JITTER, PITCH, CONTOUR, TEMPO, GAIN = range(8)  # columns of how something is said
FORMANTS, WIDENED, VOICED, NOISY = 5, 5, 6, 7  # of a unit's row: five formants [Hz], then these
LEAD, SILENT, FADE = 0.05, 0.02, 0.02  # silence before and after, and how long the end fades [s]
CONSONANT = 0.35  # of a syllable that has one
GLIDE = 0.045  # from one unit to the next [s]
RISE, FALL = 0.030, 0.070  # of the whole utterance [s]
LOUD, BREATH = 0.13, 0.004  # level of a vowel at 0 dB, and of the breath beside a vowel of 1
OCTAVE = 6.020599913279624  # dB of an octave where amplitude is as frequency, which is what the lips add
CREST = 7.0  # of the peak of a vowel over its level
SWING = 0.15  # of the pitch, up and down, where the contour is not flat
BROAD = (1.0, 1.2, 1.7, 2.4, 3.0)  # bandwidths of the formants beside the first one's
HISS, AIR, WIDTH = 5200.0, 1700.0, 1500.0  # where s and breath are loudest, and how wide [Hz]
FIRST = 1 << 20  # the counter of a seed's first word for noise; those of jitter come before


@compiled
def speak(
    units: Array, spoken: Array, how: Array, seeds: Array, key: Array, rate: float, hop: int, audio: Array, f0: Array, labels: Array
) -> None:
    """Fill `audio`, `f0` and `labels` with the utterances of all rows.

    Args:
        units: (10, 8) of silence, vowels and consonants: formants [Hz], how much wider they are, loudness of voice, and of noise.
        spoken: (n, 4, 2) int64: consonant and vowel of each syllable, rows of `units`; no consonant is 0.
        how: (n, 8) tract, tilt, bandwidth, jitter, pitch, contour, tempo, gain.
        seeds: (n,) uint64 of the noise.
        key: (2,) uint64 that random words are drawn under.
        rate: samples a second.
        hop: samples from one frame to the next.
        audio: (n, samples) float32.
        f0: (n, frames) float32, in Hz, 0 where there is no voice.
        labels: (n, frames) uint8, the unit of each frame.
    """
    size, frames, syllables = audio.shape[1], f0.shape[1], spoken.shape[1]
    most = int(0.5 * rate / 70.0)
    signal, breath, hiss = np.empty(size), np.empty(size), np.empty(size)
    amplitudes, source = np.empty((frames + 1, most)), np.empty(most)
    state, pitches, counts = np.empty((frames + 1, 8)), np.empty(frames + 1), np.empty(frames + 1, np.int64)
    starts, order = np.empty(2 * syllables + 1), np.empty(2 * syllables, np.int64)
    for row in range(audio.shape[0]):
        parts = segments(spoken[row], 1.0 / how[row, TEMPO], starts, order)
        end = starts[parts]
        for k in range(frames + 1):
            t = k * hop / rate - LEAD
            unit = track(t, units, starts, order, parts, state[k])
            pitches[k] = pitch_at(t / end, how[row], key, seeds[row], k)
            if k < frames:
                labels[row, k] = unit
                f0[row, k] = np.float32(pitches[k] if state[k, VOICED] > 0.02 else 0.0)
        for h in range(most):
            source[h] = exp((how[row, TILT] / OCTAVE + 1.0) * log(h + 1.0))
        for k in range(frames + 1):
            counts[k] = 0
            amplitudes[k] = 0.0
            if state[k, VOICED] > 0.0:
                counts[k] = envelope(state[k], source, pitches[k], how[row, TRACT], how[row, BANDWIDTH], rate, amplitudes[k])
        signal[:] = 0.0
        voice(amplitudes, counts, pitches, state, rate, hop, signal)
        noise(state, key, seeds[row], hop, breath, hiss)
        ring(breath, AIR / how[row, TRACT], rate)
        ring(hiss, HISS / math.sqrt(how[row, TRACT]), rate)
        gain = LOUD * decibels(how[row, GAIN])
        for i in range(size):
            signal[i] = gain * (signal[i] + breath[i] + hiss[i])
        end_smoothly(signal, int(SILENT * rate), int(FADE * rate))
        keep(signal, audio[row])


@compiled
def segments(spoken: Array, length: float, starts: Array, order: Array) -> int:
    """Write the units of syllables of one `length` [s] to `order`, and when each starts, and the end, to `starts`; how many."""
    parts = 0
    for i in range(spoken.shape[0]):
        at = i * length
        if spoken[i, 0] > 0:
            starts[parts], order[parts] = at, spoken[i, 0]
            parts += 1
            at += CONSONANT * length
        starts[parts], order[parts] = at, spoken[i, 1]
        parts += 1
    starts[parts] = spoken.shape[0] * length
    return parts


@compiled
def track(t: float, units: Array, starts: Array, order: Array, parts: int, state: Array) -> int:
    """Write what the voice does at time `t` [s] to `state` (8,), gliding from unit to unit; which unit that is."""
    found = 0
    for j in range(8):
        state[j] = units[order[0], j]
    if 0.0 <= t < starts[parts]:
        found = order[0]
    dip = 1.0
    for b in range(1, parts):
        share = smooth((t - starts[b]) / GLIDE + 0.5)
        for j in range(8):
            state[j] += share * (units[order[b], j] - units[order[b - 1], j])
        if starts[b] <= t < starts[parts]:
            found = order[b]
        x = (t - starts[b]) / GLIDE
        if abs(x) < 1.0:  # two vowels that meet are two syllables
            hollow = (1.0 - x * x) * (1.0 - x * x)
            dip -= 0.5 * hollow * min(units[order[b], VOICED], 1.0) * min(units[order[b - 1], VOICED], 1.0)
    whole = smooth(t / RISE) * (1.0 - smooth((t - starts[parts]) / FALL + 1.0))
    state[VOICED] *= whole * max(dip, 0.0)
    state[NOISY] *= whole
    return found


@compiled
def pitch_at(share: float, how: Array, key: Array, seed: int, frame: int) -> float:
    """The fundamental [Hz] at this share of the utterance."""
    x = min(max(share, 0.0), 1.0)
    contour, turn = int(how[CONTOUR]), 0.0
    if contour == 1:
        turn = 2.0 * smooth(x) - 1.0
    elif contour == 2:
        turn = 1.0 - 2.0 * smooth(x)
    elif contour == 3:
        turn = 2.0 * (2.0 * x - 1.0) * (2.0 * x - 1.0) - 1.0
    word = block(key[0], key[1], seed, frame + 1)[0]
    chance = np.float64(word >> np.uint64(11)) * 2.0**-53
    return how[PITCH] * (1.0 + SWING * turn) * (1.0 + how[JITTER] * (2.0 * chance - 1.0))


@compiled
def envelope(state: Array, source: Array, pitch: float, tract: float, width: float, rate: float, out: Array) -> int:
    """Fill `out` with the amplitudes of all harmonics, levelled: the source under five resonances; how many there are."""
    count = min(harmonics_below(pitch, rate), out.size)
    for h in range(count):
        out[h] = 1.0
    for k in range(FORMANTS):
        formant = state[k] / tract
        broad = width * BROAD[k] * state[WIDENED] / formant
        for h in range(count):
            x = pitch * (h + 1.0) / formant
            short = 1.0 - x * x
            out[h] *= short * short + broad * broad * x * x
    for h in range(count):
        out[h] = source[h] / math.sqrt(out[h])
    for h in range(int(0.79 * 0.5 * rate / pitch), count):
        out[h] *= audible(pitch * (h + 1.0), rate)
    level(out, count, CREST)
    return count


@compiled
def voice(amplitudes: Array, counts: Array, pitches: Array, state: Array, rate: float, hop: int, signal: Array) -> None:
    """Add the harmonics to `signal`; amplitudes, pitch and loudness move in straight lines from frame to frame."""
    work, angles, shares, levels = np.empty((4, BLOCK)), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    change = np.empty(amplitudes.shape[1])
    turns = 0.0  # since the start, without whole ones
    for k in range(state.shape[0] - 1):
        count = max(counts[k], counts[k + 1])
        low, high = state[k, VOICED], state[k + 1, VOICED]
        now, then = k if counts[k] > 0 else k + 1, k + 1 if counts[k + 1] > 0 else k
        for h in range(count):
            change[h] = amplitudes[then, h] - amplitudes[now, h]
        for base in range(k * hop, (k + 1) * hop, BLOCK):
            size = min(BLOCK, (k + 1) * hop - base, signal.size - base)
            for i in range(size):
                share = (base + i - k * hop) / hop
                shares[i] = share
                levels[i] = low + share * (high - low)
                angles[i] = TURN * turns
                turns += (pitches[k] + share * (pitches[k + 1] - pitches[k])) / rate
                turns -= np.floor(turns)
            if count > 0:
                add_harmonics(angles, shares, amplitudes[now], change, count, size, work, signal[base : base + size], levels)


@compiled
def noise(state: Array, key: Array, seed: int, hop: int, breath: Array, hiss: Array) -> None:
    """Fill two signals with white noise as loud as voice and as s are, of mean square 1 at 1: 16 numbers from four random words."""
    scale, quarter = math.sqrt(3.0) / 32767.5, np.uint64(0xFFFF)
    size = breath.size
    for start in range(0, size, 16):
        words = block(key[0], key[1], seed, FIRST + start // 16)
        for j in range(16):
            i = start + j
            if i >= size:
                break
            if j < 4:
                word = words[0]
            elif j < 8:
                word = words[1]
            elif j < 12:
                word = words[2]
            else:
                word = words[3]
            number = np.float64((word >> np.uint64(16 * (j % 4))) & quarter)
            white = (number - 32767.5) * scale
            k = min(i // hop, state.shape[0] - 2)
            share = (i - k * hop) / hop
            breath[i] = white * BREATH * (state[k, VOICED] + share * (state[k + 1, VOICED] - state[k, VOICED]))
            hiss[i] = white * (state[k, NOISY] + share * (state[k + 1, NOISY] - state[k, NOISY]))


@compiled
def ring(signal: Array, centre: float, rate: float) -> None:
    """Let through what lies around `centre` [Hz], in place: two poles, and zeros at both ends of the band; power is kept."""
    r2 = exp(-TURN * WIDTH / rate)
    gain = math.sqrt(0.5 * (1.0 - r2))  # of amplitude: that of the filter, over the square root of its gain of power
    cosine = sincos(TURN * centre / rate)[1]
    b = np.array([gain, 0.0, -gain])
    resonate(b, -(1.0 + r2) * cosine, r2, np.zeros(2), 0, signal.size, signal)
