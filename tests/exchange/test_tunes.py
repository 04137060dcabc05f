import zipfile

import numpy as np
import pytest

import factorhub
from factorhub.dmelodies.score import midi, musicxml
from factorhub.errors import InputError
from factorhub.exchange.formats import export


@pytest.fixture(scope="module")
def few(scenes, tunes):
    return type(scenes)(tunes.space, tunes.columns, tunes.read(np.arange(40)))


@pytest.mark.parametrize(("to", "ending", "encode"), [("midi", "mid", midi), ("musicxml", "musicxml", musicxml)])
def test_melodies_are_zipped_under_their_row_numbers(few, tmp_path, to, ending, encode):
    made = export(few, to, tmp_path / "melodies.zip")
    with zipfile.ZipFile(made) as archive:
        assert archive.namelist() == [f"{row:07d}.{ending}" for row in sorted(few.arrays["index"].tolist())]
        for row, tokens in zip(few.arrays["index"].tolist(), few.arrays["tokens"], strict=True):
            assert archive.read(f"{row:07d}.{ending}") == encode(tokens)
    assert export(few, to, tmp_path / "again.zip").read_bytes() == made.read_bytes()


def test_one_melody_is_a_file_of_its_own(few, scenes, tmp_path):
    one = type(scenes)(few.space, few.columns, few.read(np.array([5])))
    assert export(one, "midi", tmp_path / "one.mid").read_bytes() == midi(few.arrays["tokens"][5])
    with zipfile.ZipFile(export(one, "midi", tmp_path / "one.zip")) as archive:
        assert len(archive.namelist()) == 1


def test_what_does_not_fit_is_refused(few, sprites, tmp_path):
    with pytest.raises(InputError, match="40 melodies go into a zip, not into tune.mid; name it tune.zip, or export one row"):
        export(few, "midi", tmp_path / "tune.mid")
    with pytest.raises(InputError, match=r"format midi writes melodies, tokens \(16,\) a row; this set has image \(64, 64\); try parquet"):
        export(factorhub.open(sprites.folder), "midi", tmp_path / "tune.zip")
    assert list(tmp_path.iterdir()) == []
