"""dMelodies: two-bar melodies over the cadence I IV V I in nine factors, written from the rules instead of downloaded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.dmelodies.attributes import ATTRIBUTES
from factorhub.dmelodies.pianoroll import pictures
from factorhub.dmelodies.reader import read_factors
from factorhub.dmelodies.rules import CHORDS, OCTAVES, ONSETS, RHYTHMS, SCALES, TONICS, space
from factorhub.dmelodies.vocabulary import LOWEST, REST, VOCABULARY
from factorhub.factors import Array
from factorhub.fields import Batch, Field
from factorhub.generator import Generator

BLOCK = 4096  # melodies at a time: what lies between stays in cache, and no BLAS starts threads for so little


def bars() -> Array:
    """Every bar there is, as tokens uint8 (2, 12, 3, 3, 28, 2, 2, 8): bar, tonic, octave, scale, rhythm, its two arps, tick."""
    directed = np.array([(chord, chord[::-1]) for chord in CHORDS]).reshape(2, 2, 2, 3)  # bar, which, direction, note
    first, second = np.broadcast_arrays(directed[:, 0, :, None], directed[:, 1, None, :])
    degrees = np.concatenate([first, second], axis=-1)
    roots = LOWEST + np.arange(len(TONICS))[:, None] + 12 * np.arange(len(OCTAVES))
    notes = roots[:, :, None, None, None, None, None] + np.array(list(SCALES.values()))[:, degrees]
    tokens = np.full((2, len(TONICS), len(OCTAVES), len(SCALES), len(RHYTHMS), 2, 2, 8), REST, dtype=np.uint8)
    for rhythm, ticks in enumerate(ONSETS):
        tokens[:, :, :, :, rhythm][..., ticks] = np.moveaxis(notes, 3, 0)
    return tokens


def dmelodies() -> Generator:
    """The generator of dMelodies: 16 eighth-note ticks as tokens, gathered bar by bar from a table of 190 kB."""
    table = bars()
    # One 8-byte word per bar, and where it stands in the table as a linear function of the values: one product of
    # matrices and one gather make a batch. The numbers are small integers, exact in float64.
    words = table.reshape(-1, 8).view(np.uint64)[:, 0]
    tonic, octave, scale, rhythm, arp, other = (stride // 8 for stride in table.strides[1:7])
    steps = np.zeros((9, 2))
    steps[:3] = [[tonic], [octave], [scale]]
    steps[[3, 5, 6], 0] = steps[[4, 7, 8], 1] = rhythm, arp, other
    start = np.array([0.0, words.size / 2]) - octave * OCTAVES[0]

    def draw(values: Array) -> Batch:
        tokens = np.empty((len(values), 2), dtype=np.uint64)
        for first in range(0, len(values), BLOCK):
            where = values[first : first + BLOCK] @ steps
            where += start
            np.take(words, where.astype(np.intp), out=tokens[first : first + BLOCK], mode="clip")
        return {"tokens": tokens.view(np.uint8)}

    def read(melodies: npt.ArrayLike) -> tuple[Array, Array]:
        found = np.asarray(melodies)
        codes = read_factors(found)
        told = (codes >= 0).all(axis=-1)
        values = np.maximum(codes, 0).reshape(-1, codes.shape[-1]).astype(np.float64)
        values[:, 1] += OCTAVES[0]
        again = draw(values)["tokens"].reshape(found.shape)
        return codes, told & (again == found).all(axis=-1)

    tokens = Field(
        "tokens",
        "uint8",
        (16,),
        ("tick",),
        description="two bars of 4/4 in eighths: 0 hold (never occurs), 1 rest, 2 … 51 notes of MIDI 60 … 109",
        meta={"vocabulary": list(VOCABULARY)},
    )
    return Generator(
        name="dmelodies",
        summary="two-bar melodies, broken chords over I IV V I, as 16 tokens",
        space=space(),
        fields=(tokens,),
        draw=draw,
        source="Pati, Gururani, Lerch: dMelodies: A Music Dataset for Disentanglement Learning (ISMIR 2020), "
        "https://github.com/ashispati/dmelodies_dataset; written from the published rules",
        picture=lambda batch: pictures(batch["tokens"]),
        attributes=ATTRIBUTES,
        reader=read,
    )
