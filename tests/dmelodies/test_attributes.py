"""Attributes of melodies against music21's own analysis of their scores, and against their definitions."""

from itertools import pairwise

import numpy as np
import pytest

import factorhub
from factorhub.dmelodies.attributes import ATTRIBUTES, CONTOURS
from factorhub.dmelodies.rules import ONSETS
from factorhub.dmelodies.score import score

NAMES = [item.name for item in ATTRIBUTES]


@pytest.fixture(scope="module")
def drawn():
    made = factorhub.recipe("dmelodies", rows=60, seed=5, derive=NAMES)
    return made.source().read(np.arange(60))


def heard(tokens):
    return list(score(tokens).flatten().notes)


def test_the_range_of_every_melody_is_what_music21_calls_its_ambitus(drawn):
    for tokens, highest in zip(drawn["tokens"], drawn["highest_note"], strict=True):
        found = score(tokens).analyze("ambitus")
        low, high = found.noteStart.pitch.midi, found.noteEnd.pitch.midi
        assert high == 74 + highest
        assert high - low == 14, "the same in all melodies, which is why it is no attribute"


def test_the_widest_step_is_the_largest_of_music21s_intervals(drawn):
    from music21 import interval

    leaps = next(item.factor for item in ATTRIBUTES if item.name == "largest_leap").values(drawn["largest_leap"])
    for tokens, leap in zip(drawn["tokens"], leaps, strict=True):
        notes = heard(tokens)
        intervals = [interval.Interval(first, second) for first, second in pairwise(notes)]
        assert max(abs(found.semitones) for found in intervals) == leap


def test_contours_are_hurons_types_of_the_notes_that_music21_reads(drawn):
    for tokens, code in zip(drawn["tokens"], drawn["contour"], strict=True):
        pitches = [note.pitch.midi for note in heard(tokens)]
        first, middle, last = pitches[0], sum(pitches[1:-1]) / 10, pitches[-1]
        words = {(True, True): "ascending", (False, False): "descending", (True, False): "convex", (False, True): "concave"}
        if first != middle != last:
            expected = words[middle > first, last > middle]
        elif first == middle == last:
            expected = "horizontal"
        elif first == middle:
            expected = f"horizontal-{'ascending' if last > middle else 'descending'}"
        else:
            expected = f"{'ascending' if middle > first else 'descending'}-horizontal"
        assert CONTOURS[code] == expected


def test_rhythms_weigh_notes_as_music21s_meters_do(drawn):
    """music21's beat strength falls by half with each level of the metrical tree, and the attributes count those levels."""
    levels = {1.0: 4, 0.5: 3, 0.25: 2, 0.125: 1}
    complexity = next(item.factor for item in ATTRIBUTES if item.name == "rhythmic_complexity").values(drawn["rhythmic_complexity"])
    density = next(item.factor for item in ATTRIBUTES if item.name == "note_density").values(drawn["note_density"])
    for tokens, distance, early in zip(drawn["tokens"], complexity, density, strict=True):
        notes = heard(tokens)
        assert len(notes) == 12
        strengths = [levels[note.beatStrength] for note in notes]
        assert 2 * (4 + 3 + 2 + 2 + 1 + 1) - sum(strengths) == distance
        assert sum(note.beat < 3 for note in notes) == early


def test_syncopation_counts_rests_on_stronger_eighths_than_the_note_before():
    table = {onsets: code for code, onsets in enumerate(ONSETS)}
    item = next(item for item in ATTRIBUTES if item.name == "syncopation")

    def of(first, second):
        return item.compute(np.array([table[first]]), np.array([table[second]]))[0]

    plain = (0, 1, 2, 4, 5, 6)  # rests on weak eighths only
    assert of(plain, plain) == 0
    assert of((0, 1, 2, 3, 5, 6), plain) == 2, "a rest on the third quarter (-1) after a note on the eighth before (-3)"
    assert of(plain, (0, 1, 3, 5, 6, 7)) == 1 + 2, "a rest on the second quarter (-2) after -3, and on the third (-1) after -3"
