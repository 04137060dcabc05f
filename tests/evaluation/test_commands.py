"""`factorhub metrics`, `evaluate` and `leaderboard` as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import factorhub
from factorhub import metrics
from factorhub.cli import main
from factorhub.lookup import Store

CODE = """
import numpy as np

def middle(images):
    return images[:, 10:50:8, 32] + images[:, 32, 10:50:8]

def broken(images):
    raise RuntimeError("two\\nlines")

number = 3
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "judged_models.py").write_text(CODE)
    (tmp_path / "judged_faulty.py").write_text("1 / 0")
    return tmp_path


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_metrics_lists_all_and_shows_each() -> None:
    text, data = run("metrics").output, json.loads(run("metrics", "--json").output)
    assert [item["name"] for item in data] == metrics.names()
    for name in metrics.names():
        assert name in text
        shown = run("metrics", name)
        assert shown.exit_code == 0
        assert all(word in shown.output for word in (metrics.metric(name).source, "chance", "range", "needs", "cost"))
    assert "did you mean 'mig'" in run("metrics", "migg").output


def test_a_model_is_judged_and_its_record_compared(here: Path) -> None:
    del here
    words = ("evaluate", "dsprites", "--model", "judged_models:middle", "--metrics", "mig,mcc", "--rows", 400, "--draws", 2)
    done = run(*words, "--out", "results", "--name", "middle")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "middle on dsprites, independent grid: 2 fresh draws of 400 rows" in done.output
    record = json.loads(run(*words, "--name", "middle", "--json").output)
    assert record["model"] == {"name": "middle", "D": 5}
    board = run("leaderboard", "results")
    assert "| middle (D = 5) |" in board.output
    assert run("leaderboard", "results", "--to", "html", "--out", "board.html").output.endswith("board.html\n")
    assert Path("board.html").read_text().startswith("<!doctype html>")
    assert run("leaderboard", "results", "--to", "csv").output.startswith("set,set_digest")


def test_codes_are_judged_by_row_and_by_index(here: Path, sprites: Store) -> None:
    test = factorhub.open(sprites.folder, "test")
    codes = np.stack([test[name] for name in test.space.names], axis=1).astype(float)
    np.savez(here / "by_row.npz", codes=codes)
    np.savez(here / "by_index.npz", z=codes[::-1], index=test["index"][::-1])
    one = json.loads(
        run("evaluate", sprites.folder, "--codes", "by_row.npz", "--split", "test", "--metrics", "mcc", "--json").output
    )
    two = json.loads(
        run("evaluate", sprites.folder, "--codes", "by_index.npz", "--split", "test", "--metrics", "mcc", "--json").output
    )
    assert one["results"][0]["score"] == pytest.approx(1)
    assert two["results"][0]["score"] == pytest.approx(1)
    assert one["set"] == two["set"]


def test_presets_name_their_protocols() -> None:
    text, data = run("presets").output, json.loads(run("presets", "--json").output)
    assert "judged by factorhub evaluate --metrics dmelodies-benchmark" in text
    assert next(item for item in data if item["name"] == "dmelodies-70-20-10")["protocols"] == ["dmelodies-benchmark"]


MISTAKES: list[tuple[tuple[str, ...], str]] = [
    (("dsprites",), "evaluate judges --codes FILE.npz or --model module:function; got neither"),
    (("dsprites", "--model", "a:b", "--codes", "c.npz"), "got both"),
    (("dsprites", "--model", "judged_models"), "a model is named as module:function; got 'judged_models'"),
    (("dsprites", "--model", "judged_none:f"), "there is no module 'judged_none' to import"),
    (("dsprites", "--model", "judged_models:f"), "no model named 'f' in judged_models; it has middle"),
    (("dsprites", "--model", "judged_models:number"), "is no function from a batch of observations to codes"),
    (("dsprites", "--model", "judged_faulty:f"), "cannot be imported: ZeroDivisionError: division by zero"),
    (("dsprites", "--model", "judged_models:broken"), "fails on a batch of uint8 (256, 64, 64) (stored): RuntimeError: two lines"),
    (("--model", "judged_models:middle"), "evaluate needs what to judge on"),
    (("dsprites", "--model", "judged_models:middle", "--metrics", "migg"), "did you mean 'mig'?"),
    (("dsprites", "--model", "judged_models:middle", "--metrics", ","), "metrics names none"),
    (("./nowhere", "--model", "judged_models:middle"), "there is no such folder"),
    (("SET", "--codes", "missing.npz"), "cannot read missing.npz: No such file or directory"),
    (("SET", "--codes", "text.npz"), "text.npz is no npz file, which holds arrays by name"),
    (("SET", "--codes", "one.npy"), "one.npy is no npz file"),
    (("SET", "--codes", "empty.npz"), "empty.npz holds an array 'codes', and perhaps 'index'; got none"),
    (("SET", "--codes", "two.npz"), "got a, b"),
    (("SET", "--codes", "pickled.npz"), "it holds Python objects, which are not unpickled"),
    (("SET", "--codes", "damaged.npz"), "cannot read codes from damaged.npz"),
    (("SET", "--codes", "short.npz"), "codes have a row for each; got 5 rows"),
    (("SET", "--codes", "."), ". is no plain file"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "text"), MISTAKES, ids=[text for _, text in MISTAKES])
def test_mistakes_are_one_clear_line(words: tuple[str, ...], text: str, here: Path, sprites: Store) -> None:
    codes = np.zeros((5, 2))
    (here / "text.npz").write_text("hello")
    np.save(here / "one.npy", codes)
    np.savez(here / "empty.npz")
    np.savez(here / "two.npz", a=codes, b=codes)
    np.savez(here / "short.npz", codes=codes)
    np.savez(here / "pickled.npz", codes=np.array([{}], dtype=object))
    np.savez_compressed(here / "damaged.npz", codes=np.random.default_rng(0).normal(size=(500, 5)))
    content = bytearray((here / "damaged.npz").read_bytes())
    content[500:900] = bytes(400)
    (here / "damaged.npz").write_bytes(content)
    done = run("evaluate", *(sprites.folder if word == "SET" else word for word in words))
    assert done.exit_code in (1, 2)
    assert text in done.stderr
    assert done.stderr.count("\n") == 1


def test_refused_records_are_said_on_stderr(here: Path) -> None:
    (here / "records").mkdir()
    (here / "records" / "bad.json").write_text("{}")
    done = run("leaderboard", "records")
    assert done.exit_code == 0
    assert "No record was accepted" in done.stdout
    assert "refused bad.json" in done.stderr
    assert "there is none at" in run("leaderboard", "nowhere").stderr
