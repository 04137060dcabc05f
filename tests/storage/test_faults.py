"""Crashes, damage, full disks, rivals and interruptions: nothing half-written, nothing lost, one clear line."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import factorhub
from factorhub.storage.manifest import MANIFEST, Manifest
from factorhub.storage.reader import Reader
from factorhub.storage.verify import verify
from tests.storage.damage import SOAK


@pytest.fixture(scope="module")
def undisturbed(rows, tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return rows(400).write(tmp_path_factory.mktemp("undisturbed") / "set").manifest


def _crash_and_finish(
    source, folder: Path, in_child, damaged_names, kill: Callable[[], object] | float, rounds: int = 1
) -> Manifest:
    """Kill a run, look at what it left, and finish it."""
    plan = source.plan()
    for _ in range(rounds):
        if callable(kill):
            status = in_child(lambda: (kill(), source.write(folder, plan, workers=2)))
        else:
            status = in_child(lambda: source.write(folder, plan, workers=2), kill_after=kill)
        assert status in (0, signal.SIGKILL)
        assert damaged_names(folder, plan) == []
        if (folder / MANIFEST).exists():
            assert all((folder / shard.path).exists() for shard in Reader(folder).plan.shards)
    manifest = source.write(folder, plan).manifest
    assert damaged_names(folder, plan) == []
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "data", MANIFEST]
    assert len(list((folder / "data").iterdir())) == len(plan.shards)
    return manifest


def _dies_at(step: int) -> Callable[[], None]:
    """Kill this process at its `step`-th call that changes what is on disk for good."""

    def arm() -> None:
        count = 0

        def counted(real):
            def call(*args, **kwargs):
                nonlocal count
                count += 1
                if count > step:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*args, **kwargs)

            return call

        os.fsync = counted(os.fsync)
        os.replace = counted(os.replace)
        os.unlink = counted(os.unlink)

    return arm


@pytest.mark.parametrize("step", range(26))
def test_killed_at_any_step_on_disk_the_next_run_completes(rows, tmp_path, in_child, damaged_names, undisturbed, step) -> None:
    assert _crash_and_finish(rows(400), tmp_path / "set", in_child, damaged_names, _dies_at(step)) == undisturbed


@pytest.mark.parametrize("count", [6, pytest.param(100, marks=SOAK)])
def test_killed_at_random_moments_the_next_run_completes(rows, tmp_path, in_child, damaged_names, undisturbed, count) -> None:
    draw = random.Random(count)
    began = time.monotonic()
    rows(400).write(tmp_path / "timed")
    lasts = time.monotonic() - began
    for trial in range(count):
        folder = tmp_path / "set"
        after, rounds = draw.uniform(0, 1.1 * lasts), draw.randint(1, 3)
        assert _crash_and_finish(rows(400), folder, in_child, damaged_names, after, rounds) == undisturbed, trial
        shutil.rmtree(folder)


@SOAK
def test_a_generator_killed_at_random_moments_ends_with_the_same_digests(tmp_path: Path) -> None:
    """The same through the command line, in processes of their own, for both kinds of generator."""
    draw = random.Random(1)
    for name, rows in (("dsprites", "60000"), ("dmelodies", "400000")):
        words = [sys.executable, "-m", "factorhub", "generate", name, "--rows", rows, "--shard-rows", "4096", "--out"]
        subprocess.run([*words, str(tmp_path / name)], check=True, capture_output=True)
        expected = factorhub.verify(tmp_path / name).digests
        for _ in range(10):
            folder = tmp_path / "killed"
            for _ in range(3):
                process = subprocess.Popen([*words, str(folder)], stdout=subprocess.DEVNULL)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(draw.uniform(0.5, 3))
                process.kill()
                process.wait()
            subprocess.run([*words, str(folder)], check=True, capture_output=True)
            assert factorhub.verify(folder).digests == expected
            shutil.rmtree(folder)


def test_the_next_run_keeps_what_was_finished_and_remakes_what_was_damaged(rows, tmp_path: Path) -> None:
    calls: list[int] = []

    def stop() -> None:
        calls.append(1)
        if len(calls) > 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rows(400, stop).write(tmp_path / "set", workers=1)
    done = sorted((tmp_path / "set" / "data").iterdir())
    assert 1 <= len(done) < 4
    assert not list((tmp_path / "set").rglob("*.tmp"))
    kept, changed = done[0], tmp_path / "set" / "data" / "train-00003-of-00004.h5"
    before = kept.stat().st_mtime_ns
    changed.write_bytes(kept.read_bytes())
    rows(400).write(tmp_path / "set")
    assert kept.stat().st_mtime_ns == before
    assert verify(tmp_path / "set").ok
