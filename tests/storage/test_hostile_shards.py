"""Shards that were made to read otherwise elsewhere are reported, and never followed."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xxhash

from factorhub.errors import StoreError
from factorhub.storage.hdf5 import chunk_places
from factorhub.storage.index import TRAILER, digest_of, pack
from factorhub.storage.reader import Reader
from factorhub.storage.shard import ShardReader
from factorhub.storage.verify import verify
from tests.storage.hostile import changed, put


def forge(
    path: Path,
    reader: Reader,
    edit: Callable[[Any], object] = lambda _: None,
    table: Callable[[dict[str, Any]], object] = lambda _: None,
) -> None:
    """Change a shard with HDF5 and give it an index that fits, as someone would who knows the format."""
    shard = next(shard for shard in reader.plan.shards if path.name in shard.path)
    old = ShardReader(reader.folder, reader.plan, shard).index
    os.truncate(path, old.body)
    with h5py.File(path, "r+") as file:
        edit(file)
        places = {name: np.array([c.offsets, c.sizes]).T for name, c in old.chunks.items()}
        for name, chunks in old.chunks.items():
            try:
                found = chunk_places(file[name], chunks.rows, len(chunks.offsets))
                places[name] = found if (found >= 0).all() else places[name]
            except (KeyError, ValueError, RuntimeError, AttributeError, TypeError, IndexError):
                continue  # gone, or no such dataset any more: the old places still hold the old chunks
    checks = {name: list(chunks.checks) for name, chunks in old.chunks.items()}
    parts = {"places": places, "checks": checks, "digests": dict(old.digests), "quality": {}}
    table(parts)
    with path.open("rb+") as handle:
        body = os.fstat(handle.fileno()).st_size
        digest = digest_of(handle.fileno(), body)
        handle.seek(body)
        handle.write(pack(reader.plan, shard, parts["places"], parts["checks"], parts["digests"], parts["quality"], body, digest))
    changed(reader.folder, put("shards", reader.plan.shards.index(shard), "bytes", path.stat().st_size))


def _external_link(file: Any) -> None:
    del file["shape"]
    file["shape"] = h5py.ExternalLink("/etc/passwd", "/shape")


def _external_storage(file: Any) -> None:
    del file["shape"]
    file.create_dataset("shape", (90,), "u1", external=[("/etc/passwd", 0, 90)])


def _virtual(file: Any) -> None:
    del file["shape"]
    layout = h5py.VirtualLayout((90,), "u1")
    layout[:] = h5py.VirtualSource("/etc/passwd", "shape", (90,))
    file.create_virtual_dataset("shape", layout)


def _retype(dtype: Any, **how: Any) -> Callable[[Any], None]:
    def edit(file: Any) -> None:
        del file["shape"]
        file.create_dataset("shape", (90,), dtype, **how)

    return edit


def _move_chunks(file: Any) -> None:
    content = file["shape"][:]
    attributes = dict(file["shape"].attrs)
    del file["shape"]
    dataset = file.create_dataset("shape", data=content, chunks=(90,))
    dataset.attrs.update(attributes)


STOCK: dict[str, tuple[Callable[[Any], object], str]] = {
    "an external link": (_external_link, "column shape is missing or a link"),
    "a soft link": (lambda f: (f.move("shape", "hidden"), f.__setitem__("shape", h5py.SoftLink("/hidden"))), "column shape is missing or a link"),
    "external storage": (_external_storage, "column shape is not a dataset of this file"),
    "a virtual dataset": (_virtual, "column shape is not a dataset of this file"),
    "object references": (_retype(h5py.ref_dtype, chunks=(90,)), "has shape, type and chunks"),
    "text of any length": (_retype(h5py.string_dtype(), chunks=(90,)), "has shape, type and chunks"),
    "a huge shape": (lambda f: (f.pop("shape"), f.create_dataset("shape", (2**50,), "u1", chunks=(90,))), "has shape, type and chunks"),
    "other filters": (_retype("u1", chunks=(90,), compression="lzf"), "has the filters"),
    "a group": (lambda f: (f.pop("shape"), f.create_group("shape")), "column shape is not a dataset of this file"),
    "a stranger": (lambda f: f.create_dataset("payload", data=[1]), "holds 'payload', which the manifest does not know"),
    "another label": (lambda f: f["shape"].attrs.__setitem__("flag_values", [2, 1, 0]), "attribute flag_values of column shape is not"),
    "another recipe": (lambda f: f.attrs.__setitem__("recipe", "{}"), "attribute recipe of its root is not"),
    "a scale that readers apply": (lambda f: f["image"].attrs.__setitem__("scale_factor", 2.0), "attribute 'scale_factor' of column image is not in"),
    "a fill value that readers mask": (lambda f: f["shape"].attrs.__setitem__("_FillValue", 1), "attribute '_FillValue' of column shape is not in"),
    "an attribute of the root": (lambda f: f.attrs.__setitem__("Conventions", "x"), "attribute 'Conventions' of its root is not in the manifest"),
    "other digests": (lambda f: f.attrs.__setitem__("digests", "{}"), "attribute digests of its root is not what"),
    "no digests": (lambda f: f.attrs.__delitem__("digests"), "attribute digests of its root is not what"),
    "figures of quality": (lambda f: f.attrs.__setitem__("quality", '{"error": 0}'), "attribute 'quality' of its root is not in"),
    "names for numbers": (_retype(h5py.enum_dtype({"heart": 0, "square": 1}, "u1"), chunks=(90,)), "has shape, type and chunks"),
    "rows that may grow": (_retype("u1", chunks=(90,), maxshape=(None,)), "has shape, type and chunks"),
    "no checksum": (_retype("u1", chunks=(90,)), "has the filters"),
    "a bomb of attributes": (
        lambda f: [f["shape"].attrs.__setitem__(f"a{i}", "x" * 60_000) for i in range(200)],
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", STOCK)
def test_what_a_stock_reader_would_see_otherwise_is_reported_and_never_followed(folder: Path, kind: str) -> None:
    edit, text = STOCK[kind]
    reader = Reader(folder)
    before = reader.read([0, 50])
    path = folder / reader.plan.shards[0].path
    forge(path, reader, edit)
    report = verify(folder)
    if text:
        assert report.damaged == (0,)
        assert text in report.problems[0]
    after = Reader(folder).read([0, 50])
    assert all(np.array_equal(before[name], after[name]) for name in before if name != "shape")


def reseal(content: bytearray, body: int) -> bytes:
    """A shard whose bytes were changed, with the digests of its index made to fit."""
    trailer = len(content) - TRAILER.size
    content[trailer + 24 : trailer + 40] = xxhash.xxh3_128_digest(bytes(content[:body]))
    content[-16:] = xxhash.xxh3_128_digest(bytes(content[body:-16]))
    return bytes(content)


def _keys(content: bytearray, first: int, axes: int) -> Iterator[int]:
    """Where the B-tree of a column keeps the place of each chunk: size, mask, an offset for each axis and one more, address."""
    at, size = -1, 8 + 8 * (axes + 1)
    while (at := content.find(b"TREE\x01", at + 1)) >= 0:
        if struct.unpack_from("<Q", content, at + 24 + size)[0] == first:
            yield from (at + 24 + i * (size + 8) for i in range(struct.unpack_from("<H", content, at + 6)[0]))


def _columns_aside(content: bytearray, chunks: Any) -> None:
    for key in _keys(content, chunks.offsets[0], 3):
        struct.pack_into("<Q", content, key + 8 + 16, chunks.shape[1])


def _rows_aside(content: bytearray, chunks: Any) -> None:
    for key in _keys(content, chunks.offsets[0], 3):
        struct.pack_into("<Q", content, key + 8 + 8, chunks.shape[0])


def _unfiltered(content: bytearray, chunks: Any) -> None:
    for key in _keys(content, chunks.offsets[0], 3):
        struct.pack_into("<I", content, key + 4, 1)


def _level(content: bytearray, chunks: Any) -> None:
    struct.pack_into("<I", content, content.find(b"deflate\0") + 8, 260)


def _rechecked(content: bytearray, chunks: Any, at: int, value: int) -> None:
    """Change a byte of the first stored chunk and its check, which lies in the table behind the HDF5 file."""
    place = chunks.offsets[0] + (at if at >= 0 else chunks.sizes[0] + at)
    content[place] = value
    stored = bytes(content[chunks.offsets[0] : chunks.offsets[0] + chunks.sizes[0]])
    entry = content.rfind(struct.pack("<qq", chunks.offsets[0], chunks.sizes[0]))
    struct.pack_into("<Q", content, entry + 16, xxhash.xxh3_64_intdigest(stored))


BYTES: dict[str, Callable[[bytearray, Any], None]] = {
    "chunks beside the picture": _columns_aside,
    "chunks below the picture": _rows_aside,
    "a chunk said to be unfiltered": _unfiltered,
    "a level that zlib refuses": _level,
    "an Adler-32": lambda content, chunks: _rechecked(content, chunks, -1, content[chunks.offsets[0] + chunks.sizes[0] - 1] ^ 1),
    "a head with another sum": lambda content, chunks: _rechecked(content, chunks, 1, content[chunks.offsets[0] + 1] ^ 1),
    "a head of another method": lambda content, chunks: _rechecked(content, chunks, 0, 0x79),
    "a head that asks for a dictionary": lambda content, chunks: _rechecked(content, chunks, 1, 0x20 | 0x1D),
}


@pytest.mark.parametrize("kind", BYTES)
def test_bytes_that_only_a_stock_reader_looks_at_are_checked(rows, tmp_path: Path, kind: str) -> None:
    source = rows(200)
    reader = source.write(tmp_path / "set", source.plan(shard_rows=200, compression="gzip"))
    shard, path = reader.shard(0), tmp_path / "set" / reader.plan.shards[0].path
    content = bytearray(path.read_bytes())
    BYTES[kind](content, shard.chunks["image"])
    assert content != path.read_bytes()
    path.write_bytes(reseal(content, shard.index.body))
    try:
        with h5py.File(path) as file:
            seen = {name: file[name][:] for name in file}
    except OSError:
        seen = {}  # it refuses them
    ours = Reader(tmp_path / "set").read(slice(None))
    assert not all(np.array_equal(seen.get(name), found) for name, found in ours.items())
    assert verify(tmp_path / "set").damaged == (0,)


def test_chunks_elsewhere_than_hdf5_has_them_are_reported(folder: Path) -> None:
    reader = Reader(folder)
    path = folder / reader.plan.shards[0].path

    def swap(parts: dict[str, Any]) -> None:
        parts["places"]["shape"], parts["places"]["size"] = parts["places"]["size"], parts["places"]["shape"]
        parts["checks"]["shape"], parts["checks"]["size"] = parts["checks"]["size"], parts["checks"]["shape"]

    forge(path, reader, table=swap)
    assert "the rows of column shape are not those of the manifest" in verify(folder).problems[0]


def _place(name: str, *place: int) -> Callable[[dict[str, Any]], object]:
    return lambda parts: parts["places"].__setitem__(name, np.array([place]))


TABLES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "before the file": (_place("shape", -1, 90), "chunks beyond the end"),
    "beyond the file": (_place("shape", 10**9, 90), "chunks beyond the end"),
    "across the end": (_place("shape", 2**63 - 10, 90), "chunks beyond the end"),
    "too large": (_place("shape", 100, 95), "chunks of impossible sizes"),
    "too small to inflate": (_place("size_value", 100, 0), "chunks of impossible sizes|its bytes are not those"),
    "negative": (_place("shape", 100, -90), "chunks beyond the end"),
    "another place": (_place("shape", 100, 94), "its bytes are not those that were written"),
    "notes without end": (
        lambda parts: parts["quality"].update({str(i): 0.5 for i in range(100_000)}),
        "another length than the plan asks for",
    ),
    "quality that is text": (lambda parts: parts["quality"].update(x="y"), "its index is damaged"),
    "other digests": (lambda parts: parts["digests"].update(image="0" * 32), "its digests are not those of the manifest"),
    "one column more": (lambda parts: parts["digests"].update(colour="0" * 32), "a shard of another set"),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_hostile_index_is_refused_in_one_line(folder: Path, kind: str) -> None:
    table, text = TABLES[kind]
    reader = Reader(folder)
    forge(folder / reader.plan.shards[0].path, reader, table=table)
    with pytest.raises(StoreError, match=text):
        Reader(folder).read(slice(0, 5), ["shape", "size_value"])
