"""Writes one shard: an HDF5 file whose root holds a dataset for each column and a scale for each axis, and the index."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
import xxhash

from factorhub.errors import StoreError
from factorhub.factors import Array
from factorhub.source import Column
from factorhub.storage.codecs.codec import Buffer, Codec
from factorhub.storage.index import chunk_rows, digest_of, pack
from factorhub.storage.manifest import FORMAT, FORMAT_VERSION, Finished, Plan, Shard
from factorhub.storage.scales import attach
from factorhub.storage.unfailing import Unfailing, new_file
from factorhub.storage.whole import Temporary


def file_attributes(plan: Plan, shard: Shard) -> dict[str, Any]:
    """The attributes of a shard's root."""
    schema = {"space": plan.space.to_dict(), "columns": [column.to_dict() for column in plan.columns]}
    return {
        "title": plan.title,
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "split": shard.split,
        "first_row": shard.start,
        "schema": json.dumps(schema, ensure_ascii=False),
        "recipe": json.dumps(dict(plan.recipe), ensure_ascii=False),
    }


def result_attributes(digests: Mapping[str, str], quality: Mapping[str, float]) -> dict[str, Any]:
    """The attributes of a shard's root that are known when its rows are: what they hold."""
    return {"digests": json.dumps(dict(digests)), **({"quality": json.dumps(dict(quality))} if quality else {})}


def column_attributes(column: Column) -> dict[str, Any]:
    """The attributes of a column's dataset: role, dims, and the column's own, as scalars, arrays or JSON text."""
    attributes: dict[str, Any] = {"role": column.role, "dims": " ".join(("sample", *column.dims))}
    for key, value in column.attributes.items():
        if isinstance(value, bool):
            attributes[key] = int(value)
        elif isinstance(value, list) and value and all(isinstance(item, (int, float)) for item in value):
            array = np.asarray(value, dtype=column.dtype if key == "flag_values" else None)
            attributes[key] = array if array.nbytes < 60_000 else json.dumps(value)  # HDF5 caps attributes at 64 kB
        elif isinstance(value, (str, int, float)):
            attributes[key] = value
        else:
            attributes[key] = json.dumps(value, ensure_ascii=False)
    return attributes


def chunk_places(dataset: Any, rows: int, count: int) -> Array:
    """Offset and size (count, 2) of each chunk of an open dataset, by chunk number; -1 where it has none, or several."""
    places = np.full((count, 2), -1, np.int64)
    seen = np.zeros(count, np.int64)

    def note(info: Any) -> None:
        number, inside = divmod(info.chunk_offset[0], rows)
        seen[number] += 1
        # factorhub divides rows only, and never skips a filter
        good = not inside and not any(info.chunk_offset[1:]) and info.filter_mask == 0
        places[number] = (info.byte_offset if good else -1, info.size)

    dataset.id.chunk_iter(note)
    places[seen != 1] = -1
    return places


def filters_of(codec: Codec, itemsize: int) -> list[tuple[int, int, tuple[int, ...]]]:
    """The filter pipeline of a column as HDF5 lists it: number, flags and values of each filter."""
    filters: list[tuple[int, int, tuple[int, ...]]] = []
    if codec.shuffle:
        filters.append((h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FLAG_OPTIONAL, (itemsize,)))
    if codec.gzip:
        filters.append((h5py.h5z.FILTER_DEFLATE, h5py.h5z.FLAG_OPTIONAL, (codec.level,)))
    if codec.checksum:
        filters.append((h5py.h5z.FILTER_FLETCHER32, 0, ()))  # 0: not optional
    return filters


class Piece:
    """An encoded chunk, and the xxh3-64 of its bytes."""

    __slots__ = ("check", "data")

    def __init__(self, data: Buffer) -> None:
        self.data, self.check = data, xxhash.xxh3_64_intdigest(data)


class ShardWriter:
    """Writes a shard under a temporary name, and under its own only when it is whole and on disk.

    Give `add` each column's rows in order, with the chunks that hold them, then call `finish`.
    """

    def __init__(self, folder: Path, plan: Plan, shard: Shard) -> None:
        self.path = folder / shard.path
        self._temporary: Temporary | None = None
        self._plan, self._shard = plan, shard
        self._digests = {column.name: xxhash.xxh3_128() for column in plan.columns}
        self._checks: dict[str, list[int]] = {column.name: [] for column in plan.columns}
        self._next = dict.fromkeys(self._digests, 0)
        self._file: Any = None
        self._datasets: dict[str, Any] = {}

    def __enter__(self) -> ShardWriter:
        try:
            self._temporary = Temporary(self.path)
            self._beneath = Unfailing(self._temporary.descriptor)
            self._file = new_file(self._beneath)
            self._file.attrs.update(file_attributes(self._plan, self._shard))
            self._datasets = {column.name: self._create(column) for column in self._plan.columns}
            attach(self._file, self._datasets, self._plan, self._shard)
            self._beneath.check()
        except BaseException:
            self._abandon()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None or self._temporary is not None:
            self._abandon()

    def _abandon(self) -> None:
        try:
            if self._file is not None:
                self._beneath.drop()  # the file is to go: nothing more needs to be written
                self._file.close()
        finally:
            temporary, self._temporary = self._temporary, None
            if temporary is not None:
                temporary.__exit__(None, None, None)

    def _create(self, column: Column) -> Any:
        codec = self._plan.layouts[column.name].codec
        filters = {"compression": "gzip", "compression_opts": codec.level} if codec.gzip else {}
        dataset = self._file.create_dataset(
            column.name,
            shape=(len(self._shard), *column.shape),
            dtype=np.dtype(column.dtype).newbyteorder("<"),
            chunks=(chunk_rows(self._plan, self._shard, column), *column.shape),
            shuffle=codec.shuffle or None,
            fletcher32=codec.checksum or None,
            **filters,
        )
        dataset.attrs.update(column_attributes(column))
        return dataset

    @property
    def full(self) -> bool:
        """True when every column has all its rows."""
        return all(rows == len(self._shard) for rows in self._next.values())

    def add(self, name: str, rows: Array, pieces: Sequence[Piece]) -> None:
        """The next rows of a column, for the digest, and the chunks they are stored as, the last one padded to its full size."""
        write = self._datasets[name].id.write_direct_chunk
        start, rest = self._next[name], (0,) * (rows.ndim - 1)
        step = chunk_rows(self._plan, self._shard, self._plan.column(name))
        for number, piece in enumerate(pieces):
            write((start + number * step, *rest), piece.data, 0)
        self._beneath.check()
        self._checks[name] += [piece.check for piece in pieces]
        self._digests[name].update(rows.reshape(-1).view(np.uint8).data)  # all at once: it waits for no other thread meanwhile
        self._next[name] = start + len(rows)

    def finish(self, quality: Mapping[str, float] | None = None, expected: Mapping[str, str] | None = None) -> Finished:
        """Add the index, flush the file to disk and give it its name; what it holds is returned.

        Raises:
            StoreError: other digests than those `expected`.
        """
        short = [name for name, rows in self._next.items() if rows != len(self._shard)]
        if short:
            raise StoreError(f"{self.path.name} lacks rows of {', '.join(short)}")
        digests = {name: digest.hexdigest() for name, digest in self._digests.items()}
        other = [name for name, digest in digests.items() if expected is not None and expected.get(name) != digest]
        if other:
            raise StoreError(f"{self.path.name} would get other rows than before in {', '.join(other)}; nothing was replaced")
        self._file.attrs.update(result_attributes(digests, quality or {}))
        places = {}
        for name, dataset in self._datasets.items():
            rows = dataset.chunks[0]
            places[name] = chunk_places(dataset, rows, -(-len(self._shard) // rows))
        self._file.close()
        self._beneath.check()
        assert self._temporary is not None
        with os.fdopen(self._temporary.descriptor, "rb+", closefd=False) as file:
            body = os.fstat(file.fileno()).st_size
            digest = digest_of(file.fileno(), body)
            index = pack(self._plan, self._shard, places, self._checks, digests, quality or {}, body, digest)
            file.seek(body)
            file.write(index)
        self._temporary.keep()
        return Finished(body + len(index), digests, dict(quality or {}))
