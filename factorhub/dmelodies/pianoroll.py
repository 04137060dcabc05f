"""Piano rolls: melodies as pictures for people, time to the right and pitch upwards, beats and notes by name."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.dmelodies.vocabulary import LOWEST, MIDI, REST, TICKS, VOCABULARY, check_tokens
from factorhub.errors import InputError
from factorhub.factors import Array

ROW, COLUMN = 4, 24  # pixels of a semitone, and of a tick
LEFT, TOP, BOTTOM = 26, 16, 18  # pixels beside the roll for names of keys, above for beats, below for names of notes
SIZE, INK = 11, (60, 60, 60)
NAMED_KEYS = {0: "C", 4: "E", 7: "G"}  # by pitch class; more names would not fit beside one another
BLACK_KEYS = (1, 3, 6, 8, 10)
PAPER, SHADE, OCTAVE_LINE, BEAT_LINE, BAR_LINE = (252, 252, 250), (238, 240, 243), (190, 197, 208), (216, 221, 228), (96, 104, 118)
CHORD_COLOURS = ((38, 92, 173), (33, 140, 108), (222, 118, 34), (124, 68, 158))  # the notes of I, IV, V and the last I
UNKNOWN = (248, 205, 205)


def _paper() -> Array:
    """The empty roll (y, x, 3): keys as stripes, a line under every C, at every beat, and at the bars."""
    paper = np.empty((len(MIDI), ROW, TICKS, COLUMN, 3), dtype=np.uint8)
    for row, midi in enumerate(reversed(MIDI)):
        paper[row] = SHADE if midi % 12 in BLACK_KEYS else PAPER
        if midi % 12 == 0:
            paper[row, -1] = OCTAVE_LINE
    paper[:, :, ::2, 0] = BEAT_LINE
    paper[:, :, ::8, 0] = paper[:, :, -1, -1] = BAR_LINE
    return paper


def pictures(tokens: npt.ArrayLike) -> Array:
    """Piano rolls of melodies for previews: `tokens` (n, 16) as uint8 pictures (n, 234, 410, 3).

    Rows are the 50 semitones from MIDI 109 down to 60, columns the 16 ticks, from TOP and LEFT on; each chord's three
    notes share a colour. Beats of the two bars are counted above; below stands each note's name in the melody's key.
    A column whose token is neither a note nor a rest is tinted red.

    Raises:
        InputError: not integers of shape (n, 16).
    """
    tokens = check_tokens(tokens)
    if tokens.ndim != 2:
        raise InputError(f"piano rolls are drawn of melodies (n, {TICKS}); got shape {tokens.shape}")
    cells = np.tile(_paper(), (len(tokens), 1, 1, 1, 1, 1))
    known = (tokens >= 0) & (tokens < len(VOCABULARY))
    melody, tick = np.nonzero(~known | (tokens == 0))
    cells[melody, :, :, tick, 1:-1] = UNKNOWN
    notes = known & (tokens >= LOWEST)
    chord = np.minimum((np.cumsum(notes, axis=1) - 1) // 3, 3)
    melody, tick = np.nonzero(notes)
    row = len(VOCABULARY) - 1 - tokens[melody, tick].astype(np.intp)
    colour = np.array(CHORD_COLOURS, dtype=np.uint8)[chord[melody, tick]]
    cells[melody, row, :, tick, 1:-1] = colour[:, None, None]
    out = np.empty((len(tokens), TOP + len(MIDI) * ROW + BOTTOM, LEFT + TICKS * COLUMN, 3), dtype=np.uint8)
    out[:] = _frame()
    out[:, TOP:-BOTTOM, LEFT:] = cells.reshape(len(tokens), len(MIDI) * ROW, TICKS * COLUMN, 3)
    for picture, melody_tokens, own in zip(out, tokens.tolist(), notes, strict=True):
        picture[-BOTTOM:, LEFT:] = _names(melody_tokens, own)
    return out


def _frame() -> Array:
    """What is beside every roll (y, x, 3): the names of keys and the numbers of beats."""
    from PIL import Image, ImageDraw

    page = Image.new("RGB", (LEFT + TICKS * COLUMN, TOP + len(MIDI) * ROW + BOTTOM), "white")
    pen = ImageDraw.Draw(page)
    for row, midi in enumerate(reversed(MIDI)):
        if midi % 12 in NAMED_KEYS:
            name = f"{NAMED_KEYS[midi % 12]}{midi // 12 - 1}"
            pen.text((LEFT - 4, TOP + (row + 0.5) * ROW), name, fill=INK, font_size=SIZE, anchor="rm")
    for tick in range(0, TICKS, 2):
        pen.text((LEFT + (tick + 0.5) * COLUMN, TOP - 3), str(tick % 8 // 2 + 1), fill=INK, font_size=SIZE, anchor="mb")
    return np.asarray(page)


def _names(melody: list[int], notes: Array) -> Array:
    """The names of a melody's notes below their ticks (BOTTOM, 16 COLUMN, 3)."""
    from PIL import Image, ImageDraw

    from factorhub.dmelodies.spelling import NO_KEY, key_of

    key = key_of(melody) if all(REST <= token < len(VOCABULARY) for token in melody) else NO_KEY
    page = Image.new("RGB", (TICKS * COLUMN, BOTTOM), "white")
    pen = ImageDraw.Draw(page)
    for tick in np.flatnonzero(notes).tolist():
        name = key.note(melody[tick]).name.replace("-", "b")
        pen.text(((tick + 0.5) * COLUMN, 4), name, fill=INK, font_size=SIZE, anchor="mt")
    return np.asarray(page)
