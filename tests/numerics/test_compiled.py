"""Kept machine code: good for the sources that it was made of, and for no others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from factorhub.numerics import compiled

INNER = """
from factorhub.numerics.compiled import compiled

@compiled
def inner(x):
    return x + 1
"""
OUTER = """
from factorhub.numerics.compiled import compiled
from factorhub.inner import inner

@compiled
def outer(x):
    return inner(x) * 10
"""


def test_the_digest_is_of_all_that_a_kernel_is_made_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(compiled.ROOT / "dynamics", tmp_path / "dynamics", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(compiled.ROOT / "numerics", tmp_path / "numerics", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(compiled.ROOT / "factors.py", tmp_path)
    monkeypatch.setattr(compiled, "ROOT", tmp_path)
    kernel = tmp_path / "dynamics" / "solver" / "taylor.py"
    digests = {compiled._digest.__wrapped__(kernel)}
    for changed in (
        "dynamics/solver/taylor.py", "dynamics/solver/series.py", "dynamics/solver/vector_operations.py",
        "dynamics/solver/operations.py", "numerics/trig.py",
    ):  # fmt: skip
        with (tmp_path / changed).open("a") as file:
            file.write("\n# changed\n")
        digests.add(compiled._digest.__wrapped__(kernel))
    assert len(digests) == 6
    (tmp_path / "dynamics" / "plots.py").write_text("")
    assert compiled._digest.__wrapped__(kernel) in digests


def test_a_changed_kernel_changes_its_callers_in_other_modules(tmp_path: Path) -> None:
    """As in an upgrade: the caller's file stays the same, and so does the folder that machine code is kept in."""
    package = tmp_path / "factorhub"
    (package / "numerics").mkdir(parents=True)
    for name in ("numerics/compiled.py", "errors.py", "printable.py"):
        shutil.copy(compiled.ROOT / name, package / name)
    (package / "numerics" / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (package / "outer.py").write_text(OUTER)
    for text, expected in ((INNER, "20"), (INNER.replace("+ 1", "+ 2"), "30"), (INNER, "20")):
        (package / "inner.py").write_text(text)
        ask = [sys.executable, "-B", "-c", "from factorhub.outer import outer; print(outer(1))"]
        assert subprocess.run(ask, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip() == expected


ASK = "from factorhub.outer import outer; print(outer(1)); print(sum(outer.stats.cache_hits.values()))"


def _ask(folder: Path, before: str = "", **environment: str) -> tuple[int, list[str], str]:
    command = [sys.executable, "-B", "-c", before + ASK]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, **environment}, check=False)
    return done.returncode, done.stdout.split(), done.stderr


@pytest.fixture
def small_package(tmp_path: Path) -> Path:
    package = tmp_path / "factorhub"
    (package / "numerics").mkdir(parents=True)
    for name in ("numerics/compiled.py", "errors.py", "printable.py"):
        shutil.copy(compiled.ROOT / name, package / name)
    (package / "numerics" / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (package / "outer.py").write_text(OUTER)
    (package / "inner.py").write_text(INNER)
    return tmp_path


@pytest.mark.parametrize("harm", ["emptied", "cut", "changed", "unreadable"])
def test_kept_code_that_is_damaged_is_made_again(small_package: Path, harm: str) -> None:
    place = {"NUMBA_CACHE_DIR": str(small_package / "kept")}
    assert _ask(small_package, **place)[1] == ["20", "0"]
    assert _ask(small_package, **place)[1] == ["20", "1"]
    files = list((small_package / "kept").rglob("*.nbc"))
    assert files
    for path in files:
        content = bytearray(path.read_bytes())
        if harm == "unreadable":
            path.unlink()
            path.mkdir()
            continue
        content[len(content) // 2] ^= 1
        path.write_bytes({"emptied": b"", "cut": content[: len(content) // 3], "changed": content}[harm])
    code, out, err = _ask(small_package, **place)
    assert (code, out) == (0, ["20", "0"])
    if harm == "unreadable":
        assert "RuntimeWarning: compiled loops cannot be kept, so each run compiles them anew" in err
    else:
        assert (err, _ask(small_package, **place)[1]) == ("", ["20", "1"])


def test_no_room_for_kept_code_is_said_once_and_the_loop_runs(small_package: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (99, 99)); "
    code, out, err = _ask(small_package, limit, NUMBA_CACHE_DIR=str(small_package / "full"))
    assert (code, out) == (0, ["20", "0"])
    assert err.count("compiled loops cannot be kept") == 1
    assert "set NUMBA_CACHE_DIR to a folder with some space" in err
    assert not [path for path in (small_package / "full").rglob("*") if path.is_file()]


def test_processes_that_fill_one_folder_at_once(small_package: Path) -> None:
    command = [sys.executable, "-B", "-c", ASK + "; print(outer(1.5))"]
    place = {**os.environ, "NUMBA_CACHE_DIR": str(small_package / "kept")}
    running = [subprocess.Popen(command, cwd=small_package, stdout=subprocess.PIPE, text=True, env=place) for _ in range(3)]
    for process in running:
        out = process.communicate(timeout=120)[0].split()
        assert (out[0], out[-1]) == ("20", "25.0")
    assert _ask(small_package, NUMBA_CACHE_DIR=place["NUMBA_CACHE_DIR"])[1] == ["20", "1"]


def test_a_compiler_that_is_switched_off_is_said_so(small_package: Path) -> None:
    code, _, err = _ask(small_package, NUMBA_DISABLE_JIT="1")
    assert code == 1
    assert err.splitlines()[-1].endswith("NUMBA_DISABLE_JIT=1 switches numba's compiler off; unset it")


def test_only_kept_code_is_loaded_where_one_asks_for_that(small_package: Path) -> None:
    ask = """
from factorhub.numerics.compiled import NotKept, kept_only
from factorhub.outer import outer
try:
    with kept_only():
        print(outer(1))
except NotKept:
    print("not kept")
    outer(1)
"""
    place = {**os.environ, "NUMBA_CACHE_DIR": str(small_package / "kept")}
    for expected in ("not kept", "20"):
        done = subprocess.run(
            [sys.executable, "-B", "-c", ask], cwd=small_package, env=place, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected
