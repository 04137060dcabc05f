"""Hostile files: whatever a manifest or a shard holds, no other file is touched, no code runs, no memory beyond the request."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import factorhub
from factorhub.errors import FactorhubError, InputError, StoreError
from factorhub.storage.files import LARGEST
from factorhub.storage.manifest import MANIFEST, read_manifest
from factorhub.storage.reader import Reader
from factorhub.storage.verify import verify
from tests.storage.hostile import changed, put, use

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
