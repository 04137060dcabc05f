"""What do chunk size, encoder and level cost: bytes a row, encoding, a scan, a single random row, a random batch, a stream?

    python benchmarks/chunks.py [NAME] [--rows N] [--folder DIR]

Wall time, best of five, on the observations of NAME (dsprites by default) in permuted order; read the ratios, absolute
rates drift with the machine. All but the stream, which uses all cores, runs on one. "row" is a
whole random row through `store[i]`, and "bare" no more than reading and inflating the chunk it lies in.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

import factorhub
from factorhub.loaders import stream
from factorhub.storage import writer
from factorhub.storage.codecs.codec import RAW, Codec

SIZES = [1 << 16, 1 << 17, 1 << 18, 1 << 19, 1 << 20]
CODECS = {
    "none": RAW,
    "runs 1": Codec("runs", 1),
    "libdeflate 1": Codec("libdeflate", 1),
    **{f"zlib-ng {n}": Codec("zlib", n) for n in (1, 4, 6)},
}


def clock(work: Callable[[], object], count: int = 1) -> float:
    """Seconds of one of `count` pieces of work, the best of five tries."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best / count


def measure(name: str, rows: int, folder: Path, chunk_bytes: int, codec: Codec | None) -> dict[str, float]:
    shutil.rmtree(folder, ignore_errors=True)
    writer.CHUNK_BYTES = chunk_bytes
    if codec is not None:
        writer.choose = lambda *_: codec
    store = factorhub.generate(name, folder, rows=rows)
    observed = next(column for column in store.columns if column.role == "observation")
    layout = store.plan.layouts[observed.name]
    block = store.read(slice(0, 2048), [observed.name])[observed.name]
    parts = [block[i : i + layout.chunk_rows] for i in range(0, len(block), layout.chunk_rows)]
    draw = np.random.default_rng(0)
    picks = draw.integers(0, len(store), 200).tolist()
    batches = [draw.integers(0, len(store), 256) for _ in range(4)]
    scratch = np.empty((layout.chunk_rows, *observed.shape), observed.dtype)

    def bare() -> None:
        for row in picks:
            number = np.searchsorted(store._edges, row, side="right") - 1
            shard = store.shard(int(number))
            shard.chunk(observed.name, (row - shard.shard.start) // layout.chunk_rows, scratch)

    def scan() -> None:
        for start in range(0, len(store), 4096):
            store.read(slice(start, start + 4096), [observed.name])

    def streamed() -> None:
        for _ in stream(store, fields=[observed.name]):
            pass

    return {
        "chunk rows": layout.chunk_rows,
        "bytes/row": sum(sum(store.shard(i).chunks[observed.name].sizes) for i in range(len(store.plan.shards))) / len(store),
        "encode µs/row": 1e6 * clock(lambda: [layout.codec.encode(part) for part in parts], len(block)),
        "scan µs/row": 1e6 * clock(scan, len(store)),
        "stream µs/row": 1e6 * clock(streamed, len(store)),
        "bare µs": 1e6 * clock(bare, len(picks)),
        "row µs": 1e6 * clock(lambda: [store[row] for row in picks], len(picks)),
        "256 rows ms": 1e3 * clock(lambda: [store.read(batch, [observed.name]) for batch in batches], len(batches)),
    }


@click.command(help=__doc__)
@click.argument("name", default="dsprites")
@click.option("--rows", default=60_000, show_default=True)
@click.option("--folder", help="Where the sets are written; a temporary folder by default.")
def main(name: str, rows: int, folder: str | None) -> None:
    place = Path(folder or tempfile.mkdtemp()) / "chunks"
    chosen = writer.choose
    print(f"{name}, {rows} rows")
    heading = False
    for label, size, codec in [(f"{size >> 10} KiB, auto", size, None) for size in SIZES] + [
        (f"256 KiB, {k}", 1 << 18, v) for k, v in CODECS.items()
    ]:
        writer.choose = chosen
        found = measure(name, rows, place, size, codec)
        if not heading:
            print(f"{'':24s}" + "".join(f"{key:>15s}" for key in found))
            heading = True
        print(f"{label:24s}" + "".join(f"{value:15.2f}" for value in found.values()))
    shutil.rmtree(place)


if __name__ == "__main__":
    main()
