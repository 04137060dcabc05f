"""The code in README and docs runs, top to bottom, file by file; so do the examples in docstrings."""

from __future__ import annotations

import doctest
import importlib.util
import pkgutil
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import factorhub
from factorhub import catalog
from factorhub.cli import main

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(<!-- not run[^>]*-->\n)?```(python|console)([^\n]*)\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python blocks share one namespace; lines of a console block that start with `$ factorhub` are run in-process.

    A block is written to a file where its first line is a comment with a file name, as in `# dots.py`.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    names: dict[str, object] = {"__name__": "__docs__"}
    for skipped, language, _, code in BLOCK.findall(page.read_text()):
        if skipped:
            continue
        if language == "python":
            if named := re.match(r"# (\w+\.py)\n", code):
                (tmp_path / named[1]).write_text(code)
            else:
                exec(compile(code, str(page), "exec"), names)
        else:
            for line in re.findall(r"^\$ factorhub (.*)$", code, re.MULTILINE):
                done = CliRunner().invoke(main, shlex.split(line.partition(" #")[0]))
                assert done.exit_code == 0, f"factorhub {line}: {done.output}"


def test_every_command_is_documented() -> None:
    text = "".join(page.read_text() for page in PAGES)
    for name in main.commands:
        assert f"factorhub {name}" in text, f"factorhub {name} is documented nowhere"


def test_pages_do_not_write_into_each_others_folders() -> None:
    """Whoever tries several pages in one folder meets no set of another page."""
    owner: dict[str, str] = {}
    for page in PAGES:
        text = page.read_text()
        written = re.findall(r"^\$ factorhub (?:generate|import) .*--out (\S+)", text, re.MULTILINE)
        written += re.findall(r"factorhub\.generate\(\"\w+\", \"([^\"]+)\"", text)
        for folder in set(written):
            assert owner.setdefault(folder, page.name) == page.name, f"{folder} of {page.name} is written in {owner[folder]} too"
    assert len(owner) > 8


def test_figures_in_the_readme_are_those_of_the_performance_page() -> None:
    """Word for word, but for the spaces that align a script's lines."""
    measured = " ".join((ROOT / "docs" / "performance.md").read_text().split())
    table = (ROOT / "README.md").read_text().split("## Measured")[1].split("\n## ")[0]
    figures = re.findall(r"`([^`]*\d[^`]*)` \|\n", table)
    assert len(figures) >= 4
    for figure in figures:
        assert figure in measured, f"README quotes '{figure}', which docs/performance.md does not say"


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target, anchor in re.findall(r"\]\(([^)#:\s]*)(#[^)\s]+)?\)", page.read_text()):
            there = page.parent / target if target else page
            assert there.exists(), f"{page.name} links to {target}"
            if anchor:
                heads = re.findall(r"^#+ (.*)$", there.read_text(), re.MULTILINE)
                slugs = ["#" + re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads]
                assert anchor in slugs, f"{page.name} links to {target}{anchor}"


def modules() -> list[str]:
    found = pkgutil.walk_packages(factorhub.__path__, "factorhub.")
    return [module.name for module in found if not module.name.endswith("__main__")]


@pytest.mark.parametrize("name", modules())
def test_docstring_examples_run(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).failed == 0


def test_the_module_of_the_page_passes_lint_where_it_is_to_be_put(tmp_path: Path) -> None:
    code = next(
        code for _, _, _, code in BLOCK.findall((ROOT / "docs/add-a-dataset.md").read_text()) if code.startswith("# discs.py")
    )
    as_file = ["--stdin-filename", "factorhub/dsprites_like/discs.py", "-"]
    for words in (["check", "--no-cache", *as_file], ["format", "--no-cache", "--check", *as_file]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words], input=code, text=True, capture_output=True, cwd=ROOT, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "discs.py").write_text(code)
    words = ["--strict", "--follow-imports=skip", "--disable-error-code=no-any-unimported", f"--cache-dir={tmp_path}", "discs.py"]
    done = subprocess.run([sys.executable, "-m", "mypy", *words], text=True, capture_output=True, cwd=tmp_path, check=False)
    assert "untyped" not in done.stdout, done.stdout


def test_a_new_scene_shows_in_the_gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("draw", ROOT / "docs/images/draw.py")
    assert spec is not None
    assert spec.loader is not None
    draw = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(draw)
    monkeypatch.setitem(catalog.CATALOG, "fresh", "factorhub.dsprites_like.dsprites:dsprites")
    monkeypatch.setattr(draw, "HERE", tmp_path / "images")
    (tmp_path / "images").mkdir()
    draw.main(["fresh"])
    assert {path.name for path in (tmp_path / "images").iterdir()} == {"fresh.png", "fresh-shape.png", "scenes.png"}
    assert "![fresh: shape](images/fresh-shape.png)" in (tmp_path / "generators.md").read_text()
