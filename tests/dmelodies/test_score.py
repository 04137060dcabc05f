import hashlib
import os
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from factorhub.dmelodies.reader import read_factors
from factorhub.dmelodies.score import midi, musicxml, note_names, score
from factorhub.dmelodies.spelling import NO_KEY, STEPS, key_of
from factorhub.dmelodies.vocabulary import MIDI
from factorhub.errors import InputError


@pytest.fixture(scope="module")
def some(melodies):
    """Melodies from all over the grid, all octaves and scales among them."""
    rows = np.linspace(0, len(melodies.space) - 1, 13).astype(int)
    return melodies.render(melodies.space.values(melodies.space.codes(rows)))["tokens"]


def heard(stream):
    """What sounds in a music21 stream: (MIDI pitch, start in ticks, length in ticks)."""
    return [(n.pitch.midi, n.offset * 2, n.quarterLength * 2) for n in stream.flatten().notes]


def expected(tokens):
    return [(MIDI[token - 2], tick, 1) for tick, token in enumerate(tokens) if token > 1]


def spelled(tokens):
    key = key_of(tokens.tolist())
    return [key.note(token).name if token > 1 else "rest" for token in tokens.tolist()]


def scales(melodies):
    """One melody of each tonic and scale, whose notes are all that the chords have."""
    for tonic in range(12):
        for scale in range(3):
            values = melodies.space.values([[tonic, 0, scale, 0, 0, 0, 0, 0, 0]])
            yield tonic, scale, melodies.render(values)["tokens"][0]


def test_notes_are_spelled_by_the_scale_as_music21_spells_it(melodies):
    """Major and harmonic minor on the same tonic; each name has one letter, and each note sounds as before."""
    from music21 import key, scale

    for _, kind, tokens in scales(melodies):
        found = key_of(tokens.tolist())
        name = found.name.split()[0].replace("b", "-")
        assert key.KeySignature(found.fifths).asKey("minor" if found.minor else "major").tonic.name == name
        assert abs(found.fifths) <= 6
        written = [found.note(token) for token in tokens.tolist() if token > 1]
        assert {(STEPS.index(n.step), n.alter) for n in written} == set(
            {n.step: (STEPS.index(n.step), n.alter) for n in written}.values()
        ), "one name for each line of the staff"
        if kind < 2:
            made = scale.MajorScale(name) if kind == 0 else scale.HarmonicMinorScale(name)
            assert {n.name[:-1] for n in written} <= {pitch.name for pitch in made.getPitches(f"{name}3", f"{name}5")}
        for note, token in zip(written, tokens[tokens > 1].tolist(), strict=True):
            assert 12 * (note.octave + 1) + (0, 2, 4, 5, 7, 9, 11)[STEPS.index(note.step)] + note.alter == MIDI[token - 2]


@pytest.mark.parametrize(
    ("tonic", "scale", "name", "fifths"),
    [(6, 0, "F# major", 6), (1, 0, "Db major", -5), (3, 1, "Eb minor", -6), (8, 1, "G# minor", 5), (0, 2, "C blues", -3)],
)
def test_the_signature_is_the_one_of_fewest_signs(melodies, tonic, scale, name, fifths):
    from music21 import converter

    tokens = melodies.render(melodies.space.values([[tonic, 1, scale, 0, 0, 0, 0, 0, 0]]))["tokens"][0]
    key = key_of(tokens.tolist())
    assert (key.name, key.fifths) == (name, fifths)
    for data, kind in ((midi(tokens), "midi"), (musicxml(tokens).decode(), "musicxml")):
        read = converter.parseData(data, format=kind).flatten()
        assert read.getElementsByClass("KeySignature")[0].sharps == fifths


def test_files_tell_the_factors(melodies, some):
    for tokens in some:
        codes = read_factors(tokens)
        wanted = {f.name: str(f.grid[code]) for f, code in zip(melodies.space, codes.tolist(), strict=True)}
        root = ElementTree.fromstring(musicxml(tokens))
        assert {field.get("name"): field.text for field in root.iter("miscellaneous-field")} == wanted
        assert all(f"{name}={value}".encode() in midi(tokens) for name, value in wanted.items())


def test_a_melody_in_no_scale_has_no_signature():
    tokens = [2, 3, 4, 5, 6, 7, 8, 9, *[1] * 8]
    assert key_of(tokens) == NO_KEY
    root = ElementTree.fromstring(musicxml(tokens))
    assert root.findtext(".//fifths") == "0"
    assert root.find(".//mode") is None
    assert root.findtext("work/work-title") == "Melody"
    assert [n.findtext("pitch/step") + (n.findtext("pitch/alter") or "") for n in root.iter("note") if n.find("pitch")] == [
        "C", "C1", "D", "E-1", "E", "F", "F1", "G",
    ]  # fmt: skip


def test_the_score_has_two_bars_of_eighths(some):
    for tokens in some:
        made = score(tokens)
        bars = list(made.parts[0].getElementsByClass("Measure"))
        assert [bar.duration.quarterLength for bar in bars] == [4, 4]
        assert bars[0].timeSignature.ratioString == "4/4"
        assert heard(made) == expected(tokens)
        written = list(made.flatten().notesAndRests)
        assert [item.duration.type for item in written] == ["eighth"] * 16
        assert [getattr(item, "nameWithOctave", "rest") for item in written] == spelled(tokens)
        assert made.metadata.title == f"Melody in {key_of(tokens.tolist()).name}"


def test_midi_files_read_back_as_the_melody(some):
    from music21 import converter

    for tokens in some:
        read = converter.parseData(midi(tokens), format="midi", quantizePost=False)
        assert heard(read) == expected(tokens)
        assert read.flatten().getElementsByClass("TimeSignature")[0].ratioString == "4/4"
        assert read.flatten().getElementsByClass("MetronomeMark")[0].number == 120


def test_midi_ticks_are_exact_to_the_pulse(some):
    for tokens in some:
        data = midi(tokens)
        assert data[:14] == b"MThd\0\0\0\6\0\0\0\1\1\xe0"
        events, now, at = [], 0, 22
        assert int.from_bytes(data[18:22], "big") == len(data) - 22
        while at < len(data):
            wait = 0
            while True:
                wait = wait << 7 | data[at] & 127
                at += 1
                if data[at - 1] < 128:
                    break
            now += wait
            if data[at] == 0xFF:
                events += [(now, "end")] if data[at + 1] == 0x2F else []
                at += 3 + data[at + 2]
            else:
                events.append((now, hex(data[at]), data[at + 1]))
                at += 3
        wanted = [
            event
            for pitch, tick, _ in expected(tokens)
            for event in ((240 * tick, "0x90", pitch), (240 * tick + 240, "0x80", pitch))
        ]
        assert events == [*wanted, (3840, "end")]


def test_musicxml_reads_back_as_the_melody(some):
    from music21 import converter

    for tokens in some:
        read = converter.parseData(musicxml(tokens).decode(), format="musicxml")
        assert heard(read) == expected(tokens)
        names = [getattr(item, "nameWithOctave", "rest") for item in read.flatten().notesAndRests]
        assert names == spelled(tokens)
        assert read.metadata.title == f"Melody in {key_of(tokens.tolist()).name}"
        assert [bar.duration.quarterLength for bar in read.parts[0].getElementsByClass("Measure")] == [4, 4]


def test_a_player_who_obeys_the_printed_accidentals_plays_the_melody(some, melodies):
    altered = [[4, 3, 4, 4, 3, 3, 2, 16, 2, 3, 1, 2, 14, 15, 14, 2]]  # naturals after sharps, and other octaves
    signs = {"sharp": 1, "flat": -1, "natural": 0, "double-sharp": 2, "flat-flat": -2}
    for tokens in [*some, *altered, *(tokens for _, _, tokens in scales(melodies))]:
        root = ElementTree.fromstring(musicxml(tokens))
        for bar in root.iter("measure"):
            in_force = {}
            fifths = int(root.findtext(".//fifths"))
            usual = dict.fromkeys("FCGDAEB"[:fifths] if fifths > 0 else "BEADGCF"[:-fifths], 1 if fifths > 0 else -1)
            for note in bar.iter("note"):
                if note.find("rest") is not None:
                    continue
                line = note.findtext("pitch/step"), note.findtext("pitch/octave")
                printed = note.findtext("accidental")
                before = in_force.get(line, usual.get(line[0], 0))
                assert printed is None or before != signs[printed], "a sign that is already in force"
                if printed is not None:
                    in_force[line] = signs[printed]
                assert in_force.get(line, usual.get(line[0], 0)) == int(note.findtext("pitch/alter") or 0)


def test_printed_accidentals_are_among_those_of_music21(some):
    from music21 import converter

    for tokens in some:  # music21 adds cautionary naturals in the second bar
        theirs = score(tokens).parts[0]
        theirs.makeAccidentals(inPlace=True, cautionaryPitchClass=False, cautionaryNotImmediateRepeat=False)
        ours = converter.parseData(musicxml(tokens).decode(), format="musicxml").parts[0]
        shown = [
            [n.pitch.accidental is not None and bool(n.pitch.accidental.displayStatus) for n in part.flatten().notes]
            for part in (ours, theirs)
        ]
        assert np.less_equal(*shown).all()
        bars = [n.measureNumber for n in ours.flatten().notes]
        assert all(bar == 2 for bar, a, b in zip(bars, *shown, strict=True) if a != b)


def test_beams_join_neighbours_within_half_a_bar():
    tokens = np.array([2, 6, 9, 7, 11, 14, 1, 1, 9, 1, 16, 2, 1, 9, 9, 9])
    text = musicxml(tokens).decode()
    beams = [note.partition('<beam number="1">')[2].partition("<")[0] for note in text.split("<note>")[1:]]
    first = ["begin", "continue", "continue", "end", "begin", "end", "", ""]
    assert beams == [*first, "", "", "begin", "end", "", "begin", "continue", "end"]


def test_bytes_depend_on_the_melody_alone():
    code = (
        "import sys, time; time.time = lambda: float(sys.argv[1]); from factorhub.dmelodies.score import midi, musicxml\n"
        "tokens = [2, 5, 9, 1, 7, 10, 14, 1, 9, 13, 16, 1, 1, 9, 5, 2]\n"
        "sys.stdout.buffer.write(midi(tokens) + musicxml(tokens))"
    )
    made = [
        subprocess.run(
            [sys.executable, "-c", code, clock], capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for clock, seed in (("0", "1"), ("2000000000", "2"))
    ]
    assert made[0] == made[1]
    assert hashlib.sha256(made[0]).hexdigest() == "47dae271bc28facafdfda02c39054596f9abfde99312726739aba9080138b091"


def test_importing_scores_leaves_music21_alone():
    code = (
        "import sys; from factorhub.dmelodies.score import *; midi([2] * 16); musicxml([1] * 16); print('music21' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.strip() == "False"


@pytest.mark.parametrize("write", [score, midi, musicxml])
def test_what_is_no_melody_is_refused(write):
    with pytest.raises(InputError, match=r"a melody consists of rests \(1\) and notes \(2 … 51\); got token 52 at tick 3"):
        write([2, 2, 2, 52, *[1] * 12])
    with pytest.raises(InputError, match="got token 0 at tick 15"):
        write([2] * 15 + [0])
    with pytest.raises(InputError, match=r"one melody at a time has shape \(16,\); got \(2, 16\)"):
        write(np.ones((2, 16), dtype=int))
    with pytest.raises(InputError, match="16 ticks on their last axis"):
        write([2, 2])


def test_note_names_refuse_what_has_no_name():
    assert note_names(np.array([[0] * 16, [51] * 16]))[:, 0].tolist() == ["__", "C#8"]
    with pytest.raises(InputError, match="tokens of melodies run from 0 to 51; got 52"):
        note_names([52] * 16)
