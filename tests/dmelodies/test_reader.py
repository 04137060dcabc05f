import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factorhub.dmelodies.reader import BLOCK, read_factors
from factorhub.dmelodies.rules import RHYTHMS, SCALES
from factorhub.errors import InputError

# C major, all up, straight: C E G F A C' - - G B D' C E G - -
PLAIN = [2, 6, 9, 7, 11, 14, 1, 1, 9, 13, 16, 2, 6, 9, 1, 1]


def spelled_out(tokens):
    """The published reading in plain Python, one melody at a time."""
    played = [60 + token - 2 for token in tokens if 2 <= token < 52]
    if len(played) < 3:
        return [-1] * 9
    root = min(played[:3])
    octave = {4: 0, 5: 1, 6: 2}.get(root // 12 - 1, -1)
    fitting = [name for name, steps in SCALES.items() if {(midi - root) % 12 for midi in played} <= {s % 12 for s in steps}]
    scale = list(SCALES).index(fitting[0]) if fitting else -1
    masks = ["".join("1" if 2 <= token < 52 else "0" for token in bar) for bar in (tokens[:8], tokens[8:])]
    rhythms = [RHYTHMS.index(mask) if mask in RHYTHMS else -1 for mask in masks]
    arps = [-1] * 4
    if len(played) == 12:
        for chord in range(4):
            a, b, c = played[3 * chord : 3 * chord + 3]
            rise = np.sign(b - a) + np.sign(c - b)
            arps[chord] = 0 if rise > 0 else 1 if rise < 0 else -1
    return [root % 12, octave, scale, *rhythms, *arps]


@pytest.mark.parametrize("notes", [0, 1, 2])
def test_of_fewer_than_three_notes_nothing_is_read(notes):
    tokens = np.ones((16, 16), dtype=int)
    for row in range(16):
        tokens[row, np.roll(np.arange(16), row)[:notes]] = 14
    assert (read_factors(tokens) == -1).all()
    tokens[:, :] = 1
    tokens[:, 3:6] = 14  # three are read: C5, of every scale
    assert read_factors(tokens)[0].tolist() == [0, 1, 0, -1, -1, -1, -1, -1, -1]


def test_the_reader_inverts_the_generator_on_the_whole_grid(grid):
    codes, tokens = grid
    assert np.array_equal(read_factors(tokens), codes)


def test_published_files_hold_int32_tokens(grid):
    codes, tokens = grid
    some = slice(None, None, 9973)
    for dtype in (np.int8, np.int32, np.int64, np.uint16):
        assert np.array_equal(read_factors(tokens[some].astype(dtype)), codes[some])


@given(st.lists(st.one_of(st.integers(1, 52), st.integers(-300, 300)), min_size=16, max_size=16))
def test_any_tokens_are_read_as_the_rules_say(tokens):
    assert read_factors(tokens).tolist() == spelled_out(tokens)


@given(st.integers(0, 1_354_751), st.lists(st.tuples(st.integers(0, 15), st.integers(0, 60)), max_size=4))
def test_corrupted_melodies_are_read_as_the_rules_say(melodies, row, changes):
    tokens = melodies.render(melodies.space.values(melodies.space.codes(row)))["tokens"].copy()
    for tick, token in changes:
        tokens[tick] = token
    assert read_factors(tokens).tolist() == spelled_out(tokens.tolist())


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({0: 3}, ["tonic", "scale"]),  # C# E G: another root, whose scale holds no C
        ({4: 12}, ["scale"]),  # F B-flat C' is still upwards, but B flat is in no scale of C with E
        ({4: 7}, []),  # F F C': a repeated note still rises
        ({4: 18}, ["arp_chord2"]),  # F E'' C'
        ({6: 9}, ["rhythm_bar1", "arp_chord1", "arp_chord2", "arp_chord3", "arp_chord4"]),  # a note too many
        ({13: 1}, ["rhythm_bar2", "arp_chord1", "arp_chord2", "arp_chord3", "arp_chord4"]),  # one too few
        ({13: 0}, ["rhythm_bar2", "arp_chord1", "arp_chord2", "arp_chord3", "arp_chord4"]),  # a hold is no note
        ({13: 52}, ["rhythm_bar2", "arp_chord1", "arp_chord2", "arp_chord3", "arp_chord4"]),  # nor is what is no token
        ({13: 255}, ["rhythm_bar2", "arp_chord1", "arp_chord2", "arp_chord3", "arp_chord4"]),
        ({10: 1, 6: 9}, ["rhythm_bar1", "rhythm_bar2"]),  # seven and five notes: twelve, so the chords are read
    ],
)
def test_what_each_corruption_costs(melodies, changes, lost):
    tokens = list(PLAIN)
    for tick, token in changes.items():
        tokens[tick] = token
    before, after = read_factors(PLAIN), read_factors(tokens)
    unreadable = {name for name, code in zip(melodies.space.names, after, strict=True) if code == -1}
    changed = {name for name, a, b in zip(melodies.space.names, before, after, strict=True) if a != b}
    assert changed == set(lost)
    assert unreadable == set(lost) - {"tonic"}


def test_a_root_above_the_octaves_has_a_tonic_and_no_octave():
    chords = np.array([0, 4, 7] * 4 + [-1] * 4)
    assert read_factors(np.where(chords < 0, 1, 37 + chords))[:3].tolist() == [11, 2, 0]  # B6
    assert read_factors(np.where(chords < 0, 1, 38 + chords))[:3].tolist() == [0, -1, 0]  # C7


def test_garbage_reads_as_nothing():
    for token in (0, 1, 52, 255, -1, 10_000, -(2**40)):
        assert read_factors(np.full((3, 16), token)).tolist() == [[-1] * 9] * 3


def test_leading_axes_and_blocks_make_no_difference(grid):
    _, tokens = grid
    some = tokens[: 2 * BLOCK + 10]
    whole = read_factors(some)
    assert np.array_equal(read_factors(some.reshape(2, -1, 16)), whole.reshape(2, -1, 9))
    assert np.array_equal(read_factors(some[7]), whole[7])
    assert np.array_equal(read_factors(some[::-3]), whole[::-3])
    assert read_factors(some[:0]).shape == (0, 9)


def test_arguments_that_are_no_melodies_are_refused():
    with pytest.raises(InputError, match=r"melodies have 16 ticks on their last axis; got shape \(4, 15\)"):
        read_factors(np.zeros((4, 15), dtype=np.uint8))
    with pytest.raises(InputError, match=r"16 ticks on their last axis; got shape \(\)"):
        read_factors(np.uint8(3))
    with pytest.raises(InputError, match="tokens of melodies are integers; got float32"):
        read_factors(np.zeros((4, 16), dtype=np.float32))
    with pytest.raises(InputError, match="tokens of melodies are integers; got bool"):
        read_factors(np.zeros((4, 16), dtype=bool))
