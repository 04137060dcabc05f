"""Temporary files: never guessed, never followed, never shared, and none left over after the next run."""

from __future__ import annotations

import errno
import fcntl
import gc
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import factorhub
import factorhub.loaders
from factorhub.commands.preview import contact, save, sheet
from factorhub.errors import FactorhubError, InputError, StoreError
from factorhub.exchange.formats import export
from factorhub.exchange.output import replacing
from factorhub.storage.files import TooManyFiles
from factorhub.storage.reader import Reader
from factorhub.storage.verify import verify
from factorhub.storage.whole import Temporary, is_temporary, left_over_of, remove_left_over, write_whole

OLD = range(1, 300)  # process ids, by which temporary files were once named


def temporaries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob(".*.tmp"))


def test_a_temporary_file_is_new_each_time_and_vanishes_unless_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with Temporary(path) as one, Temporary(path) as other:
        assert one.at != other.at
        assert is_temporary(one.at.name)
        os.write(one.descriptor, b"one")
        os.write(other.descriptor, b"other")
        one.keep()
    assert path.read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["a.h5"]


def test_names_as_long_as_the_file_system_allows_are_written(tmp_path: Path) -> None:
    for name in ("x" * 255, "é" * 127, "a" * 199 + "é" * 28):
        write_whole(tmp_path / name, b"whole")
        assert (tmp_path / name).read_bytes() == b"whole"
    assert temporaries(tmp_path) == []


def test_what_a_live_run_writes_is_left_alone_and_what_a_killed_one_left_is_removed(tmp_path: Path, in_child) -> None:
    path = tmp_path / "a.npz"

    def die() -> None:
        Temporary(path)
        os.kill(os.getpid(), signal.SIGKILL)

    in_child(die)
    in_child(die)
    (tmp_path / ".a.npz.123.tmp").write_bytes(b"of an earlier version")
    (tmp_path / ".b.npz.0123456789abcdef.tmp").write_bytes(b"of another file")
    with Temporary(path) as live:
        assert len(temporaries(tmp_path)) == 5
        remove_left_over(tmp_path, left_over_of(path))
        assert temporaries(tmp_path) == sorted([live.at.name, ".b.npz.0123456789abcdef.tmp"])


def test_where_there_are_no_locks_only_what_is_old_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", without)
    fresh, old = tmp_path / ".a.0123456789abcdef.tmp", tmp_path / ".a.fedcba9876543210.tmp"
    fresh.touch()
    old.touch()
    os.utime(old, (0, 0))
    remove_left_over(tmp_path, left_over_of(tmp_path / "a"))
    assert os.listdir(tmp_path) == [fresh.name]


def test_many_writers_of_one_name_each_write_the_whole(tmp_path: Path) -> None:
    """As in containers, whose processes all have the same number."""
    path = tmp_path / "a.bin"
    contents = [bytes([i]) * 100_000 for i in range(16)]
    failed: list[BaseException] = []

    def work(content: bytes) -> None:
        try:
            for _ in range(5):
                remove_left_over(tmp_path, left_over_of(path))
                write_whole(path, content)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(content,)) for content in contents]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert failed == []
    assert path.read_bytes() in contents
    assert os.listdir(tmp_path) == ["a.bin"]


# --- nothing outside is touched -----------------------------------------------------------------------------------------


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "victim"
    path.write_text("precious")
    return path


def plant(folder: Path, name: str, make: Callable[[Path], object]) -> None:
    for number in [*OLD, os.getpid()]:
        make(folder / f".{name}.{number}.tmp")


@pytest.mark.parametrize("kind", ["links", "links to nothing", "pipes", "hard links"])
def test_what_waits_under_old_temporary_names_is_never_written(tmp_path: Path, victim: Path, kind: str) -> None:
    make = {
        "links": lambda path: path.symlink_to(victim),
        "links to nothing": lambda path: path.symlink_to(tmp_path / "created"),
        "pipes": os.mkfifo,
        "hard links": lambda path: os.link(victim, path),
    }[kind]
    folder = factorhub.generate("dsprites", tmp_path / "set", rows=20).folder
    shard = next((folder / "data").iterdir())
    shard.unlink()
    plant(folder / "data", shard.name, make)
    plant(folder, "README.md", make)
    plant(folder, "manifest.json", make)
    assert factorhub.repair(folder).ok
    assert temporaries(folder) == []
    out = tmp_path / "out"
    out.mkdir()
    for name, to in (("x.npz", "npz"), ("x.hdf5", "hdf5"), ("x.parquet", "parquet"), ("x.tar", "webdataset")):
        plant(out, name, make)
        export(factorhub.open(folder), to, out / name)
    plant(out, "x.png", make)
    make(out / ".x.png.tmp.png")
    save(sheet(*contact(factorhub.generator("dsprites"), 2)), out / "x.png")
    assert sorted(os.listdir(out)) == [".x.png.tmp.png", "x.hdf5", "x.npz", "x.parquet", "x.png", "x.tar"]
    assert victim.read_text() == "precious"
    assert not (tmp_path / "created").exists()


@pytest.mark.parametrize("name", ["manifest.json", "README.md", "data/train-00000-of-00001.h5"])
def test_a_link_under_a_final_name_is_replaced_and_not_followed(tmp_path: Path, victim: Path, name: str) -> None:
    folder = factorhub.generate("dsprites", tmp_path / "set", rows=20).folder
    if name != "manifest.json":
        (folder / name).unlink()
        (folder / name).symlink_to(victim)
        assert factorhub.repair(folder).ok
    with replacing(tmp_path / "x") as temporary:
        (tmp_path / "x").symlink_to(victim)
        temporary.write_bytes(b"new")
    assert (tmp_path / "x").read_bytes() == b"new"
    assert victim.read_text() == "precious"


LOCKS: dict[str, Callable[[Path, Path], object]] = {
    "a link": lambda path, victim: path.symlink_to(victim),
    "a link to nothing": lambda path, victim: path.symlink_to(victim.with_name("created")),
    "a pipe": lambda path, victim: os.mkfifo(path),
    "a folder": lambda path, victim: path.mkdir(),
    "a device": lambda path, victim: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("kind", LOCKS)
def test_a_lock_that_is_no_plain_file_is_refused_at_once(tmp_path: Path, victim: Path, kind: str) -> None:
    folder = factorhub.generate("dsprites", tmp_path / "set", rows=20).folder
    next((folder / "data").iterdir()).unlink()
    LOCKS[kind](folder / ".lock", victim)
    with pytest.raises(InputError, match=r"\.lock is no plain file, as a lock is; remove it"):
        factorhub.repair(folder)
    assert not (tmp_path / "created").exists()
    assert victim.read_text() == "precious"


# --- killed runs --------------------------------------------------------------------------------------------------------


def test_a_killed_repair_is_finished_by_the_next(tmp_path: Path, in_child, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = factorhub.generate("dsprites", tmp_path / "set", rows=400, shard_rows=50).folder
    for path in (folder / "data").iterdir():
        path.write_bytes(b"x")

    def die() -> None:
        keep, kept = Temporary.keep, []

        def third(self: Temporary) -> None:
            kept.append(self)
            if len(kept) == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            keep(self)

        Temporary.keep = third  # type: ignore[method-assign]
        factorhub.repair(folder, workers=1)

    assert in_child(die) == signal.SIGKILL
    assert len(temporaries(folder)) == 1
    assert factorhub.repair(folder).ok
    assert temporaries(folder) == []


def test_a_killed_export_leaves_nothing_after_the_next(tmp_path: Path, in_child) -> None:
    store = factorhub.generate("dsprites", tmp_path / "set", rows=40)
    (tmp_path / "out").mkdir()

    def die() -> None:
        with replacing(tmp_path / "out" / "x.npz") as temporary:
            temporary.write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(die) == signal.SIGKILL
    assert len(temporaries(tmp_path / "out")) == 1
    export(store, "npz", tmp_path / "out" / "x.npz")
    assert os.listdir(tmp_path / "out") == ["x.npz"]


# --- limits -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_written_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def without(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", without)
    store = factorhub.generate("dsprites", tmp_path / "set", rows=20)
    export(store, "hdf5", tmp_path / "x.hdf5")
    assert verify(store.folder).ok


def test_hdf5_asks_for_no_lock_of_its_own(tmp_path: Path) -> None:
    """Seen by a lock that another process holds, which HDF5 would stumble over."""
    store = factorhub.generate("dsprites", tmp_path / "set", rows=20)
    with (store.folder / store.plan.shards[0].path).open("rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert verify(store.folder).ok


@pytest.mark.parametrize(("limit", "value"), [("RLIMIT_AS", 3 << 30), ("RLIMIT_CPU", 50)])
def test_verify_and_repair_work_under_a_hard_limit(tmp_path: Path, limit: str, value: int) -> None:
    folder = factorhub.generate("dsprites", tmp_path / "set", rows=20).folder
    (folder / "README.md").unlink()

    def limited() -> None:
        resource.setrlimit(getattr(resource, limit), (value, value))

    for words in (["repair", str(folder)], ["verify", str(folder)]):
        done = subprocess.run([sys.executable, "-m", "factorhub", *words], preexec_fn=limited, capture_output=True)
        assert done.returncode == 0, done.stderr


def descriptors(folder: Path) -> int:
    return sum(os.path.realpath(f"/proc/self/fd/{name}").startswith(str(folder)) for name in os.listdir("/proc/self/fd"))


def test_a_dropped_set_closes_its_files_at_once(tmp_path: Path) -> None:
    folder = factorhub.generate("dsprites", tmp_path / "set", rows=100, shard_rows=10, splits={"a": 0.5, "b": 0.5}).folder
    gc.disable()
    try:
        for split in (None, "a"):
            store = factorhub.open(folder, split)
            store[:]
            store.lookup(shape="heart")
            store.values("scale")
            store.codes(0)
            assert descriptors(folder) > 1
            del store
            assert descriptors(folder) == 0
    finally:
        gc.enable()


def test_too_many_open_files_are_not_called_missing_shards(tmp_path: Path) -> None:
    folder = factorhub.generate("dsprites", tmp_path / "set", rows=100, shard_rows=10).folder
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken: list[int] = []
    store = factorhub.open(folder)
    store[0]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, soft), hard))
        try:
            while True:
                taken.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            pass
        for work in (lambda: Reader(folder), lambda: verify(folder), lambda: factorhub.open(folder)[0]):
            with pytest.raises(FactorhubError) as caught:
                work()
            assert "missing" not in str(caught.value)
            assert "repair" not in str(caught.value)
            assert isinstance(caught.value, TooManyFiles), str(caught.value)
        for _ in range(2):  # one for the folder and one for a file in it
            os.close(taken.pop())
        assert store[:]["image"].shape == (100, 64, 64), "a set gives back its own files first"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in taken:
            os.close(descriptor)


def test_the_folders_that_were_made_are_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []
    fsync, unlink = os.fsync, Path.unlink

    def noted(descriptor: int) -> None:
        flushed.append(os.path.realpath(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    def removed(self: Path, missing_ok: bool = False) -> None:
        flushed.append(f"without {self}")
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(Path, "unlink", removed)
    folder = tmp_path / "a" / "b" / "set"
    factorhub.generate("dsprites", folder, rows=20)
    assert {str(tmp_path), str(tmp_path / "a"), str(tmp_path / "a" / "b"), str(folder)} <= set(flushed)
    flushed.clear()
    factorhub.generate("dsprites", folder, rows=20, seed=1, overwrite=True)
    gone = flushed.index(f"without {folder / 'manifest.json'}")
    shard = next(i for i, name in enumerate(flushed) if name == str(folder / "data"))
    assert str(folder) in flushed[gone:shard], "the old manifest could come back beside a new shard"


# --- raw rows and folders of links --------------------------------------------------------------------------------------

READS: dict[str, Callable[[Any, int], object]] = {
    "one row": lambda s, row: s[row],
    "one row, after another of its chunk": lambda s, row: (s[row - 1], s[row]),
    "sevens": lambda s, row: s[[row, 1, 2, 3, 4, 5, 6]],
    "the same row often": lambda s, row: s[[row] * 9],
    "a slice": lambda s, row: s[row : row + 3],
    "all": lambda s, row: s[:],
    "a column": lambda s, row: s["shape"],
    "values": lambda s, row: s.values("shape"),
    "factors": lambda s, row: s.factors(row),
    "codes": lambda s, row: s.codes(row),
    "lookup": lambda s, row: s.lookup(shape="heart", scale=[0.5, 0.6]),
    "where": lambda s, row: s.where("shape == heart & scale > 0.6"),
    "iteration": lambda s, row: list(s),
    "a shuffled stream": lambda s, row: [0 for _ in factorhub.loaders.stream(s, 100, shuffle=True)],
    "a fully shuffled stream": lambda s, row: [0 for _ in factorhub.loaders.stream(s, 100, shuffle="full")],
    "a split": lambda s, row: factorhub.open(s.folder, "b")[:],
}


@pytest.mark.parametrize("compression", ["auto", "none"])
@pytest.mark.parametrize("kind", READS)
def test_a_changed_byte_of_a_raw_column_is_found_by_whatever_reads_it(tmp_path: Path, kind: str, compression) -> None:

    store = factorhub.generate("dsprites", tmp_path / "set", rows=1000, splits={"a": 0.2, "b": 0.8}, compression=compression)
    row = 900
    shard = store.shard(1)
    chunks = shard.chunks["shape"]
    with shard.path.open("r+b") as file:
        file.seek(chunks.offsets[0] + row - 200)
        old = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([(old + 1) % 3]))
    with pytest.raises(StoreError, match=r"is damaged in rows .* of column shape: its bytes are not those that were written"):
        READS[kind](factorhub.open(store.folder), row)


def linked(folder: Path, out: Path, store: Path) -> Path:
    """The files of a folder in a store, and a folder of links to them."""
    store.mkdir(parents=True)
    for i, path in enumerate(sorted(path for path in folder.rglob("*") if path.is_file())):
        link = out / path.relative_to(folder)
        link.parent.mkdir(parents=True, exist_ok=True)
        (store / f"{i:064x}").write_bytes(path.read_bytes())
        link.symlink_to(os.path.relpath(store / f"{i:064x}", link.parent))
    return out


def test_folders_that_known_tools_keep_as_links_are_read(tmp_path: Path) -> None:
    store = factorhub.generate("dsprites", tmp_path / "set", rows=20)
    hub = tmp_path / "hub" / "datasets--a--b"
    for out, kept in (
        (hub / "snapshots" / "abc", hub / "blobs"),
        (tmp_path / "annexed" / "sets" / "one", tmp_path / "annexed" / ".git" / "annex" / "objects"),
        (tmp_path / "versioned" / "one", tmp_path / "versioned" / ".dvc" / "cache" / "files"),
    ):
        folder = linked(store.folder, out, kept)
        assert np.array_equal(factorhub.open(folder)[[3, 1]]["image"], store[[3, 1]]["image"])
        assert verify(folder).ok
    with pytest.raises(StoreError, match="is a link, and links are not followed"):
        factorhub.open(linked(store.folder, tmp_path / "elsewhere" / "one", tmp_path / "blobs"))
    (hub / "snapshots" / "abc" / "manifest.json").unlink()
    (hub / "snapshots" / "abc" / "manifest.json").symlink_to("/etc/passwd")
    with pytest.raises(StoreError, match="is a link, and links are not followed"):
        factorhub.open(hub / "snapshots" / "abc")
