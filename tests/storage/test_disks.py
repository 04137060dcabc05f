"""Disks and folders that refuse end in one line."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError, StoreError
from factorhub.storage.manifest import MANIFEST
from factorhub.storage.reader import Reader
from factorhub.storage.verify import verify


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte, where mounting is allowed."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def _run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "factorhub", *map(str, words)], capture_output=True, text=True, check=False)


def test_a_full_disk_ends_in_one_line_and_the_next_run_completes(small_disk: Path) -> None:
    words = ("generate", "dsprites", "--rows", 2000, "--shard-rows", 500, "--compression", "none", "--out", small_disk / "set")
    done = _run(*words)
    assert done.returncode == 1
    full = f"factorhub: the disk of {small_disk / 'set'} is full; free some space and run the same command again to finish\n"
    assert done.stderr == full
    assert not list((small_disk / "set").rglob("*.tmp"))
    assert not (small_disk / "set" / MANIFEST).exists()
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    done = _run(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert factorhub.verify(small_disk / "set").ok


def test_every_moment_at_which_a_disk_may_fill_up(rows, tmp_path: Path, in_child) -> None:
    """The same with a limit on the size of files, which needs no rights, at many sizes."""
    source = rows(300)
    plan = source.plan(compression="none")
    whole = source.write(tmp_path / "whole", plan)
    largest = max(path.stat().st_size for path in (tmp_path / "whole").rglob("*") if path.is_file())
    for limit in np.linspace(1, largest + 4096, 12).astype(int).tolist():  # HDF5 asks for whole blocks and gives the rest back

        def limited(limit: int = limit) -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            try:
                source.write(tmp_path / "set", plan)
            except StoreError as error:
                os._exit(3 if "is full; free some space" in str(error) and not list(tmp_path.rglob("*.tmp")) else 4)

        assert os.waitstatus_to_exitcode(in_child(limited)) == (3 if limit < largest else 0), limit
        assert source.write(tmp_path / "set", plan).manifest == whole.manifest
        shutil.rmtree(tmp_path / "set")


def test_a_read_only_folder_ends_in_one_line(small_disk: Path) -> None:
    factorhub.generate("dsprites", small_disk / "set", rows=50)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert factorhub.verify(small_disk / "set").ok
    with pytest.raises(StoreError, match=r"cannot write to .*new: Read-only file system; name a folder you may write to"):
        factorhub.generate("dsprites", small_disk / "new", rows=50)
    with pytest.raises(StoreError, match="cannot write to .*set: Read-only file system"):
        factorhub.generate("dsprites", small_disk / "set", rows=60, overwrite=True)


def test_a_folder_without_rights_ends_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StoreError, match="cannot write to .*: Permission denied; name a folder you may write to"):
        rows(10).write(tmp_path / "set")


def test_a_folder_that_vanishes_ends_in_one_line(rows, tmp_path: Path) -> None:
    calls: list[int] = []

    def vanish() -> None:
        calls.append(1)
        if len(calls) == 3:
            shutil.rmtree(tmp_path / "set")

    with pytest.raises(StoreError, match=r"set vanished while it was written; run the same command again"):
        rows(400, vanish).write(tmp_path / "set", workers=1)
    rows(400).write(tmp_path / "set")
    assert verify(tmp_path / "set").ok


def test_a_finished_set_in_a_vanished_place_says_so(rows, tmp_path: Path) -> None:
    reader = rows(50).write(tmp_path / "set")
    shutil.rmtree(reader.folder)
    with pytest.raises(StoreError, match="is missing"):
        reader[3]
    with pytest.raises(StoreError, match="there is no such folder"):
        Reader(reader.folder)


def test_a_folder_that_is_not_ours_is_left_as_it_is(rows, tmp_path: Path) -> None:
    for name in ("README.md", "data/train-00000-of-00001.h5", "x/y", ".hidden"):
        folder = tmp_path / name.replace("/", "_")
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("mine")
        before = sorted(folder.rglob("*"))
        for how in ({}, {"overwrite": True}):
            with pytest.raises(InputError, match=r"is not empty and holds no factorhub set \(found .*; name another folder"):
                rows(10).write(folder, **how)
        assert sorted(folder.rglob("*")) == before
        assert (folder / name).read_text() == "mine"


def test_overwrite_leaves_no_shard_of_the_old_set(rows, tmp_path: Path) -> None:
    rows(400).write(tmp_path / "set")
    (tmp_path / "set" / "notes.txt").write_text("mine")
    (tmp_path / "set" / MANIFEST).write_text("{")  # damaged: which shards it had is not known any more
    with pytest.raises(StoreError, match=r"is not JSON; restore it, or generate the set again with overwrite=True \(--overwrite\)"):
        rows(200).write(tmp_path / "set")
    rows(200).write(tmp_path / "set", overwrite=True)
    assert verify(tmp_path / "set").ok
    assert (tmp_path / "set" / "notes.txt").read_text() == "mine"
