"""The published rules of dMelodies: its scales, chords and rhythms, and the nine factors that choose among them."""

from __future__ import annotations

from itertools import combinations

from factorhub.factors import categorical, ordinal
from factorhub.space import FactorSpace

TONICS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
OCTAVES = (4, 5, 6)
SCALES = {  # semitones above the tonic of the nine scale degrees that the chords use
    "major": (0, 2, 4, 5, 7, 9, 11, 12, 14),
    "minor": (0, 2, 3, 5, 7, 8, 11, 12, 14),  # harmonic minor
    "blues": (0, 2, 3, 5, 6, 9, 10, 12, 14),
}
CHORDS = ((0, 2, 4), (3, 5, 7), (4, 6, 8), (0, 2, 4))  # I, IV, V, I as scale degrees from 0, two chords a bar
ONSETS = tuple(combinations(range(8), 6))  # the ticks of a bar that carry a note, by rhythm code
RHYTHMS = tuple("".join("1" if tick in onsets else "0" for tick in range(8)) for onsets in ONSETS)
DIRECTIONS = ("up", "down")


def space() -> FactorSpace:
    """The nine published factors, slowest first: 1,354,752 melodies."""
    bars = [
        categorical(f"rhythm_bar{bar}", RHYTHMS, description=f"which 6 of the 8 ticks of bar {bar} carry a note") for bar in (1, 2)
    ]
    arps = [
        categorical(f"arp_chord{i}", DIRECTIONS, description=f"direction of the broken chord {numeral}")
        for i, numeral in enumerate(("I", "IV", "V", "I (last)"), start=1)
    ]
    return FactorSpace(
        (
            categorical("tonic", TONICS, description="pitch class of the root"),
            ordinal("octave", OCTAVES, description="of the root; C4 is MIDI 60"),
            categorical("scale", tuple(SCALES), description="minor is harmonic minor"),
            *bars,
            *arps,
        )
    )
