"""Rivals on one folder, interruptions, and renderers that fail."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import factorhub
from factorhub.build import generate_part
from factorhub.errors import InputError, StoreError
from factorhub.storage.folder import claimed
from factorhub.storage.manifest import UNFINISHED
from factorhub.storage.verify import verify


def test_two_generators_on_one_folder(rows, tmp_path: Path, in_child) -> None:
    folder = tmp_path / "set"
    rows(400).write(folder)
    with claimed(folder), pytest.raises(InputError, match="another factorhub process is writing to .*; wait for it"):
        rows(400).write(folder)
    shutil.rmtree(folder)
    pids = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            code = 4
            try:
                rows(400, lambda: time.sleep(0.01)).write(folder)
                code = 0
            except InputError as error:
                code = 3 if "another factorhub process" in str(error) else 4
            finally:
                os._exit(code)
        pids.append(pid)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    assert 0 in codes
    assert set(codes) <= {0, 3}
    assert verify(folder).ok


def test_an_interruption_ends_in_one_line(tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "factorhub",
        "generate",
        "dsprites",
        "--rows",
        "700000",
        "--workers",
        "1",
        "--shard-rows",
        "1000",
    ]
    words += ["--out", str(tmp_path / "set")]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("set/data/train-00002-*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "factorhub: interrupted; run the same command again to go on\n")
    assert not list(tmp_path.rglob("*.tmp"))
    assert (tmp_path / "set" / UNFINISHED).exists()
    with pytest.raises(StoreError, match="is unfinished; run the command that began it again to finish it"):
        factorhub.open(tmp_path / "set")


def test_rendering_that_fails_ends_in_one_line_and_keeps_what_was_finished(rows, tmp_path: Path) -> None:
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        if len(calls) == 4:
            raise ZeroDivisionError("of all\nthings")

    text = r"rows 200 to 299 cannot be rendered \(ZeroDivisionError: of all things\); finished shards are kept"
    with pytest.raises(StoreError, match=text) as caught:
        rows(400, fail).write(tmp_path / "set", workers=1)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert len(list((tmp_path / "set" / "data").iterdir())) == 2
    rows(400).write(tmp_path / "set")
    assert verify(tmp_path / "set").ok


def test_jobs_of_several_that_die_are_made_up_for(tmp_path: Path) -> None:
    settings = {"rows": 200, "shard_rows": 20, "splits": {"train": 0.5, "test": 0.5}}
    whole = factorhub.generate("dsprites", tmp_path / "whole", **settings)
    for job in (2, 0):  # job 1 never ran
        generate_part("dsprites", tmp_path / "set", job, 3, **settings)
    assert len(list((tmp_path / "set" / "data").iterdir())) == 7
    assert factorhub.generate("dsprites", tmp_path / "set", **settings).manifest == whole.manifest
    with pytest.raises(InputError, match="holds another set: rows is 200 there and 100 here"):
        generate_part("dsprites", tmp_path / "set", 0, 3, **{**settings, "rows": 100})
    with pytest.raises(InputError, match=r"shard_index \(--shard-index\) is a whole number from 0 to 2; got 3"):
        generate_part("dsprites", tmp_path / "set", 3, 3, **settings)
