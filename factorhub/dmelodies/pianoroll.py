"""Piano rolls: melodies as pictures for people, time to the right and pitch upwards."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.dmelodies.vocabulary import LOWEST, MIDI, TICKS, VOCABULARY, check_tokens
from factorhub.errors import InputError
from factorhub.factors import Array

ROW, COLUMN = 4, 14  # pixels of a semitone, and of a tick
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
    """Piano rolls of melodies for previews: `tokens` (n, 16) as uint8 pictures (n, 200, 224, 3).

    Rows are the 50 semitones from MIDI 109 down to 60, columns the 16 ticks; each chord's three notes share a colour.
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
    return cells.reshape(len(tokens), len(MIDI) * ROW, TICKS * COLUMN, 3)
