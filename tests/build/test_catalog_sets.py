"""Every generator of the catalog, from the command line to a set that is verified, shown and read by Hugging Face."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import factorhub
from factorhub.cli import main

ROWS = 6
VARIANTS = (
    "dsprites antialias=true shapes=more grid=clean",
    "multi_dsprites amodal=true overlap=0.4 variant=binarized",
    "tetrominoes n=2 cell=4",
    "shapes3d mask=true depth=true size=40",
    "objects_room depth=true max_objects=5",
    "causal_flow intervene=all channels=rgb",
)


def run(*words: object) -> str:
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("case", [*factorhub.generators(), *VARIANTS])
def test_a_set_of_every_generator(case: str, tmp_path: Path, hf_cache: Path) -> None:
    datasets = pytest.importorskip("datasets")
    folder, (name, *settings) = tmp_path / "set", case.split()
    options = [word for setting in settings for word in ("--set", setting)]
    run("generate", name, *options, "--out", folder, "--rows", ROWS, "--regime", "uniform")
    run("verify", folder)
    for what, out in (([name, *options], tmp_path / "generator.png"), ([folder], tmp_path / "set.png")):
        run("preview", *what, "--count", 3, "--out", out)
        page = np.asarray(Image.open(out))
        assert min(page.shape[:2]) > 64
        assert len(np.unique(page.reshape(-1, 3), axis=0)) > 2
    store = factorhub.open(folder)
    loaded = datasets.load_dataset(str(folder), cache_dir=str(hf_cache))["train"]
    for column, ours in store[:].items():
        theirs = loaded.select_columns(column).with_format("numpy", dtype=ours.dtype)[:][column]
        np.testing.assert_array_equal(theirs, ours)
