"""The Hugging Face leaf: map and iterable datasets of arrays with the dtypes on disk."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import datasets
import h5py
import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError, StoreError
from factorhub.loaders.huggingface import load
from factorhub.lookup import Store

DTYPES = {"image": np.uint8, "posX": np.uint8, "index": np.int64, "posX_value": np.float64}


@pytest.mark.parametrize("streaming", [False, True])
def test_arrays_keep_their_dtypes(train: Store, hf_cache: Path, streaming: bool) -> None:
    loaded = load(train.folder, "train", streaming=streaming)
    assert isinstance(loaded, datasets.IterableDataset if streaming else datasets.Dataset)
    batch = next(iter(loaded.batch(700)))
    assert {name: batch[name].dtype for name in DTYPES} == DTYPES
    ours = train.read(slice(700))
    assert all(np.array_equal(batch[name], ours[name]) for name in ours)
    row = next(iter(loaded))
    assert row["image"].shape == (64, 64)
    assert row["image"].dtype == np.uint8
    assert loaded.features["shape"].names == ["square", "ellipse", "heart"]


@pytest.mark.parametrize("streaming", [False, True])
def test_all_splits_come_together(train: Store, hf_cache: Path, streaming: bool) -> None:
    loaded = load(train.folder, streaming=streaming)
    assert list(loaded) == ["train", "validation", "test"]
    assert next(iter(loaded["test"]))["image"].dtype == np.uint8


def test_shuffled_rows_are_the_same_rows(train: Store, hf_cache: Path) -> None:
    rows = load(train.folder, "train", streaming=True).shuffle(seed=1, buffer_size=500)
    assert sorted(int(row["index"]) for row in rows) == sorted(train["index"].tolist())


def indices(path: Path, *, streaming: bool = False, split: str = "train") -> list[int]:
    return [int(row["index"]) for row in load(path, split, streaming=streaming)]


def changes(tmp_path: Path) -> Iterator[Path]:
    """One path, at which one set after another lies: made again, removed, moved in, and a folder of the same last name."""
    path = tmp_path / "here" / "set"
    for seed, rows in ((0, 30), (1, 30), (0, 40)):
        factorhub.generate("dsprites", path, rows=rows, seed=seed, overwrite=True)
        yield path
    shutil.rmtree(path)
    factorhub.generate("dsprites", path, rows=30, seed=2)
    yield path
    factorhub.generate("dsprites", tmp_path / "elsewhere", rows=30, seed=3)
    shutil.rmtree(path)
    shutil.move(tmp_path / "elsewhere", path)
    yield path
    factorhub.generate("dsprites", tmp_path / "there" / "set", rows=30, seed=4)
    yield tmp_path / "there" / "set"
    yield path


@pytest.mark.parametrize("streaming", [False, True])
def test_the_rows_are_those_that_lie_there_now(tmp_path: Path, hf_cache: Path, streaming: bool) -> None:
    for path in changes(tmp_path):
        assert indices(path, streaming=streaming) == factorhub.open(path)["index"].tolist()


def test_a_shard_changed_in_place_is_read_again(tmp_path: Path, hf_cache: Path) -> None:
    store = factorhub.generate("dsprites", tmp_path / "set", rows=30)
    rows = indices(store.folder)
    (shard,) = (store.folder / "data").glob("*.h5")
    whole = shard.read_bytes()
    with h5py.File(shard, "r+") as file:
        file["index"][:] = 0
    assert indices(store.folder) == [0] * 30
    shard.write_bytes(whole)
    assert indices(store.folder) == rows


@pytest.mark.parametrize(
    ("name", "sibling"),
    [("run[1]", "run1"), ("run*", "runs"), ("run?", "runX"), ("a**b", "a-b"), ("[!a]", "b"), ("x y%20", "x")],
)
@pytest.mark.parametrize("streaming", [False, True])
def test_a_path_is_no_pattern(tmp_path: Path, hf_cache: Path, name: str, sibling: str, streaming: bool) -> None:
    factorhub.generate("dsprites", tmp_path / sibling, rows=30, seed=1)
    store = factorhub.generate("dsprites", tmp_path / name, rows=20)
    assert indices(store.folder, streaming=streaming) == store["index"].tolist()


def test_a_relative_path_stays_where_it_was(tmp_path: Path, hf_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = factorhub.generate("dsprites", tmp_path / "set", rows=20)
    monkeypatch.chdir(tmp_path)
    stream = load("set", "train", streaming=True)
    monkeypatch.chdir("/")
    assert [int(row["index"]) for row in stream] == store["index"].tolist()


def test_the_features_are_those_of_the_card(train: Store, hf_cache: Path) -> None:
    assert load(train.folder, "train").features == datasets.load_dataset(str(train.folder), split="train").features
    for name in ("dmelodies", "multi_dsprites", "pendulum"):
        store = factorhub.generate(name, hf_cache.parent / name, rows=10)
        assert load(store.folder, "train").features == datasets.load_dataset(str(store.folder), split="train").features
        pairs = factorhub.generate(name, hf_cache.parent / f"{name}-pairs", rows=10, regime="pairs(k=1)")
        assert load(pairs.folder, "train").features == datasets.load_dataset(str(pairs.folder), split="train").features


def test_what_is_loaded_works_in_another_process(train: Store, hf_cache: Path, tmp_path: Path) -> None:
    loaded = load(train.folder, "test")
    loaded.save_to_disk(tmp_path / "saved")
    for name, item in (("map", loaded), ("stream", load(train.folder, "test", streaming=True))):
        (tmp_path / name).write_bytes(pickle.dumps(item))
    code = """
import pickle, sys, datasets
for item in [datasets.load_from_disk("saved"), *(pickle.load(open(name, "rb")) for name in ("map", "stream"))]:
    row = next(iter(item))
    print(row["image"].dtype, row["image"].shape, int(row["index"]))
"""
    where = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=tmp_path, env=where, capture_output=True, text=True)
    first = int(factorhub.open(train.folder, "test")["index"][0])
    assert done.stdout.splitlines() == [f"uint8 (64, 64) {first}"] * 3, done.stderr


def test_a_folder_without_a_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        StoreError, match=r"holds no factorhub set \(no manifest.json\); factorhub generate NAME --out .* makes one"
    ):
        load(tmp_path)


def test_what_cannot_be_loaded_is_refused_in_one_line(train: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no split named 'tests' in .*; it has train, validation, test; did you mean 'test'\?"):
        load(train.folder, "tests")
    store = factorhub.generate("dsprites", tmp_path / "a::b", rows=10)
    with pytest.raises(InputError, match=r"takes paths without ::, .* got .*a::b; rename it"):
        load(store.folder)
    lost = factorhub.generate("dsprites", tmp_path / "lost", rows=10)
    next((lost.folder / "data").glob("*.h5")).unlink()
    with pytest.raises(StoreError, match=r"cannot read .*\.h5: No such file or directory; factorhub repair .* makes it again"):
        load(lost.folder)


@pytest.mark.parametrize("name", ["all", "All"])
def test_a_split_that_datasets_cannot_name_is_refused_when_made(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=rf"'{name}', which means all splits together; .* another name"):
        factorhub.generate("dsprites", tmp_path / "set", rows=20, splits=f"{name}=0.5,rest=0.5")


@pytest.mark.parametrize(
    ("regime", "shape"), [("walk(3, inner=pairs(k=1))", (3, 2)), ("walk(2, inner=walk(3, inner=pairs(k=1)))", (2, 3, 2))]
)
def test_rows_of_more_axes_than_an_array_has_are_lists_of_arrays(regime: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    made = factorhub.generate("moving_sprites", tmp_path / "set", rows=6, regime=regime, size=16, frames=4)
    wanted = made[2]["video"]
    assert wanted.shape[: len(shape)] == shape
    plain = datasets.load_dataset(str(tmp_path / "set"), split="train")
    assert np.array_equal(np.asarray(plain[2]["video"]), wanted)
    assert np.array_equal(load(tmp_path / "set", "train")[2]["video"], wanted)
    assert np.array_equal(next(iter(load(tmp_path / "set", "train", streaming=True).skip(2)))["video"], wanted)
