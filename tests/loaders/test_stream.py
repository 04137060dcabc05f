"""The framework-free stream: exact epochs, exact resumption, fair shares, and memory that nobody else touches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import factorhub
from factorhub.fields import Batch
from factorhub.loaders import stream
from factorhub.lookup import Store
from factorhub.source import Column
from tests.loaders.conftest import WINDOW, indices, same


@pytest.mark.parametrize("batch_size", [1, 100, 256, 700, 2100])
@pytest.mark.parametrize("shuffle", [True, False, "blocks", "full"])
def test_an_epoch_visits_every_row_once_with_all_its_columns(
    train: Store, everything: Batch, shuffle: Any, batch_size: int
) -> None:
    if batch_size == 1:
        everything = {"index": everything["index"], "image": everything["image"]}
    place = {int(index): row for row, index in enumerate(everything["index"])}
    seen: list[int] = []
    for batch in stream(train, batch_size, fields=list(everything), shuffle=shuffle, seed=3, window=WINDOW):
        rows = [place[int(index)] for index in batch["index"]]
        assert same(batch, {name: array[rows] for name, array in everything.items()})
        seen += rows
    assert sorted(seen) == list(range(len(train)))
    assert (seen == list(range(len(train)))) is (shuffle is False)


def test_the_last_batch_is_short_or_left_out(train: Store) -> None:
    whole, cut = stream(train, 256, fields=["index"]), stream(train, 256, fields=["index"], drop_last=True)
    assert [len(batch["index"]) for batch in whole] == [256] * 8 + [52]
    assert [len(batch["index"]) for batch in cut] == [256] * 8
    assert (len(whole), len(cut)) == (9, 8)


@pytest.mark.parametrize("shuffle", [True, False, "blocks", "full"])
def test_the_order_depends_on_seed_and_epoch_alone(train: Store, shuffle: Any) -> None:
    def order(seed: int, epoch: int, **options: Any) -> list[int]:
        batches = stream(train, 64, shuffle=shuffle, seed=seed, window=WINDOW, **{"fields": ["index"], **options})
        batches.set_epoch(epoch)
        return indices(batches)

    first = order(0, 0)
    assert first == order(0, 0, threads=1) == order(0, 0, threads=7) == order(0, 0, fields=["image", "index"])
    assert (first == order(0, 1)) is (first == order(1, 0)) is (shuffle is False)


def test_passes_are_epochs(train: Store) -> None:
    batches = stream(train, 300, fields=["index"], window=WINDOW)
    passes = [indices(batches) for _ in range(3)]
    assert batches.epoch == 3
    batches.set_epoch(1)
    assert indices(batches) == passes[1]
    next(iter(batches))  # a pass that is broken off does not count
    assert batches.epoch == 2
    assert indices(batches) == passes[2]


def test_an_endless_stream_goes_on_with_the_next_epoch(train: Store) -> None:
    once = stream(train, 300, fields=["index"], window=WINDOW)
    expected = indices(once) + indices(once)
    endless = stream(train, 300, fields=["index"], window=WINDOW, endless=True)
    found = [batch for batch, _ in zip(endless, range(14), strict=False)]
    assert indices(found) == expected
    with pytest.raises(TypeError, match=r"an endless stream has no length; its epochs have stream.length batches each"):
        len(endless)
    assert endless.length == 7


@pytest.mark.parametrize("order", ["permuted", "natural"])
def test_a_generator_gives_the_stream_of_a_stored_set(order: Any, tmp_path: Any) -> None:
    recipe = factorhub.recipe("dsprites", rows=1500, seed=4, order=order, splits={"a": 0.5, "b": 0.5})
    stored = factorhub.generate(recipe, tmp_path / "set", shard_rows=400)
    disk, air = stream(stored, 128, seed=1, window=WINDOW), stream(recipe, 128, seed=1, window=WINDOW)
    assert disk.grouping == air.grouping
    assert disk.grouping.block == (256 if order == "permuted" else 64)
    assert all(same(a, b) for a, b in zip(disk, air, strict=True))


def test_a_source_needs_no_more_than_columns_a_length_and_read(train: Store) -> None:
    class Doubled:
        columns = (Column("twice", "int64", (), (), "value"),)

        def __len__(self) -> int:
            return 1000

        def read(self, rows: Any, columns: Sequence[str] | None = None) -> Batch:
            return {"twice": 2 * np.asarray(rows)}

    found = np.concatenate([batch["twice"] for batch in stream(Doubled(), 64)])
    assert not np.array_equal(found, np.sort(found))
    assert np.array_equal(np.sort(found), 2 * np.arange(1000))


@pytest.mark.parametrize("axes", ["pairs", "walk"])
def test_pairs_and_sequences_are_batches_like_others(axes: str, tmp_path: Any) -> None:
    regime = {"pairs": "pairs", "walk": "walk"}[axes]
    recipe = factorhub.recipe("dsprites", rows=300, regime=regime)
    store = factorhub.generate(recipe, tmp_path / "set", shard_rows=100)
    batch = next(iter(stream(store, 50, channels="first")))
    long = store.columns[1].shape[0]
    assert batch["image"].shape == (50, long, 1, 64, 64)
    assert batch["shape"].shape == (50, long)
    assert all(same(a, b) for a, b in zip(stream(store, 64, window=WINDOW), stream(recipe, 64, window=WINDOW), strict=True))
