import hashlib

import numpy as np
import pytest

from factorhub.dmelodies.pianoroll import BOTTOM, CHORD_COLOURS, COLUMN, LEFT, ROW, TOP, UNKNOWN, pictures
from factorhub.errors import InputError


@pytest.fixture(scope="module")
def some(melodies):
    rows = np.linspace(0, len(melodies.space) - 1, 7).astype(int)
    return melodies.render(melodies.space.values(melodies.space.codes(rows)))["tokens"]


def roll(drawn: np.ndarray) -> np.ndarray:
    """The roll itself, without the names beside it."""
    return drawn[..., TOP:-BOTTOM, LEFT:, :]


def test_every_note_is_where_its_pitch_and_tick_say_and_nothing_else_is(melodies, some):
    drawn = melodies.pictures({"tokens": some})
    assert drawn.shape == (7, TOP + 50 * ROW + BOTTOM, LEFT + 16 * COLUMN, 3)
    assert drawn.dtype == np.uint8
    middles = roll(drawn)[:, ROW // 2 :: ROW, COLUMN // 2 :: COLUMN]
    for tokens, cells in zip(some, middles, strict=True):
        coloured = np.argwhere((cells.astype(int).max(axis=2) - cells.min(axis=2)) > 30)
        assert {(49 - row + 2, tick) for row, tick in coloured} == {(token, tick) for tick, token in enumerate(tokens) if token > 1}


def test_three_notes_share_the_colour_of_their_chord(some):
    for tokens, picture in zip(some, roll(pictures(some)), strict=True):
        ticks = np.flatnonzero(tokens > 1)
        found = [tuple(picture[(51 - tokens[tick]) * ROW, tick * COLUMN + 5]) for tick in ticks]
        assert found == [CHORD_COLOURS[i // 3] for i in range(12)]


def test_tokens_that_are_neither_note_nor_rest_are_marked():
    picture = roll(pictures([[1, 0, 52, -3, *[1] * 12]])[0])
    marked = [tuple(picture[2, tick * COLUMN + 5]) == UNKNOWN for tick in range(16)]
    assert marked == [False, True, True, True, *[False] * 12]


def test_a_golden_picture(some):
    digest = hashlib.sha256(roll(pictures(some)).tobytes()).hexdigest()
    assert digest == "3db7133da297897505e26db1fef817e1c2c4d572c06e02684a5346d6427cc7c9"


def test_a_roll_needs_melodies():
    assert pictures(np.zeros((0, 16), dtype=np.uint8)).shape == (0, 234, 410, 3)
    with pytest.raises(InputError, match="16 ticks"):
        pictures(np.zeros((2, 8), dtype=np.uint8))
    with pytest.raises(InputError, match=r"piano rolls are drawn of melodies \(n, 16\); got shape \(16,\)"):
        pictures(np.ones(16, dtype=np.uint8))


def test_names_stand_below_their_notes_and_beats_above(some):
    for tokens, picture in zip(some, pictures(some), strict=True):
        for tick, token in enumerate(tokens):
            below = picture[-BOTTOM:, LEFT + tick * COLUMN + 4 : LEFT + (tick + 1) * COLUMN - 4]
            assert (below.min() < 128) == (token > 1)
            above = picture[:TOP, LEFT + tick * COLUMN : LEFT + (tick + 1) * COLUMN]
            assert (above.min() < 128) == (tick % 2 == 0)
