"""Runs commands on a disk of which one call fails, each in a fork of this process, and says where the law is broken.

    LD_PRELOAD=failing.so python -m tests.faults.sweep FOLDER STEP SCENARIO…

The law: whatever call fails, once or from then on, a command ends with an exit code and, where that is not 0, with one line;
what it says is done is whole; nothing wrong stands under a final name; and the next run finishes.
"""

from __future__ import annotations

import ctypes
import errno
import filecmp
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
from click.testing import CliRunner

import factorhub
from factorhub.build import generate_part
from factorhub.cli import main as cli
from factorhub.exchange import published
from factorhub.exchange.layouts import layouts
from factorhub.factors import categorical, continuous, ordinal
from factorhub.space import FactorSpace

OPEN, WRITE, FSYNC, RENAME, CLOSE, UNLINK, TRUNCATE, READ = (1 << i for i in range(8))
ALL = (1 << 8) - 1
ERRORS = (errno.EIO, errno.ENOSPC, errno.EINTR)
ROWS, SHARD = 60, 30
FORMATS = {
    "npz": "x.npz", "hdf5": "x.hdf5", "shapes3d": "x.h5", "objects": "x.hdf5", "parquet": "x.parquet", "webdataset": "x.tar",
    "midi": "x.zip", "musicxml": "x.zip", "wav": "x.zip",
}  # fmt: skip
disk = ctypes.CDLL(None)


@dataclass(frozen=True)
class Scenario:
    """A command on a folder.

    Attributes:
        prepare: puts into the folder what is there before.
        words: the command.
        whole: says what is wrong with what the command left, after it said that it was done; nothing if all is well.
        left: says what is wrong under final names after it failed.
    """

    prepare: Callable[[Path], None]
    words: Callable[[Path], list[str]]
    whole: Callable[[Path], str]
    left: Callable[[Path], str]


def run(words: list[str]) -> tuple[int, str]:
    """The exit code of a command, and what is wrong with how it ended."""
    done = CliRunner().invoke(cli, words)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return 99, f"{type(done.exception).__name__}: {done.exception}"[:200]
    said = words[0] in ("verify", "repair") and done.stdout.strip()  # what is wrong with a set is what they were asked for
    lines = ["a report"] if said and not done.stderr else done.stderr.strip().splitlines()
    if done.exit_code and (len(lines) != 1 or "Traceback" in done.stderr):
        return done.exit_code, f"exit {done.exit_code} with {len(lines)} lines: {done.stderr[:200]!r}"
    return done.exit_code, ""


def sets(base: Path) -> dict[str, Path]:
    """The sets that commands begin from, each made once."""
    made = {name: base / f"ready-{name}" for name in ("dsprites", "multi_dsprites", "dmelodies", "voices")}
    for name, folder in made.items():
        factorhub.generate(name, folder, rows=ROWS, shard_rows=SHARD)
    return made


def published_file(path: Path) -> None:
    """A file laid out as 3D Shapes, of a space of 24 points that takes the place of its 480,000."""
    space = FactorSpace((categorical("kind", ["a", "b"]), continuous("size", 0.0, 1.0, grid=3), ordinal("number", range(4))))
    known = tuple(replace(layout, space=lambda: space) for layout in layouts() if layout.name == "shapes3d")
    published.layouts = lambda: known  # type: ignore[attr-defined]
    with h5py.File(path, "w") as made:
        made["images"] = np.random.default_rng(0).integers(0, 256, (24, 64, 64, 3), dtype=np.uint8)
        made["labels"] = space.values(space.codes(np.arange(24)))


def verified(folder: Path, reference: dict[str, str]) -> str:
    """What verify says of a set that should hold these digests."""
    try:
        report = factorhub.verify(folder)
    except factorhub.errors.FactorhubError as error:
        return f"verify: {error}"
    return "; ".join(report.problems) or ("" if dict(report.digests) == reference else "other digests")


def scenarios(base: Path) -> dict[str, Scenario]:
    """All commands that write or read."""
    ready = sets(base)
    reference = dict(factorhub.verify(ready["dsprites"]).digests)
    command = ["generate", "dsprites", "--rows", str(ROWS), "--shard-rows", str(SHARD)]

    def final(folder: Path) -> str:
        """A manifest that is there belongs to a set that verifies, whatever the command said."""
        place = folder / "set"
        return verified(place, reference) if (place / "manifest.json").exists() else ""

    def nothing(folder: Path) -> None:
        del folder

    def half(folder: Path) -> None:
        generate_part("dsprites", folder / "set", 0, 2, rows=ROWS, shard_rows=SHARD)

    def another(folder: Path) -> None:
        factorhub.generate("dsprites", folder / "set", rows=20, seed=9, shard_rows=10)

    def damaged(folder: Path) -> None:
        shutil.copytree(ready["dsprites"], folder / "set")
        shard = sorted((folder / "set" / "data").glob("*.h5"))[0]
        content = bytearray(shard.read_bytes())
        content[len(content) // 2] ^= 1
        shard.write_bytes(content)

    def whole(folder: Path) -> str:
        return verified(folder / "set", reference)

    found = {
        "generate": Scenario(nothing, lambda f: [*command, "--out", str(f / "set")], whole, final),
        "resume": Scenario(half, lambda f: [*command, "--out", str(f / "set")], whole, final),
        "overwrite": Scenario(another, lambda f: [*command, "--overwrite", "--out", str(f / "set")], whole, lambda f: ""),
        "repair": Scenario(damaged, lambda f: ["repair", str(f / "set")], whole, lambda f: ""),
    }
    for name, file in FORMATS.items():
        needed = {"objects": "multi_dsprites", "midi": "dmelodies", "musicxml": "dmelodies", "wav": "voices"}
        source = ready[needed.get(name, "dsprites")]
        expected = base / f"expected-{name}"
        expected.mkdir()
        assert run(["export", str(source), "--to", name, "--out", str(expected / file)]) == (0, "")

        def inputs(folder: Path, source: Path = source) -> None:
            shutil.copytree(source, folder / "in")

        def words(folder: Path, name: str = name, file: str = file) -> list[str]:
            (folder / "out").mkdir(exist_ok=True)
            return ["export", str(folder / "in"), "--to", name, "--out", str(folder / "out" / file)]

        def same(folder: Path, expected: Path = expected, partial: bool = False) -> str:
            for wanted in expected.iterdir():
                got = folder / "out" / wanted.name
                if not got.exists():
                    if partial:
                        continue
                    return f"{wanted.name} is missing"
                if not filecmp.cmp(wanted, got, shallow=False) and wanted.suffix != ".parquet":
                    return f"{wanted.name} holds something else"
            extra = {p.name for p in (folder / "out").iterdir()} - {p.name for p in expected.iterdir()}
            return "" if partial or not extra else f"left behind: {sorted(extra)}"

        found[f"export {name}"] = Scenario(inputs, words, same, lambda f, same=same: same(f, partial=True))
    truth = factorhub.open(ready["dsprites"])[:]

    def copied(folder: Path) -> None:
        shutil.copytree(ready["dsprites"], folder / "set")

    def read(folder: Path) -> str:
        store = factorhub.open(folder / "set")
        got = [store[:], {name: array[None] for name, array in store[7].items()}]
        good = all((got[0][name] == truth[name]).all() and (got[1][name][0] == truth[name][7]).all() for name in truth)
        return "" if good else "other rows"

    published_file(base / "published.h5")
    words = ["import", str(base / "published.h5"), "--out", str(base / "imported")]
    assert run(words) == (0, "")
    imported = dict(factorhub.verify(base / "imported").digests)

    def file(folder: Path) -> None:
        shutil.copy(base / "published.h5", folder)

    def manifested(folder: Path) -> str:
        return verified(folder / "set", imported) if (folder / "set" / "manifest.json").exists() else ""

    found["import"] = Scenario(
        file,
        lambda f: ["import", str(f / "published.h5"), "--out", str(f / "set")],
        lambda f: verified(f / "set", imported),
        manifested,
    )
    found["read"] = Scenario(copied, lambda f: ["lookup", str(f / "set"), "shape=heart", "posX=0"], read, lambda f: "")
    found["verify"] = Scenario(copied, lambda f: ["verify", str(f / "set")], whole, lambda f: "")
    return found


def attempt(scenario: Scenario, folder: Path, kinds: int, k: int, error: int, on: bool) -> tuple[int, str]:
    """One run with a failing call: how many calls there were, and what is wrong."""
    words = scenario.words(folder)
    disk.arm(os.fsencode(folder), kinds, ctypes.c_long(k), error, on)
    try:
        code, wrong = run(words)
        if code == 0 and not wrong and words[0] == "lookup":
            try:
                wrong = scenario.whole(folder)
            except factorhub.errors.FactorhubError:
                wrong = ""
    finally:
        disk.disarm()
    calls = int(disk.calls())
    if not wrong:
        wrong = scenario.whole(folder) if code == 0 else scenario.left(folder)
        wrong = wrong and f"after exit {code}: {wrong}"
    if not wrong:
        code, wrong = run(words)
        wrong = wrong or (f"the next run exits {code}" if code else scenario.whole(folder))
        wrong = wrong and f"the next run: {wrong}"
    return calls, wrong


def forked(scenario: Scenario, folder: Path, *how: int) -> tuple[int, str]:
    """`attempt` in a process of its own, which may crash."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        try:
            found: tuple[int, str] = attempt(scenario, folder, *how)  # type: ignore[arg-type]
        except BaseException as error:
            found = (-1, f"{type(error).__name__}: {error}"[:300])
        os.write(theirs, json.dumps(found).encode())
        os._exit(0)
    os.close(theirs)
    said = b""
    while part := os.read(ours, 65536):
        said += part
    os.close(ours)
    status = os.waitpid(child, 0)[1]
    return tuple(json.loads(said)) if said and status == 0 else (-1, f"the process ended with {status}")  # type: ignore[return-value]


def main() -> None:
    base, step, names = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    disk.calls.restype = ctypes.c_long
    known = scenarios(base)
    for name in names or known:
        scenario, ready = known[name], base / "before"
        ready.mkdir()
        scenario.prepare(ready)
        tried, faults = 0, []

        def once(k: int, error: int, on: bool, scenario: Scenario = scenario, ready: Path = ready) -> tuple[int, str]:
            place = base / "here"
            shutil.copytree(ready, place)
            try:
                return forked(scenario, place, ALL, k, error, on)
            finally:
                shutil.rmtree(place, ignore_errors=True)

        total, wrong = once(-1, 0, False)
        if wrong:
            faults.append(f"without a fault: {wrong}")
        for error in ERRORS:
            for on in (False,) if error == errno.EINTR else (False, True):  # Python asks again for ever when it is interrupted
                for k in range(tried % step, total, step):
                    tried += 1
                    wrong = once(k, error, on)[1]
                    if wrong:
                        faults.append(f"{errno.errorcode[error]}{' for ever' if on else ''} at call {k}: {wrong}")
        shutil.rmtree(ready)
        print(json.dumps({"scenario": name, "calls": total, "tried": tried, "faults": faults}), flush=True)


if __name__ == "__main__":
    main()
