"""Attributes of melodies: what theory says of one as a whole, as functions of the nine factors.

All melodies have twelve notes, of which the lowest and the highest are 14 semitones apart in every scale, so that neither the
number of notes nor the range tells melodies apart; what varies is where they stand.
"""

from __future__ import annotations

import numpy as np

from factorhub.attributes import attribute
from factorhub.dmelodies.rules import CHORDS, OCTAVES, ONSETS, SCALES
from factorhub.factors import Array, categorical, ordinal

CONTOURS = (
    "ascending", "descending", "convex", "concave", "horizontal",
    "horizontal-ascending", "horizontal-descending", "ascending-horizontal", "descending-horizontal",
)  # fmt: skip
SIGNS = {  # of the step from the first note to the mean of those between, and from there to the last
    (1, 1): 0, (-1, -1): 1, (1, -1): 2, (-1, 1): 3, (0, 0): 4, (0, 1): 5, (0, -1): 6, (1, 0): 7, (-1, 0): 8,
}  # fmt: skip
WEIGHTS = (0, -3, -2, -3, -1, -3, -2, -3)  # metrical weights of the eighths of a 4/4 bar, the downbeat's first
STRENGTHS = (4, 1, 2, 1, 3, 1, 2, 1)  # levels of the metrical tree that begin on each eighth


def _melodies() -> Array:
    """Semitones (3, 2, 2, 2, 2, 12) of the twelve notes above the tonic: by scale and the directions of the four chords."""
    notes = np.empty((len(SCALES), 2, 2, 2, 2, 12), dtype=np.int64)
    for index in np.ndindex(notes.shape[:-1]):
        scale = list(SCALES.values())[index[0]]
        chords = [chord[::-1] if down else chord for chord, down in zip(CHORDS, index[1:], strict=True)]
        notes[index] = [scale[degree] for chord in chords for degree in chord]
    return notes


def _contours(notes: Array) -> Array:
    """The codes of the contours of melodies (…, 12); means are compared as sums, exactly."""
    between = notes[..., 1:-1].sum(axis=-1)
    rise = np.sign(between - 10 * notes[..., 0])
    fall = np.sign(10 * notes[..., -1] - between)
    return np.asarray(np.vectorize(lambda first, second: SIGNS[int(first), int(second)])(rise, fall))


def _syncopation(onsets: tuple[int, ...]) -> int:
    """How much of a bar is syncopated: a rest after a note that lies on a weaker eighth counts the difference of weights."""
    total = 0
    for tick in range(8):
        before = [onset for onset in onsets if onset < tick]
        if tick not in onsets and before:
            total += max(WEIGHTS[tick] - WEIGHTS[before[-1]], 0)
    return total


NOTES = _melodies()
CONTOUR = _contours(NOTES)
LEAP = np.abs(np.diff(NOTES, axis=-1)).max(axis=-1)
SYNCOPATION = np.array([_syncopation(onsets) for onsets in ONSETS])
COMPLEXITY = sum(sorted(STRENGTHS)[2:]) - np.array([sum(STRENGTHS[tick] for tick in onsets) for onsets in ONSETS])
EARLY = np.array([sum(tick < 4 for tick in onsets) for onsets in ONSETS])


def _at(table: Array, *codes: Array) -> Array:
    return np.asarray(table[tuple(np.asarray(code).astype(np.int64) for code in codes)])


def contour(scale: Array, arp_chord1: Array, arp_chord2: Array, arp_chord3: Array, arp_chord4: Array) -> Array:
    """The code of the contour."""
    return _at(CONTOUR, scale, arp_chord1, arp_chord2, arp_chord3, arp_chord4)


def largest_leap(scale: Array, arp_chord1: Array, arp_chord2: Array, arp_chord3: Array, arp_chord4: Array) -> Array:
    """Semitones of the widest step."""
    return _at(LEAP, scale, arp_chord1, arp_chord2, arp_chord3, arp_chord4)


def highest_note(tonic: Array, octave: Array) -> Array:
    """The MIDI number of the highest note."""
    return np.asarray(12.0 * (octave + 1) + tonic + NOTES.max())


def note_density(rhythm_bar1: Array, rhythm_bar2: Array) -> Array:
    """Notes in the first halves of the bars."""
    return np.asarray(_at(EARLY, rhythm_bar1) + _at(EARLY, rhythm_bar2))


def rhythmic_complexity(rhythm_bar1: Array, rhythm_bar2: Array) -> Array:
    """How far both bars' notes lie from the strongest eighths."""
    return _at(COMPLEXITY, rhythm_bar1) + _at(COMPLEXITY, rhythm_bar2)


def syncopation(rhythm_bar1: Array, rhythm_bar2: Array) -> Array:
    """The syncopation of both bars."""
    return _at(SYNCOPATION, rhythm_bar1) + _at(SYNCOPATION, rhythm_bar2)


def _sums(table: Array) -> list[float]:
    return [float(value) for value in np.unique(table[:, None] + table)]


ATTRIBUTES = (
    attribute(
        categorical("contour", CONTOURS, description="Huron's type (1996): first note, mean of those between, last note"), contour
    ),
    attribute(ordinal("largest_leap", np.unique(LEAP).tolist(), unit="semitone", description="the widest step"), largest_leap),
    attribute(
        ordinal("highest_note", range(60 + 14, 60 + 14 + 12 * len(OCTAVES)), description="MIDI number; the lowest is 14 below"),
        highest_note,
    ),
    attribute(
        ordinal("note_density", _sums(EARLY), description="of the 12 notes, how many lie in first halves of bars"), note_density
    ),
    attribute(
        ordinal(
            "rhythmic_complexity", _sums(COMPLEXITY), description="Toussaint's metric complexity: distance from the strong eighths"
        ),
        rhythmic_complexity,
    ),
    attribute(
        ordinal(
            "syncopation", _sums(SYNCOPATION), description="Longuet-Higgins and Lee (1984): rests on strong eighths after notes"
        ),
        syncopation,
    ),
)
