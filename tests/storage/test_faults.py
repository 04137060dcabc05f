"""Faults: killed, interrupted and crowded-out runs, full and read-only disks. What is finished is kept, the next run completes."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError, StoreError
from factorhub.factors import Array, continuous
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace

WORDS = ["generate", "dsprites", "--rows", "6000", "--shard-rows", "500", "--splits", "train=0.8,test=0.2"]
ASKED = {"rows": 6000, "shard_rows": 500, "splits": {"train": 0.8, "test": 0.2}}


def command(out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "factorhub", *WORDS, "--out", str(out), *more]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The digests of the set that no run was disturbed in."""
    folder = tmp_path_factory.mktemp("whole") / "set"
    factorhub.generate("dsprites", folder, **ASKED)
    return factorhub.verify(folder).digests


def check_no_damage(folder: Path) -> int:
    """Every file under a final name is whole; returns how many shards there are."""
    from factorhub.storage.manifest import MANIFEST, read_manifest, read_unfinished
    from factorhub.storage.shard import ShardReader

    if not folder.exists():
        return 0
    plan = read_manifest(folder).plan if (folder / MANIFEST).exists() else read_unfinished(folder)
    names = {path.name for path in (folder / "data").glob("*.h5")} if (folder / "data").exists() else set()
    assert plan is not None or not names
    for shard in plan.shards if plan is not None else ():
        if Path(shard.path).name in names:
            assert ShardReader(folder, plan, shard).untouched()
    return len(names)


@pytest.mark.parametrize("count", [4, pytest.param(120, marks=pytest.mark.soak)])
def test_a_killed_run_damages_nothing_and_the_next_completes(count: int, tmp_path: Path, undisturbed: dict[str, str]) -> None:
    began = time.monotonic()
    subprocess.run(command(tmp_path / "timed"), check=True, capture_output=True)
    whole = time.monotonic() - began
    rng = random.Random(0)
    kept = []
    for i in range(count):
        folder = tmp_path / str(i)
        process = subprocess.Popen(command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.3, 1.05) * whole)
        process.send_signal(signal.SIGKILL)
        process.wait()
        kept.append(check_no_damage(folder))
        subprocess.run(command(folder), check=True, capture_output=True)
        report = factorhub.verify(folder)
        assert report.ok, report.problems
        assert report.digests == undisturbed
        assert not list(folder.rglob("*.tmp"))
        shutil.rmtree(folder)
    if count > 50:
        assert len(set(kept)) > 3, f"kills hit only {set(kept)} finished shards; they should fall all over the run"


def test_an_interrupted_run_says_what_to_do_and_goes_on(tmp_path: Path, undisturbed: dict[str, str]) -> None:
    process = subprocess.Popen(command(tmp_path / "set"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not list(tmp_path.glob("set/data/*.h5")) and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    if process.returncode:  # it may have been quicker than the signal
        assert process.returncode == 130
        assert err.strip() == "factorhub: interrupted; run the same command again to go on"
    assert check_no_damage(tmp_path / "set") >= 1
    subprocess.run(command(tmp_path / "set"), check=True, capture_output=True)
    assert factorhub.verify(tmp_path / "set").digests == undisturbed


def failing(after: int | None) -> Generator:
    """A generator that dies once it has rendered `after` rows."""
    rendered = [0]

    def draw(values: Array) -> Batch:
        rendered[0] += len(values)
        if after is not None and rendered[0] > after:
            raise RuntimeError("the renderer lost its way")
        return {"image": np.repeat(values[:, :1], 4, axis=1).astype(np.float32)}

    space = FactorSpace((continuous("x", 0.0, 1.0, grid=50_000),))
    return Generator("failing", "dies", space, (Field("image", "float32", (4,), ("i",)),), draw, "these tests")


def test_a_dying_worker_ends_the_run_and_keeps_what_is_finished(tmp_path: Path) -> None:
    settings = {"shard_rows": 5000, "compression": "none"}
    with pytest.raises(StoreError, match=r"rows \d+ to \d+ cannot be rendered .*lost its way.*; finished shards are kept"):
        factorhub.generate(failing(30_000), tmp_path / "set", workers=1, **settings)
    finished = {path: path.stat().st_mtime_ns for path in (tmp_path / "set" / "data").glob("*.h5")}
    assert 1 <= len(finished) <= 6
    assert not list((tmp_path / "set").rglob("*.tmp"))
    store = factorhub.generate(failing(None), tmp_path / "set", **settings)
    assert factorhub.verify(store.folder).ok
    assert all(path.stat().st_mtime_ns == then for path, then in finished.items())


def test_two_runs_on_one_folder_do_not_meet(tmp_path: Path, undisturbed: dict[str, str]) -> None:
    first = subprocess.Popen(command(tmp_path / "set"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (tmp_path / "set" / "manifest.unfinished.json").exists() and first.poll() is None:
        time.sleep(0.002)
    second = subprocess.run(command(tmp_path / "set"), capture_output=True, text=True, check=False)
    first.wait()
    if second.returncode:
        assert second.returncode == 2
        assert f"another factorhub process is writing to {tmp_path / 'set'}" in second.stderr
        assert second.stderr.count("\n") == 1
    assert factorhub.verify(tmp_path / "set").digests == undisturbed


@contextlib.contextmanager
def mounted(at: Path, *options: str) -> Iterator[None]:
    """A file system in memory, where one may be mounted."""
    at.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(at)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no file system may be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(at)], check=True)


@pytest.mark.skipif(shutil.which("mount") is None or os.name != "posix" or os.geteuid() != 0, reason="mounting takes root")
def test_a_full_disk_is_one_line_and_nothing_is_lost(tmp_path: Path, undisturbed: dict[str, str]) -> None:
    disk = tmp_path / "disk"
    with mounted(disk, "size=300k"):
        done = subprocess.run(command(disk / "set"), capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stderr
        hint = "is full; free some space and run the same command again to finish"
        assert done.stderr.strip() == f"factorhub: the disk of {disk / 'set'} {hint}"
        assert check_no_damage(disk / "set") >= 1
        subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
        subprocess.run(command(disk / "set"), check=True, capture_output=True)
        assert factorhub.verify(disk / "set").digests == undisturbed


@pytest.mark.skipif(shutil.which("mount") is None or os.name != "posix" or os.geteuid() != 0, reason="mounting takes root")
def test_a_read_only_folder_is_one_line(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with mounted(disk, "size=5m"):
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        done = subprocess.run(command(disk / "set"), capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "cannot write to" in done.stderr
        assert "Read-only file system; name a folder you may write to" in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_vanished_folder_is_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    process = subprocess.Popen(command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while not list(folder.glob("data/*.h5")) and process.poll() is None:
        time.sleep(0.002)
    shutil.rmtree(folder, ignore_errors=True)
    _, err = process.communicate()
    if process.returncode:
        assert process.returncode == 1
        assert err.count("\n") == 1, err
        assert "vanished" in err or "cannot write" in err


def test_a_finished_set_in_a_vanished_place_says_so(tmp_path: Path) -> None:
    store = factorhub.generate("dsprites", tmp_path / "set", rows=50)
    shutil.rmtree(store.folder)
    with pytest.raises(StoreError, match="is missing"):
        factorhub.open(tmp_path / "elsewhere") if store.folder.exists() else store[3]
    with pytest.raises(StoreError, match="there is no such folder"):
        factorhub.open(store.folder)


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    for overwrite in (False, True):
        with pytest.raises(InputError, match="is not empty and holds no factorhub set"):
            factorhub.generate("dsprites", tmp_path, rows=50, overwrite=overwrite)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
    assert not list(tmp_path.rglob("*.json"))
