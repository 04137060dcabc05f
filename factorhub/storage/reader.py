"""Reads a set: rows in exactly the order asked for, across shards, each chunk decoded once per request."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub.errors import unknown
from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.source import Column, row_numbers, select
from factorhub.space import FactorSpace
from factorhub.storage.manifest import Manifest, read_manifest
from factorhub.storage.shard import Chunks, ShardReader

OPEN_SHARDS = 64  # files kept open by one reader; more cost descriptors and win nothing


class Reader:
    """A set on disk, or one split of it, as a source of rows.

    Shards are opened when a row of theirs is first asked for; opening the set reads the manifest alone. A reader may
    be used by several threads, survives a fork, and pickles as its path (so spawned workers open it themselves).
    """

    def __init__(self, folder: str | Path, split: str | None = None, *, manifest: Manifest | None = None) -> None:
        self.folder = Path(folder)
        self.split = split
        self.manifest = manifest or read_manifest(self.folder)
        self.plan = self.manifest.plan
        ranges = self.plan.ranges
        if split is not None and split not in ranges:
            raise unknown("split", split, ranges, str(self.folder))
        self.start, self.stop = ranges[split] if split is not None else (0, len(self.plan))
        self._starts = np.array([shard.start for shard in self.plan.shards], dtype=np.int64)
        self._open: OrderedDict[int, ShardReader] = OrderedDict()
        self._lock = threading.Lock()
        self._local = threading.local()

    @property
    def columns(self) -> tuple[Column, ...]:
        """What each row consists of."""
        return self.plan.columns

    @property
    def space(self) -> FactorSpace:
        """The factors of the rows."""
        return self.plan.space

    def __len__(self) -> int:
        return self.stop - self.start

    def __repr__(self) -> str:
        split = f", split={self.split!r}" if self.split else ""
        return f"{type(self).__name__}({str(self.folder)!r}{split}): {len(self)} rows of {self.plan.title}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (type(self), self.folder, self.split, self.manifest)

    def __getitem__(self, asked: Any) -> Any:
        """A column by name, a row by number (its arrays without the first axis), or rows by slice, list, array or mask."""
        if isinstance(asked, str):
            return self.read(slice(None), [asked])[asked]
        batch = self.read(asked, self._default)
        if np.ndim(asked) == 0 and not isinstance(asked, slice):
            return {name: array if isinstance(array, np.generic) else array[()] for name, array in batch.items()}
        return batch

    def __iter__(self) -> Iterator[Batch]:
        for row in range(len(self)):
            yield self[row]

    @cached_property
    def _default(self) -> list[str]:
        """The columns of a row asked for by number: observations, regime records, codes, and values where there is no code."""
        loose = {factor.name for factor in self.space if factor.size is None}
        kept = [c for c in self.columns if c.role in ("factor", "regime") or c.attributes.get("factor") in loose]
        return [c.name for c in self.columns if c.role == "observation"] + [c.name for c in kept]

    def read(self, rows: npt.ArrayLike | slice, columns: Sequence[str] | None = None) -> Batch:
        """The rows with these numbers, in this order: {column: (…, *shape)}; all columns unless some are named.

        Raises:
            RowError: a row outside the set. InputError: an unknown column. StoreError: a shard is missing or damaged.
        """
        chosen = select(self.columns, columns, str(self.folder))
        numbers = row_numbers(rows, len(self), str(self.folder)) + self.start
        flat = numbers.reshape(-1)
        parts = self._parts(flat)
        for shard, _, _ in parts:
            self.shard(shard)  # missing and damaged files are found before memory is taken
        batch: Batch = {}
        for column in chosen:
            out = np.empty((len(flat), *column.shape), dtype=column.dtype)
            for shard, places, local in parts:
                self._gather(self.shard(shard), column.name, local, places, out)
            batch[column.name] = out.reshape((*numbers.shape, *column.shape))
        return batch

    def _parts(self, numbers: Array) -> list[tuple[int, Array | slice, Array]]:
        """The requested rows by shard: (shard, places in the request, rows within the shard)."""
        if numbers.size == 0:
            return []
        shards = np.searchsorted(self._starts, numbers, side="right") - 1
        if shards[0] == shards[-1] and (shards == shards[0]).all():
            return [(int(shards[0]), slice(None), numbers - self._starts[shards[0]])]
        order = np.argsort(shards, kind="stable")
        bounds = np.flatnonzero(np.diff(shards[order])) + 1
        groups = np.split(order, bounds)
        return [(int(shards[group[0]]), group, numbers[group] - self._starts[shards[group[0]]]) for group in groups]

    def _gather(self, shard: ShardReader, name: str, local: Array, places: Array | slice, out: Array) -> None:
        """Put the rows `local` of one column of a shard into `out[places]`, decoding each chunk once."""
        chunks = shard.chunks[name]
        target = out if isinstance(places, slice) else np.empty((len(local), *out.shape[1:]), out.dtype)
        if not chunks.codec.gzip and len(local) * 16 < chunks.rows:
            for i, row in enumerate(local.tolist()):
                shard.row(name, row, target[i : i + 1])
        else:
            self._gather_chunks(shard, chunks, local, target)
        if target is not out:
            out[places] = target

    def _gather_chunks(self, shard: ShardReader, chunks: Chunks, local: Array, target: Array) -> None:
        numbers = local // chunks.rows
        first, last = int(numbers[0]), int(numbers[-1])
        name = chunks.column.name
        if first == last and (numbers == first).all():
            scratch = self._scratch(chunks)
            shard.chunk(name, first, scratch)
            np.take(scratch, local - first * chunks.rows, axis=0, out=target, mode="clip")
            return
        order = np.argsort(numbers, kind="stable")
        bounds = [0, *(np.flatnonzero(np.diff(numbers[order])) + 1).tolist(), len(order)]
        for start, stop in pairwise(bounds):
            group = order[start:stop]
            number = int(numbers[group[0]])
            inside = local[group] - number * chunks.rows
            whole = stop - start == chunks.rows and group[-1] - group[0] == stop - start - 1 and (np.diff(inside) == 1).all()
            if whole:  # a full chunk in order, as in a scan: decode where it belongs
                shard.chunk(name, number, target[group[0] : group[0] + chunks.rows])
                continue
            scratch = self._scratch(chunks)
            shard.chunk(name, number, scratch)
            target[group] = scratch[inside]

    def _scratch(self, chunks: Chunks) -> Array:
        """This thread's buffer for one decoded chunk, reused: fresh memory costs more than inflating."""
        buffer: Array | None = getattr(self._local, "buffer", None)
        if buffer is None or buffer.size < chunks.bytes:
            buffer = self._local.buffer = np.empty(chunks.bytes, np.uint8)
        return buffer[: chunks.bytes].view(chunks.column.dtype).reshape(chunks.rows, *chunks.column.shape)

    def shard(self, number: int) -> ShardReader:
        """The open shard with this number, opened now if it was not; at most `OPEN_SHARDS` stay open."""
        with self._lock:
            found = self._open.get(number)
            if found is not None:
                self._open.move_to_end(number)
                return found
            opened = ShardReader(self.folder, self.plan, self.plan.shards[number])
            self._open[number] = opened
            if len(self._open) > OPEN_SHARDS:
                self._open.popitem(last=False)  # closed when its last user lets go
            return opened


def _reopen(kind: type[Reader], folder: Path, split: str | None, manifest: Manifest) -> Reader:
    return kind(folder, split, manifest=manifest)
