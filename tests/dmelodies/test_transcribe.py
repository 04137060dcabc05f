"""MIDI and MusicXML back to tokens: the inverse of the writers, what people edit, and what is no melody."""

import contextlib
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import factorhub
from factorhub.dmelodies.reader import read_factors
from factorhub.dmelodies.score import midi, musicxml, score
from factorhub.dmelodies.transcribe import tokens_from_file, tokens_from_midi, tokens_from_musicxml
from factorhub.errors import InputError
from factorhub.exchange.formats import export

TUNE = [2, 6, 9, 7, 11, 14, 1, 1, 9, 13, 16, 2, 6, 9, 1, 1]
PAIRS = [(midi, tokens_from_midi), (musicxml, tokens_from_musicxml)]


@pytest.mark.parametrize(("write", "read"), PAIRS)
@given(tokens=st.lists(st.integers(1, 51), min_size=16, max_size=16))
def test_reading_inverts_writing(write, read, tokens):
    found = read(write(tokens))
    assert found.tolist() == tokens
    assert found.dtype == np.uint8


@pytest.mark.parametrize("kind", ["midi", "musicxml"])
def test_files_of_music21_are_read(tmp_path, kind):
    path = tmp_path / f"tune.{'mid' if kind == 'midi' else 'musicxml'}"
    score(TUNE).write(kind, path)
    assert tokens_from_file(path).tolist() == TUNE


@pytest.mark.parametrize("kind", ["midi", "musicxml"])
def test_longer_notes_are_held_and_rests_are_rests(tmp_path, kind):
    from music21 import note, stream

    part = stream.Part()
    for pitch, length in (("C4", 1.0), (None, 1.0), ("C#8", 0.5), ("C4", 0.5), ("C4", 1.0), ("G4", 4.0)):
        part.append(note.Note(pitch, quarterLength=length) if pitch else note.Rest(quarterLength=length))
    path = tmp_path / "long.mid"
    part.makeMeasures().makeTies().write(kind, path) if kind == "musicxml" else part.write(kind, path)
    path = path if path.exists() else path.with_suffix(".musicxml")
    assert tokens_from_file(path).tolist() == [2, 0, 1, 1, 51, 2, 2, 0, 9, 0, 0, 0, 0, 0, 0, 0]


def test_an_exported_archive_is_read_in_the_order_of_its_rows(tmp_path):
    tunes = factorhub.generate("dmelodies", tmp_path / "set", rows=60)
    rows = np.argsort(tunes["index"])
    for to in ("midi", "musicxml"):
        found = tokens_from_file(export(tunes, to, tmp_path / f"{to}.zip"))
        assert np.array_equal(found, tunes["tokens"][rows])
        assert np.array_equal(read_factors(found)[:, 0], tunes["tonic"][rows])


def test_a_compressed_score_is_read():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("META-INF/container.xml", "<container/>")
        archive.writestr("score.xml", musicxml(TUNE))
    assert tokens_from_musicxml(file.getvalue()).tolist() == TUNE


def without(data, old, new):
    assert old in data
    return data.replace(old, new)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is neither MIDI nor MusicXML; name a file of one melody"),
        (b"RIFF....WAVE", "is neither MIDI nor MusicXML"),
        (b"<html></html>", "expected MusicXML of one part .* got <html> with 0"),
        (b"<score", "this is no MusicXML file: .*; name another file"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><score-partwise/>", "declares entities, which are not expanded"),
        (without(musicxml(TUNE), b"<octave>4<", b"<octave>3<"), "has the pitch 48; melodies run from MIDI 60 to 109; transpose it"),
        (without(musicxml(TUNE), b"<divisions>2<", b"<divisions>3<"), "has a note from eighth .*; melodies keep to whole ones"),
        (without(musicxml(TUNE), b"<divisions>2<", b"<divisions>x<"), "has 'x' where a whole number was expected"),
        (without(musicxml(TUNE), b"<divisions>2<", b"<divisions>1<"), "goes on to eighth .*; a melody has two bars of 4/4"),
        (without(musicxml(TUNE), b"</part>", b"</part><part/>"), r"expected MusicXML of one part .* with 2"),
        (midi(TUNE)[:-30], "this MIDI file is damaged or cut"),
        (b"MThd\0\0\0\6\0\0\0\1\xe7\x28", "counts in seconds, and melodies in beats"),
    ],
)
def test_what_is_no_melody_is_refused_in_one_line(tmp_path, data, says):
    (tmp_path / "tune").write_bytes(data)
    with pytest.raises(InputError, match=says) as caught:
        tokens_from_file(tmp_path / "tune")
    assert "\n" not in str(caught.value)


def test_chords_are_refused(tmp_path):
    from music21 import chord

    chord.Chord(["C4", "E4"], quarterLength=1).write("midi", tmp_path / "chord.mid")
    with pytest.raises(InputError, match="chord.mid has two notes at eighth 0; a melody has one at a time"):
        tokens_from_file(tmp_path / "chord.mid")
    with pytest.raises(InputError, match="cannot read .*nowhere.mid: No such file or directory; name a MIDI or MusicXML file"):
        tokens_from_file(tmp_path / "nowhere.mid")
    with zipfile.ZipFile(tmp_path / "none.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(InputError, match="holds 0 MIDI or MusicXML files"):
        tokens_from_file(tmp_path / "none.zip")


@given(st.binary(max_size=60), st.integers(0, 200))
def test_any_bytes_are_a_melody_or_one_line(noise, at):
    for write, read in PAIRS:
        data = write(TUNE)
        for given_bytes in (noise, data[:at] + noise + data[at:], data[:at] + noise + data[at + len(noise) :]):
            with contextlib.suppress(InputError):
                assert read(given_bytes).shape == (16,)
