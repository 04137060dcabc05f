"""The torch leaf: the same batches in one process, in workers started any way, under samplers, and after a restart."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import BatchSampler, DataLoader, DistributedSampler, RandomSampler, Subset, default_collate

import factorhub
from factorhub.errors import InputError, StoreError
from factorhub.loaders import stream as numpy_stream
from factorhub.loaders.torch import Rows, Stream, as_tensors, collate
from factorhub.lookup import Store
from factorhub.storage.shard import ShardReader
from tests.loaders.conftest import WINDOW, indices, same

FIELDS = ["index", "shape", "posX_value", "image"]


def twice(batch: Any) -> Any:
    return {**batch, "index": batch["index"] * 2}


@pytest.mark.parametrize("shuffle", [True, False, "full"])
def test_tensors_are_the_numpy_streams_batches(train: Store, shuffle: Any) -> None:
    options: dict[str, Any] = {"shuffle": shuffle, "seed": 3, "window": WINDOW}
    theirs = list(Stream(train, 128, **options))
    ours = list(numpy_stream(train, 128, **options))
    assert all(same(a, b) for a, b in zip(theirs, ours, strict=True))
    assert theirs[0]["image"].dtype == torch.uint8
    assert theirs[0]["index"].dtype == torch.int64
    assert theirs[0]["posX_value"].dtype == torch.float64


@pytest.mark.parametrize("method", ["fork", "forkserver"])
def test_workers_give_the_same_batches_in_the_same_order(train: Store, method: str) -> None:
    """Also in the next epoch that is asked for, with workers that end (fork) and with workers that live on (forkserver)."""
    stream = Stream(train, 256, fields=FIELDS, seed=1, window=WINDOW, transform=twice)
    plain = numpy_stream(train, 256, fields=FIELDS, seed=1, window=WINDOW, transform=twice)
    persistent = method == "forkserver"
    loader = DataLoader(stream, batch_size=None, num_workers=2, multiprocessing_context=method, persistent_workers=persistent)
    assert len(loader) == len(plain) == 9
    for epoch in (4, 2):
        stream.set_epoch(epoch)
        plain.set_epoch(epoch)
        assert all(same(a, b) for a, b in zip(loader, plain, strict=True))
    if persistent:  # workers that live on count epochs themselves
        assert all(same(a, b) for a, b in zip(loader, plain, strict=True))


def test_a_recipe_reaches_spawned_workers() -> None:
    """Though what it makes holds a function that does not pickle."""
    recipe = factorhub.recipe("dsprites", rows=600)
    loader = DataLoader(Stream(recipe, 200), batch_size=None, num_workers=1, multiprocessing_context="spawn")
    assert all(same(a, b) for a, b in zip(loader, numpy_stream(recipe, 200), strict=True))


def test_a_damaged_shard_is_named_from_a_worker(damaged: Store) -> None:
    loader = DataLoader(Stream(damaged, 50), batch_size=None, num_workers=2, multiprocessing_context="fork")
    with pytest.raises(StoreError, match=r"train-00001-of-00003.h5 is damaged in rows 192 to 255 of column image"):
        list(loader)


@pytest.mark.filterwarnings("ignore:.*deprecated:UserWarning")  # torchdata looks at all of torch
@pytest.mark.parametrize("workers", [0, 2])
def test_a_stateful_loader_resumes_in_mid_epoch(train: Store, workers: int) -> None:
    stateful = pytest.importorskip("torchdata.stateful_dataloader").StatefulDataLoader

    def loader() -> Any:
        context = "fork" if workers else None
        stream = Stream(train, 200, fields=["index"], window=WINDOW)
        return stateful(stream, batch_size=None, num_workers=workers, multiprocessing_context=context)

    expected = list(loader())
    for done in (0, 1, 4, 10):
        first = loader()
        iterator = iter(first)
        for _ in range(done):
            next(iterator)
        state = first.state_dict()
        del iterator
        resumed = loader()
        resumed.load_state_dict(state)
        assert all(same(a, b) for a, b in zip(resumed, expected[done:], strict=True))


def test_a_stream_saves_and_restores_its_place(train: Store) -> None:
    stream = Stream(train, 200, fields=["index"], window=WINDOW)
    iterator = iter(stream)
    before = [next(iterator) for _ in range(3)]
    resumed = Stream(train, 200, fields=["index"], window=WINDOW, threads=1)
    resumed.load_state_dict(stream.state_dict())
    assert indices(before) + indices(resumed) == indices(Stream(train, 200, fields=["index"], window=WINDOW))
    other = Stream(train, 100, fields=["index"], window=WINDOW)
    other.load_state_dict(stream.state_dict())
    assert indices(before) + indices(other) == indices(Stream(train, 200, fields=["index"], window=WINDOW))
    with pytest.raises(InputError, match="the state is of a stream with seed 0, this one has seed 1"):
        Stream(train, 200, window=WINDOW, seed=1).load_state_dict(stream.state_dict())


def test_ranks_come_from_torch_distributed(train: Store, tmp_path: Path) -> None:
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/meet", rank=0, world_size=1)
    try:
        stream = Stream(train, 100)
        assert (stream.stream.rank, stream.stream.world) == (0, 1)
        assert Stream(train, 100, rank=1, world=2).stream.rows == 1050
    finally:
        torch.distributed.destroy_process_group()


def share(rank: int, folder: str, meet: str, found: Any) -> None:
    """One of two processes: its batches of an epoch, with ranks from torch.distributed alone."""
    torch.distributed.init_process_group("gloo", init_method=f"file://{meet}", rank=rank, world_size=2)
    found.put((rank, indices(Stream(factorhub.open(folder, "train"), 100, fields=["index"], seed=5, window=WINDOW))))
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


def test_two_processes_share_an_epoch(train: Store, tmp_path: Path) -> None:
    context = torch.multiprocessing.get_context("spawn")
    found = context.SimpleQueue()
    torch.multiprocessing.spawn(share, (str(train.folder), str(tmp_path / "meet"), found), nprocs=2)
    shares = dict(found.get() for _ in range(2))
    assert [len(shares[rank]) for rank in (0, 1)] == [1050, 1050]
    assert shares[0] + shares[1] == indices(numpy_stream(train, 100, fields=["index"], seed=5, window=WINDOW))


def test_channels_first_is_a_view_in_torchs_channels_last_layout() -> None:
    image = next(iter(Stream(factorhub.recipe("tetrominoes", rows=20), 20, channels="first")))["image"]
    assert image.shape[:2] == (20, 3)
    assert image.is_contiguous(memory_format=torch.channels_last)


def test_memory_is_not_used_again_while_a_tensor_holds_it(train: Store) -> None:
    kept = []
    for i, batch in enumerate(Stream(train, 256, fields=["image"], window=256)):
        kept.append((batch["image"][7], batch["image"][7].clone())) if i % 2 else None
    assert all(torch.equal(a, b) for a, b in kept)


def test_pinned_memory_is_asked_for(train: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: asked.append(1) or tensor)
    next(iter(Stream(train, 100, fields=["image", "index"], pin_memory=True)))
    assert len(asked) == 2
    assert Stream(train, 100).pin_memory is torch.cuda.is_available()


# --- single rows ------------------------------------------------------------------------------------------------------


def test_rows_are_rows(train: Store) -> None:
    rows = Rows(train, FIELDS)
    assert len(rows) == len(train)
    assert same(rows[1234], {name: array[0] for name, array in train.read([1234], FIELDS).items()})
    with pytest.raises(InputError, match="no column named 'picture' in this source"):
        Rows(train, ["picture"])
    with pytest.raises(IndexError, match="row 2100 is outside"):
        rows[2100]


@pytest.mark.parametrize("workers", [0, 2])
def test_samplers_subsets_and_ranks_pick_rows(train: Store, workers: int) -> None:
    rows = Rows(train, FIELDS)
    options: dict[str, Any] = {"collate_fn": collate, "num_workers": workers}
    options |= {"multiprocessing_context": "fork"} if workers else {}
    everything = sorted(train["index"].tolist())
    assert sorted(indices(DataLoader(rows, 64, shuffle=True, **options))) == everything
    chosen = [5, 900, 17, 17, 2099]
    assert same(next(iter(DataLoader(Subset(rows, chosen), 5, **options))), train.read(chosen, FIELDS))
    parts = [DataLoader(rows, 64, sampler=DistributedSampler(rows, 2, rank), **options) for rank in (0, 1)]
    assert sorted(row for part in parts for row in indices(part)) == everything
    batches = BatchSampler(RandomSampler(rows), 100, drop_last=False)
    assert sorted(indices(DataLoader(rows, batch_sampler=batches, **options))) == everything


def test_any_collate_function_will_do(train: Store) -> None:
    rows = Rows(train, FIELDS)
    ours = list(DataLoader(rows, 50, collate_fn=collate))
    assert all(same(a, b) for a, b in zip(ours, DataLoader(rows, 50), strict=True))
    assert same(collate([rows[3], rows[4]]), default_collate([rows[3], rows[4]]))


def test_a_batch_decodes_each_chunk_once(train: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []
    decode = ShardReader.chunk
    monkeypatch.setattr(
        ShardReader, "chunk", lambda self, name, number, *rest: asked.append((name, number)) or decode(self, name, number, *rest)
    )
    Rows(factorhub.open(train.folder, "train"), ["image"]).__getitems__([3, 200, 5, 130, 3])
    assert len(asked) == len(set(asked)) == 3


def test_missing_torch_names_the_extra() -> None:
    code = """
import sys
sys.modules["torch"] = None
try:
    import factorhub.loaders.torch
except ImportError as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = "factorhub.loaders.torch needs torch, which is not installed: pip install 'factorhub[torch]'"
    assert done.stdout.strip() == f"MissingExtra {expected}"


def test_numpy_arrays_and_tensors_share_memory(train: Store) -> None:
    array = np.arange(6).reshape(2, 3)
    tensor = as_tensors({"a": array})["a"]
    array[0, 0] = 9
    assert tensor[0, 0] == 9
