"""Writes a set: worker threads render and encode blocks of rows, one thread writes them in order, shard after shard.

A killed run leaves whole shards, a plan, and temporary files that the next run removes; the next run keeps every shard
whose rows still match its digests and makes the others.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np

from factorhub.errors import StoreError
from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.progress import Progress, silent
from factorhub.source import Column
from factorhub.storage import card
from factorhub.storage.codec import Buffer, Compression, choose
from factorhub.storage.folder import LOCK, begin, claimed, disk_errors
from factorhub.storage.manifest import (
    MANIFEST,
    UNFINISHED,
    Finished,
    Layout,
    Manifest,
    Plan,
    Shard,
    sync_folder,
    write_json,
    write_whole,
)
from factorhub.storage.shard import ShardReader, ShardWriter
from factorhub.storage.verify import digests_of

CHUNK_BYTES = 1 << 20  # of observations; see docs/decisions for the measurements
SMALL_CHUNK_ROWS = 1 << 16  # of factor columns, whose rows are a few bytes
BLOCK_BYTES = 4 << 20  # rendered at once by one worker
SHARD_BYTES = 256 << 20  # of rows before compression, in a shard of default size


class Rows(Protocol):
    """What a set is written from: columns, and rows by position."""

    def __len__(self) -> int: ...

    @property
    def columns(self) -> tuple[Column, ...]:
        """What each row consists of."""
        ...

    def read(self, rows: Array, columns: Sequence[str] | None = None) -> Batch:
        """The rows at these positions."""
        ...


Measure = Callable[[Shard], Mapping[str, float]]


def default_shard_rows(row_bytes: int) -> int:
    """Rows of a shard unless the user says otherwise: the power of two nearest 256 MiB uncompressed, at most 2**20."""
    rows = max(SHARD_BYTES / max(row_bytes, 1), 1.0)
    return 1 << min(round(math.log2(rows)), 20)


def layouts_of(source: Rows, compression: Compression = "auto", level: int | None = None) -> dict[str, Layout]:
    """The chunk size and codec of each column, from a trial on the first rows."""
    observations = [column for column in source.columns if column.role == "observation"]
    largest = max((column.row_bytes for column in observations), default=1)
    rows = int(np.clip(1 << max((CHUNK_BYTES // max(largest, 1)).bit_length() - 1, 0), 1, 4096))
    trial = source.read(np.arange(min(len(source), rows)))
    layouts = {}
    for column in source.columns:
        small = SMALL_CHUNK_ROWS // max(column.row_bytes // 8, 1)
        chunk_rows = rows if column.role == "observation" else max(small, 1)
        layouts[column.name] = Layout(chunk_rows, choose(trial[column.name], compression, level))
    return layouts


def write(
    source: Rows,
    plan: Plan,
    folder: Path,
    *,
    workers: int | None = None,
    overwrite: bool = False,
    progress: Progress = silent,
    measure: Measure | None = None,
    only: Sequence[int] | None = None,
) -> Manifest | None:
    """Write the set that `plan` describes into `folder`, or finish one that was begun, and return its manifest.

    Args:
        source: the rows.
        plan: what to write; a folder that holds another plan is refused.
        folder: made if it does not exist.
        workers: threads that render and encode; the number of cores by default. The set does not depend on it.
        overwrite: replace a set of another plan; files that are not factorhub's are never touched.
        progress: called with the number of rows finished since the last call.
        measure: figures to store with each shard, such as an error bound.
        only: the numbers of the shards to write, for one of several jobs; the set is left unfinished (None is returned).

    Raises:
        InputError: the folder holds something else. StoreError: the disk is full or read-only.
    """
    workers = workers or os.cpu_count() or 1
    with disk_errors(folder), claimed(folder, shared=only is not None):
        done = begin(plan, folder, overwrite, alone=only is None)
        if done is not None:
            progress(len(plan))
            return done
        finished: dict[int, Finished] = {}
        wanted = range(len(plan.shards)) if only is None else only
        with ThreadPoolExecutor(workers, thread_name_prefix="factorhub") as pool:
            for number in wanted:
                shard = plan.shards[number]
                kept = _intact(folder, plan, shard)
                if kept is None:
                    kept = write_shard(source, plan, folder, shard, pool, workers, progress, measure)
                else:
                    progress(len(shard))
                finished[number] = kept
        if only is not None:
            return None
        manifest = Manifest(plan, tuple(finished[number] for number in range(len(plan.shards))))
        write_whole(folder / "README.md", card.text(manifest).encode())
        write_json(folder / MANIFEST, manifest.to_dict())
        for name in (UNFINISHED, LOCK):
            (folder / name).unlink(missing_ok=True)
        sync_folder(folder)
        return manifest


def write_shard(
    source: Rows,
    plan: Plan,
    folder: Path,
    shard: Shard,
    pool: ThreadPoolExecutor,
    workers: int,
    progress: Progress = silent,
    measure: Measure | None = None,
    expected: Mapping[str, str] | None = None,
) -> Finished:
    """Write one shard with the workers of `pool`; the writing itself stays in this thread, in row order.

    Where digests are `expected`, a shard that does not have them is an error, and nothing is replaced.
    """
    with ShardWriter(folder, plan, shard) as writer:
        pending: deque[Future[list[tuple[str, Array, Buffer]]]] = deque()
        try:
            for task in _tasks(source, plan, shard):
                pending.append(pool.submit(_encode, source, plan, shard, *task))
                if len(pending) > workers + 1:
                    _store(writer, pending.popleft().result(), plan, progress)
            figures = measure(shard) if measure is not None else None
            while pending:
                _store(writer, pending.popleft().result(), plan, progress)
        finally:
            for future in pending:
                future.cancel()
        return writer.finish(figures, expected)


def rewrite(
    source: Rows, manifest: Manifest, folder: Path, damaged: Sequence[int], workers: int | None = None, progress: Progress = silent
) -> None:
    """Make some shards of a finished set again, each proved by the digests that the manifest holds.

    Raises:
        StoreError: the source gives other rows than those of the manifest; the file is left as it was.
    """
    workers = workers or os.cpu_count() or 1
    with disk_errors(folder), claimed(folder, shared=False), ThreadPoolExecutor(workers) as pool:
        (folder / "data").mkdir(exist_ok=True)
        for number in damaged:
            shard, done = manifest.plan.shards[number], manifest.finished[number]
            write_shard(source, manifest.plan, folder, shard, pool, workers, progress, done.measured, done.digests)
        write_whole(folder / "README.md", card.text(manifest).encode())
        (folder / LOCK).unlink(missing_ok=True)


def _tasks(source: Rows, plan: Plan, shard: Shard) -> Iterator[tuple[list[Column], int, int]]:
    """The blocks of a shard: small columns first, so that they lie before the observations in the file."""
    observed = [column for column in source.columns if column.role == "observation"]
    for column in source.columns:
        if column.role != "observation":
            step = plan.layouts[column.name].chunk_rows
            others = [c for c in source.columns if c.role != "observation" and plan.layouts[c.name].chunk_rows == step]
            if column is others[0]:
                for start in range(shard.start, shard.stop, step):
                    yield others, start, min(start + step, shard.stop)
    if observed:
        chunk = plan.layouts[observed[0].name].chunk_rows
        row_bytes = sum(column.row_bytes for column in observed)
        step = chunk * max(BLOCK_BYTES // max(chunk * row_bytes, 1), 1)
        for start in range(shard.start, shard.stop, step):
            yield observed, start, min(start + step, shard.stop)


def _encode(
    source: Rows, plan: Plan, shard: Shard, columns: list[Column], start: int, stop: int
) -> list[tuple[str, Array, Buffer]]:
    """Rows `start` … `stop` - 1 of some columns as encoded chunks, each with the rows it holds."""
    batch = source.read(np.arange(start, stop), [column.name for column in columns])
    encoded = []
    for column in columns:
        layout, rows = plan.layouts[column.name], batch[column.name]
        size = min(layout.chunk_rows, len(shard))
        for first in range(0, stop - start, size):
            part = rows[first : first + size]
            full = part
            if len(part) < size:  # HDF5 stores whole chunks: the last one is padded with zeros
                full = np.zeros((size, *column.shape), column.dtype)
                full[: len(part)] = part
            encoded.append((column.name, part, layout.codec.encode(full)))
    return encoded


def _store(writer: ShardWriter, encoded: list[tuple[str, Array, Buffer]], plan: Plan, progress: Progress) -> None:
    last = plan.columns[-1].name
    for name, rows, chunk in encoded:
        writer.add(name, rows, chunk)
        if name == last:
            progress(len(rows))


def _intact(folder: Path, plan: Plan, shard: Shard) -> Finished | None:
    """What an existing shard holds, if its rows still match the digests it was finished with."""
    path = folder / shard.path
    if not path.exists():
        return None
    try:
        reader = ShardReader(folder, plan, shard)
        if digests_of(reader) == reader.digests:
            return Finished(path.stat().st_size, reader.digests, reader.quality)
    except StoreError:
        pass
    return None
