"""Crashes, damage, full disks, rivals and interruptions: nothing half-written, nothing lost, one clear line."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import factorhub
from factorhub.build import generate_part
from factorhub.errors import InputError, StoreError
from factorhub.storage.folder import claimed
from factorhub.storage.manifest import MANIFEST, UNFINISHED, Manifest
from factorhub.storage.reader import Reader
from factorhub.storage.verify import Report, verify

SOAK = pytest.mark.soak


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


# --- damage -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=SOAK)])
def test_every_flipped_bit_is_found(rows, tmp_path: Path, count: int) -> None:
    reader = rows(300).write(tmp_path / "set", rows(300).plan(shard_rows=300))
    path = tmp_path / "set" / reader.plan.shards[0].path
    spans = [(o, n) for chunks in reader.shard(0).chunks.values() for o, n in zip(chunks.offsets, chunks.sizes, strict=True)]
    inside = np.concatenate([np.arange(offset, offset + size) for offset, size in spans])
    draw = np.random.default_rng(count)
    anywhere = np.arange(path.stat().st_size)
    for trial in range(count):
        where = int(draw.choice(inside if trial % 3 else anywhere))
        with _flipped(path, where, int(draw.integers(8))):
            report = verify(tmp_path / "set")
            assert report.damaged == (0,), where
            assert not report.ok
            assert report.digests == {}
    assert verify(tmp_path / "set").ok


@contextlib.contextmanager
def _flipped(path: Path, where: int, bit: int) -> Iterator[None]:
    with path.open("rb+", buffering=0) as file:
        file.seek(where)
        old = file.read(1)
        for new in (bytes([old[0] ^ 1 << bit]), old):
            file.seek(where)
            file.write(new)
            if new is not old:
                yield


def test_damage_that_decodes_is_found_by_the_digest_of_the_rows(rows, tmp_path: Path) -> None:
    """A file whose own digests were made to fit is still not the one the manifest names."""
    source = rows(200)
    honest = source.write(tmp_path / "a")
    forged = rows(200)
    forged.read = lambda *asked: {k: v ^ 1 if k == "shape" else v for k, v in source.read(*asked).items()}
    forged.write(tmp_path / "b", honest.plan)
    shutil.copy(tmp_path / "b" / honest.plan.shards[1].path, tmp_path / "a" / honest.plan.shards[1].path)
    report = verify(tmp_path / "a")
    assert report.damaged == (1,)
    assert "its digests are not those of the manifest" in report.problems[0]


def _truncate(data: Path) -> None:
    path = data / "train-00001-of-00004.h5"
    os.truncate(path, path.stat().st_size // 2)


def _swap(data: Path) -> None:
    a, b = data / "train-00001-of-00004.h5", data / "train-00002-of-00004.h5"
    a.rename(data / "x")
    b.rename(a)
    (data / "x").rename(b)


def _rename(data: Path) -> None:
    (data / "train-00001-of-00004.h5").rename(data / "train-00001-of-00005.h5")


def _replace_by_folder(data: Path) -> None:
    (data / "train-00001-of-00004.h5").unlink()
    (data / "train-00001-of-00004.h5").mkdir()


def _grow(data: Path) -> None:
    with (data / "train-00001-of-00004.h5").open("ab") as file:
        file.write(b"\0" * 100)


DAMAGE: dict[str, tuple[Callable[[Path], object], tuple[int, ...], str]] = {
    "truncated": (_truncate, (1,), "does not end with the index of a finished shard"),
    "zero length": (lambda data: (data / "train-00001-of-00004.h5").write_bytes(b""), (1,), "it has 0 bytes"),
    "missing": (lambda data: (data / "train-00001-of-00004.h5").unlink(), (1,), "is missing"),
    "swapped": (_swap, (1, 2), "another shard of this one"),
    "renamed": (_rename, (1,), "train-00001-of-00005.h5 is not in the manifest; remove it"),
    "grown": (_grow, (1,), "does not end with the index of a finished shard"),
    "foreign": (lambda data: (data / "train-00001-of-00004.h5").write_bytes(os.urandom(9000)), (1,), "damaged or foreign"),
    "extra": (lambda data: (data / "notes.txt").write_text("x"), (), "notes.txt is not in the manifest; remove it"),
    "all gone": (shutil.rmtree, (0, 1, 2, 3), "cannot be read: No such file or directory"),
    "a folder": (_replace_by_folder, (1,), "is not a plain file"),
    "no card": (lambda data: (data.parent / "README.md").unlink(), (), "README.md (the dataset card) is missing"),
}


@pytest.fixture(scope="module")
def eighty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    """80 dSprites in four shards, and what `verify` says of them."""
    folder = tmp_path_factory.mktemp("eighty") / "set"
    factorhub.generate("dsprites", folder, rows=80, shard_rows=20)
    return factorhub.verify(folder), folder


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_named_and_repair_mends_exactly_that(kind: str, tmp_path: Path, eighty) -> None:
    harm, expected, text = DAMAGE[kind]
    before, whole = eighty
    folder = shutil.copytree(whole, tmp_path / "set")
    times = {path: path.stat().st_mtime_ns for path in (folder / "data").iterdir()}
    harm(folder / "data")
    report = factorhub.verify(folder)
    assert report.damaged == expected
    assert text in "\n".join(report.problems)
    if kind == "a folder":
        with pytest.raises(StoreError, match="is a folder; remove it and repair again"):
            factorhub.repair(folder)
        (folder / "data" / "train-00001-of-00004.h5").rmdir()
    mended = factorhub.repair(folder)
    left = [problem for problem in mended.problems if "is not in the manifest; remove it" not in problem]
    assert not left
    assert mended.digests == before.digests
    for number, (path, when) in enumerate(sorted(times.items())):
        assert (path.stat().st_mtime_ns == when) == (number not in expected)
    assert (factorhub.open(folder)["image"] == factorhub.generator("dsprites").render(_values(folder))["image"]).all()


def _values(folder: Path) -> np.ndarray:
    store = factorhub.open(folder)
    return store.space.values(np.stack([store[name] for name in store.space.names], axis=-1))


def test_a_manifest_that_disagrees_is_refused(tmp_path: Path, eighty) -> None:
    folder = shutil.copytree(eighty[1], tmp_path / "set")
    whole = (folder / MANIFEST).read_text()
    digest = factorhub.open(folder).manifest.finished[2].digests["image"]
    changes = [
        (digest, "0" * 32, "its digests are not those of the manifest"),
        ('"seed": 0', '"seed": 1', "another set"),
        ('"permuted"', '"natural"', "another set"),
        ("train-00002", "train-00009", "is damaged: the list says"),
        ('"heart"', '"hart"', "another set"),
        ('"shard_rows": 20', '"shard_rows": 40', "is damaged: the plan has 2 shards and the list 4"),
        ('"format_version": 1', '"format_version": 2', "has format version 2, this factorhub reads 1; upgrade factorhub"),
        ('"format": "factorhub"', '"format": "zarr"', "is not a factorhub manifest"),
        ('"bytes":', '"octets":', "no entry 'bytes'"),
        (whole[-40:], "", "is not JSON; restore it"),
    ]
    for old, new, text in changes:
        assert old in whole, old
        (folder / MANIFEST).write_text(whole.replace(old, new))
        try:
            problems = "\n".join(factorhub.verify(folder).problems)
        except StoreError as error:
            problems = str(error)
        assert text in problems, (old, problems)
    (folder / MANIFEST).write_text(whole)
    assert factorhub.verify(folder).ok


def test_repair_never_replaces_rows_by_others(rows, tmp_path: Path) -> None:
    """A recipe that no longer gives the rows of the manifest is refused, and what is there is kept."""
    from factorhub.storage.writer import rewrite

    reader = rows(200).write(tmp_path / "set")
    path = tmp_path / "set" / reader.plan.shards[1].path
    before = path.read_bytes()[:-1] + b"?"
    path.write_bytes(before)
    other = rows(200)
    other.read = lambda numbers, columns=None: rows(200).read(np.asarray(numbers) + 1, columns)
    with pytest.raises(StoreError, match="train-00001-of-00002.h5 would get other rows than before in index, shape, size"):
        rewrite(other, reader.manifest, tmp_path / "set", [1])
    assert path.read_bytes() == before
    rewrite(rows(200), reader.manifest, tmp_path / "set", [1])
    assert verify(tmp_path / "set").ok


# --- disks and folders --------------------------------------------------------------------------------------------------


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


# --- rivals, interruptions, failures ------------------------------------------------------------------------------------


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
