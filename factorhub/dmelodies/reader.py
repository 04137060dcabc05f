"""Reading the nine factors back from tokens: how melodies that a model made are scored."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from factorhub.dmelodies.rules import ONSETS, SCALES
from factorhub.dmelodies.vocabulary import LOWEST, TICKS, VOCABULARY, check_tokens
from factorhub.factors import Array

BLOCK = 1 << 14  # melodies at a time, so that the intermediate arrays stay in cache
NO_NOTE = 255


@lru_cache(maxsize=1)
def _tables() -> tuple[Array, Array, Array, Array, Array]:
    """What is read by table: notes and pitch classes of a token, rhythms, note positions, and scales."""
    notes = np.full(256, NO_NOTE, dtype=np.uint8)
    notes[LOWEST : len(VOCABULARY)] = np.arange(len(VOCABULARY) - LOWEST)
    classes = np.where(notes == NO_NOTE, 0, 1 << notes % np.uint16(12)).astype(np.uint16)
    rhythms = np.full(256, -1, dtype=np.int64)
    rhythms[[sum(128 >> tick for tick in onsets) for onsets in ONSETS]] = np.arange(len(ONSETS))
    onsets = np.unpackbits(np.arange(1 << TICKS, dtype=">u2").view(np.uint8).reshape(-1, 2), axis=1)
    positions = np.argsort(1 - onsets.view(np.int8), axis=1, kind="stable")[:, :12].astype(np.uint8)
    scales = np.full((13, 1 << 12), -1, dtype=np.int64)  # the last row is for melodies without a note
    sets = np.arange(1 << 12)
    for tonic in range(12):
        for code, steps in reversed(list(enumerate(SCALES.values()))):
            allowed = sum({1 << (tonic + step) % 12 for step in steps})
            scales[tonic, sets & ~allowed == 0] = code
    return notes, classes, rhythms, positions, scales


def read_factors(tokens: npt.ArrayLike) -> Array:
    """The factor codes (…, 9), int64, of any `tokens` (…, 16); -1 where a factor cannot be read.

    The published reading, factor by factor, so that scores compare: whatever is not a note (rest, hold, a token
    outside 0 … 51) counts as silence. Of fewer than three notes nothing is read: all nine are -1. The root is the
    lowest of the first three notes, and gives tonic and octave (-1 above B6). The scale is the first of major, minor
    and blues that holds every note. A bar's rhythm is its onset mask, if it has six onsets. The directions are read
    when there are twelve notes, three for each chord: the sign of the summed signs of the two steps. Every melody of
    the grid is read back exactly. Notes that no melody of the grid has can still be read; a melody is in the grid
    when rendering what was read gives it back.

    Raises:
        InputError: not integers, or not 16 on the last axis.

    >>> read_factors([2, 6, 9, 7, 11, 14, 1, 1, 9, 13, 16, 9, 6, 2, 1, 1]).tolist()
    [0, 0, 0, 0, 0, 0, 0, 0, 1]
    """
    tokens = check_tokens(tokens)
    flat = tokens.reshape(-1, TICKS)
    codes = np.empty((len(flat), 9), dtype=np.int64)
    for start in range(0, len(flat), BLOCK):
        _read(flat[start : start + BLOCK], codes[start : start + BLOCK])
    return codes.reshape(*tokens.shape[:-1], 9)


def _read(tokens: Array, codes: Array) -> None:
    notes, classes, rhythms, positions, scales = _tables()
    if tokens.dtype != np.uint8:
        tokens = np.where((tokens >= 0) & (tokens < len(VOCABULARY)), tokens, 0).astype(np.uint8)
    pitches = notes.take(tokens)
    masks = np.packbits(pitches != NO_NOTE, axis=1)
    ticks = positions.take(masks.view(">u2")[:, 0], axis=0)
    # From here on the melodies run along the last axis, which is what NumPy reduces fast.
    played = pitches.take((ticks + np.arange(0, pitches.size, TICKS)[:, None]).T)
    roots = played[:3].min(axis=0).astype(np.int64)
    silent = roots == NO_NOTE
    sets = np.bitwise_or.reduce(np.ascontiguousarray(classes.take(tokens).T), axis=0)
    first, second, third = played.reshape(4, 3, -1).swapaxes(0, 1)
    rise = (second > first).view(np.int8) - (second < first) + (third > second) - (third < second)
    notes_played = np.bitwise_count(masks).sum(axis=1)
    twelve = notes_played == 12
    codes[:, 0] = np.where(silent, -1, roots % 12)
    codes[:, 1] = np.where(roots < 36, roots // 12, -1)
    codes[:, 2] = scales[np.where(silent, 12, roots % 12), sets]
    codes[:, 3:5] = rhythms.take(masks)
    codes[:, 5:] = np.where(twelve & (rise != 0), rise < 0, -1).T
    codes[notes_played < 3] = -1
