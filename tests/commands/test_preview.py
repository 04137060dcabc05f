"""`factorhub preview`: rows of a set by split, region or number, and of a generator under a regime."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import factorhub
from factorhub.cli import main
from factorhub.commands import preview


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return factorhub.generate("shapes3d", tmp_path_factory.mktemp("sets") / "set", rows=300, splits={"train": 0.5, "test": 0.5})


def run(*words):
    done = CliRunner().invoke(main, ["preview", *map(str, words)])
    return done.exit_code, done.output.strip()


def test_rows_in_a_region_of_a_split_are_shown(made, tmp_path):
    file = tmp_path / "spheres.png"
    code, said = run(made.folder, "--split", "test", "--where", "shape == sphere", "--count", "5", "--out", file)
    assert (code, said) == (0, str(file))
    part = factorhub.open(made.folder, "test")
    rows = part.where("shape == sphere")
    pictures, captions = preview.stored(part, 5, rows)
    assert len(pictures) == 5
    assert all("shape sphere" in line for line in captions)
    assert (pictures[0] == part[rows[0]]["image"]).all()
    assert np.asarray(Image.open(file)).shape[1] > 5 * 64


def test_one_row_is_shown_alone(made, tmp_path):
    assert run(made.folder, "--row", "7", "--out", tmp_path / "row.png")[0] == 0
    pictures, captions = preview.stored(made, 24, np.array([7]))
    assert (pictures == made[[7]]["image"]).all()
    assert captions[0][0] == "row 7"


@pytest.mark.parametrize("regime", ["pairs(k=2)", "sequence(4, static=[shape])", "where('scale > 1.1', grid)", "edits"])
def test_members_of_rows_of_a_generator_stand_side_by_side(regime, tmp_path):
    name = "multi_dsprites" if regime == "edits" else "shapes3d"
    generator = factorhub.generator(name)
    pictures, captions = preview.drawn_by(generator, 3, 5, regime)
    rows = factorhub.recipe(generator, rows=3, regime=regime, seed=5).source()
    members = max(rows.values(np.arange(3)).reshape(3, -1, len(generator.space.factors)).shape[1], 1)
    assert len(pictures) == len(captions) == 3
    assert pictures.shape[2] >= members * 64
    assert run(name, "--regime", regime, "--count", "3", "--out", tmp_path / "sheet.png")[0] == 0


MISTAKES = [
    (["SET", "--regime", "pairs"], "--regime is for generators, and"),
    (["dsprites", "--row", "3"], "--split and --row are for sets; dsprites is a generator"),
    (["SET", "--where", "scale > 5"], "lies in 'scale > 5'; loosen a condition"),
    (["SET", "--row", "300"], "row 300 is outside"),
    (["SET", "--split", "tset"], "no split named 'tset'"),
    (["dsprites", "--where", "shap == heart"], "no factor named 'shap'"),
    (["dsprites", "--regime", "pears"], "no regime named 'pears'"),
]


@pytest.mark.parametrize(("words", "answer"), MISTAKES)
def test_mistakes_are_one_line(words, answer, made, tmp_path):
    words = [str(made.folder) if word == "SET" else word for word in words]
    code, said = run(*words, "--out", Path(tmp_path) / "x.png")
    assert code == 2
    assert answer in said
    assert "\n" not in said
