"""Mistakes end in one clear line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import factorhub
from factorhub.cli import main
from factorhub.lookup import Store
from tests.commands.command_line import run

MISTAKES = [
    (("export", "{set}", "--to", "np", "--out", "{tmp}/x.npz"), 2, "no format named 'np'"),
    (("export", "{set}", "--to", "midi", "--out", "{tmp}/x.zip"), 2, "midi"),
    (("import", "{foreign}/notes.txt", "--out", "{tmp}/x"), 2, "name a file"),
    (("list", "--jsn"), 2, "factorhub: no such option"),
    (("generat", "x"), 2, "no command named 'generat' in factorhub"),
    (("info", "dsprits"), 2, "did you mean 'dsprites'?"),
    (("info", "./nowhere"), 1, "there is no such folder; factorhub generate NAME --out"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--rows", "0"), 2, "rows is a whole number from 1 to 2**40; got 0"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--rows", "-5"), 2, "rows is a whole number from 1 to 2**40; got -5"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--rows", "737281"), 2, "dsprites has 737280 rows under this regime; got --rows 737281"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--rows", "9", "--workers", "0"), 2, "workers (threads) is a whole number from 1 to 1024; got 0"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--rows", "9", "--shard-rows", "0"), 2, "shard_rows (--shard-rows) is a whole number from 1; got 0"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--rows", "9", "--seed", "-1"), 2, "seed is a whole number from 0 to 2**64 - 1; got -1"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--order", "random"), 2, "no order named 'random'"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--rows", "9", "--compression", "zip"), 2, "no compression named 'zip'"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--rows", "9", "--level", "11"), 2, "a compression level is a whole number from 1 to 9; got 11"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--splits", "train=0.7"), 2, "fractions of splits are above 0 and add up to 1; got train=0.7; add a split for the other 0.3"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--splits", "train=half"), 2, "cannot read the region 'half'"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--splits", "a/b=1"), 2, "cannot read the splits 'a/b=1': expected name=…"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--rows", "3", "--splits", "a=0.1,b=0.9"), 2, "split a would be empty"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--set", "size"), 2, "an option is given as name=value, without spaces or all in quotes; got 'size'"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--set", "size=9999999"), 2, "size of dsprites is 8 to 4096 pixels; got 9999999"),
    (("generate", "dsprites", "--out", "{set}", "--rows", "5"), 2, "holds another set: rows is 3000 there and 5 here"),
    (("generate", "dsprites", "--out", "{set}", "--splits", "train=0.7,validation=0.2,test=0.1"), 2, "rows is 3000 there and the whole grid here; name another folder, or replace it with --overwrite (overwrite=True in Python)"),
    (("generate", "dsprites", "--out", "{foreign}", "--rows", "5"), 2, "is not empty and holds no factorhub set (found notes.txt)"),
    (("generate", "dsprites", "--out", "{foreign}/notes.txt", "--rows", "5"), 2, "a file is in the way; name another folder"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--rows", "9", "--shard-index", "1"), 2, "--shard-index and --num-shards go together"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--rows", "9", "--shard-index", "2", "--num-shards", "2"), 2, "shard_index (--shard-index) is a whole number from 0 to 1; got 2"),
    (("lookup", "{set}", "colour=red"), 2, "no factor named 'colour' in dsprites"),
    (("lookup", "{set}", "shape=hart"), 2, "did you mean 'heart'?"),
    (("lookup", "{set}", "scale=7"), 2, "scale takes 0.5 … 1; got 7"),
    (("lookup", "{set}", "shape"), 2, "a condition is given as name=value, without spaces or all in quotes; got 'shape'"),
    (("lookup", "{set}", "--split", "trian"), 2, "did you mean 'train'?"),
    (("lookup", "{set}", "--row", "3000"), 2, "row 3000 is outside {set}, which has 3000 rows (0 … 2999)"),
    (("lookup", "{set}", "--limit", "-1"), 2, "--limit is 0 (all) or more; got -1"),
    (("lookup", "{foreign}"), 1, "holds no factorhub set (no manifest.json); name the folder of a set; factorhub generate NAME --out DIR"),
    (("info", "{foreign}/notes.txt"), 1, "it is a file; name the folder that holds manifest.json; factorhub import {foreign}/notes.txt --out DIR"),
    (("lookup", "{set}", "shape=heart", "shape=square"), 2, "is given twice; once is enough; shape=heart,square takes either"),
    (("lookup", "{set}", "shape", "=", "heart"), 2, "without spaces or all in quotes; got 'shape'"),
    (("list", "extra"), 2, "factorhub: got unexpected extra argument (extra); factorhub list --help"),
    (("--jsn",), 2, "factorhub: no such option"),
    (("gen", "dsprites"), 2, "did you mean 'generate'?"),
    (("generate", "dsprites"), 2, "factorhub: missing option '--out'; factorhub generate --help shows what it takes"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--rows", "1e6"), 2, "invalid value for '--rows': '1e6' is no whole number; write 1000000; factorhub generate --help"),
    (("generate", "json:dumps", "--out", "{tmp}/x", "--rows", "5"), 2, "generator 'json:dumps': obj has no default; name a function whose arguments all have one"),
    (("generate", "factorhub.space:FactorSpace", "--out", "{tmp}/x", "--rows", "5"), 2, "factors has no default; name a function"),
    (("generate", "builtins:dict", "--out", "{tmp}/x"), 2, "is no function that makes a generator; name one as package.module:function"),
    (("generate", "os:getcwd", "--out", "{tmp}/x"), 2, "os:getcwd must return a factorhub.Generator; got no such function, which is not called"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--regime", "pairs(k=1, inner=grid)", "--splits", "test=shape == heart; train=rest"), 2, "each split needs rows: --splits \"test=1000 * where('shape == heart', inner=pairs(inner=grid)); train=1000 * where("),
    (("generate", "dsprites", "--out", "{tmp}/x", "--rows", "50", "--splits", "test=shape == heart; train=rest"), 2, "got --rows 50 beside them; leave it out, or give each split rows: --splits \"test=100 * where('shape == heart', inner=grid); train=100 *"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--splits", "test=100 * where('shape == heart'); train=rest"), 2, "are all written as rows * regime, as in train=1000 * where('shape == heart'); got train=rest"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--splits", "train=where('shape == heart')"), 2, "are all written as rows * regime"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--splits", "train=0.5,train=0.5"), 2, "name train twice; give each split a name of its own"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--splits", "train=80,test=20"), 2, "got train=80,test=20; write train=0.8,test=0.2"),
    (("generate", "dsprites", "--out", "{tmp}/x", "--rows", "9", "--compression", "none", "--level", "3"), 2, "compression none has no level; got level 3; leave it out, or ask for gzip"),
    (("generate", "shapes3d", "--out", "{tmp}/x", "--rows", "9", "--preset", "dsprites-confounded-1"), 2, "preset dsprites-confounded-1 is for dsprites, and shapes3d has no "),
    (("generate", "--out", "{tmp}/x", "--preset", "montero"), 2, "did you mean dsprites-montero-"),
    (("generate", "dsprites", "--out", "/proc/x1", "--rows", "9"), 1, "cannot make the folder /proc/x1: its parent takes none; name another folder"),
    (("export", "{set}", "--to", "midi", "--out", "{tmp}/x.zip"), 2, "writes melodies, tokens (16,) a row; this set has image (64, 64); try parquet"),
    (("generate", "dsprites", "--outt", "{tmp}/x"), 2, "no such option"),
    (("info", "{set}", "--set", "size=32"), 2, "--set is for generators, and {set} is a set that was made already; leave out --set size=32"),
    (("preview", "{set}", "--out", "{tmp}/x.png", "--set", "size=32"), 2, "--set is for generators"),
    (("verify", "{tmp}/none"), 1, "there is no such folder"),
    (("preview", "dsprites", "--out", "{tmp}/x.txt"), 2, "--out names a picture file such as preview.png"),
    (("preview", "dsprites", "--out", "{tmp}/no/x.png"), 2, "cannot write {tmp}/no/x.png: there is no folder {tmp}/no; make it first"),
    (("preview", "dsprites", "--out", "{tmp}/x.png", "--count", "0"), 2, "a sheet has 1 to 1000 pictures"),
    (("preview", "dsprites", "--out", "{tmp}/x.png", "--traverse", "size"), 2, "no factor named 'size'"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "code", "text"), MISTAKES, ids=[" ".join(words) for words, _, _ in MISTAKES])
def test_a_mistake_ends_in_one_clear_line(words: tuple[str, ...], code: int, text: str, tmp_path: Path, sprites: Store) -> None:
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "notes.txt").write_text("mine")
    places = {"tmp": tmp_path, "set": sprites.folder, "foreign": tmp_path / "foreign"}
    done = run(*(word.format(**places) for word in words))
    assert done.exit_code == code, done.output
    assert text.format(**places) in done.stderr
    assert "Traceback" not in done.output
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert not (tmp_path / "x" / "manifest.json").exists()
    assert not list(tmp_path.rglob("*.h5"))
    assert not list(tmp_path.rglob("*.png"))


def test_help_is_quick_to_import_and_lists_the_commands() -> None:
    done = subprocess.run([sys.executable, "-m", "factorhub", "--help"], capture_output=True, text=True, check=True)
    places = [done.stdout.index(f"\n  {name} ") for name in main.commands]
    assert len(places) == len(main.commands)
    assert list(main.list_commands(None)) == sorted(main.commands, key=lambda name: places[list(main.commands).index(name)])
    assert done.stdout.index("list  ") < done.stdout.index("generate  ") < done.stdout.index("import  ")
    assert "factorhub generate dsprites --out data/dsprites" in done.stdout


def test_presets_show_what_they_stand_for() -> None:
    from factorhub.regimes.presets import PRESETS

    shown = run("presets").output
    for item in PRESETS:
        assert f"  {item.name}: {item.description} ({item.generator or 'any generator'})" in shown
        assert item.source in shown
        assert f"    --regime '{item.regime_text}'" in shown or not item.regime_text
        assert f"    --splits '{item.splits_text}'" in shown or not item.splits_text


def test_progress_goes_to_a_terminal_and_nowhere_else(tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "factorhub", "generate", "dsprites", "--out", str(tmp_path / "x"), "--rows", "2000"]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=theirs, check=True)
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    assert "100% 2,000/2,000 rows" in shown
    assert "0 s left" in shown
    assert "rows in" in done.stdout.decode()


def test_an_outsiders_generator_works_in_every_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "add-a-dataset.md").read_text()
    code = page.split("```python\n")[1].split("```")[0]
    assert code.count("\n") < 60
    (tmp_path / "outside.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    out = tmp_path / "set"
    assert run("info", "outside:discs").exit_code == 0
    assert run("generate", "outside:discs", "--out", out, "--rows", 64, "--set", "size=16").exit_code == 0
    assert run("verify", out).exit_code == 0
    assert run("info", out).exit_code == 0
    assert run("lookup", out, "color=red", "--count").exit_code == 0
    assert run("preview", "outside:discs", "--out", tmp_path / "x.png").exit_code == 0
    next(out.glob("data/*.h5")).unlink()
    refused = run("repair", out)
    assert (refused.exit_code, "(--generator outside:discs)" in refused.stderr) == (2, True)
    assert run("repair", out, "--generator", "outside:discs").exit_code == 0


def test_code_named_on_the_command_line_is_found_in_the_current_folder_after_all_else(tmp_path: Path) -> None:
    """As the console script runs: without Python's own entry for the folder it was started in."""
    page = (Path(__file__).parents[2] / "docs" / "add-a-dataset.md").read_text()
    (tmp_path / "outside.py").write_text(page.split("```python\n")[1].split("```")[0])
    (tmp_path / "json.py").write_text("raise RuntimeError('a file here stands in for a module that is installed')")
    (tmp_path / "colorsys.py").write_text("raise RuntimeError('the same')")
    corners = "from factorhub.regimes import Uniform\n\n\nclass Corners(Uniform):\n    pass\n"
    (tmp_path / "mine.py").write_text(corners)
    root = str(Path(factorhub.__file__).parent.parent)

    def script(*words: str) -> subprocess.CompletedProcess[str]:
        start = [sys.executable, "-P", "-c", "from factorhub.cli import main; main()"]
        environment = {**os.environ, "PYTHONPATH": root}
        return subprocess.run([*start, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    shown = script("info", "outside:discs")
    assert (shown.returncode, "one bright disc" in shown.stdout) == (0, True), shown.stderr
    made = script("generate", "outside:discs", "--out", "set", "--rows", "8")
    assert (made.returncode, "set: 8 rows in 1 shard," in made.stdout) == (0, True), made.stderr
    next((tmp_path / "set" / "data").glob("*.h5")).unlink()
    mended = script("repair", "set", "--generator", "outside:discs")
    assert mended.returncode == 0, mended.stderr
    assert script("generate", "dsprites", "--out", "drawn", "--rows", "8", "--regime", "mine.Corners").returncode == 0
    assert "there is no module 'nowhere' to import" in script("info", "nowhere:discs").stderr


def test_pairs_are_shown_as_clearly_as_single_rows(tmp_path: Path) -> None:
    out = tmp_path / "pairs"
    store = factorhub.generate("dsprites", out, rows=20, regime="pairs(k=1)")
    text = run("lookup", out, "--row", 3).output
    assert "[" not in text
    assert max(len(word.rstrip(",")) for word in text.splitlines()[-1].split()) <= 10
    changed = [name for name, value in store.factors(3).items() if value[0] != value[1]]
    assert len(changed) == 1
    assert text.splitlines()[-1].count(",") == 1  # what both members share is shown once

    from factorhub.commands.preview import stored

    pictures, captions = stored(store, 2)
    assert pictures.shape == (2, 64, 64 + 1 + 64, 3)
    assert (pictures[:, :, 64] == 128).all()
    assert all("[" not in line and len(line) < 30 for lines in captions for line in lines)


def test_an_interruption_in_a_destructor_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    class Handle:
        def __del__(self) -> None:
            raise KeyboardInterrupt

    def facts() -> None:
        handle = Handle()
        del handle
        time.sleep(5)

    monkeypatch.setattr("factorhub.commands.describe.catalog_facts", facts)
    done = run("list")
    assert done.exit_code == 130
    assert "interrupted; run the same command again to go on" in done.output
