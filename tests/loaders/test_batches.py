"""What is done to a batch, its memory, and the threads that read it."""

from __future__ import annotations

import gc
import pickle
import threading
import time
from typing import Any

import numpy as np
import pytest

import factorhub
from factorhub.errors import StoreError
from factorhub.fields import Batch
from factorhub.loaders import stream
from factorhub.loaders.memory import ALIGNMENT
from factorhub.lookup import Store
from tests.loaders.conftest import WINDOW, indices, same
from tests.loaders.streams import threads


def settled() -> bool:
    """True once no thread of a stream is left; they end after the block that each is reading."""
    for _ in range(500):
        if threads() == 0:
            return True
        time.sleep(0.01)
    return False


def test_transform_takes_each_batch_in_order_in_this_thread(train: Store) -> None:
    here = threading.get_ident()

    def double(batch: Batch) -> Any:
        assert threading.get_ident() == here
        return batch["index"] * 2

    found = list(stream(train, 500, transform=double))
    assert all(np.array_equal(a, 2 * b["index"]) for a, b in zip(found, stream(train, 500), strict=True))


def test_channels_and_scaling(train: Store) -> None:
    plain = next(iter(stream(train, 64, fields=["image"])))["image"]
    first = next(iter(stream(train, 64, fields=["image"], channels="first")))["image"]
    last = next(iter(stream(train, 64, fields=["image"], channels="last", normalise=["image"])))["image"]
    assert np.array_equal(first, plain[:, None])
    assert first.dtype == np.uint8
    assert np.array_equal(last, plain[..., None])  # binary images hold 0 and 1 already
    assert last.dtype == np.float32


def test_colour_is_scaled_by_255_and_its_channels_move(tmp_path: Any) -> None:
    recipe = factorhub.recipe("tetrominoes", rows=40)
    plain = next(iter(stream(recipe, 40, shuffle=False)))
    shown = next(iter(stream(recipe, 40, shuffle=False, channels="first", normalise=["image"])))
    expected = np.moveaxis(plain["image"], -1, 1).astype(np.float32) / np.float32(255)
    assert np.array_equal(shown["image"], expected)
    assert 0 < shown["image"].max() <= 1
    assert np.array_equal(shown["mask"], plain["mask"][:, None])  # labels get an axis and stay what they are


def test_batches_that_are_kept_do_not_change(train: Store, everything: Batch) -> None:
    place = {int(index): row for row, index in enumerate(everything["index"])}
    kept: list[Batch] = []
    batches = stream(train, 128, fields=["index", "image"], window=256, endless=True)
    for i, batch in zip(range(80), batches, strict=False):
        if i % 3 == 0:
            kept.append(batch)
    assert all(np.array_equal(b["image"], everything["image"][[place[int(i)] for i in b["index"]]]) for b in kept)


def root(array: Any) -> Any:
    """The array whose memory a view looks at."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def test_memory_is_used_again_once_nobody_holds_it(train: Store) -> None:
    def addresses(hold: bool) -> set[int]:
        held, found = [], set()
        batches = stream(train, 700, fields=["image"], endless=True, threads=1)  # three batches a piece
        for _, batch in zip(range(60), batches, strict=False):
            found.add(root(batch["image"]).ctypes.data)
            if hold:
                held.append(batch["image"][3])  # any view keeps its memory
        return found

    assert len(addresses(hold=False)) <= 6
    assert len(addresses(hold=True)) == 20


def test_batches_are_writable_and_aligned(train: Store) -> None:
    for batch in stream(train, 128, window=WINDOW):
        assert all(array.flags.writeable for array in batch.values())
        assert batch["image"].ctypes.data % ALIGNMENT == 0
        batch["image"][:] = 7


def test_one_column_does_not_hold_the_memory_of_another(train: Store) -> None:
    batch = next(iter(stream(train, 128)))
    assert not np.shares_memory(root(batch["image"]), root(batch["shape"]))
    assert root(batch["shape"]).nbytes < 2 * len(train)


def test_threads_end_with_the_pass(train: Store) -> None:
    list(stream(train, 256, threads=3))
    assert settled()


def test_threads_end_when_the_iterator_is_closed_or_forgotten(train: Store) -> None:
    iterator = stream(train, 64, threads=3).batches()
    next(iterator)
    assert threads() > 0
    iterator.close()  # type: ignore[attr-defined]
    assert settled()
    iterator = iter(stream(train, 64, threads=3))
    next(iterator)
    del iterator
    gc.collect()
    assert settled()


def test_an_error_of_the_consumer_ends_the_threads(train: Store) -> None:
    def fail(batch: Batch) -> None:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        list(stream(train, 64, threads=2, transform=fail))
    assert settled()


@pytest.mark.parametrize("shuffle", [True, False, "blocks", "full"])
def test_a_damaged_shard_in_mid_epoch_is_named(damaged: Store, shuffle: Any) -> None:
    seen: list[int] = []
    with pytest.raises(StoreError, match=r"train-00001-of-00003.h5 is damaged in rows 192 to 255 of column image") as caught:
        list(stream(damaged, 50, shuffle=shuffle, window=256, threads=2, transform=lambda batch: seen.append(len(batch["index"]))))
    assert "verify" in str(caught.value)
    assert "repair" in str(caught.value)
    assert set(seen) <= {50}  # batches before the damage come whole
    assert settled()
    codes = stream(damaged, 50, fields=["shape"], shuffle=shuffle)  # what is whole can still be read
    assert sum(len(batch["shape"]) for batch in codes) == len(damaged)


def test_a_missing_shard_is_named(damaged: Store) -> None:
    (damaged.folder / damaged.plan.shards[2].path).unlink()
    with pytest.raises(StoreError, match=r"train-00002-of-00003.h5 is missing"):
        list(stream(factorhub.open(damaged.folder, "train"), 50, fields=["index"]))


def test_columns_kept_in_memory_are_bounded(train: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from factorhub.storage import window_reader as deal

    monkeypatch.setattr(deal, "KEPT_BYTES", 4000)
    store = factorhub.open(train.folder, "train")
    expected = indices(stream(train, 100, fields=["index", "shape", "posX_value"]))
    assert indices(stream(store, 100, fields=["index", "shape", "posX_value"])) == expected
    assert sum(kept.nbytes for kept in store.reader._dealer._kept.values()) <= 4000


def test_a_stream_pickles(train: Store) -> None:
    for source in (train, factorhub.recipe("dsprites", rows=500)):
        batches = stream(source, 100, window=WINDOW)
        again = pickle.loads(pickle.dumps(batches))
        assert all(same(a, b) for a, b in zip(batches, again, strict=True))
