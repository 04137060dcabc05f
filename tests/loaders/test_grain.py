"""Sources for grain: rows and blocks through its own shuffling, batching and checkpoints."""

from __future__ import annotations

import pickle
from typing import Any

import grain
import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError
from factorhub.loaders.grain import GrainSource
from factorhub.lookup import Store
from tests.loaders.conftest import indices, same

FIELDS = ["index", "shape", "image"]


def test_items_are_rows_or_blocks(train: Store) -> None:
    rows, blocks = GrainSource(train, FIELDS), GrainSource(train, FIELDS, block=500)
    assert (len(rows), len(blocks)) == (2100, 5)
    assert same(rows[1999], {name: array[0] for name, array in train.read([1999], FIELDS).items()})
    assert same(blocks[4], train.read(slice(2000, 2100), FIELDS))
    with pytest.raises(IndexError, match="items are 0 to 4; got 5"):
        blocks[5]
    with pytest.raises(InputError, match=r"block \(rows of an item\) is a whole number from 1; got 0"):
        GrainSource(train, block=0)
    with pytest.raises(InputError, match="no column named 'picture'"):
        GrainSource(train, ["picture"])


def test_a_source_pickles_and_has_a_stable_name(train: Store) -> None:
    source = GrainSource(train, FIELDS, block=64)
    again = pickle.loads(pickle.dumps(source))
    assert repr(again) == repr(source)
    assert "0x" not in repr(source)
    assert same(again[3], source[3])


@pytest.mark.parametrize("block", [None, 100])
def test_grain_shuffles_and_resumes_exactly(train: Store, block: int | None) -> None:
    def dataset() -> Any:
        items = grain.MapDataset.source(GrainSource(train, ["index", "shape"], block=block)).seed(3).shuffle()
        items = items.batch(100) if block is None else items
        return items.to_iter_dataset(grain.ReadOptions(num_threads=2, prefetch_buffer_size=4))

    expected = list(dataset())
    assert sorted(indices(expected)) == sorted(train["index"].tolist())
    iterator = iter(dataset())
    for done in range(5):
        state = iterator.get_state()
        resumed = iter(dataset())
        resumed.set_state(state)
        assert same(next(resumed), expected[done])
        assert same(next(iterator), expected[done])


def test_a_recipe_is_a_source(train: Store) -> None:
    blocks = GrainSource(factorhub.recipe("dsprites", rows=1000), ["image"], block=256)
    assert blocks[0]["image"].shape == (256, 64, 64)
    assert np.concatenate([blocks[i]["image"] for i in range(4)]).shape == (1000, 64, 64)
