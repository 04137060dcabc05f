"""The framework-free stream: exact epochs, exact resumption, fair shares, and memory that nobody else touches."""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError, StoreError
from factorhub.fields import Batch
from factorhub.loaders import Stream, stream
from factorhub.loaders.memory import ALIGNMENT
from factorhub.lookup import Store
from factorhub.source import Column
from tests.loaders.conftest import WINDOW, indices, same


def threads() -> int:
    return sum(thread.name.startswith("factorhub-stream") for thread in threading.enumerate())


def settled() -> bool:
    """True once no thread of a stream is left; they end after the block that each is reading."""
    for _ in range(500):
        if threads() == 0:
            return True
        time.sleep(0.01)
    return False


# --- an epoch ---------------------------------------------------------------------------------------------------------


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


# --- going on where it was --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shuffle", [True, "blocks", "full"])
def test_a_stream_resumes_at_every_batch(train: Store, shuffle: Any) -> None:
    options: dict[str, Any] = {"fields": ["index", "shape"], "shuffle": shuffle, "seed": 5, "window": WINDOW}
    batches = stream(train, 200, threads=2, **options)
    batches.set_epoch(6)
    states, expected = [batches.state_dict()], []
    for batch in batches:
        expected.append(batch)
        states.append(batches.state_dict())
    following = next(iter(batches))
    for done, state in enumerate(states):
        resumed = stream(train, 200, threads=1 + done % 3, **options)
        resumed.load_state_dict(pickle.loads(pickle.dumps(state)))
        assert resumed.state_dict() == state
        rest = list(resumed)
        assert len(rest) == len(expected) - done
        assert all(same(a, b) for a, b in zip(rest, expected[done:], strict=True))
        assert same(next(iter(resumed)), following)


def test_an_endless_stream_resumes_across_epochs(train: Store) -> None:
    batches = stream(train, 500, fields=["index"], endless=True)
    iterator = iter(batches)
    for _ in range(8):
        next(iterator)
    state = batches.state_dict()
    assert (state["epoch"], state["batch"]) == (1, 3)
    resumed = stream(train, 500, fields=["index"], endless=True)
    resumed.load_state_dict(state)
    for a, b, _ in zip(iterator, resumed, range(7), strict=False):
        assert same(a, b)


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"seed": 1}, "seed 0, this one has seed 1"),
        ({"shuffle": False}, "shuffle True, this one has shuffle False"),
        ({"drop_last": True}, "drop_last False, this one has drop_last True"),
        ({"window": 1024}, "window 512, this one has window 1024"),
    ],
)
def test_a_state_of_other_batches_is_refused(train: Store, other: dict[str, Any], named: str) -> None:
    state = stream(train, 200, window=512).state_dict()
    changed = stream(train, **{"batch_size": 200, "window": 512, **other})
    with pytest.raises(InputError, match=f"the state is of a stream with {named}; make it as it was, or begin the epoch again"):
        changed.load_state_dict(state)
    with pytest.raises(InputError, match="a stream's state is what its state_dict gave; got"):
        changed.load_state_dict({"epoch": 1})


@pytest.mark.parametrize("shuffle", [True, False, "blocks", "full"])
@pytest.mark.parametrize("drop_last", [False, True])
def test_an_epoch_goes_on_with_other_ranks_and_batch_sizes(train: Store, shuffle: Any, drop_last: bool) -> None:
    options: dict[str, Any] = {"fields": ["index", "shape"], "shuffle": shuffle, "window": WINDOW, "drop_last": drop_last}
    whole = indices(stream(train, 50, **options))
    code = dict(zip(train["index"].tolist(), train["shape"].tolist(), strict=True))
    seen: list[int] = []
    state: dict[str, Any] | None = None
    for world, size, batches in ((1, 100, 3), (3, 70, 2), (2, 64, 1), (5, 11, 4), (1, 256, None)):
        ranks = [stream(train, size, rank=rank, world=world, **options) for rank in range(world)]
        for ranked in ranks:
            if state is not None:
                ranked.load_state_dict(state)
            assert state is None or ranked.epoch == 0
            for number, batch in enumerate(ranked, 1):
                assert [code[index] for index in batch["index"].tolist()] == batch["shape"].tolist()
                seen += batch["index"].tolist()
                if number == batches:
                    break
        state = pickle.loads(pickle.dumps(ranks[-1].state_dict())) if batches else None
    assert len(set(seen)) == len(seen)
    left_out = 255 * drop_last + (3 - 1) + (2 - 1) + (5 - 1)
    assert set(seen) <= set(train["index"].tolist())
    assert len(train) - len(seen) <= left_out
    assert drop_last or set(whole) >= set(seen)
    assert {stream.epoch for stream in ranks} == {1}
    assert indices(ranks[0]) == indices(_at(stream(train, 256, **options), 1))  # the next epoch is whole again


def _at(batches: Stream, epoch: int) -> Stream:
    batches.set_epoch(epoch)
    return batches


def test_one_rank_goes_on_in_order_and_any_rank_s_state_will_do(train: Store) -> None:
    options: dict[str, Any] = {"fields": ["index"], "window": WINDOW}
    first = stream(train, 100, **options)
    head = [next(iterator) for iterator in [iter(first)] for _ in range(4)]
    resumed = stream(train, 33, **options)
    resumed.load_state_dict(first.state_dict())
    assert indices(head) + indices(resumed) == indices(stream(train, 100, **options))
    ranks = [stream(train, 50, rank=rank, world=2, **options) for rank in range(2)]
    iterators = [iter(ranked) for ranked in ranks]
    given = [indices([next(iterator)]) for iterator in iterators]
    rest = []
    for rank, ranked in enumerate(ranks):
        other = stream(train, 50, rank=rank, world=2, **options)
        other.load_state_dict(ranks[1 - rank].state_dict())
        rest.append(indices(other))
        assert given[rank] + rest[rank] == indices(stream(train, 50, rank=rank, world=2, **options))
        assert ranked.epoch == 0


def test_what_ended_begins_the_next_epoch(train: Store) -> None:
    ended = stream(train, 100, fields=["index"])
    state = {**ended.state_dict(), "batch": 21}
    resumed = stream(train, 50, fields=["index"], world=2)
    resumed.load_state_dict(state)
    assert resumed.place == (1, 0)


def test_the_state_of_one_of_several_workers_is_for_the_same_batches(train: Store) -> None:
    batches = stream(train, 128, fields=["index"], window=WINDOW)
    next(batches.batches(1, 3))
    with pytest.raises(InputError, match="the state is of a stream with batch_size 128, this one has batch_size 64"):
        stream(train, 64, fields=["index"], window=WINDOW).load_state_dict(batches.state_dict())


# --- ranks and workers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("world", [1, 2, 3, 8])
def test_ranks_share_an_epoch_fairly(train: Store, world: int) -> None:
    whole = indices(stream(train, 50, fields=["index"], seed=2, window=WINDOW))
    shares = [indices(stream(train, 50, fields=["index"], seed=2, window=WINDOW, rank=r, world=world)) for r in range(world)]
    assert [len(share) for share in shares] == [len(train) // world] * world
    assert [row for share in shares for row in share] == whole[: len(train) // world * world]


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
@pytest.mark.parametrize("shuffle", [True, "blocks", "full"])
def test_workers_in_turn_give_the_stream_without_workers(train: Store, workers: int, shuffle: Any) -> None:
    options: dict[str, Any] = {"fields": ["index"], "shuffle": shuffle, "window": WINDOW}
    expected = list(stream(train, 128, **options))
    parts = [list(stream(train, 128, **options).batches(worker, workers)) for worker in range(workers)]
    found = [parts[i % workers][i // workers] for i in range(len(expected))]
    assert all(same(a, b) for a, b in zip(found, expected, strict=True))


def test_a_worker_resumes_where_it_was_and_no_other_does(train: Store) -> None:
    batches = stream(train, 128, fields=["index"], window=WINDOW)
    part = batches.batches(1, 3)
    next(part), next(part)
    state = batches.state_dict()
    resumed = stream(train, 128, fields=["index"], window=WINDOW)
    resumed.load_state_dict(state)
    assert all(same(a, b) for a, b in zip(resumed.batches(1, 3), part, strict=True))
    resumed.load_state_dict(state)
    with pytest.raises(InputError, match=r"batch 7 comes next, but worker 0 of 2 yields every 2th from 0; use as many workers"):
        next(resumed.batches(0, 2))


# --- what is done to a batch ------------------------------------------------------------------------------------------


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


# --- memory and threads -----------------------------------------------------------------------------------------------


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


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"fields": ["imag"]}, "no column named 'imag' in this source; it has .*; did you mean 'image'?"),
        ({"fields": "image"}, r"fields is a list of columns; got 'image'; write fields=\['image'\]"),
        ({"batch_size": 0}, "batch_size is a whole number from 1; got 0"),
        ({"batch_size": -3}, "batch_size is a whole number from 1; got -3"),
        ({"batch_size": 2101}, "this source has 2100 rows; got batch_size 2101; ask for a smaller one"),
        ({"batch_size": 1051, "world": 2}, "this source has 1050 rows for each of 2 ranks; got batch_size 1051"),
        ({"threads": 0}, "threads is a whole number from 1; got 0"),
        ({"window": -1}, "window is a whole number from 1; got -1"),
        ({"world": 0}, "world is a whole number from 1; got 0"),
        ({"rank": 2, "world": 2}, r"rank \(of 2 processes\) is a whole number from 0 to 1; got 2"),
        ({"rank": -1}, r"rank \(of 1 processes\) is a whole number from 0 to 0; got -1"),
        ({"batch_size": "64"}, "batch_size is a whole number from 1; got '64'"),
        ({"seed": "x"}, r"seed is a whole number from 0 to 2\*\*64 - 1; got 'x'"),
        ({"transform": 5}, "transform is a function of a batch; got 5"),
        ({"endless": "yes"}, "endless is True or False; got 'yes'"),
        (
            {"normalise": True},
            r"normalise takes a list of fields, or {.*}; got True; write normalise=\['image'\]",
        ),
        ({"fields": 5}, "columns of this source are named in a list; got 5"),
        ({"shuffle": "most"}, "no shuffle named 'most'; there are True, False, blocks, full"),
        ({"channels": "middle"}, "no place of channels named 'middle'; there are first, last"),
        (
            {"normalise": "image"},
            r"normalise takes a list of fields, or {.*}; got 'image'; write normalise=\['image'\]",
        ),
        (
            {"normalise": ["shape"]},
            r"normalise takes images of .* floats; shape is uint8 \(\); there are: image",
        ),
        ({"fields": ["index"], "normalise": ["image"]}, "no column named 'image' in the fields of this stream; it has index"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(train: Store, options: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=text) as caught:
        Stream(train, **options)
    assert "\n" not in str(caught.value)


def test_only_sources_are_streamed() -> None:
    for wrong in ("data/sprites", factorhub.generator("dsprites"), None):
        with pytest.raises(InputError, match=r"a stream reads a source of rows, such as factorhub.open\(path\) or"):
            Stream(wrong)  # type: ignore[arg-type]


def test_epochs_are_counted_from_0(train: Store) -> None:
    with pytest.raises(InputError, match="an epoch is a whole number from 0; got -1"):
        Stream(train).set_epoch(-1)


def test_a_split_that_does_not_exist_is_refused(train: Store) -> None:
    with pytest.raises(InputError, match="no split named 'trian' in .*; it has train, validation, test; did you mean 'train'?"):
        Stream(factorhub.open(train.folder, "trian"))


def test_a_stream_goes_on_while_its_loops_are_compiled_elsewhere(tmp_path: Path) -> None:
    """With no machine code kept yet: the rows are those of a warm stream, and the code is loaded before long."""
    ask = """
import hashlib, sys, time
import factorhub
from factorhub.loaders import stream
from factorhub.storage import reader, window_reader
reader.OWN_FROM = 0
found = hashlib.blake2b()
rows = factorhub.open(sys.argv[1])
for batch in stream(rows, 50, shuffle=True, seed=3):
    found.update(batch["image"].tobytes())
before = window_reader._prepared
deadline = time.monotonic() + 120
while not rows.prepare() and time.monotonic() < deadline:
    time.sleep(0.05)
print(found.hexdigest(), before, window_reader._prepared)
"""
    factorhub.generate("dsprites", tmp_path / "set", rows=400)
    place = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kept")}
    said = []
    for _ in range(2):
        command = [sys.executable, "-c", ask, str(tmp_path / "set")]
        said.append(subprocess.run(command, env=place, capture_output=True, text=True, check=True).stdout.split())
    assert said[0][0] == said[1][0]
    assert [words[1:] for words in said] == [["False", "True"], ["True", "True"]]
