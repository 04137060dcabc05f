"""What people typed, and what they got."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import factorhub
from factorhub.lookup import Store
from tests.commands.command_line import run


def test_what_info_prints_of_a_set_is_a_recipe(sprites: Store, tmp_path: Path) -> None:
    for name, words in (("whole", ()), ("alone", ("--recipe",))):
        file = tmp_path / f"{name}.toml"
        file.write_text(run("info", sprites.folder, *words).output)
        assert run("generate", "--recipe", file, "--out", tmp_path / name).exit_code == 0
        again = factorhub.open(tmp_path / name)
        assert factorhub.verify(again.folder).digests == factorhub.verify(sprites.folder).digests
    assert run("info", "dsprites", "--recipe").exit_code == 2


def test_one_row_is_exported(tunes: Store, tmp_path: Path) -> None:
    assert run("export", tunes.folder, "--to", "midi", "--row", 5, "--out", tmp_path / "one.mid").exit_code == 0
    assert (tmp_path / "one.mid").read_bytes()[:4] == b"MThd"
    assert run("export", tunes.folder, "--to", "npz", "--row", -1, "--out", tmp_path / "one.npz").exit_code == 0
    with np.load(tmp_path / "one.npz", allow_pickle=True) as file:
        assert all(len(file[name]) == 1 for name in file if file[name].ndim)
    far = run("export", tunes.folder, "--to", "midi", "--row", 10**9, "--out", tmp_path / "far.mid")
    assert "row 1000000000 is outside" in far.stderr


def test_the_last_row_is_called_by_its_number(sprites: Store) -> None:
    assert run("lookup", sprites.folder, "--row", -1).output.splitlines()[-1].split()[0] == "2999"
    assert json.loads(run("lookup", sprites.folder, "--row", -1, "--json").output)["row"] == 2999


@pytest.mark.parametrize("columns", ["80", "100", "200"])
def test_tables_fit_the_terminal(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    for words in (("list",), ("info", "multi_dsprites"), ("info", "pendulum"), ("info", "dmelodies")):
        lines = run(*words).output.splitlines()
        table = [
            line for line in lines if not line.startswith(("source", "dmelodies:", "multi_dsprites:")) and "version" not in line
        ]
        assert max(map(len, table)) <= max(int(columns), 132)
    assert max(map(len, run("list").output.splitlines())) <= max(int(columns), 115)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("generate", "dsprites", "--out", "x", "--rows", "10,000"), "'10,000' is no whole number; write 10000"),
        (("generate", "dsprites", "--out", "x", "--rows", "ten"), "'ten' is no whole number; factorhub generate --help"),
        (("generate", "dsprites", "--recipe", "/nowhere.toml", "--out", "x"), "cannot read the recipe /nowhere.toml: No such file"),
        (("info", "s3://bucket/set"), "got the address 's3://bucket/set'; copy it to a disk of this machine first"),
        (("verify", "https://host/set"), "got the address 'https://host/set'"),
        (("generate", "dsprites", "--out", "file:///tmp/x", "--rows", "5"), "got the address 'file:///tmp/x'; give /tmp/x alone"),
        (("generate", "dsprites", "--out", "x" * 300, "--rows", "5"), "got a name of 300 bytes, and names have at most 255"),
        (("generate", "dsprites", "--rows", "5", "--out", "~nobody-by-that-name/x"), "there is no such user; write the path out"),
        (("generate", "dsprites", "--out", "x", "--rows", "9" * 5000), "is no whole number"),
        (
            ("lookup", "x", "shape=heart,scale=1"),
            "each condition is a word of its own; got 'shape=heart,scale=1'; write shape=heart scale=1",
        ),
        (("preview", "dsprites", "--traverse", "posx", "--out", "x.png"), "did you mean 'posX'?"),
    ],
    ids=lambda value: value[1][:30] if isinstance(value, tuple) else "",
)
def test_what_people_mistype_is_answered(
    words: tuple[str, ...], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*words)
    assert done.exit_code in (1, 2)
    assert text in done.stderr
    assert done.stderr.count("\n") == 1
    assert len(done.stderr) < 1500
    assert not list(tmp_path.iterdir())


def test_a_home_folder_is_meant_by_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run("generate", "dsprites", "--out", "~/sprites", "--rows", 9).exit_code == 0
    assert (tmp_path / "sprites" / "manifest.json").is_file()
    assert len(factorhub.open("~/sprites")) == 9


def test_a_set_stays_where_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pickle

    from factorhub.errors import StoreError

    for name, seed in (("a", 1), ("b", 2)):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        factorhub.generate("dsprites", "set", rows=50, seed=seed)
    opened = factorhub.open("set")
    first = opened[:]["index"].tolist()
    monkeypatch.chdir(tmp_path / "a")
    assert opened[:]["index"].tolist() == first
    assert pickle.loads(pickle.dumps(opened))[:]["index"].tolist() == first
    kept = pickle.dumps(opened)
    factorhub.generate("dsprites", tmp_path / "b" / "set", rows=50, seed=3, overwrite=True)
    with pytest.raises(StoreError, match="is another one than when it was pickled; open it again"):
        pickle.loads(kept)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
@pytest.mark.parametrize("words", [("list",), ("info", "dsprites"), ("presets",), ("--help",), ("info", "nothing…")])
def test_any_output_encoding_will_do(words: tuple[str, ...], encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "factorhub", *words], capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding}
    )
    assert b"Traceback" not in done.stderr
    assert done.returncode == (2 if "nothing…" in words else 0)


def offered(*words: str) -> str:
    env = {"COMP_WORDS": " ".join(["factorhub", *words]), "COMP_CWORD": str(len(words)), "_FACTORHUB_COMPLETE": "bash_complete"}
    done = subprocess.run(
        [sys.executable, "-m", "factorhub"], capture_output=True, text=True, env={**os.environ, **env}, check=False
    )
    return done.stdout


def test_the_shell_completes_names_options_factors_and_values(sprites: Store) -> None:
    path = str(sprites.folder)
    asked = {
        ("generate", "dsp"): "plain,dsprites",
        ("info", "obj"): "plain,objects_room",
        ("export", path, "--to", "par"): "plain,parquet",
        ("generate", "--preset", "mpi3d"): "plain,mpi3d-",
        ("generate", "dsprites", "--set", "gr"): "plain,grid=",
        ("generate", "dsprites", "--set", "grid=c"): "plain,grid=clean",
        ("generate", "--regime", "corr"): "plain,correlated",
        ("generate", "--order", "n"): "plain,natural",
        ("lookup", path, "sh"): "plain,shape=",
        ("lookup", path, "shape=h"): "plain,shape=heart",
        ("lookup", path, "--split", "va"): "plain,validation",
        ("preview", "shapes3d", "--traverse", "orient"): "plain,orientation",
        ("verify", "some"): "dir,some",
        ("import", "some"): "file,some",
    }
    for words, offer in asked.items():
        assert offer in offered(*words), words
    assert offered("lookup", "/nowhere", "sh").strip() == ""
