"""Melodies read back from MIDI and MusicXML files, as tokens: our own exports, and what people edited or wrote.

A stranger's file is data: its size is bounded, no entity of its XML is expanded, and nothing in it is followed.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

from factorhub.dmelodies.vocabulary import HOLD, LOWEST, MIDI, REST, TICKS
from factorhub.errors import InputError
from factorhub.factors import Array

LARGEST = 1 << 20  # bytes of a file of one melody
MOST = 2_000_000  # files in a zip
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


class Sound(NamedTuple):
    """A note: its MIDI pitch, and when it begins and ends, in eighths."""

    pitch: int
    start: Fraction
    stop: Fraction


def tokens_from_midi(data: bytes) -> Array:
    """The tokens (16,), uint8, of a MIDI file of one melody: a note at its first eighth, holds, rests.

    Raises:
        InputError: no MIDI file, several notes at once, or notes that are not on eighths, above or below the vocabulary,
            or beyond two bars.

    >>> from factorhub.dmelodies.score import midi
    >>> tokens_from_midi(midi([2, 6, 9, 1] * 4)).tolist() == [2, 6, 9, 1] * 4
    True
    """
    return _tokens(_midi_sounds(data), "this MIDI file")


def tokens_from_musicxml(data: bytes) -> Array:
    """The tokens (16,), uint8, of a MusicXML file of one melody (also compressed, .mxl), as `tokens_from_midi` gives them.

    Raises:
        InputError: the same of MusicXML.
    """
    return _tokens(_xml_sounds(data), "this MusicXML file")


def tokens_from_file(path: str | Path) -> Array:
    """The tokens of a file: (16,) of one melody, (n, 16) of a zip of melodies, in the order of their names.

    `factorhub.dmelodies.reader.read_factors` gives their factors.

    Raises:
        InputError: no such file, neither MIDI nor MusicXML nor a zip of them, or no melody.
    """
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST and not zipfile.is_zipfile(path):
            raise InputError(f"{path} is larger than {LARGEST} bytes, which no melody of two bars is; name another file")
        if zipfile.is_zipfile(path) and path.suffix != ".mxl":
            return _archive(path)
        return _one(path.read_bytes(), str(path))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}; name a MIDI or MusicXML file, or a zip of them") from None


def _one(data: bytes, name: str) -> Array:
    if data.startswith(b"MThd"):
        return _tokens(_midi_sounds(data), name)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or data.startswith((b"PK", b"\xff\xfe", b"\xfe\xff")):
        return _tokens(_xml_sounds(data), name)
    raise InputError(f"{name} is neither MIDI nor MusicXML; name a file of one melody, or a zip of such files")


def _archive(path: Path) -> Array:
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted((item for item in archive.infolist() if not item.is_dir()), key=lambda item: item.filename)
            members = [item for item in members if item.filename.endswith((".mid", ".midi", ".musicxml", ".xml"))]
            if not members or len(members) > MOST:
                raise InputError(f"{path} holds {len(members)} MIDI or MusicXML files; name a zip of 1 to {MOST:,}")
            found = [_one(_member(archive, item), f"{item.filename!r} in {path}") for item in members]
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{path} is a damaged zip: {' '.join(str(error).split())[:200]}; get the file again") from None
    return np.stack(found)


def _member(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> bytes:
    with archive.open(item) as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise InputError(f"{item.filename!r} is larger than {LARGEST} bytes, which no melody of two bars is; leave it out")
    return data


def _tokens(sounds: list[Sound], name: str) -> Array:
    """One token an eighth: a note where it begins, a hold while it lasts, a rest where nothing sounds."""
    tokens = np.full(TICKS, REST, dtype=np.uint8)
    over = Fraction(0)
    for sound in sorted(sounds, key=lambda sound: sound.start):
        whole = sound.start.denominator == sound.stop.denominator == 1 and 0 <= sound.start < sound.stop
        if not whole:
            raise InputError(
                f"{name} has a note from eighth {float(sound.start):g} to {float(sound.stop):g}; melodies keep to whole ones"
            )
        if sound.start < over:
            raise InputError(
                f"{name} has two notes at eighth {int(sound.start)}; a melody has one at a time; name a file of one voice"
            )
        if sound.pitch not in MIDI:
            raise InputError(f"{name} has the pitch {sound.pitch}; melodies run from MIDI {MIDI[0]} to {MIDI[-1]}; transpose it")
        if sound.stop > TICKS:
            raise InputError(f"{name} goes on to eighth {int(sound.stop)}; a melody has two bars of 4/4, {TICKS} eighths; cut it")
        start, stop = int(sound.start), int(sound.stop)
        tokens[start:stop] = HOLD
        tokens[start : start + 1] = LOWEST + sound.pitch - MIDI[0]
        over = sound.stop
    return tokens


def _midi_sounds(data: bytes) -> list[Sound]:
    """The notes of all tracks of a MIDI file."""
    broken = "this MIDI file is damaged or cut; get it again"
    if data[:4] != b"MThd" or len(data) < 14:
        raise InputError("this is no MIDI file: it does not begin with MThd; name another file")
    head, division = int.from_bytes(data[4:8], "big"), int.from_bytes(data[12:14], "big")
    if division & 0x8000 or not division:
        raise InputError("this MIDI file counts in seconds, and melodies in beats; save it with pulses per quarter note")
    found: list[Sound] = []
    at = 8 + head
    try:
        while at < len(data):
            kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
            if len(data) < at + 8 + size:
                raise InputError(broken)
            if kind == b"MTrk":
                found += _track(data[at + 8 : at + 8 + size], division)
            at += 8 + size
    except IndexError:
        raise InputError(broken) from None
    return found


def _track(data: bytes, division: int) -> Iterator[Sound]:
    at = now = status = 0
    began: dict[tuple[int, int], int] = {}

    def number() -> int:
        nonlocal at
        value = 0
        for _ in range(4):
            byte = data[at]
            at += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                break
        return value

    while at < len(data):
        now += number()
        if data[at] >= 0x80:
            status, at = data[at], at + 1
        if status in (0xFF, 0xF0, 0xF7):
            at += status == 0xFF  # the kind of a meta event
            size = number()  # which moves on itself
            at += size
            continue
        kind, first = status >> 4, data[at]
        velocity = 0 if kind in (0xC, 0xD) else data[at + 1]
        at += 1 if kind in (0xC, 0xD) else 2
        if kind not in (0x8, 0x9):
            continue
        key = status & 15, first
        if key in began:
            start = began.pop(key)
            yield Sound(first, Fraction(2 * start, division), Fraction(2 * now, division))
        if kind == 0x9 and velocity:
            began[key] = now
    if began:
        raise InputError("this MIDI file has a note without an end; get it again")


def _xml_sounds(data: bytes) -> list[Sound]:
    """The notes of the one part of a MusicXML file."""
    if data.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                inside = [
                    n for n in archive.infolist() if n.filename.endswith((".xml", ".musicxml")) and "META-INF" not in n.filename
                ]
                if len(inside) != 1:
                    raise InputError(f"this compressed MusicXML file holds {len(inside)} scores; name a file of one")
                data = _member(archive, inside[0])
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
            raise InputError(f"this compressed MusicXML file is damaged: {error}; get it again") from None
    if b"<!ENTITY" in data.replace(b"\0", b""):
        raise InputError("this MusicXML file declares entities, which are not expanded here; save it again from a notation program")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise InputError(f"this is no MusicXML file: {' '.join(str(error).split())[:200]}; name another file") from None
    parts = root.findall("part")
    if root.tag != "score-partwise" or len(parts) != 1:
        raise InputError(
            f"expected MusicXML of one part (score-partwise); got <{root.tag[:40]}> with {len(parts)}; name another file"
        )
    found: list[Sound] = []
    now, divisions = Fraction(0), Fraction(1)
    for bar in parts[0].findall("measure"):
        for item in bar:
            if item.tag == "attributes" and item.findtext("divisions"):
                divisions = _whole(item.findtext("divisions"))
            elif item.tag in ("backup", "forward"):
                now += (1 if item.tag == "forward" else -1) * 2 * _whole(item.findtext("duration")) / divisions
            elif item.tag == "note" and item.find("grace") is None:
                length = 2 * _whole(item.findtext("duration")) / divisions
                if item.find("chord") is not None:
                    now -= length
                if item.find("rest") is None:
                    pitch = _pitch(item)
                    if any(tie.get("type") == "stop" for tie in item.findall("tie")) and found and found[-1][::2] == (pitch, now):
                        found[-1] = Sound(pitch, found[-1].start, now + length)
                    else:
                        found.append(Sound(pitch, now, now + length))
                now += length
    return found


def _pitch(note: ElementTree.Element) -> int:
    step, octave = note.findtext("pitch/step") or "", note.findtext("pitch/octave")
    if step not in STEPS:
        raise InputError("this MusicXML file has a note without a pitch; name a file of a melody")
    return int(12 * (_whole(octave, -99) + 1) + STEPS[step] + _whole(note.findtext("pitch/alter") or "0", -99))


def _whole(text: str | None, low: int = 1) -> Fraction:
    """A whole number in MusicXML."""
    try:
        number = int((text or "").strip()[:12])
    except ValueError:
        number = low - 1
    if number < low:
        raise InputError(f"this MusicXML file has {(text or 'nothing')[:40]!r} where a whole number was expected; save it again")
    return Fraction(number)
