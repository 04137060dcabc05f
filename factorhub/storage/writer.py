"""Writes a set: worker threads render and encode blocks of rows, one thread writes them in order, shard after shard.

A killed run leaves whole shards, a plan, and temporary files that the next run removes; the next run keeps every shard
whose bytes are still those that were written and makes the others.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar

import numpy as np
import xxhash

from factorhub.errors import FactorhubError, StoreError
from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.order import power_of_two
from factorhub.progress import Progress, silent
from factorhub.source import LABELS, Column
from factorhub.storage import card
from factorhub.storage.codecs.codec import RAW, Compression, choose
from factorhub.storage.folder import CARD, LOCK, begin, claimed, end, whole
from factorhub.storage.hdf5 import Piece, ShardWriter
from factorhub.storage.index import chunk_rows
from factorhub.storage.manifest import MANIFEST, UNFINISHED, ColumnLayout, Finished, Manifest, Plan, Shard
from factorhub.storage.shard import ShardReader
from factorhub.storage.whole import write_json, write_whole
from factorhub.threads import cores

CHUNK_BYTES = 1 << 18  # of the widest column of a group; docs/decisions/0003-chunks-and-codec.md has the measurements
BLOCK_BYTES = 1 << 22  # rendered at once by one thread
TRIAL_ROWS = 4096  # of small columns, on which their codecs are chosen
AHEAD = 6  # blocks that may wait for the writing thread, so that the others go on while it flushes a file
HELD_BYTES = 1 << 27  # of blocks under way or waiting: a single row may be a video of 50 MB
FREED_BYTES = 31 << 20  # below 32 MiB, above which glibc learns nothing
SHARD_BYTES = 1 << 28  # of rows before compression, in a shard of default size


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


T = TypeVar("T")
Measure: TypeAlias = Callable[[Shard], Mapping[str, float]]
Encoded: TypeAlias = list[tuple[str, Array, list[Piece]]]


def default_shard_rows(row_bytes: int) -> int:
    """Rows of a shard unless the user says otherwise: the power of two nearest 256 MiB uncompressed, at most 2**20."""
    rows = max(SHARD_BYTES / max(row_bytes, 1), 1.0)
    return 1 << min(round(math.log2(rows)), 20)


def layouts_of(source: Rows, compression: Compression = "auto", level: int | None = None) -> dict[str, ColumnLayout]:
    """The chunk size and codec of each column, from a trial on the first rows.

    With "auto", what a single row is asked for beside its observation stays raw, so that it is read without its chunk.
    """
    codes = {column.name for column in source.columns if column.role == "factor"}
    layouts = {}
    for columns in _groups(source.columns):
        rows = power_of_two(CHUNK_BYTES // max(column.row_bytes for column in columns))
        trial = source.read(np.arange(min(len(source), rows, TRIAL_ROWS)), [column.name for column in columns])
        for column in columns:
            asked = column.role in LABELS or (column.role == "value" and column.attributes.get("factor") not in codes)
            total = len(source) * column.row_bytes
            raw = asked and compression == "auto" and level is None
            codec = RAW if raw else choose(trial[column.name], compression, level, total=total)
            layouts[column.name] = ColumnLayout(rows, codec)
    return layouts


def _groups(columns: Sequence[Column]) -> list[tuple[Column, ...]]:
    """The columns that are read and written together: first the small ones, so that they lie at the start of the file."""
    observed = tuple(column for column in columns if column.role == "observation")
    others = tuple(column for column in columns if column.role != "observation")
    return [group for group in (others, observed) if group]


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
        only: the numbers of the shards to write, for one of several jobs; the set is left unfinished and None returned.

    Raises:
        InputError: the folder holds something else. StoreError: the disk is full or read-only, or rendering fails.
    """
    if not (folder / UNFINISHED).exists() and not (folder / LOCK).exists():
        done = whole(plan, folder, overwrite=overwrite)  # before a lock is asked for: the disk may be read-only
        if done is not None:
            progress(len(plan))
            return done
    with claimed(folder, shared=only is not None):
        done = begin(plan, folder, overwrite=overwrite, alone=only is None)
        if done is not None:
            progress(len(plan))
            return done
        wanted = range(len(plan.shards)) if only is None else only
        finished = _write_shards(source, plan, folder, wanted, workers, progress, measure)
        if only is not None:
            return None
        return _conclude(Manifest(plan, tuple(finished)), folder)


def rewrite(
    source: Rows, manifest: Manifest, folder: Path, damaged: Sequence[int], workers: int | None = None, progress: Progress = silent
) -> None:
    """Make some shards of a finished set again, each proved by the digests that the manifest holds.

    Raises:
        StoreError: the source gives other rows than those of the manifest; the file is left as it was.
    """
    finished = list(manifest.finished)
    expected = {manifest.plan.shards[number]: finished[number] for number in damaged}
    with claimed(folder):
        for number in damaged:
            path = folder / manifest.plan.shards[number].path
            if path.is_dir() and not path.is_symlink():
                raise StoreError(f"{path} is a folder; remove it and repair again")
        made = _write_shards(source, manifest.plan, folder, damaged, workers, progress, expected=expected)
        for number, done in zip(damaged, made, strict=True):
            finished[number] = done  # its size may differ where another version of the encoder made it
        _conclude(Manifest(manifest.plan, tuple(finished)), folder)


def settle(manifest: Manifest, folder: Path) -> None:
    """Write the card and the manifest of a set whose shards are well anew, and remove what killed runs have left."""
    with claimed(folder):
        _conclude(manifest, folder)


def _conclude(manifest: Manifest, folder: Path) -> Manifest:
    text = card.text(manifest).encode()
    manifest = replace(manifest, card=xxhash.xxh3_128_hexdigest(text))
    write_whole(folder / CARD, text)
    write_json(folder / MANIFEST, manifest.to_dict())
    end(folder)
    return manifest


def _write_shards(
    source: Rows,
    plan: Plan,
    folder: Path,
    numbers: Sequence[int],
    workers: int | None,
    progress: Progress,
    measure: Measure | None = None,
    expected: Mapping[Shard, Finished] | None = None,
) -> list[Finished]:
    """Write the numbered shards, or keep those that are there; where some are `expected`, make all and prove them."""
    shards = [plan.shards[number] for number in numbers]
    finished = {} if expected is not None else {shard: kept for shard in shards if (kept := _kept(folder, plan, shard)) is not None}
    progress(sum(map(len, finished)))
    missing = [shard for shard in shards if shard not in finished]
    _keep_freed_memory()
    last = plan.columns[-1].name
    workers = workers or cores()
    with ThreadPoolExecutor(workers, thread_name_prefix="factorhub") as pool:
        tasks = (partial(_encode, source, plan, *task) for shard in missing for task in _tasks(plan, shard))
        largest = max(_block_rows(plan, columns) * sum(c.row_bytes for c in columns) for columns in _groups(plan.columns))
        with closing(_in_order(pool, tasks, min(workers + AHEAD, HELD_BYTES // largest))) as blocks:
            for shard in missing:
                with ShardWriter(folder, plan, shard) as writer:
                    while not writer.full:
                        for name, rows, pieces in next(blocks):
                            writer.add(name, rows, pieces)
                            if name == last:
                                progress(len(rows))
                    before = expected[shard] if expected is not None else None
                    if before is not None:
                        finished[shard] = writer.finish(before.quality, before.digests)
                    else:
                        finished[shard] = writer.finish(measure(shard) if measure is not None else {})
    return [finished[shard] for shard in shards]


def _keep_freed_memory() -> None:
    """Let the allocator keep what blocks free: given back and faulted in again, it costs a fifth of the time.

    glibc keeps pieces up to the size of the largest one that was ever mapped and freed, which this one is; it is never
    touched. Other allocators are not affected.
    """
    np.empty(FREED_BYTES, np.uint8)


def _in_order(pool: ThreadPoolExecutor, tasks: Iterable[Callable[[], T]], ahead: int) -> Generator[T, None, None]:
    """The results of `tasks` in their order, with up to `ahead` of them under way or waiting beside the one given out."""
    pending: deque[Future[T]] = deque()
    try:
        for task in tasks:
            pending.append(pool.submit(task))
            if len(pending) > ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()


def _kept(folder: Path, plan: Plan, shard: Shard) -> Finished | None:
    """What an existing shard holds, if it is one of this plan and every byte is still as it was written."""
    try:
        reader = ShardReader(folder, plan, shard)
        return reader.finished() if reader.untouched() else None
    except StoreError:
        return None


def _tasks(plan: Plan, shard: Shard) -> Iterator[tuple[Shard, tuple[Column, ...], int, int]]:
    """The work on a shard, cut into blocks: some columns and a range of rows."""
    for columns in _groups(plan.columns):
        step = _block_rows(plan, columns)
        for start in range(shard.start, shard.stop, step):
            yield shard, columns, start, min(start + step, shard.stop)


def _block_rows(plan: Plan, columns: Sequence[Column]) -> int:
    """Rows of a block: whole chunks of each of these columns, and at least one."""
    rows = max(plan.layouts[column.name].chunk_rows for column in columns)
    return rows * max(BLOCK_BYTES // (rows * sum(column.row_bytes for column in columns)), 1)


def _encode(source: Rows, plan: Plan, shard: Shard, columns: tuple[Column, ...], start: int, stop: int) -> Encoded:
    """Rows `start` … `stop` - 1 of some columns, and what is stored for them."""
    try:
        batch = source.read(np.arange(start, stop), [column.name for column in columns])
    except (FactorhubError, OSError):
        raise
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise StoreError(f"rows {start} to {stop - 1} cannot be rendered ({what}); finished shards are kept") from error
    encoded: Encoded = []
    for column in columns:
        rows, size, codec = batch[column.name], chunk_rows(plan, shard, column), plan.layouts[column.name].codec
        pieces: list[Piece] = []
        for first in range(0, stop - start, size):
            part = rows[first : first + size]
            if len(part) < size:  # HDF5 stores whole chunks: the last one is padded with zeros
                full = np.zeros((size, *column.shape), column.dtype)
                full[: len(part)] = part
                part = full
            pieces.append(Piece(codec.encode(part)))
        encoded.append((column.name, rows, pieces))
    return encoded
