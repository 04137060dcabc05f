import hashlib
from itertools import combinations

import numpy as np
import pytest

import factorhub
from factorhub.dmelodies.vocabulary import MIDI, VOCABULARY
from factorhub.errors import InputError
from factorhub.testing import check_generator

NAMES = ("tonic", "octave", "scale", "rhythm_bar1", "rhythm_bar2", "arp_chord1", "arp_chord2", "arp_chord3", "arp_chord4")


def test_it_keeps_the_generator_contract(melodies):
    check_generator(melodies, rows=48)


def test_factors_are_the_published_ones_in_the_published_order(melodies):
    assert melodies.space.names == NAMES
    assert melodies.space.sizes == (12, 3, 3, 28, 28, 2, 2, 2, 2)
    assert len(melodies.space) == 1_354_752
    assert melodies.space["tonic"].labels == ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
    assert melodies.space["scale"].labels == ("major", "minor", "blues")
    assert melodies.space["arp_chord3"].labels == ("up", "down")
    assert melodies.space["octave"].kind == "ordinal"
    assert melodies.space["octave"].values([0, 1, 2]).tolist() == [4, 5, 6]


def test_rhythms_are_in_lexicographic_order_of_their_ticks(melodies):
    labels = melodies.space["rhythm_bar1"].labels
    assert labels[0] == "11111100"
    assert labels[-1] == "00111111"
    ticks = [[tick for tick in range(8) if label[tick] == "1"] for label in labels]
    assert ticks == sorted(ticks)
    assert [tuple(chosen) for chosen in ticks] == list(combinations(range(8), 6))
    assert melodies.space["rhythm_bar2"].labels == labels


def test_every_melody_of_the_grid_is_another(grid):
    _, tokens = grid
    assert len(np.unique(tokens.view("V16"))) == 1_354_752


def test_pitches_run_from_midi_60_to_109_and_a_bar_has_six_notes(grid):
    _, tokens = grid
    assert sorted(np.unique(tokens)) == list(range(1, 52))
    assert (MIDI[0], MIDI[-1], len(VOCABULARY)) == (60, 109, 52)
    assert ((tokens > 1).reshape(-1, 2, 8).sum(axis=2) == 6).all()


def test_the_vocabulary_is_spelled_as_music21_spells(melodies):
    from music21 import pitch

    assert VOCABULARY[:2] == ("__", "rest")
    assert VOCABULARY[2:] == tuple(pitch.Pitch(midi=midi).nameWithOctave for midi in MIDI)
    assert melodies.field("tokens").meta["vocabulary"] == list(VOCABULARY)


@pytest.mark.parametrize(
    ("asked", "midi"),
    [
        # C major, straight rhythm, all up: C E G, F A C', G B D', C E G; then two rests in each bar
        (("C", 4, "major", "11111100", "11111100", "up", "up", "up", "up"), "60 64 67 65 69 72 . . 67 71 74 60 64 67 . ."),
        # harmonic minor has the flat third and sixth and the raised seventh
        (("A", 5, "minor", "10111101", "01111110", "down", "up", "down", "up"), "88 . 84 81 86 89 . 93 . 95 92 88 81 84 88 ."),
        # blues: third 3, fifth 6 and seventh 10 semitones above the root; the highest root of all ends at MIDI 109
        (
            ("B", 6, "blues", "00111111", "11001111", "up", "down", "up", "down"),
            ". . 95 98 101 107 104 100 101 105 . . 109 101 98 95",
        ),
    ],
)
def test_melodies_worked_out_by_hand(melodies, asked, midi):
    codes = [factor.code(value) for factor, value in zip(melodies.space, asked, strict=True)]
    tokens = melodies.render(melodies.space.values(codes))["tokens"]
    assert [("." if token == 1 else str(MIDI[token - 2])) for token in tokens] == midi.split()


def test_the_whole_grid_has_its_golden_digest(grid):
    _, tokens = grid
    assert hashlib.sha256(tokens.tobytes()).hexdigest() == "aa28c88e9507effc1cccc1fef23495d665a15cd4a9c08afd5693bcb5a31ac98a"


def test_values_off_the_factors_are_refused(melodies):
    with pytest.raises(InputError, match="octave takes 4, 5, 6; got 7"):
        melodies.render([0, 7, 0, 0, 0, 0, 0, 0, 0])
    with pytest.raises(InputError, match="no option named 'size' in dmelodies"):
        factorhub.generator("dmelodies", size=64)
