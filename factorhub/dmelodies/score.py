"""Melodies for musicians: note names, a music21 score, and MIDI and MusicXML files with reproducible bytes.

The two files are written here and not by music21, whose MusicXML holds the date and random part ids and which takes
some 10 ms a melody: these bytes depend on the tokens alone. Notes are spelled by the scale that the melody is read to be
in, under its key signature, and both files tell the factors; `factorhub.dmelodies.transcribe` reads them back.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from factorhub.dmelodies.spelling import Key, facts, key_of
from factorhub.dmelodies.vocabulary import LOWEST, MIDI, REST, VOCABULARY, check_melody, check_tokens
from factorhub.errors import InputError
from factorhub.factors import Array

if TYPE_CHECKING:
    from music21.stream import Score

BAR = 8  # ticks
QUARTER, VELOCITY = 480, 80  # MIDI: pulses in a quarter note, and how hard notes are struck
ACCIDENTALS = {2: "double-sharp", 1: "sharp", -1: "flat", -2: "flat-flat", 0: "natural"}
SHARPS = "FCGDAEB"  # the order of the signs of a signature; flats the other way round


def note_names(tokens: npt.ArrayLike) -> Array:
    """The symbols (…, 16) of `tokens` (…, 16) in the published vocabulary: "C4", "E-5", "rest", "__".

    Raises:
        InputError: a token outside 0 … 51, or not 16 ticks of integers.

    >>> note_names([2, 5, 9, 1, 7, 11, 14, 1, 9, 13, 16, 1, 2, 5, 9, 1])[:4].tolist()
    ['C4', 'E-4', 'G4', 'rest']
    """
    tokens = check_tokens(tokens)
    if tokens.size and (tokens.min() < 0 or tokens.max() >= len(VOCABULARY)):
        got = tokens[(tokens < 0) | (tokens >= len(VOCABULARY))].flat[0]
        raise InputError(f"tokens of melodies run from 0 to {len(VOCABULARY) - 1}; got {got}; read_factors takes any token")
    return np.array(VOCABULARY)[tokens]


def score(tokens: npt.ArrayLike) -> Score:
    """The music21 score of one melody (16,): one part, two bars of 4/4, eighth notes and eighth rests, in its key.

    Raises:
        InputError: a token that is neither a note nor a rest, or not 16 integers.
    """
    from music21 import clef, key, metadata, meter, note, stream

    melody = check_melody(tokens)
    found = key_of(melody)
    part = stream.Part(id="melody")
    for number, start in enumerate((0, BAR), start=1):
        bar = stream.Measure(number=number)
        if number == 1:
            treble = clef.TrebleClef()
            treble.octaveChange = _octaves_up(melody)
            signature = key.KeySignature(found.fifths)
            bar.append([treble, signature.asKey("minor" if found.minor else "major") if found.name else signature])
            bar.append(meter.TimeSignature("4/4"))
        for token in melody[start : start + BAR]:
            bar.append(note.Rest(quarterLength=0.5) if token == REST else note.Note(found.note(token).name, quarterLength=0.5))
        part.append(bar)
    whole = stream.Score()
    whole.metadata = metadata.Metadata(title=_title(found))
    for name, value in facts(melody).items():
        whole.metadata.addCustom(name, value)
    whole.insert(0, part)
    return whole


def midi(tokens: npt.ArrayLike) -> bytes:
    """One melody (16,) as a standard MIDI file of one track, at 120 beats a minute.

    Raises:
        InputError: a token that is neither a note nor a rest, or not 16 integers.
    """
    melody = check_melody(tokens)
    found = key_of(melody)
    track = bytearray(_text(3, _title(found)))
    for name, value in facts(melody).items():
        track += _text(1, f"{name}={value}")
    track += b"\0\xff\x51\x03" + (500_000).to_bytes(3, "big")  # microseconds in a quarter note
    track += b"\0\xff\x58\x04\x04\x02\x18\x08"  # 4/4
    track += b"\0\xff\x59\x02" + struct.pack(">bB", found.fifths, found.minor)
    wait = 0
    for token in melody:
        if token == REST:
            wait += QUARTER // 2
            continue
        pitch = MIDI[token - LOWEST]
        track += _length(wait) + bytes([0x90, pitch, VELOCITY]) + _length(QUARTER // 2) + bytes([0x80, pitch, 0])
        wait = 0
    track += _length(wait) + b"\xff\x2f\0"  # the end, after the last rests
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, QUARTER) + b"MTrk" + struct.pack(">I", len(track)) + bytes(track)


def _title(key: Key) -> str:
    return f"Melody in {key.name}" if key.name else "Melody"


def _text(kind: int, text: str) -> bytes:
    """A MIDI meta event that holds a text: 1 a remark, 3 the name of the track."""
    return bytes([0, 0xFF, kind, len(text)]) + text.encode("ascii")


def _length(pulses: int) -> bytes:
    """A MIDI variable-length quantity: seven bits a byte, the highest bit set on all but the last."""
    coded = [pulses & 0x7F]
    while pulses := pulses >> 7:
        coded.insert(0, pulses & 0x7F | 0x80)
    return bytes(coded)


def musicxml(tokens: npt.ArrayLike) -> bytes:
    """One melody (16,) as a MusicXML 4.0 file with its key, beams and accidentals, ready to engrave.

    Raises:
        InputError: a token that is neither a note nor a rest, or not 16 integers.
    """
    melody = check_melody(tokens)
    key = key_of(melody)
    factors = (f'<miscellaneous-field name="{name}">{escape(value)}</miscellaneous-field>' for name, value in facts(melody).items())
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<score-partwise version="4.0">',
        f"<work><work-title>{_title(key)}</work-title></work>",
        f"<identification><miscellaneous>{''.join(factors)}</miscellaneous></identification>",
        '<part-list><score-part id="P1"><part-name>melody</part-name></score-part></part-list>',
        '<part id="P1">',
    ]
    for number, start in enumerate((0, BAR), start=1):
        lines.append(f'<measure number="{number}">')
        if number == 1:
            time = "<time><beats>4</beats><beat-type>4</beat-type></time>"
            octaves = _octaves_up(melody)
            raised = f"<clef-octave-change>{octaves}</clef-octave-change>" if octaves else ""
            clef = f"<clef><sign>G</sign><line>2</line>{raised}</clef>"
            mode = f"<mode>{'minor' if key.minor else 'major'}</mode>" if key.name else ""
            signature = f"<key><fifths>{key.fifths}</fifths>{mode}</key>"
            lines.append(f"<attributes><divisions>2</divisions>{signature}{time}{clef}</attributes>")
        lines += _notes(melody[start : start + BAR], key)
        if number == 2:
            lines.append('<barline location="right"><bar-style>light-heavy</bar-style></barline>')
        lines.append("</measure>")
    return "\n".join([*lines, "</part>", "</score-partwise>", ""]).encode()


def _notes(bar: list[int], key: Key) -> list[str]:
    """The `<note>` elements of one bar."""
    notes = []
    signed = SHARPS[: key.fifths] if key.fifths > 0 else SHARPS[::-1][: -key.fifths]
    usual = dict.fromkeys(signed, 1 if key.fifths > 0 else -1)  # what the signature says of a step
    shown: dict[str, int] = {}  # alterations in force in this bar, by line of the staff
    for tick, token in enumerate(bar):
        if token == REST:
            notes.append("<note><rest/><duration>1</duration><voice>1</voice><type>eighth</type></note>")
            continue
        step, alter, octave = key.note(token)
        line = f"{step}{octave}"
        sign = f"<accidental>{ACCIDENTALS[alter]}</accidental>" if shown.get(line, usual.get(step, 0)) != alter else ""
        shown[line] = alter
        altered = f"<alter>{alter}</alter>" if alter else ""
        pitch = f"<pitch><step>{step}</step>{altered}<octave>{octave}</octave></pitch>"
        # Beams join neighbouring notes within half a bar.
        before = tick % 4 > 0 and bar[tick - 1] != REST
        after = tick % 4 < 3 and bar[tick + 1] != REST
        place = "continue" if before and after else "end" if before else "begin" if after else ""
        beam = f'<beam number="1">{place}</beam>' if place else ""
        notes.append(f"<note>{pitch}<duration>1</duration><voice>1</voice><type>eighth</type>{sign}{beam}</note>")
    return notes


def _octaves_up(melody: list[int]) -> int:
    """By how many octaves the treble clef is raised, so that the melody stays near the staff."""
    notes = [token - LOWEST for token in melody if token != REST]
    return min(min(notes) // 12, 2) if notes else 0
