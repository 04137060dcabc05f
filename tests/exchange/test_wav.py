"""Sounds as WAV files, and as Hugging Face's Audio."""

from __future__ import annotations

import csv
import io
import wave
import zipfile
from pathlib import Path

import datasets
import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError
from factorhub.exchange import wav
from factorhub.exchange.formats import export
from factorhub.loaders.huggingface import load
from factorhub.lookup import Store


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Twenty clips of one bar each, two splits, in permuted order."""
    folder = tmp_path_factory.mktemp("clips") / "set"
    return factorhub.generate("tunes", folder, rows=20, splits="train=0.7,test=0.3", bars=1, octave=4)


def read(file: bytes) -> tuple[int, np.ndarray]:
    with wave.open(io.BytesIO(file)) as opened:
        assert (opened.getnchannels(), opened.getsampwidth()) == (1, 3)
        raw = np.frombuffer(opened.readframes(opened.getnframes()), np.uint8).reshape(-1, 3)
        number = np.pad(raw, ((0, 0), (1, 0))).view("<i4")[:, 0] >> 8
        return opened.getframerate(), number / (2**23 - 1)


def test_clips_and_their_factors_are_zipped(clips: Store, tmp_path: Path) -> None:
    made = export(clips, "wav", tmp_path / "clips.zip")
    with zipfile.ZipFile(made) as archive:
        lines = list(csv.DictReader(io.StringIO(archive.read("metadata.csv").decode())))
        assert [line["index"] for line in lines] == [str(index) for index in clips["index"]]
        assert archive.namelist() == [*(line["file_name"] for line in lines), "metadata.csv"]
        for row, line in enumerate(lines):
            rate, sound = read(archive.read(line["file_name"]))
            assert rate == 16_000
            assert np.abs(sound - clips["audio"][row]).max() < 2**-23
            factors = clips.factors(row)
            assert line["instrument"] == factors["instrument"]
            assert line["rhythm_bar1"] == factors["rhythm_bar1"]
            assert float(line["tempo"]) == 120
            assert line["split"] == ("train" if row < 14 else "test")
    assert export(clips, "wav", tmp_path / "again.zip").read_bytes() == made.read_bytes()


def test_one_clip_is_a_file_of_its_own(tmp_path: Path) -> None:
    one = factorhub.generate("voices", tmp_path / "set", rows=1)
    rate, sound = read(export(one, "wav", tmp_path / "one.wav").read_bytes())
    assert rate == 16_000
    assert np.abs(sound - one["audio"][0]).max() < 2**-23


def test_samples_are_rounded_and_never_wrap_around() -> None:
    _, sound = read(wav.encode(np.array([0.0, 1.0, -1.0, 1.5, -1.5, 2.0**-23]), 8000))
    assert sound.tolist() == [0.0, 1.0, -1.0, 1.0, -1.0, 1 / (2**23 - 1)]


def test_what_does_not_fit_is_refused(clips: Store, sprites: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="20 clips go into a zip, not into tune.wav; name it tune.zip, or export one row"):
        export(clips, "wav", tmp_path / "tune.wav")
    with pytest.raises(InputError, match=r"format wav writes sounds, .*; this set has image \(64, 64\); try parquet"):
        export(factorhub.open(sprites.folder), "wav", tmp_path / "tune.zip")
    pairs = factorhub.generate("voices", tmp_path / "pairs", rows=4, regime="pairs(k=1)")
    with pytest.raises(InputError, match="format wav writes sounds, one clip .time,. a row"):
        export(pairs, "wav", tmp_path / "tune.zip")


@pytest.mark.usefixtures("hf_cache")
def test_parquet_holds_sounds_as_audio(clips: Store, tmp_path: Path) -> None:
    path = export(clips, "parquet", tmp_path / "clips.parquet")
    found = datasets.load_dataset("parquet", data_files=str(path), split="train")
    assert found.features["audio"] == datasets.Audio(sampling_rate=16_000)
    rows = found.cast_column("audio", datasets.Audio(decode=False))  # decoding needs torchcodec
    for row in (0, 19):
        rate, sound = read(rows[row]["audio"]["bytes"])
        assert rate == 16_000
        assert np.abs(sound - clips["audio"][row]).max() < 2**-23


@pytest.mark.usefixtures("hf_cache")
def test_parquet_holds_pairs_of_sounds(tmp_path: Path) -> None:
    pairs = factorhub.generate("voices", tmp_path / "pairs", rows=4, regime="pairs(k=1)")
    path = export(pairs, "parquet", tmp_path / "pairs.parquet")
    found = datasets.load_dataset("parquet", data_files=str(path), split="train")
    assert found.features["audio"] == datasets.List(datasets.Audio(sampling_rate=16_000), length=2)
    members = found.data.column("audio").to_pylist()[3]
    for member, wanted in zip(members, pairs["audio"][3], strict=True):
        assert np.abs(read(member["bytes"])[1] - wanted).max() < 2**-23


@pytest.mark.usefixtures("hf_cache")
@pytest.mark.parametrize("streaming", [False, True])
def test_sounds_are_loaded_with_their_sampling_rates(clips: Store, streaming: bool) -> None:
    found = load(clips.folder, "test", streaming=streaming, audio=True)
    ours = factorhub.open(clips.folder, "test")
    for row, item in zip(range(len(ours)), found, strict=True):
        assert item["audio"]["sampling_rate"] == 16_000
        assert item["audio"]["array"].dtype == np.float32
        assert np.array_equal(item["audio"]["array"], ours[row]["audio"])
        assert np.array_equal(item["tokens"], ours[row]["tokens"])
    plain = next(iter(load(clips.folder, "test", streaming=streaming)))
    assert np.array_equal(plain["audio"], ours[0]["audio"])


@pytest.mark.usefixtures("hf_cache")
def test_sets_without_sounds_are_loaded_as_ever(sprites: Store) -> None:
    rows = load(sprites.folder, "test", audio=True)
    assert np.array_equal(rows[0]["image"], factorhub.open(sprites.folder, "test")[0]["image"])
