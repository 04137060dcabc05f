"""The command line as a person types it: what comes out, which exit code, and one clear line for every mistake."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import factorhub
from factorhub.lookup import Store
from tests.commands.command_line import run


def test_list_names_every_generator() -> None:
    text, data = run("list").output, json.loads(run("list", "--json").output)
    assert [item["name"] for item in data] == factorhub.generators()
    assert all(name in text for name in factorhub.generators())
    assert next(item for item in data if item["name"] == "dmelodies")["rows"] == 1_354_752


@pytest.mark.parametrize("name", factorhub.generators())
def test_info_shows_every_factor_and_field(name: str) -> None:
    made = factorhub.generator(name)
    text, data = run("info", name).output, json.loads(run("info", name, "--json").output)
    assert [item["name"] for item in data["factors"]] == list(made.space.names)
    assert all(word in text for word in (*made.space.names, *(field.name for field in made.fields), made.source))


def test_info_of_a_set_shows_splits_shards_bytes_and_recipe(sprites: Store) -> None:
    data = json.loads(run("info", sprites.folder, "--json").output)
    assert data["splits"] == {"train": 2100, "validation": 600, "test": 300}
    assert data["shards"] == 5
    assert data["bytes"] == sum(path.stat().st_size for path in sprites.folder.glob("data/*.h5"))
    assert data["recipe"]["generator"] == "dsprites"
    text = run("info", sprites.folder).output
    assert all(word in text for word in ("train 2,100", "5 shards", "MB", "recipe", "4-fold"))


def test_generate_lookup_verify_in_a_row(tmp_path: Path) -> None:
    out = tmp_path / "tunes"
    made = run("generate", "dmelodies", "--out", out, "--rows", 4000, "--seed", 3, "--splits", "train=0.75,test=0.25")
    assert (made.exit_code, "4,000 rows in 2 shards" in made.stdout, made.stderr) == (0, True, "")
    count = int(run("lookup", out, "tonic=C,D", "octave=4", "--count").output)
    store = factorhub.open(out)
    assert count == int(((store.values("octave") == 4) & np.isin(store.values("tonic"), ["C", "D"])).sum())
    data = json.loads(run("lookup", out, "tonic=C", "--split", "test", "--limit", 3, "--json").output)
    test = factorhub.open(out, "test")
    assert len(data["rows"]) == 3
    assert all(test.factors(row)["tonic"] == "C" for row in data["rows"])
    assert json.loads(run("lookup", out, "--row", 7, "--json").output)["factors"] == store.factors(7)
    report = json.loads(run("verify", out, "--json").output)
    assert report["ok"]
    assert set(report["digests"]) == {column.name for column in store.columns}


def test_verify_fails_with_a_list_and_repair_mends(tmp_path: Path) -> None:
    out = tmp_path / "set"
    factorhub.generate("dsprites", out, rows=300, shard_rows=100)
    (out / "data" / "train-00001-of-00003.h5").unlink()
    done = run("verify", out)
    assert done.exit_code == 1
    assert "train-00001-of-00003.h5 is missing" in done.output
    assert f"factorhub repair {out}" in done.output
    assert run("repair", out).output == f"{out}: made 1 shard again, every shard is as the manifest says\n"
    assert run("repair", out).output == f"{out}: every shard is as the manifest says\n"
    assert run("verify", out).exit_code == 0


def test_jobs_write_their_files_and_the_same_command_finishes(tmp_path: Path) -> None:
    words = ("generate", "dsprites", "--out", tmp_path / "set", "--rows", 300, "--shard-rows", 100)
    for job in range(2):
        done = run(*words, "--shard-index", job, "--num-shards", 2)
        assert (done.exit_code, f"the files of job {job} of 2" in done.stdout) == (0, True)
        assert "is unfinished; run the command that began it again" in run("verify", tmp_path / "set").stderr
    assert run(*words).exit_code == 0
    assert run("verify", tmp_path / "set").exit_code == 0


@pytest.mark.parametrize("name", ["dsprites", "dmelodies"])
def test_preview_draws_generators_and_sets(name: str, tmp_path: Path, sprites: Store, tunes: Store) -> None:
    sheet, strip, stored = (tmp_path / f"{kind}.png" for kind in ("sheet", "strip", "stored"))
    assert run("preview", name, "--out", sheet, "--count", 6, "--columns", 3).exit_code == 0
    assert run("preview", name, "--out", strip, "--traverse", {"dsprites": "posX", "dmelodies": "octave"}[name]).exit_code == 0
    assert run("preview", (sprites if name == "dsprites" else tunes).folder, "--out", stored, "--count", 4).exit_code == 0
    for path in (sheet, strip, stored):
        pixels = np.asarray(Image.open(path))
        assert pixels.ndim == 3
        assert len(np.unique(pixels)) > 2


def test_a_traversal_moves_one_factor_only(tmp_path: Path) -> None:
    from factorhub.commands.preview import traversal

    made = factorhub.generator("dsprites")
    pictures, lines = traversal(made, "scale")
    assert len(pictures) == len(lines) == 6
    assert (np.diff(pictures.sum(axis=(1, 2, 3), dtype=np.int64)) > 0).all()


def test_export_writes_what_peers_read_and_import_reads_it_back(tmp_path: Path) -> None:
    out, file = tmp_path / "small", tmp_path / "sprites.npz"
    factorhub.generate("dsprites", out, rows=40)
    assert run("export", out, "--to", "npz", "--out", file).exit_code == 0
    assert np.load(file)["imgs"].shape == (40, 64, 64)
    done = run("import", file, "--out", tmp_path / "back")
    assert done.exit_code == 2  # a part of the grid is not the published file
    assert "expected imgs (737280, 64, 64)" in done.stderr
