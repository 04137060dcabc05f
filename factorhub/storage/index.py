"""The index at the end of a shard: where its chunks lie and what its rows' digests are, so that reading needs no HDF5.

HDF5 ignores what follows its own last byte. Its parser takes milliseconds a file and is not safe on damaged bytes (see
docs/decisions/0004-index.md), so it never sees a file that factorhub reads. The bytes, all little-endian:

    table     for each column in the plan's order, for each chunk: int64 offset, int64 size, uint64 xxh3-64 of its bytes
    notes     JSON: the digest of the plan, the shard's number, a digest for each column, figures of quality
    trailer   b"FHINDEX1", uint64 bytes of the HDF5 file, uint64 bytes of the notes,
              xxh3-128 of the HDF5 file, xxh3-128 of the table, the notes and the trailer up to here
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xxhash

from factorhub.errors import StoreError
from factorhub.factors import Array
from factorhub.source import Column
from factorhub.storage.codecs.codec import EXPANSION, Codec
from factorhub.storage.files import pread
from factorhub.storage.manifest import Plan, Shard

MAGIC = b"FHINDEX1"
TRAILER = struct.Struct("<8sQQ16s16s")
LONGEST_NOTES = 1 << 20
STEP = 1 << 20  # bytes read at once for a digest


@dataclass(frozen=True, eq=False)
class Chunks:
    """Where one column's chunks lie in a shard.

    Attributes:
        column: whose they are; `dtype`, `shape` and `row_bytes` are a row's.
        rows: of a chunk.
        codec: of its bytes.
        offsets, sizes, checks: of the stored bytes, by chunk number; a check is their xxh3-64.
        places: offset and size of each chunk as an array (chunks, 2).
        proved: 1 for each raw chunk whose bytes were compared with their check since the shard was opened.
    """

    column: Column
    rows: int
    codec: Codec
    offsets: list[int]
    sizes: list[int]
    checks: list[int]

    def __post_init__(self) -> None:
        # plain attributes: reading one row looks at each of them
        object.__setattr__(self, "dtype", np.dtype(self.column.dtype))
        object.__setattr__(self, "shape", self.column.shape)
        object.__setattr__(self, "row_bytes", self.column.row_bytes)
        object.__setattr__(self, "bytes", self.rows * self.column.row_bytes)
        object.__setattr__(self, "places", np.array([self.offsets, self.sizes], np.int64).T)
        object.__setattr__(self, "proved", bytearray(len(self.offsets)))

    dtype: np.dtype[Any] = field(init=False)
    shape: tuple[int, ...] = field(init=False)
    row_bytes: int = field(init=False)
    bytes: int = field(init=False)
    places: Array = field(init=False)
    proved: bytearray = field(init=False)


@dataclass(frozen=True)
class Index:
    """What the index of a shard says, checked against the plan.

    Attributes:
        chunks: by column name.
        digests: xxh3-128 of each column's rows, by name.
        quality: figures measured while writing.
        body: bytes of the HDF5 file before the index, and `digest` their xxh3-128.
    """

    chunks: Mapping[str, Chunks]
    digests: Mapping[str, str]
    quality: Mapping[str, float]
    body: int
    digest: bytes


def chunk_rows(plan: Plan, shard: Shard, column: Column) -> int:
    """Rows of each chunk of a column in this shard: those of its layout, or the whole shard where that is shorter."""
    return min(plan.layouts[column.name].chunk_rows, len(shard))


def pack(
    plan: Plan,
    shard: Shard,
    places: Mapping[str, Array],
    checks: Mapping[str, Sequence[int]],
    digests: Mapping[str, str],
    quality: Mapping[str, float],
    body: int,
    digest: bytes,
) -> bytes:
    """The index's bytes, from the `places` (chunks, 2) and `checks` of every column: offset, size and xxh3-64 of each chunk."""
    rows = [np.column_stack([places[c.name].astype("<u8"), np.array(checks[c.name], "<u8")]) for c in plan.columns]
    table = b"".join(part.tobytes() for part in rows)
    about = {"plan": plan.digest, "shard": shard.start, "digests": dict(digests), "quality": dict(quality)}
    notes = json.dumps(about).encode()
    head = table + notes + TRAILER.pack(MAGIC, body, len(notes), digest, bytes(16))[:-16]
    return head + xxhash.xxh3_128_digest(head)


def unpack(descriptor: int, plan: Plan, shard: Shard) -> Index:
    """Read and check the index of an open shard. Nothing is believed: every number is checked before it is used.

    Raises:
        StoreError: without the file's name, which the caller adds.
    """
    size = os.fstat(descriptor).st_size
    if size < TRAILER.size:
        raise StoreError(f"it has {size} bytes")
    magic, body, note_bytes, digest, own = TRAILER.unpack(pread(descriptor, TRAILER.size, size - TRAILER.size))
    counts = [-(-len(shard) // chunk_rows(plan, shard, column)) for column in plan.columns]
    table_bytes = 24 * sum(counts)
    if magic != MAGIC:
        raise StoreError("it does not end with the index of a finished shard")
    if note_bytes > LONGEST_NOTES or body + table_bytes + note_bytes + TRAILER.size != size:
        raise StoreError("its index has another length than the plan asks for")
    stored = pread(descriptor, size - body, body)
    if xxhash.xxh3_128_digest(stored[:-16]) != own:
        raise StoreError("its index is damaged")
    digests, quality = _notes(stored[table_bytes : table_bytes + note_bytes], plan, shard)
    places = np.frombuffer(stored, "<i8", 3 * sum(counts)).reshape(-1, 3)
    checks = np.frombuffer(stored, "<u8", 3 * sum(counts)).reshape(-1, 3)[:, 2].tolist()
    chunks: dict[str, Chunks] = {}
    first = 0
    for column, count in zip(plan.columns, counts, strict=True):
        offsets, sizes, _ = places[first : first + count].T
        check = checks[first : first + count]
        first += count
        codec = plan.layouts[column.name].codec
        found = Chunks(column, chunk_rows(plan, shard, column), codec, offsets.tolist(), sizes.tolist(), check)
        if (offsets < 0).any() or (sizes < 0).any() or (sizes > body).any() or (offsets > body - sizes).any():
            raise StoreError(f"column {column.name} has chunks beyond the end of the file")
        raw = found.bytes + codec.extra
        least = -(-(found.bytes - 1024) // EXPANSION) if codec.gzip else raw
        if (sizes < least).any() or (not codec.gzip and (sizes != raw).any()):
            raise StoreError(f"column {column.name} has chunks of impossible sizes")
        chunks[column.name] = found
    return Index(chunks, digests, quality, body, digest)


def _notes(stored: bytes, plan: Plan, shard: Shard) -> tuple[dict[str, str], dict[str, float]]:
    try:
        about: Any = json.loads(stored)
        digests = {str(name): str(digest) for name, digest in about["digests"].items()}
        quality = {str(name): float(figure) for name, figure in about["quality"].items()}
        same = (about["plan"], about["shard"]) == (plan.digest, shard.start)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise StoreError("its index is damaged") from None
    if not same or set(digests) != {column.name for column in plan.columns}:
        raise StoreError("it is a shard of another set, or another shard of this one")
    return digests, quality


def digest_of(descriptor: int, size: int) -> bytes:
    """The xxh3-128 of the first `size` bytes of an open file."""
    digest = xxhash.xxh3_128()
    for start in range(0, size, STEP):
        digest.update(pread(descriptor, min(STEP, size - start), start))
    return digest.digest()
