"""One shard: an HDF5 file whose root holds one dataset per column, all with the same first dimension.

Writing goes through h5py, chunk by chunk, already encoded. Reading opens the file with h5py once, checks every
dataset against the plan, notes where its chunks lie, closes it, and reads the chunks with plain `pread`: no lock, no
handle that a fork could break, nothing in the file that can point elsewhere.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
import xxhash

from factorhub.errors import StoreError
from factorhub.factors import Array
from factorhub.source import Column
from factorhub.storage.codec import EXPANSION, Buffer, Codec
from factorhub.storage.manifest import FORMAT, FORMAT_VERSION, Finished, Layout, Plan, Shard, sync_folder


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


class ShardWriter:
    """Writes a shard under a temporary name, and under its own only when it is whole and on disk.

    Give `add` each column's encoded chunks in row order, with the rows they hold, then call `finish`.
    """

    def __init__(self, folder: Path, plan: Plan, shard: Shard) -> None:
        self.path = folder / shard.path
        self._temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        self._shard = shard
        # "earliest" keeps the file readable by every HDF5; times are off, so equal content gives equal metadata
        self._file = h5py.File(self._temporary, "w", libver=("earliest", "v110"), track_order=True)
        self._file.attrs.update(file_attributes(plan, shard))
        self._digests = {column.name: xxhash.xxh3_128() for column in plan.columns}
        self._next = dict.fromkeys(self._digests, 0)
        self._datasets = {column.name: self._create(column, plan.layouts[column.name]) for column in plan.columns}

    def _create(self, column: Column, layout: Layout) -> Any:
        chunk = (min(layout.chunk_rows, len(self._shard)), *column.shape)
        filters = {"compression": "gzip", "compression_opts": layout.codec.level} if layout.codec.gzip else {}
        dataset = self._file.create_dataset(
            column.name,
            shape=(len(self._shard), *column.shape),
            dtype=np.dtype(column.dtype).newbyteorder("<"),
            chunks=chunk,
            shuffle=layout.codec.shuffle or None,
            **filters,
        )
        dataset.attrs.update(column_attributes(column))
        return dataset

    def add(self, name: str, rows: Array, chunk: Buffer) -> None:
        """The next chunk of a column: the rows it holds, for the digest, and its encoded bytes, padded to a full chunk."""
        start = self._next[name]
        self._datasets[name].id.write_direct_chunk((start, *(0,) * (rows.ndim - 1)), chunk, 0)
        self._digests[name].update(rows.reshape(-1).view(np.uint8).data)
        self._next[name] = start + len(rows)

    def finish(self, quality: Mapping[str, float] | None = None, expected: Mapping[str, str] | None = None) -> Finished:
        """Flush the file to disk and give it its name; what it holds is returned. Other digests than `expected` are an error."""
        short = [name for name, rows in self._next.items() if rows != len(self._shard)]
        if short:
            raise StoreError(f"{self.path.name} lacks rows of {', '.join(short)}")
        digests = {name: digest.hexdigest() for name, digest in self._digests.items()}
        other = [name for name, digest in digests.items() if expected is not None and expected.get(name) != digest]
        if other:
            raise StoreError(f"{self.path.name} would get other rows than before in {', '.join(other)}; nothing was replaced")
        self._file.attrs["digests"] = json.dumps(digests)
        if quality:
            self._file.attrs["quality"] = json.dumps(dict(quality))
        self._file.close()
        with self._temporary.open("rb+") as file:
            os.fsync(file.fileno())
        size = self._temporary.stat().st_size
        self._temporary.replace(self.path)
        sync_folder(self.path.parent)
        return Finished(size, digests, dict(quality or {}))

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            try:
                self._file.close()
            except (OSError, RuntimeError):
                pass  # a full disk makes closing fail too; the first error is the one to show
            finally:
                self._temporary.unlink(missing_ok=True)


@dataclass(frozen=True)
class Chunks:
    """Where one column's chunks lie in a shard: rows a chunk, and byte offsets and sizes by chunk number."""

    column: Column
    rows: int
    codec: Codec
    offsets: Array
    sizes: Array

    @property
    def bytes(self) -> int:
        """Bytes of one decoded chunk."""
        return self.rows * self.column.row_bytes


class ShardReader:
    """An open shard: a file descriptor and the table of its chunks, checked against the plan. Safe between threads and forks."""

    def __init__(self, folder: Path, plan: Plan, shard: Shard) -> None:
        self.shard = shard
        self.path = folder / shard.path
        try:
            self._fd = os.open(self.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except FileNotFoundError:
            raise StoreError(f"{self.path} is missing; factorhub repair {folder} makes it again") from None
        except OSError as error:
            raise StoreError(f"cannot open {self.path}: {error.strerror}; it must be a plain, readable file") from None
        try:
            self.chunks = self._inspect(folder, plan)
        except BaseException:
            self.close()
            raise

    def _inspect(self, folder: Path, plan: Plan) -> dict[str, Chunks]:
        hint = f"factorhub verify {folder} says more, factorhub repair {folder} makes it again"
        try:
            with h5py.File(self.path, "r") as file:
                stored = json.loads(file.attrs["digests"])
                self.digests = {str(name): str(digest) for name, digest in stored.items()}
                self.quality = {str(k): float(v) for k, v in json.loads(file.attrs.get("quality", "{}")).items()}
                size = os.fstat(self._fd).st_size
                return {c.name: self._chunks_of(file, c, plan.layouts[c.name], size) for c in plan.columns}
        except StoreError as error:
            raise StoreError(f"{self.path} is damaged or foreign: {error}; {hint}") from None
        except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise StoreError(f"{self.path} is damaged or foreign: {reason}; {hint}") from None

    def _chunks_of(self, file: Any, column: Column, layout: Layout, size: int) -> Chunks:
        """The chunk table of one column, after every promise of the plan has been checked."""
        name = column.name
        if not isinstance(file.get(name, getlink=True), h5py.HardLink):
            raise StoreError(f"column {name} is missing or a link")
        dataset = file[name]
        if not isinstance(dataset, h5py.Dataset) or dataset.is_virtual or dataset.external:
            raise StoreError(f"column {name} is not a dataset of this file")
        expected = (len(self.shard), *column.shape)
        chunk = (min(layout.chunk_rows, len(self.shard)), *column.shape)
        if dataset.shape != expected or dataset.dtype != np.dtype(column.dtype).newbyteorder("<"):
            raise StoreError(f"column {name} should be {column.dtype} {expected}; it is {dataset.dtype} {dataset.shape}")
        filters = (dataset.compression, dataset.shuffle, dataset.fletcher32, dataset.scaleoffset)
        wanted = ("gzip" if layout.codec.gzip else None, layout.codec.shuffle, False, None)
        if dataset.chunks != chunk or filters != wanted:
            raise StoreError(
                f"column {name} should have chunks {chunk} and filters {wanted}; it has {dataset.chunks} and {filters}"
            )
        count = -(-len(self.shard) // chunk[0])
        offsets, sizes = np.full(count, -1, np.int64), np.zeros(count, np.int64)

        def note(info: Any) -> None:
            number = info.chunk_offset[0] // chunk[0]
            skipped = info.filter_mask != 0  # factorhub never skips a filter; such a chunk counts as lacking
            offsets[number], sizes[number] = -1 if skipped else info.byte_offset, info.size

        dataset.id.chunk_iter(note)
        chunks = Chunks(column, chunk[0], layout.codec, offsets, sizes)
        if (offsets < 0).any() or (offsets + sizes > size).any() or (sizes < 0).any():
            raise StoreError(f"column {name} lacks chunks, or has some beyond the end of the file")
        if (sizes * EXPANSION + 1024 < chunks.bytes).any() or (not layout.codec.gzip and (sizes != chunks.bytes).any()):
            raise StoreError(f"column {name} has chunks of impossible sizes")
        return chunks

    def chunk(self, name: str, number: int, out: Array) -> None:
        """Decode one chunk into `out` (chunk rows, …), which the caller may reuse.

        Raises:
            StoreError: the chunk does not decode.
        """
        chunks = self.chunks[name]
        data = os.pread(self._fd, int(chunks.sizes[number]), int(chunks.offsets[number]))
        try:
            chunks.codec.decode(data, out)
        except ValueError as error:
            rows = f"rows {number * chunks.rows} to {min((number + 1) * chunks.rows, len(self.shard)) - 1}"
            hint = "run factorhub verify, then factorhub repair, on its folder"
            raise StoreError(f"{self.path} is damaged in {rows} of column {name}: {error}; {hint}") from None

    def row(self, name: str, row: int, out: Array) -> None:
        """Read one row of a raw chunk into `out`, without the rest of the chunk."""
        chunks = self.chunks[name]
        number, place = divmod(row, chunks.rows)
        size = chunks.column.row_bytes
        data = os.pread(self._fd, size, int(chunks.offsets[number]) + place * size)
        out.reshape(-1).view(np.uint8)[:] = np.frombuffer(data, np.uint8)

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __del__(self) -> None:
        if hasattr(self, "_fd"):
            self.close()
