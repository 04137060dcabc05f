"""The 52 symbols of dMelodies: which token is which note, and the note names that music21 gives."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.factors import Array

TICKS = 16  # eighths in a melody: two bars of 4/4
HOLD, REST, LOWEST = 0, 1, 2  # tokens; LOWEST is MIDI 60, and each semitone above it is one more
MIDI = range(60, 110)
SPELLING = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")  # music21's default: flats for E and B only
VOCABULARY = ("__", "rest", *(f"{SPELLING[midi % 12]}{midi // 12 - 1}" for midi in MIDI))


def check_tokens(tokens: npt.ArrayLike) -> Array:
    """`tokens` as an integer array (…, 16), or `InputError`. Which integers they are is the caller's business."""
    tokens = np.asarray(tokens)
    if tokens.dtype.kind not in "iu":
        raise InputError(f"tokens of melodies are integers; got {tokens.dtype} (take the argmax of a model's scores first)")
    if tokens.ndim == 0 or tokens.shape[-1] != TICKS:
        raise InputError(f"melodies have {TICKS} ticks on their last axis; got shape {tokens.shape}")
    return tokens


def check_melody(tokens: npt.ArrayLike) -> list[int]:
    """The tokens of one playable melody: 16 rests and notes, or `InputError` naming the first token that is neither."""
    tokens = check_tokens(tokens)
    if tokens.ndim != 1:
        raise InputError(f"one melody at a time has shape ({TICKS},); got {tokens.shape}; loop over the rows")
    for tick, token in enumerate(tokens.tolist()):
        if not REST <= token < len(VOCABULARY):
            raise InputError(f"a melody consists of rests (1) and notes (2 … 51); got token {token} at tick {tick}")
    return [int(token) for token in tokens]
