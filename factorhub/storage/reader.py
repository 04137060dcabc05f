"""Reads a set: rows in exactly the order asked for, across shards, each chunk decoded once per request."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from types import NoneType
from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, StoreError, must_be, unknown
from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.paths import local_path
from factorhub.printable import printable
from factorhub.source import LABELS, Column, one_row, row_numbers, select
from factorhub.space import FactorSpace
from factorhub.storage.index import Chunks
from factorhub.storage.manifest import Manifest, read_manifest
from factorhub.storage.scales import scale_of
from factorhub.storage.shard import READ_COST, OpenShards, ShardReader
from factorhub.storage.window_reader import Dealer, prepare

AHEAD = 1 << 22  # bytes of rows read at once by iteration
SMALL = 1 << 26  # bytes of a set that is streamed without compiled loops


class Reader:
    """A set on disk, or one split of it, as a source of rows.

    Shards are opened when a row of theirs is first asked for; opening the set reads the manifest alone. A reader may
    be used by several threads, survives a fork, and pickles as its path (so spawned workers open it themselves).
    """

    def __init__(self, folder: str | Path, split: str | None = None, *, manifest: Manifest | None = None) -> None:
        must_be("a split", split, (str, NoneType), "one name, or None for all rows")
        self.folder = local_path("open", folder)
        self.split = split
        self.manifest = manifest or read_manifest(self.folder)
        self.plan = self.manifest.plan
        ranges = self.plan.ranges
        if split is not None and split not in ranges:
            raise unknown("split", split, ranges, str(self.folder))
        self.start, self.stop = ranges[split] if split is not None else (0, len(self.plan))
        self._starts = [shard.start for shard in self.plan.shards]
        self._edges = np.array(self._starts, dtype=np.int64)
        self.shard = OpenShards(self.folder, self.manifest)
        self._local = threading.local()
        self._dealer = Dealer(self.plan, self.shard)

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
        return f"{type(self).__name__}({str(self.folder)!r}{split}): {len(self)} rows of {printable(self.plan.title)}"

    def __reduce__(self) -> tuple[Any, ...]:
        return reopened, (self.folder, self.split, self.manifest.content)

    def __getitem__(self, asked: Any) -> Any:
        """A column by name, a row by number (its arrays without the first axis), or rows by slice, list, array or mask."""
        if isinstance(asked, str):
            scale = scale_of(self.plan, asked, len(self))
            return self.read(slice(None), [asked])[asked] if scale is None else scale
        return self._read(asked, self._default)

    def __iter__(self) -> Iterator[Batch]:
        step = max(AHEAD // self.plan.row_bytes, 1)
        for start in range(0, len(self), step):
            batch = self[start : start + step]
            for row in range(min(step, len(self) - start)):
                yield {name: array[row].copy() for name, array in batch.items()}

    @cached_property
    def _default(self) -> tuple[Column, ...]:
        """The columns of a row asked for by number: observations, labels, values where there are no codes, the index."""
        loose = {factor.name for factor in self.space if factor.size is None}
        kept = [c for c in self.columns if c.role in LABELS or c.attributes.get("factor") in loose]
        return (*(c for c in self.columns if c.role == "observation"), *kept, *(c for c in self.columns if c.role == "index"))

    def read(self, rows: npt.ArrayLike | slice, columns: Sequence[str] | None = None) -> Batch:
        """The rows with these numbers, in this order: {column: (…, *shape)}; all columns unless some are named.

        One integer gives its row without the first axis; what has no other axis is a scalar then. Each chunk is decoded
        once, however often its rows are asked for.

        Raises:
            RowError: a row outside the set. InputError: an unknown column, or more rows than memory holds.
            StoreError: a shard is missing or damaged.
        """
        return self._read(rows, select(self.columns, columns, str(self.folder)))

    def _read(self, rows: npt.ArrayLike | slice, chosen: Sequence[Column]) -> Batch:
        alone = rows if type(rows) is int else one_row(rows)
        if alone is not None:
            return self._row(alone, chosen)
        numbers = row_numbers(rows, len(self), str(self.folder)) + self.start
        parts = self._parts(numbers.reshape(-1))
        self._check_present([shard for shard, _, _ in parts])
        try:
            flat = {column.name: np.empty((numbers.size, *column.shape), column.dtype) for column in chosen}
        except MemoryError:
            size = numbers.size * sum(column.row_bytes for column in chosen)
            raise InputError(f"{numbers.size} rows take {size / 1e9:.3g} GB of memory; ask for fewer rows or columns") from None
        for number, places, local in parts:
            shard = self.shard(number)
            for name, out in flat.items():
                if isinstance(places, slice):
                    self._gather(shard, shard.chunks[name], local, out[places])
                else:
                    self._scatter(shard, shard.chunks[name], local, out, places)
        return {name: out.reshape(*numbers.shape, *out.shape[1:]) for name, out in flat.items()}

    def deal(self, spans: Sequence[tuple[int, int]], out: Batch, places: Array) -> None:
        """Put the rows of all `spans`, one after another, into `out[column][places]`: what a shuffled stream asks for."""
        self._dealer.deal([(self.start + start, self.start + stop) for start, stop in spans], out, places)

    def entire(self) -> Reader:
        """All rows of the set of which this may be a split, read through the same open files."""
        found = Reader(self.folder, manifest=self.manifest)
        found.shard = self.shard
        return found

    def prove(self) -> None:
        """Open one shard: each carries the digest of the plan, so that an order which a manifest only claims is found.

        Raises:
            StoreError: the shard is missing, damaged, or of another plan.
        """
        if self._starts:
            self.shard(max(bisect_right(self._starts, self.start) - 1, 0))

    def prepare(self) -> bool:
        """Load what makes `deal` quick; False while that is still being made. A small set is quick without it."""
        return len(self.plan) * self.plan.row_bytes < SMALL or prepare()

    def _row(self, row: int, chosen: Sequence[Column]) -> Batch:
        """One row: one read for each raw column, one chunk decoded for each other one."""
        if not -len(self) <= row < len(self):
            row_numbers(row, len(self), str(self.folder))  # raises
        number = row + (self.stop if row < 0 else self.start)
        place = bisect_right(self._starts, number) - 1
        shard = self.shard(place)
        local = number - self._starts[place]
        batch: Batch = {}
        for column in chosen:
            chunks = shard.chunks[column.name]
            if chunks.codec.gzip:
                at, inside = divmod(local, chunks.rows)
                batch[column.name] = self._decoded(shard, chunks, at, inside + 1)[inside].copy()
            else:
                batch[column.name] = shard.row(column.name, local)
        return batch

    def _parts(self, numbers: Array) -> list[tuple[int, Array | slice, Array]]:
        """The requested rows by shard: (shard, places in the request, rows within the shard)."""
        if numbers.size == 0:
            return []
        shards = np.searchsorted(self._edges, numbers, side="right") - 1
        parts: list[tuple[int, Array | slice, Array]] = []
        for shard, places in _groups(shards):
            parts.append((shard, places, numbers[places] - self._starts[shard]))
        return parts

    def _gather(self, shard: ShardReader, chunks: Chunks, local: Array, out: Array) -> None:
        """Put the rows `local` of one column of a shard into `out`, in this order, decoding each chunk once."""
        name = chunks.column.name
        for number, group in _groups(local // chunks.rows):
            if not isinstance(group, slice):
                self._scatter(shard, chunks, local[group], out, group)
                continue
            inside, into = local[group] - number * chunks.rows, out[group]
            if len(inside) == chunks.rows and (np.diff(inside) == 1).all():
                shard.chunk(name, number, into)  # a full chunk in order, as in a scan: decoded where it belongs
            elif self._few(chunks, len(inside)):
                for place, row in enumerate((inside + number * chunks.rows).tolist()):
                    into[place] = shard.row(name, row)
            else:
                np.take(self._decoded(shard, chunks, number, int(inside.max()) + 1), inside, axis=0, out=into, mode="clip")

    def _scatter(self, shard: ShardReader, chunks: Chunks, local: Array, out: Array, places: Array) -> None:
        """Put the rows `local` of one column of a shard into `out[places]`, decoding each chunk once.

        A request for random rows finds about one in a chunk, so what is done for each is kept to a few plain calls.
        """
        order = np.argsort(local, kind="stable")
        rows, into = local[order].tolist(), places[order].tolist()
        size, first = chunks.rows, 0
        while first < len(rows):
            number = rows[first] // size
            last = bisect_right(rows, number * size + size - 1, first)
            if self._few(chunks, last - first):
                for place, row in zip(into[first:last], rows[first:last], strict=True):
                    out[place] = shard.row(chunks.column.name, row)
            else:
                decoded = self._decoded(shard, chunks, number, rows[last - 1] - number * size + 1)
                for place, row in zip(into[first:last], rows[first:last], strict=True):
                    out[place] = decoded[row - number * size]
            first = last

    def _few(self, chunks: Chunks, rows: int) -> bool:
        """True where so many rows of a chunk are read quicker one by one than with the whole of it."""
        return not chunks.codec.gzip and rows * (READ_COST + chunks.row_bytes) < chunks.bytes

    def _decoded(self, shard: ShardReader, chunks: Chunks, number: int, rows: int) -> Array:
        """One chunk of which at least the first `rows` are decoded, in a buffer of this thread that the next call reuses.

        Fresh memory would cost more than inflating. The last chunk is kept, so that rows asked for one after another do
        not decode it again and again.
        """
        here = self._local
        wanted = (chunks, number)
        again = getattr(here, "holds", None) == wanted
        if again and here.rows >= rows:
            return here.chunk  # type: ignore[no-any-return]
        here.holds = None  # whatever happens below, the buffer no longer holds what it held
        if getattr(here, "shaped", None) is not chunks:
            buffer: Array | None = getattr(here, "buffer", None)
            if buffer is None or buffer.size < chunks.bytes:
                buffer = here.buffer = np.empty(chunks.bytes, np.uint8)
            here.chunk = buffer[: chunks.bytes].view(chunks.dtype).reshape(chunks.rows, *chunks.shape)
            here.shaped = chunks
        here.rows = shard.chunk(chunks.column.name, number, here.chunk, None if again else rows)
        here.holds = wanted
        return here.chunk  # type: ignore[no-any-return]

    def _check_present(self, shards: Sequence[int]) -> None:
        """Find missing and cut files before memory is taken for what a manifest promises of them."""
        for number in shards:
            if number not in self.shard.open:
                path = self.folder / self.plan.shards[number].path
                try:
                    size = path.lstat().st_size
                except OSError:
                    size = -1
                if size != self.manifest.finished[number].bytes:
                    self.shard(number)  # says what is wrong


def reopened(folder: Path, split: str | None, content: str) -> Reader:
    """The set that a pickle was made of, and no other that lies in its place now."""
    manifest = read_manifest(folder)
    if manifest.content != content:
        raise StoreError(f"the set in {folder} is another one than when it was pickled; open it again with factorhub.open")
    return Reader(folder, split, manifest=manifest)


def _groups(keys: Array) -> Iterator[tuple[int, Array | slice]]:
    """The distinct values of `keys` (n,) and where they stand: a slice where they stand together in order, else indices."""
    if keys.size == 0:
        return
    changes = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    bounds = [0, *changes.tolist(), keys.size]
    firsts = keys[bounds[:-1]].tolist()
    if len(set(firsts)) == len(firsts):
        yield from zip(firsts, map(slice, bounds[:-1], bounds[1:]), strict=True)
        return
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    bounds = [0, *(np.flatnonzero(ordered[1:] != ordered[:-1]) + 1).tolist(), keys.size]
    for start, stop in pairwise(bounds):
        yield int(ordered[start]), order[start:stop]
