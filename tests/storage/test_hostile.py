"""Hostile files: whatever a manifest or a shard holds, no other file is touched, no code runs, no memory beyond the request."""

from __future__ import annotations

import copy
import json
import os
import resource
import shutil
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xxhash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import factorhub
from factorhub.errors import FactorhubError, InputError, StoreError
from factorhub.storage.files import LARGEST
from factorhub.storage.hdf5 import chunk_places
from factorhub.storage.index import TRAILER, digest_of, pack
from factorhub.storage.manifest import MANIFEST, content_of, read_manifest
from factorhub.storage.reader import Reader
from factorhub.storage.shard import ShardReader
from factorhub.storage.verify import verify

FUZZ = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
LONG = settings(max_examples=3000, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def folder(stored: Reader, tmp_path: Path) -> Path:
    """A set that may be harmed."""
    return shutil.copytree(stored.folder, tmp_path / "set")


def use(folder: Path) -> None:
    """Everything a reader may be asked for. Raises only factorhub's own errors, and MemoryError is none of them."""
    store = factorhub.open(folder)
    repr(store)
    store[0], store[-1], store[[1, 5, 1]], store[:3]
    for column in store.columns:
        store.read([0, len(store) - 1], [column.name])
    for factor in store.space:
        factor.range_text()
    store.lookup(shape="heart")


def changed(folder: Path, change: Callable[[dict[str, Any]], object], *, sealed: bool = True) -> None:
    """Change the manifest, and its digest of itself where `sealed`: who forges the one can compute the other."""
    data = json.loads((folder / MANIFEST).read_text())
    change(data)
    if sealed:
        data["content"] = content_of(data["plan"], data["shards"])
    (folder / MANIFEST).write_text(json.dumps(data))


def put(*path: Any) -> Callable[[dict[str, Any]], object]:
    """Put the last argument at the path that the others give."""

    def change(data: Any) -> None:
        *keys, last, value = path
        for key in keys:
            data = data[key]
        data[last] = value

    return change


COLUMN = ("plan", "columns", 5)
CHANGES: list[tuple[str, Callable[[dict[str, Any]], object], str]] = [
    ("a split that climbs out", put("plan", "splits", 0, "../../etc"), "a split's name is letters, digits and _"),
    ("a split that is no text", put("plan", "splits", 0, 7), "is damaged"),
    ("a path that climbs out", put("shards", 0, "path", "../../etc/passwd"), "the list says .*passwd"),
    ("an absolute path", put("shards", 0, "path", "/etc/passwd"), "the list says .*passwd"),
    ("objects", put(*COLUMN, "dtype", "object"), "a column has a name, numbers and a fixed shape; got image object"),
    ("records", put(*COLUMN, "dtype", "u1,O"), "got image u1,O"),
    ("text", put(*COLUMN, "dtype", "U9"), "got image U9"),
    ("big-endian numbers", put(*COLUMN, "dtype", ">i4"), "got image >i4"),
    ("a type that is none", put(*COLUMN, "dtype", 5), "got image 5"),
    ("a huge shape", put(*COLUMN, "shape", [2**40, 2**40]), "a chunk has a power of two of rows, up to 16777216 bytes"),
    ("a negative shape", put(*COLUMN, "shape", [-1, 9]), "fixed shape"),
    ("a shape of nothing", put(*COLUMN, "shape", [0, 9]), "fixed shape"),
    ("a broken shape", put(*COLUMN, "shape", [1.5, "x"]), "is damaged"),
    ("a name that is a path", put(*COLUMN, "name", "../image"), "is damaged"),
    ("attributes that are none", put(*COLUMN, "attributes", [1]), "is damaged"),
    ("a chunk of a petabyte", put("plan", "layouts", "image", "chunk_rows", 2**50), "a chunk has a power of two of rows"),
    ("a chunk of three rows", put("plan", "layouts", "image", "chunk_rows", 3), "a chunk has a power of two of rows"),
    ("no chunk", put("plan", "layouts", "image", "chunk_rows", 0), "a chunk has a power of two of rows"),
    ("no layout", lambda data: data["plan"]["layouts"].pop("image"), "no entry 'image'"),
    ("a million shards", put("plan", "shard_rows", 0.001), "is damaged"),
    ("endless rows", lambda data: data["plan"]["order"].update(base=2**61, ends=[2**60, 2**61]), "shards are more than"),
    ("more rows than bytes", put("plan", "shard_rows", 2**40), "the plan has 2 shards and the list"),
    ("rows that are no numbers", put("plan", "order", "ends", ["a", "b"]), "is damaged"),
    ("broken rows", put("plan", "order", "ends", [801.5, 1000.5]), "is damaged"),
    ("an order of another kind", put("plan", "order", "kind", "sorted"), "no order named 'sorted'"),
    ("a factor without end", put("plan", "space", "factors", 1, "grid", {"range": [0, 2**70, 1]}), "is damaged"),
    ("a factor of nothing", put("plan", "space", "factors", 1, "grid", []), "size has an empty grid"),
    ("a factor that is not a number", put("plan", "space", "factors", 1, "low", float("nan")), "needs finite low <= high"),
    ("a symmetry of nothing", put("plan", "space", "symmetries", [{"symmetry": "os.system"}]), "no entry 'os.system'"),
    ("no columns", put("plan", "columns", []), "is damaged"),
    ("two columns of one name", put("plan", "columns", 4, "name", "image"), "is damaged"),
    ("a plan that is a list", put("plan", []), "is damaged"),
    ("shards that are a number", put("shards", 7), "is damaged"),
    ("a shard that is text", put("shards", 0, "x"), "is damaged"),
    ("digests of other columns", put("shards", 0, "digests", {"x": "0" * 32}), "the digests of .* are not those of its columns"),
    ("digests that are paths", lambda data: data["shards"][0]["digests"].update(image="../" * 9), "are not those of its columns"),
    ("rows that do not fit the bytes", put("shards", 0, "bytes", 9), "cannot hold 90 rows in 9 bytes"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "text"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_a_hostile_manifest_is_refused_in_one_line(folder: Path, change, text: str) -> None:
    changed(folder, change)
    with pytest.raises(FactorhubError, match=text) as caught:
        use(folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700


RAW: dict[str, tuple[Callable[[Path], object], str]] = {
    "deep nesting": (lambda path: path.write_text("[" * 100_000), "is not JSON"),
    "deep objects": (lambda path: path.write_text('{"a":' * 100_000), "is not JSON"),
    "a huge number": (lambda path: path.write_text("9" * 100_000), "is not JSON"),
    "not UTF-8": (lambda path: path.write_bytes(b"\xff\xfe" * 50), "is not JSON"),
    "nothing": (lambda path: path.write_text(""), "is not JSON"),
    "a list": (lambda path: path.write_text("[]"), "is not a factorhub manifest"),
    "null": (lambda path: path.write_text("null"), "is not a factorhub manifest"),
    "a gigabyte": (lambda path: os.truncate(path, 2**30), f"is larger than {LARGEST} bytes"),
    "a link": (lambda path: (path.unlink(), path.symlink_to("/etc/passwd")), "is a link, and links are not followed"),
    "an endless device": (lambda path: (path.unlink(), path.symlink_to("/dev/zero")), "is a link, and links are not followed"),
    "a pipe": (lambda path: (path.unlink(), os.mkfifo(path)), "is not a plain file"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "is not a plain file"),
}


@pytest.mark.parametrize("kind", RAW)
def test_a_manifest_that_is_none_is_refused_in_one_line(folder: Path, kind: str) -> None:
    harm, text = RAW[kind]
    harm(folder / MANIFEST)
    with pytest.raises(StoreError, match=text):
        read_manifest(folder)


PLACES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a link to a file": (
        lambda path: (path.rename(path.parent / "x"), path.symlink_to("x")),
        "is a link, and links are not followed",
    ),
    "a link out of the folder": (
        lambda path: (path.unlink(), path.symlink_to("/etc/passwd")),
        "is a link, and links are not followed",
    ),
    "a pipe": (lambda path: (path.unlink(), os.mkfifo(path)), "is not a plain file"),
    "a linked folder": (
        lambda path: (path.parent.rename(path.parents[1] / "d"), path.parent.symlink_to("d")),
        "is a link, and links are not followed",
    ),
}


@pytest.mark.parametrize("kind", PLACES)
def test_no_link_is_followed_and_no_pipe_waited_for(folder: Path, kind: str) -> None:
    harm, text = PLACES[kind]
    path = folder / Reader(folder).plan.shards[0].path
    harm(path)
    with pytest.raises(StoreError, match=text):
        Reader(folder)[0]
    assert any(text.split(",")[0] in problem for problem in verify(folder).problems)


def test_opening_a_set_imports_nothing_and_repairing_a_strangers_asks_first(rows, tmp_path: Path, monkeypatch) -> None:
    sprung = tmp_path / "sprung"
    (tmp_path / "trap.py").write_text(f"open({str(sprung)!r}, 'w').close()\ndef make(): pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for i, named in enumerate(("trap:make", "os:system", "trap", 7, None)):
        recipe = {"generator": named, "options": {"command": f"touch {sprung}"}, "regime": {"name": "trap:make"}}
        folder = rows(100).write(tmp_path / str(i), replace(rows(100).plan(), recipe=recipe)).folder
        store = factorhub.open(folder)
        assert len(store.lookup(shape="heart")) == 33
        with pytest.raises(InputError, match="names a generator outside the catalog, .* if you trust it, say so"):
            store.counterfactual(1, shape="square", size=40 / 49)  # which the set does not hold
        os.truncate(folder / store.plan.shards[0].path, 5)
        for leave in (None, "dsprites", "trap:other"):
            with pytest.raises(InputError, match="names a generator outside the catalog, .* if you trust it, say so"):
                factorhub.repair(folder, generator=leave)
    folder = factorhub.generate("dsprites", tmp_path / "regime", rows=40).folder
    changed(folder, put("plan", "recipe", "regime", {"kind": "pairs", "k": 1, "inner": {"kind": "trap:Regime"}}))
    os.truncate(folder / "data" / "train-00000-of-00001.h5", 5)
    with pytest.raises(InputError, match="names a regime outside factorhub, 'trap:Regime', .* import trap in Python and call"):
        factorhub.repair(folder)
    assert "trap" not in sys.modules
    assert not sprung.exists()


def test_a_recipe_that_cannot_be_followed_ends_in_one_line(tmp_path: Path) -> None:
    folder = factorhub.generate("dsprites", tmp_path / "set", rows=40).folder
    whole = (folder / MANIFEST).read_text()
    os.truncate(folder / "data" / "train-00000-of-00001.h5", 5)
    changes = [
        put("regime", {"name": "os:system"}),
        put("regime", 7),
        put("options", {"size": 4096}),
        put("rows", 41),
        put("version", "x"),
    ]
    for change in changes:
        (folder / MANIFEST).write_text(whole)
        changed(folder, lambda data, change=change: change(data["plan"]["recipe"]))
        with pytest.raises(FactorhubError) as caught:
            factorhub.repair(folder)
        assert "\n" not in str(caught.value)
    (folder / MANIFEST).write_text(whole)
    assert factorhub.repair(folder).ok


def test_a_hostile_current_folder_imports_nothing(folder: Path) -> None:
    """`verify` starts a process of its own; modules that lie in the set's folder must not be taken for the library's."""
    for name in ("json", "numpy", "h5py", "factorhub", "resource"):
        (folder / f"{name}.py").write_text(f"open({str(folder / 'sprung')!r}, 'w').close()")
    here = os.getcwd()
    os.chdir(folder)
    try:
        assert verify(Path()).ok
    finally:
        os.chdir(here)
    assert not (folder / "sprung").exists()


# --- shards whose index was made to fit ---------------------------------------------------------------------------------


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


# --- bytes and JSON at random -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pristine(stored: Reader, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A set that is harmed and healed again and again, under a limit of memory that no request may come near."""
    folder = shutil.copytree(stored.folder, tmp_path_factory.mktemp("pristine") / "set")
    limits = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 30), limits[1]))
    yield folder
    resource.setrlimit(resource.RLIMIT_AS, limits)


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.integers(-(2**70), 2**70), st.sampled_from([2**31, 2**32, 2**62, 2**63, 10**30]),
    st.floats(), st.text(max_size=8), st.sampled_from(["../x", "os:system", "object", "float64", "image", "shape", "natural", "train"]),
)  # fmt: skip
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4), max_leaves=8
)


def fuzz_the_manifest(folder: Path, data: Any) -> None:
    path = folder / MANIFEST
    whole = path.read_bytes()
    tree = json.loads(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        node, key = {"": tree}, ""
        while isinstance(node[key], (dict, list)) and node[key] and data.draw(st.integers(0, 7)):
            node = node[key]
            key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        act = data.draw(st.sampled_from(["replace", "remove", "repeat"]))
        if act == "replace" or (node is not tree and key == ""):
            node[key] = data.draw(json_values)
        elif act == "remove":
            del node[key]
        else:
            node[key] = [copy.deepcopy(node[key])] * 3
        if not isinstance(tree, dict):
            break
    try:
        path.write_text(json.dumps(tree))
        use(folder)
    except FactorhubError as error:
        assert "\n" not in str(error)
    finally:
        path.write_bytes(whole)


@FUZZ
@given(st.data())
def test_a_manifest_changed_at_random_gives_an_error_of_ours_or_rows(pristine: Path, data) -> None:
    fuzz_the_manifest(pristine, data)


@pytest.mark.soak
@LONG
@given(st.data())
def test_a_manifest_changed_at_random_many_times(pristine: Path, data) -> None:
    fuzz_the_manifest(pristine, data)


def fuzz_a_shard(folder: Path, truth: dict[str, np.ndarray], data: Any) -> None:
    """Bytes changed anywhere, with or without an index made to fit: an error of ours, or rows that are right or were forged."""
    reader = Reader(folder)
    path = folder / reader.plan.shards[0].path
    whole = path.read_bytes()
    body = reader.shard(0).index.body
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    forged = data.draw(st.booleans())
    try:
        path.write_bytes(content)
        if forged:
            with path.open("rb+") as handle:
                digest = digest_of(handle.fileno(), body)
                head = (
                    bytes(content[body : -TRAILER.size])
                    + TRAILER.pack(*TRAILER.unpack(content[-TRAILER.size :])[:3], digest, bytes(16))[:-16]
                )
                handle.seek(body)
                handle.write(head + __import__("xxhash").xxh3_128_digest(head))
        got = Reader(folder).read(slice(0, 90))
        for name, expected in truth.items():
            assert got[name].shape == expected.shape
            assert np.array_equal(got[name], expected), (name, forged)
    except FactorhubError as error:
        assert "\n" not in str(error)
    finally:
        path.write_bytes(whole)


@FUZZ
@given(st.data())
def test_a_shard_changed_at_random_gives_an_error_of_ours_or_the_right_rows(pristine: Path, stored: Reader, data) -> None:
    fuzz_a_shard(pristine, stored.read(slice(0, 90)), data)


@pytest.mark.soak
@LONG
@given(st.data())
def test_a_shard_changed_at_random_many_times(pristine: Path, stored: Reader, data) -> None:
    fuzz_a_shard(pristine, stored.read(slice(0, 90)), data)


@pytest.mark.parametrize("compression", ["auto", "none"])
def test_stock_readers_find_a_changed_byte_of_a_raw_chunk(tmp_path: Path, compression: Any) -> None:
    store = factorhub.generate("dsprites", tmp_path / "set", rows=300, shard_rows=300, compression=compression)
    whole = store.shard(0)
    for name, chunks in whole.chunks.items():
        if chunks.codec.gzip:
            continue
        with h5py.File(whole.path) as file:
            assert file[name].fletcher32
            assert np.array_equal(file[name][:], store[name])
        at = chunks.offsets[0] + chunks.bytes // 2
        with open(whole.path, "r+b") as file:
            file.seek(at)
            old = file.read(1)
            file.seek(at)
            file.write(bytes([old[0] ^ 4]))
        with h5py.File(whole.path) as file, pytest.raises(OSError, match="read"):
            file[name][:]
        with open(whole.path, "r+b") as file:
            file.seek(at)
            file.write(old)
    assert factorhub.verify(store.folder).ok
