"""Hugging Face `datasets` reads a set offline with no code of ours: splits, labels, pixels and tokens are ours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import factorhub
from factorhub.lookup import Store

datasets = pytest.importorskip("datasets")


@pytest.fixture(scope="module")
def melodies(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("few") / "set"
    return factorhub.generate("dmelodies", folder, rows=2000, splits={"train": 0.7, "validation": 0.2, "test": 0.1}, shard_rows=600)


@pytest.mark.parametrize("which", ["sprites", "melodies"])
def test_load_dataset_reads_the_folder(which: str, request: pytest.FixtureRequest, hf_cache: Path) -> None:
    store = request.getfixturevalue(which)
    loaded = datasets.load_dataset(str(store.folder), cache_dir=str(hf_cache))
    assert {name: len(part) for name, part in loaded.items()} == {n: b - a for n, (a, b) in store.plan.ranges.items()}
    for factor in store.space:
        feature = loaded["train"].features[factor.name]
        assert feature == (datasets.ClassLabel(names=list(factor.labels)) if factor.labels else datasets.Value("uint8"))
    field = "image" if which == "sprites" else "tokens"
    for name in store.plan.splits:
        ours = factorhub.open(store.folder, name)
        theirs = loaded[name].with_format("numpy", dtype=np.uint8)[:]
        assert np.array_equal(theirs[field], ours[field])
        assert all(np.array_equal(theirs[factor.name], ours[factor.name]) for factor in store.space)


@pytest.mark.parametrize("which", ["sprites", "melodies"])
def test_streaming_reads_the_folder(which: str, request: pytest.FixtureRequest, hf_cache: Path) -> None:
    store = request.getfixturevalue(which)
    field = "image" if which == "sprites" else "tokens"
    ours = factorhub.open(store.folder, "test")
    rows = list(datasets.load_dataset(str(store.folder), split="test", streaming=True, cache_dir=str(hf_cache)))
    assert len(rows) == len(ours)
    assert np.array_equal(np.array([row[field] for row in rows], np.uint8), ours[field])
    assert np.array_equal([row["index"] for row in rows], ours["index"])


def test_the_hdf5_loader_reads_the_files(sprites: Store, hf_cache: Path) -> None:
    files = {"train": str(sprites.folder / "data" / "train-*.h5")}
    features = datasets.load_dataset_builder(str(sprites.folder), cache_dir=str(hf_cache)).info.features  # without axes
    loaded = datasets.load_dataset("hdf5", data_files=files, features=features, cache_dir=str(hf_cache))["train"]
    ours = factorhub.open(sprites.folder, "train")
    assert np.array_equal(loaded.with_format("numpy", dtype=np.uint8)[:]["image"], ours["image"])
    assert np.array_equal(loaded["scale_value"], ours["scale_value"])
