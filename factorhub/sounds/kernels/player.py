"""A melody played: notes one over the other into a clip, and what effects make of it."""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.normal import exp
from factorhub.numerics.trig import sincos
from factorhub.sounds.kernels.effects import compress, low_pass, reverberate, semitones
from factorhub.sounds.kernels.harmonics import BLOCK, LN10, TURN, add_harmonics, decibels, end_smoothly, keep, smooth
from factorhub.sounds.kernels.instruments import (
    ATTACK,
    BITE,
    BITE_TIME,
    DECAY,
    POINTS,
    RELEASE,
    SLOPE,
    overdrive,
    saturated,
    spectrum,
)

NONE, GAIN, LOW_PASS, PITCH_SHIFT, REVERB, OVERDRIVE, COMPRESSION = range(7)
INSTRUMENT, TEMPO, LOUDNESS, VIBRATO, BRIGHTNESS, EFFECT, STRENGTH = range(7)  # columns of how a tune is played
LEAD = 0.05  # silence before the first note [s]
SILENT, FADE = 0.03, 0.10  # after the last sound, and how long that fades [s]
REACH, SPEED = 0.0293, 5.5  # of vibrato: how far up and down, 50 cents, and how often a second
MOST = 96  # harmonics


@compiled
def play(tokens: Array, how: Array, own: Array, rate: float, hop: int, chances: Array, audio: Array, f0: Array) -> None:
    """Fill `audio` and `f0` with the tunes of all rows.

    Args:
        tokens: (n, ticks) uint8: 1 is a rest, 2 the note MIDI 60, and so on; a tick is an eighth.
        how: (n, 7) instrument, tempo [beats a minute], loudness, vibrato, brightness, effect, strength.
        own: (6, 12) the instruments.
        rate: samples a second.
        hop: samples from one number of `f0` to the next.
        chances: (TAPS, 2) of the room, in [0, 1).
        audio: (n, samples) float32.
        f0: (n, frames) float32, the fundamental in Hz at each hop, 0 while no note is held.
    """
    size = audio.shape[1]
    signal, work, powers = np.empty(size), np.empty(size), np.empty(size)
    sines = np.empty(POINTS)
    for n in range(POINTS):
        sines[n] = sincos(TURN * n / POINTS)[0]
    for row in range(tokens.shape[0]):
        signal[:] = 0.0
        powers[:] = 0.0
        f0[row] = 0.0
        kind, strength = int(how[row, EFFECT]), how[row, STRENGTH]
        shift = semitones(0.5 + 3.5 * strength) if kind == PITCH_SHIFT else 1.0
        drive = exp((0.5 + 2.0 * strength) * (LN10 / 2.0)) if kind == OVERDRIVE else 0.0
        tick = 30.0 / how[row, TEMPO] * rate
        for t in range(tokens.shape[1]):
            if tokens[row, t] > 1:
                pitch = 440.0 * semitones(float(tokens[row, t]) - 11.0)  # token 11 is the A of 440 Hz
                begin, player = LEAD * rate + t * tick, own[int(how[row, INSTRUMENT])]
                note(pitch, shift, begin, tick, how[row], player, drive, rate, sines, signal, powers)
                frames(pitch * shift, begin, tick, how[row, VIBRATO], rate, hop, f0[row])
        if kind == GAIN:
            level = decibels(-2.0 - 10.0 * strength)
            for i in range(size):
                signal[i] *= level
        elif kind == LOW_PASS:
            low_pass(signal, 3000.0 * exp(-2.0 * strength), rate)
        elif kind == REVERB:
            reverberate(signal, 0.25 + 1.25 * strength, rate, chances, work)
        elif kind == COMPRESSION:
            compress(signal, powers, exp(0.4 + 1.7 * strength))
        end_smoothly(signal, int(SILENT * rate), int(FADE * rate))
        keep(signal, audio[row])


@compiled
def note(
    pitch: float,
    shift: float,
    begin: float,
    length: float,
    how: Array,
    own: Array,
    drive: float,
    rate: float,
    sines: Array,
    signal: Array,
    powers: Array,
) -> None:
    """Add one note to `signal`, and the square of its level to `powers`: held for `length` samples from `begin` on."""
    loudness = how[LOUDNESS]
    slope = own[SLOPE] * (1.45 - 0.9 * how[BRIGHTNESS]) + 0.35 * (1.0 - loudness)
    late, first = np.zeros(MOST), np.zeros(MOST)
    count = spectrum(own, pitch, shift, slope, rate, late)
    spectrum(own, pitch, shift, max(slope - own[BITE], 0.2), rate, first)
    if drive > 0.0:
        overdrive(late, count, drive, pitch * shift * 1.03, rate, sines)
        overdrive(first, count, drive, pitch * shift * 1.03, rate, sines)
    for h in range(count):
        first[h] -= late[h]
    level = decibels(-35.0 + 18.0 * loudness)
    attack = own[ATTACK] * (1.4 - 0.7 * loudness)
    release, decay, bite = own[RELEASE], own[DECAY], 1.0 / own[BITE_TIME]
    depth, turning, speed = REACH * how[VIBRATO], TURN * SPEED, TURN * pitch * shift
    start, stop = int(np.ceil(begin)), min(int(begin + length + release * rate) + 1, signal.size)
    held, loud = length / rate, saturated(drive)
    work, angles, shares, levels = np.empty((4, BLOCK)), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    for base in range(start, stop, BLOCK):
        size = min(BLOCK, stop - base)
        for i in range(size):
            t = (base + i - begin) / rate
            # the integral of 1 + depth · sin(turning · t)
            angles[i] = speed * (t + depth / turning * (1.0 - sincos(turning * t)[1]))
            shares[i] = exp(-t * bite)
            fading = exp(-t * decay)
            if drive > 0.0:  # an amplifier that is overdriven holds a fading note
                fading = saturated(drive * fading) / loud
            levels[i] = level * fading * smooth(t / attack) * (1.0 - smooth((t - held) / release))
        for i in range(size):
            powers[base + i] += levels[i] * levels[i]
        add_harmonics(angles, shares, late, first, count, size, work, signal[base:stop], levels)


@compiled
def frames(pitch: float, begin: float, length: float, vibrato: float, rate: float, hop: int, f0: Array) -> None:
    """Write the fundamental of a note to the frames at which it is held."""
    for k in range(int(np.ceil(begin / hop)), min(int(np.ceil((begin + length) / hop)), f0.size)):
        t = (k * hop - begin) / rate
        f0[k] = np.float32(pitch * (1.0 + REACH * vibrato * sincos(TURN * SPEED * t)[0]))
