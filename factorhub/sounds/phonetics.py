"""The units that voices speak, and their formants."""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array

# The first three formants of men's vowels in Peterson and Barney (1952), in "heed", "head", "hod", "hawed" and "who'd".
VOWELS = {
    "a": (730.0, 1090.0, 2440.0),
    "e": (530.0, 1840.0, 2480.0),
    "i": (270.0, 2290.0, 3010.0),
    "o": (570.0, 840.0, 2410.0),
    "u": (300.0, 870.0, 2240.0),
}
HIGHER = (3500.0, 4500.0)  # the fourth and the fifth, of every unit
CONSONANTS = {  # three formants [Hz], how much wider they are, loudness of the voice and of noise, beside those of a vowel
    "m": ((250.0, 1000.0, 2200.0), 2.0, 0.40, 0.0),
    "n": ((250.0, 1450.0, 2350.0), 2.0, 0.40, 0.0),
    "s": ((320.0, 1800.0, 2600.0), 1.0, 0.0, 0.45),
    "l": ((360.0, 1050.0, 2700.0), 1.3, 0.55, 0.0),
}
UNITS = ("silence", *VOWELS, *CONSONANTS)
ONSETS = ("", *CONSONANTS)
SYLLABLES = tuple(onset + vowel for vowel in VOWELS for onset in ONSETS)


def units() -> Array:
    """What the voice does in each of `UNITS`: (10, 8) float64, five formants, their width, loudness of voice and noise."""
    rows = [(*VOWELS["a"], *HIGHER, 1.0, 0.0, 0.0)]
    rows += [(*formants, *HIGHER, 1.0, 1.0, 0.0) for formants in VOWELS.values()]
    rows += [(*formants, *HIGHER, wider, voiced, noisy) for formants, wider, voiced, noisy in CONSONANTS.values()]
    return np.array(rows)


def syllables() -> Array:
    """Consonant and vowel of each of `SYLLABLES`: (25, 2) int64 places in `UNITS`, 0 for no consonant."""
    places = [(UNITS.index(onset) if onset else 0, UNITS.index(vowel)) for vowel in VOWELS for onset in ONSETS]
    return np.array(places, dtype=np.int64)
