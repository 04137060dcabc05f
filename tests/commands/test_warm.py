"""`factorhub warm`: what it compiles is what a first use needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from factorhub.commands.warm import TEXTS
from factorhub.regimes.record import REGIMES


def kept(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*.nbc")}


def run(place: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "factorhub", *words], env={**os.environ, "NUMBA_CACHE_DIR": str(place)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_every_regime_is_drawn_by_warm() -> None:
    others = {"edits"}  # of scenes with objects; its loops are those of pairs
    assert {text.partition("(")[0] for text in TEXTS} == set(REGIMES) - others


def test_what_is_warm_compiles_nothing_more(tmp_path: Path) -> None:
    """A first set, a first picture and a first lookup of a generator that was warmed."""
    place = tmp_path / "kept"
    code = "from factorhub.commands.warm import use; use('dmelodies')"  # what each process of `factorhub warm` does
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "NUMBA_CACHE_DIR": str(place)}, check=True)
    before = kept(place)
    assert before
    folder = str(tmp_path / "set")
    run(place, "generate", "dmelodies", "--rows", "500", "--out", folder)
    run(place, "preview", "dmelodies", "--out", str(tmp_path / "sheet.png"))
    run(place, "lookup", folder, "tonic=C")
    assert kept(place) == before


def test_a_name_that_is_none_is_said_before_anything_is_compiled(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "factorhub", "warm", "dspites"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no generator named 'dspites'" in done.stderr
    assert "dsprites" in done.stderr
