"""Each script of examples/papers runs, asserts what its paper relies on, and stands in the table of that folder."""

import runpy
from pathlib import Path

import pytest

PAPERS = Path(__file__).parent.parent / "examples" / "papers"
SCRIPTS = sorted(PAPERS.glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_what_the_paper_relies_on_holds(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = script.read_text(encoding="utf-8")
    assert "assert " in text
    assert 10 <= len(text.splitlines()) <= 60, "short enough to be read at once"
    runpy.run_path(str(script), run_name="__main__")


def test_the_table_names_every_script_once() -> None:
    table = (PAPERS / "README.md").read_text(encoding="utf-8")
    assert [table.count(f"[{script.name}]({script.name})") for script in SCRIPTS] == [1] * len(SCRIPTS)
