"""How fast are rows read at random, one by one and in batches of 256, against bare reading and against other readers?

    python benchmarks/read.py [NAME] [--rows N] [--only PEER]...

Wall time in one process, files in the page cache, medians; read the ratios, absolute rates drift with the machine.
"bare" is a `pread` of the chunk that a row lies in and inflating it into a buffer that is used again, with the chunk's
place in hand. Batches are of rows drawn anew from the whole set, in no order; peers get the same images in their own
format (`load_peers.py`) and shuffle as they do by themselves, some only within a buffer. The last part opens a set of
10,000 shards.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import h5py
import numpy as np
from load_peers import BATCH, PEERS

import factorhub
from factorhub.build import plan
from factorhub.loaders import stream
from factorhub.lookup import Store
from factorhub.storage.manifest import Finished, Manifest

warnings.simplefilter("ignore")


def median(works: list[Callable[[], object]], count: int, tries: int = 7) -> list[float]:
    """Seconds of each of some works, for one of its `count` pieces: the median of several tries, taken in turn."""
    took: list[list[float]] = [[] for _ in works]
    for _ in range(tries):
        for work, found in zip(works, took, strict=True):
            start = time.perf_counter()
            work()
            found.append(time.perf_counter() - start)
    return [statistics.median(found) / count for found in took]


def rows_one_by_one(store: Store, field: str) -> None:
    from imagecodecs import deflate_decode

    picks = np.random.default_rng(0).integers(0, len(store), 500).tolist()
    buffer, jobs = None, []
    for row in picks:
        number = int(np.searchsorted([shard.start for shard in store.plan.shards], row, side="right")) - 1
        shard = store.shard(number)
        chunks = shard.chunks[field]
        chunk = (row - shard.shard.start) // chunks.rows
        jobs.append((shard._fd, chunks.sizes[chunk], chunks.offsets[chunk]))
        buffer = np.empty(chunks.bytes, np.uint8) if buffer is None else buffer
    gzip = store.plan.layouts[field].codec.gzip

    def bare() -> None:
        for descriptor, size, offset in jobs:
            if gzip:
                deflate_decode(os.pread(descriptor, size, offset)[2:-4], out=buffer.data, raw=True)
            else:
                os.preadv(descriptor, [buffer[:size].data], offset)

    bare_time, whole, alone = median(
        [bare, lambda: [store[row] for row in picks], lambda: [store.read(row, [field]) for row in picks]], len(picks)
    )
    print("\none random row")
    print(f"  bare reading and inflating of its chunk {1e6 * bare_time:8.1f} µs")
    print(f"  store[row], with its factors            {1e6 * whole:8.1f} µs, {whole / bare_time:.2f} x bare")
    print(f"  store.read(row, ['{field}'])             {1e6 * alone:8.1f} µs, {alone / bare_time:.2f} x bare")


def rate(batches: Iterator[Any], at_least: float = 1.0) -> float:
    """Rows a second of an endless iterator, warmed up."""
    for _ in range(3):
        next(batches)
    start, rows = time.perf_counter(), 0
    while time.perf_counter() - start < at_least:
        batch = next(batches)
        rows += len(batch)
    return rows / (time.perf_counter() - start)


def ours(store: Store, field: str) -> Iterator[Any]:
    draw = np.random.default_rng(0)
    while True:
        yield store.read(draw.integers(0, len(store), BATCH), [field])[field]


def stock(store: Store, field: str) -> Iterator[Any]:
    """The same shard through h5py, which wants the rows of a request in ascending order."""
    draw = np.random.default_rng(0)
    with h5py.File(store.folder / store.plan.shards[0].path) as file:
        images = file[field]
        while True:
            rows = draw.choice(len(images), BATCH, replace=False)
            order = np.argsort(rows)
            batch = np.empty((BATCH, *images.shape[1:]), images.dtype)
            batch[order] = images[rows[order]]
            yield batch


def batches(store: Store, field: str, place: Path, only: tuple[str, ...]) -> None:
    images = store[field]
    readers: dict[str, Callable[[], Iterator[Any]]] = {
        "Store.read of 256 random rows": lambda: ours(store, field),
        "factorhub's stream of shuffled batches": lambda: (b[field] for b in stream(store, BATCH, fields=[field], endless=True)),
        "stock h5py on the same shards": lambda: stock(store, field),
    }
    for key, peer in PEERS.items():
        if (only and key not in only) or key == "h5py2":  # whose workers wait for one another where two cores are shared
            continue
        try:
            for package in peer.packages:
                importlib.import_module(package)
        except ImportError:
            print(f"  {peer.title} is left out: not installed")
            continue
        folder = place / key
        folder.mkdir()
        peer.write(images, folder)
        readers[peer.title] = lambda peer=peer, folder=folder: peer.read(folder)
    del images
    rates = {title: rate(reader()) for title, reader in readers.items()}
    read, streamed = list(rates.values())[:2]
    print(f"\nshuffled batches of {BATCH}, {len(store):,} rows")
    for title, found in sorted(rates.items(), key=lambda item: -item[1]):
        print(
            f"  {title:44s} {found:11,.0f} rows/s; Store.read is {read / found:6.2f} x, the stream {streamed / found:7.2f} x that"
        )


def many_shards(place: Path) -> None:
    recipe = factorhub.recipe("dsprites", rows=20_000)
    whole = replace(plan(recipe.source(), recipe), shard_rows=2)
    done = Finished(10_000, {column.name: "0" * 32 for column in whole.columns}, {})
    place.mkdir()
    (place / "manifest.json").write_text(json.dumps(Manifest(whole, (done,) * len(whole.shards)).to_dict()))
    took = median([lambda: factorhub.open(place)], 1, 3)[0]
    print(f"\nopening a set of {len(whole.shards):,} shards, none of which is there: {took:.2f} s")


@click.command(help=__doc__)
@click.argument("name", default="dsprites")
@click.option("--rows", default=65_536, show_default=True)
@click.option("--only", multiple=True, help="Peers of load_peers.py; all by default.")
def main(name: str, rows: int, only: tuple[str, ...]) -> None:
    place = Path(tempfile.mkdtemp())
    try:
        store = factorhub.generate(name, place / "set", rows=rows)
        field = max((column for column in store.columns if column.role == "observation"), key=lambda c: c.row_bytes).name
        rows_one_by_one(store, field)
        batches(store, field, place, only)
        many_shards(place / "many")
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
