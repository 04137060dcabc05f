"""Keys of melodies and how their notes are written: by the degrees of the scale, each on a line of the staff of its own."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

from factorhub.dmelodies.reader import read_factors
from factorhub.dmelodies.rules import SCALES, space
from factorhub.dmelodies.vocabulary import LOWEST, MIDI, SPELLING

STEPS = "CDEFGAB"
NATURAL = (0, 2, 4, 5, 7, 9, 11)  # semitones of the steps above C
# The tonic's name by pitch class: of its two names the one whose signature has fewer signs (F sharp and E flat of six).
MAJOR = ("C", "D-", "D", "E-", "E", "F", "F#", "G", "A-", "A", "B-", "B")
MINOR = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")
SIGNS = {"#": 1, "-": -1}


class Note(NamedTuple):
    """A written note: its step, by how many semitones it is altered, and its octave (C4 is middle C)."""

    step: str
    alter: int
    octave: int

    @property
    def name(self) -> str:
        """As music21 writes it: "F#4", "E-5", "F##4"."""
        return f"{self.step}{'#' * self.alter if self.alter > 0 else '-' * -self.alter}{self.octave}"


class Key(NamedTuple):
    """A key: its name, the signs of its signature (sharps above 0, flats below), and whether it is minor.

    `written` has the step and the alteration of each pitch class.
    """

    name: str
    fifths: int
    minor: bool
    written: tuple[tuple[str, int], ...]

    def note(self, token: int) -> Note:
        """The written form of a note's token."""
        midi = MIDI[token - LOWEST]
        step, alter = self.written[midi % 12]
        return Note(step, alter, (midi - alter) // 12 - 1)


def key_of(melody: list[int]) -> Key:
    """The key that a melody is read to be in; no signature, and each black key's usual name, where it is in none."""
    tonic, _, scale = _codes(tuple(melody))[:3]
    return _key(tonic, list(SCALES)[scale]) if scale >= 0 else NO_KEY


@cache
def _key(tonic: int, scale: str) -> Key:
    """The key on a pitch class. The blues scale has the signature of minor, and its fifth degree is the flat fifth."""
    name = (MAJOR if scale == "major" else MINOR)[tonic]
    step, sign = STEPS.index(name[0]), SIGNS.get(name[1:], 0)
    fifths = (1, 3, 5, 0, 2, 4, 6)[step] - 1 + 7 * sign - (0 if scale == "major" else 3)
    written = list(NO_KEY.written)
    for degree, above in enumerate(SCALES[scale]):
        line = (step + degree) % 7
        alter = (tonic + above - NATURAL[line] + 6) % 12 - 6
        written[(tonic + above) % 12] = STEPS[line], alter
    return Key(f"{name.replace('-', 'b')} {scale}", fifths, scale != "major", tuple(written))


def facts(melody: list[int]) -> dict[str, str]:
    """The factors that can be read from a melody, by name, as text."""
    found = zip(_factors(), _codes(tuple(melody)), strict=True)
    return {name: values[code] for (name, values), code in found if code >= 0}


@lru_cache(maxsize=16)  # a file asks several times of one melody
def _codes(melody: tuple[int, ...]) -> list[int]:
    return read_factors(melody).tolist()  # type: ignore[no-any-return]


@cache
def _factors() -> list[tuple[str, tuple[str, ...]]]:
    return [(factor.name, tuple(map(str, factor.grid or ()))) for factor in space()]


NO_KEY = Key("", 0, False, tuple((name[0], SIGNS.get(name[1:], 0)) for name in SPELLING))
