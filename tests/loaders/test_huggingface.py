"""The Hugging Face leaf: map and iterable datasets of arrays with the dtypes on disk."""

from __future__ import annotations

from pathlib import Path

import datasets
import numpy as np
import pytest

from factorhub.errors import StoreError
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


def test_a_folder_without_a_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"has no dataset card \(README.md\); factorhub generate NAME --out .* makes a set"):
        load(tmp_path)
