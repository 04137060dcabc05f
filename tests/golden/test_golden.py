"""Rows are forever: draws, rows, orders and epochs are the same bits on every machine and in every release.

A digest that differs means that rows changed: raise the version of the regime or generator, write a line under *Rows* in the
changelog, and run `python -m tests.golden.record`, which adds the new version's digests and changes no other.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from factorhub.regimes.record import REGIMES
from tests.golden.cases import all_cases, regime_cases
from tests.golden.record import FILE

KNOWN: dict[str, str] = json.loads(FILE.read_text())
CASES = all_cases()
GROUPS = sorted({name.partition(" | ")[0] for name in CASES})


@pytest.mark.parametrize("group", GROUPS)
def test_rows_are_those_that_were_recorded(group: str) -> None:
    named = [name for name in CASES if name.partition(" | ")[0] == group]
    missing = [name for name in named if name not in KNOWN]
    assert not missing, "python -m tests.golden.record adds what is new"
    changed = [name for name in named if CASES[name]() != KNOWN[name]]
    assert not changed, "rows changed: raise the version, say so under Rows in the changelog, then record"


def test_nothing_that_is_gone_is_kept() -> None:
    assert sorted(KNOWN) == sorted(CASES)


def test_every_regime_is_pinned_over_every_space() -> None:
    pinned = {(name.split()[1], part.split("@")[0]) for name, _ in regime_cases() for part in name.rsplit(" | ", 1)[1].split()}
    kinds = {kind.__name__.lower() for kind in REGIMES.values()}
    needs_others = {"shell", "line", "edits"}  # a box or a line of named factors, scenes with objects: pinned elsewhere
    for space in ("dsprites", "shapes3d", "dmelodies"):
        assert kinds - needs_others <= {kind for where, kind in pinned if where == space}


GENERIC = """
import json, sys
from tests.golden.cases import all_cases
cases = all_cases()
print(json.dumps({name: cases[name]() for name in json.load(sys.stdin)}))
"""


@pytest.mark.parametrize("share", [pytest.param(40, id="few"), pytest.param(1, id="all", marks=pytest.mark.soak)])
def test_rows_are_the_same_without_wide_vector_instructions(share: int, tmp_path: Path) -> None:
    names = [name for name in CASES if not name.startswith("generator") or "=" not in name][::share]
    env = {**os.environ, "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(tmp_path)}
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", GENERIC], input=json.dumps(names), capture_output=True, text=True, env=env, cwd=root, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert {name: KNOWN[name] for name in names} == found
