"""Kept machine code: good for the sources that it was made of, and for no others."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from factorhub import compiled

INNER = """
from factorhub.compiled import compiled

@compiled
def inner(x):
    return x + 1
"""
OUTER = """
from factorhub.compiled import compiled
from factorhub.inner import inner

@compiled
def outer(x):
    return inner(x) * 10
"""


def test_the_digest_is_of_all_that_a_kernel_is_made_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(compiled.ROOT / "dynamics", tmp_path / "dynamics", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("trig.py", "compiled.py", "factors.py"):
        shutil.copy(compiled.ROOT / name, tmp_path)
    monkeypatch.setattr(compiled, "ROOT", tmp_path)
    kernel = tmp_path / "dynamics" / "taylor.py"
    digests = {compiled._digest.__wrapped__(kernel)}
    for changed in ("dynamics/taylor.py", "dynamics/series.py", "dynamics/lanes.py", "dynamics/tape.py", "trig.py"):
        with (tmp_path / changed).open("a") as file:
            file.write("\n# changed\n")
        digests.add(compiled._digest.__wrapped__(kernel))
    assert len(digests) == 6
    (tmp_path / "dynamics" / "plots.py").write_text("")
    assert compiled._digest.__wrapped__(kernel) in digests


def test_a_changed_kernel_changes_its_callers_in_other_modules(tmp_path: Path) -> None:
    """As in an upgrade: the caller's file stays the same, and so does the folder that machine code is kept in."""
    package = tmp_path / "factorhub"
    package.mkdir()
    shutil.copy(compiled.ROOT / "compiled.py", package)
    (package / "__init__.py").write_text("")
    (package / "outer.py").write_text(OUTER)
    for text, expected in ((INNER, "20"), (INNER.replace("+ 1", "+ 2"), "30"), (INNER, "20")):
        (package / "inner.py").write_text(text)
        ask = [sys.executable, "-B", "-c", "from factorhub.outer import outer; print(outer(1))"]
        assert subprocess.run(ask, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip() == expected
