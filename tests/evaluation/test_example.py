"""The example trains a model and judges it."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

from factorhub.evaluation import leaderboard

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "evaluate.py"


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["evaluate", "--rows", "100", "--n", "500", "--out", str(tmp_path)])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert "PCA on dsprites, independent grid: 5 fresh draws of 500 rows" in capsys.readouterr().out
    assert leaderboard(tmp_path).tables[0].rows[0].model == {"name": "PCA", "D": 10}
