"""How fast are melodies made, read and written, against a music21 score per melody, the published way?

    python benchmarks/melodies.py

All in one process, one thread of Python, best of three runs; read the ratios, absolute rates drift with the machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from music21 import duration, note, pitch, stream
from music21.midi.translate import streamToMidiFile
from music21.musicxml.m21ToXml import GeneralObjectExporter

import factorhub
from factorhub.dmelodies.reader import read_factors
from factorhub.dmelodies.rules import CHORDS, ONSETS, SCALES
from factorhub.dmelodies.score import midi, musicxml, score
from factorhub.dmelodies.vocabulary import VOCABULARY

TOKEN = {name: token for token, name in enumerate(VOCABULARY)}


def rate(count: int, work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return count / best


def score_by_score(codes: np.ndarray) -> list[list[int]]:
    """Each melody as a music21 score made note by note from the rules, and its tokens read off the score."""
    tokens = []
    for tonic, octave, scale, rhythm1, rhythm2, *arps in codes.tolist():
        root = pitch.Pitch(midi=60 + tonic + 12 * octave).midi
        steps = list(SCALES.values())[scale]
        played = iter([root + steps[degree] for chord, down in zip(CHORDS, arps, strict=True) for degree in chord[:: 1 - 2 * down]])
        part = stream.Part()
        for bar, rhythm in enumerate((rhythm1, rhythm2)):
            for tick in range(8):
                if tick in ONSETS[rhythm]:
                    item: note.GeneralNote = note.Note()
                    item.pitch.midi = next(played)
                else:
                    item = note.Rest()
                item.duration = duration.Duration("eighth")
                part.insert(4 * bar + tick / 2, item)
        whole = stream.Score()
        whole.insert(part)
        written = whole.parts[0].flatten().notesAndRests
        tokens.append([TOKEN[item.nameWithOctave if item.isNote else "rest"] for item in written])
    return tokens


def main() -> None:
    melodies = factorhub.generator("dmelodies")
    space = melodies.space
    codes = space.codes(np.arange(len(space)))
    values = space.values(codes)
    few = codes[:: len(codes) // 300]
    tokens = melodies.render(values, check=False)["tokens"]
    assert np.array_equal(score_by_score(few), melodies.render(space.values(few))["tokens"]), "both ways agree"

    published = rate(len(few), lambda: score_by_score(few))
    drawn = rate(len(codes), lambda: melodies.render(values, check=False))
    checked = rate(len(codes), lambda: melodies.render(values))
    read = rate(len(codes), lambda: read_factors(tokens))
    print(f"a music21 score per melody    {published:14,.0f} melodies/s")
    print(f"tokens, whole grid            {drawn:14,.0f} melodies/s   {drawn / published:10,.0f} times that")
    print(f"tokens, values checked        {checked:14,.0f} melodies/s   {checked / published:10,.0f} times that")
    print(f"factors read from tokens      {read:14,.0f} melodies/s   the grid in {len(codes) / read:.2f} s")

    some = melodies.render(space.values(few[:60]))["tokens"]
    for what, ours, theirs in (
        ("MIDI", midi, lambda melody: streamToMidiFile(score(melody)).writestr()),
        ("MusicXML", musicxml, lambda melody: GeneralObjectExporter(score(melody)).parse()),
    ):
        mine = rate(len(some), lambda ours=ours: [ours(melody) for melody in some])
        peer = rate(len(some), lambda theirs=theirs: [theirs(melody) for melody in some])
        print(f"{what:<9} {mine:10,.0f} files/s, music21 {peer:8,.0f} files/s: {mine / peer:8,.0f} times that")


if __name__ == "__main__":
    main()
