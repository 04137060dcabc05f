"""Mistakes that people make in Python: each is answered by one line that says what was expected and what to write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import factorhub
from factorhub import regimes
from factorhub.adapters.disent import GroundTruth
from factorhub.adapters.disentanglement_lib import GroundTruthData
from factorhub.build.recipes import Recipe
from factorhub.errors import InputError, StoreError
from factorhub.exchange.formats import export
from factorhub.loaders import huggingface
from factorhub.lookup import Store
from factorhub.regimes import Uniform

SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({"rows": -5}, "rows is a whole number from 1 to 2**40; got -5"),
    ({"rows": "many"}, "rows is a whole number from 1 to 2**40; got 'many'"),
    ({"rows": True}, "rows is a whole number from 1 to 2**40; got True"),
    ({"rows": 10.5}, "rows is a whole number from 1 to 2**40; got 10.5"),
    ({"seed": None}, "seed is a whole number from 0 to 2**64 - 1; got None"),
    ({"regime": 5}, "regime is a regime of factorhub.regimes, its data, or its text such as 'pairs(k=2)'; got 5"),
    ({"regime": ["pairs"]}, "its text such as 'pairs(k=2)'; got ['pairs']"),
    ({"splits": ["train"]}, "splits is factorhub.regimes.Splits, {name: share}, or text such as train=0.7"),
    ({"splits": (0.8, 0.2)}, "got (0.8, 0.2)"),
    ({"splits": {"train": None}}, "split train is a share such as 0.8, a region such as 'shape == heart', or a regime; got None"),
    ({"splits": {"a": 0.5, "b": "shape == heart"}}, "splits are all shares, all regions or all regimes; got {'a': 0.5,"),
    ({"splits": {"a": "shape == heart"}, "split_rows": {"b": 5}}, "split_rows has a number for each of a; got {'b': 5}"),
    ({"bound": "a"}, "bound is a number above 0; got 'a'"),
    ({"options": 5}, "options is a dictionary such as {'size': 32}; got 5"),
]  # fmt: skip
WRITING: list[tuple[dict[str, Any], str]] = [
    ({"workers": "2"}, "workers (threads) is a whole number from 1 to 1024; got '2'"),
    ({"shard_rows": "a"}, "shard_rows (--shard-rows) is a whole number from 1; got 'a'"),
    ({"level": "9"}, "a compression level is a whole number from 1 to 9; got '9'"),
    ({"compression": "none", "level": 9}, "compression none has no level; got level 9; leave it out, or ask for gzip"),
    ({"progress": 5}, "progress is True, or a function that is told how many rows are done; got 5"),
    ({"overwrite": "yes"}, "overwrite is True or False; got 'yes'"),
    ({"row": 100}, "no option named 'row' in dsprites; it has size, grid, "),
    ({"worker": 2}, "did you mean 'workers'?"),
]


@pytest.mark.parametrize(("settings", "text"), SETTINGS, ids=str)
def test_settings_of_a_recipe(settings: dict[str, Any], text: str) -> None:
    _refused(lambda: factorhub.recipe("dsprites", **settings), text)


@pytest.mark.parametrize(("settings", "text"), WRITING, ids=str)
def test_settings_of_a_set(settings: dict[str, Any], text: str, tmp_path: Path) -> None:
    _refused(lambda: factorhub.generate("dsprites", tmp_path / "set", **{"rows": 20, **settings}), text)
    assert not (tmp_path / "set").exists()


CALLS: dict[str, tuple[Callable[[Store], Any], str]] = {
    "a recipe's class": (lambda s: Recipe("dsprites", rows=0), "rows is a whole number from 1 to 2**40; got 0"),
    "a generator without a name": (
        lambda s: factorhub.generator(None),
        "a generator is asked for by name, such as 'dsprites'; got None",
    ),  # type: ignore[arg-type]
    "no folder to open": (lambda s: factorhub.open(None), "open takes the path of a folder; got None"),  # type: ignore[arg-type]
    "several splits": (
        lambda s: factorhub.open(s.folder, split=["train"]),
        "a split is one name, or None for all rows; got ['train']",
    ),  # type: ignore[arg-type]
    "a set to verify": (lambda s: factorhub.verify(s), "verify takes the path of a folder; got Store("),  # type: ignore[arg-type]
    "a set for datasets": (lambda s: huggingface.load(s), "; give its folder, '"),  # type: ignore[arg-type]
    "a path to export": (
        lambda s: export("data/dsprites", "npz", "x.npz"),  # type: ignore[arg-type]
        "got 'data/dsprites'; write factorhub.open('data/dsprites')",
    ),
    "a recipe to export": (
        lambda s: export(factorhub.recipe("dsprites"), "npz", "x.npz"),  # type: ignore[arg-type]
        "a recipe's rows are its source()",
    ),
    "a generator to export": (
        lambda s: export(factorhub.generator("dsprites"), "npz", "x.npz"),  # type: ignore[arg-type]
        "the rows of a generator are factorhub.recipe(generator).source()",
    ),
    "a name for metrics": (
        lambda s: GroundTruthData("dsprites"),  # type: ignore[arg-type]
        "metrics' data is an open set or a generator: factorhub.open(path), factorhub.generator(name); got 'dsprites'",
    ),
    "a name for disent": (lambda s: GroundTruth("dsprites"), "metrics' data is an open set or a generator"),  # type: ignore[arg-type]
    "a region to look up": (
        lambda s: s.lookup("shape == heart"),  # type: ignore[arg-type]
        "(a region as text goes to store.where); got 'shape == heart'",
    ),
    "a factor twice": (lambda s: s.lookup({"shape": "heart"}, shape="square"), "lookup is given shape twice"),
    "a mask for where": (lambda s: s.where(np.ones(3)), "what where looks for is a region, such as"),  # type: ignore[arg-type]
    "nearest to nothing": (lambda s: s.nearest({}), "nearest needs the value of at least one factor; got none; write it as in"),
    "nearest to a word": (lambda s: s.nearest(scale="large"), "scale takes 0.5 … 1; got 'large'"),
    "nearest of none": (
        lambda s: s.nearest(scale=0.5, count=0),
        "the count of nearest rows is a whole number from 1 to 3000; got 0",
    ),
    "fewer than no pairs": (lambda s: s.pairs_differing_in("shape", -1), "count is a whole number from 0; got -1"),
    "columns as a word": (lambda s: s.read([1], "shape"), "are named in a list; got 'shape'; write a list such as ['image']"),
    "a regime's class": (
        lambda s: factorhub.recipe("dsprites", regime=Uniform),
        "regime is a regime of factorhub.regimes, its data",
    ),  # type: ignore[arg-type]
    "an order": (lambda s: factorhub.recipe("dsprites", order="random"), "no order named 'random'"),  # type: ignore[arg-type]
    "a number as a regime's text": (lambda s: regimes.from_text(5), "the text of a regime is a text such as 'pairs(k=2)'; got 5"),  # type: ignore[arg-type]
    "a word as a regime's data": (lambda s: regimes.from_dict("x"), "the data of a regime is a dictionary such as"),  # type: ignore[arg-type]
    "words to render": (
        lambda s: factorhub.generator("dsprites").render([["white", "heart", 1, 0, 0.5, 0.5]]),
        "values are numbers, of categorical factors their codes",
    ),
    "no region to read": (lambda s: factorhub.recipe("dsprites", splits={"a": "heart"}), "cannot read the region 'heart'"),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls(name: str, sprites: Store) -> None:
    call, text = CALLS[name]
    _refused(lambda: call(sprites), text)


def test_single_rows_are_asked_for_where_rows_hold_several(tmp_path: Path) -> None:
    pairs = factorhub.generate("dsprites", tmp_path / "pairs", rows=50, regime="pairs(k=1, inner=grid)")
    for name, call in {
        "nearest": lambda: pairs.nearest(scale=0.5),
        "pairs_differing_in": lambda: pairs.pairs_differing_in("shape"),
        "traverse": lambda: pairs.traverse(0, "shape"),
        "counterfactual": lambda: pairs.counterfactual(0, shape="heart"),
    }.items():
        _refused(call, f"{name} is for sets of single rows; each row of this one is a pair")


def test_nearest_takes_keywords_as_lookup_does(sprites: Store) -> None:
    assert np.array_equal(sprites.nearest(scale=0.55, count=3), sprites.nearest({"scale": 0.55}, 3))


def test_a_run_that_finished_nothing_leaves_its_folder_free(tmp_path: Path) -> None:
    out = tmp_path / "set"

    def interrupt(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        factorhub.generate("dsprites", out, rows=10, progress=interrupt)
    assert (out / "manifest.unfinished.json").exists()
    assert len(factorhub.generate("lorenz", out, rows=10)) == 10
    with pytest.raises(
        InputError, match=r"holds another set: generator is lorenz there and pendulum here; .* \(overwrite=True in Python\)"
    ):
        factorhub.generate("pendulum", out, rows=10)


def test_repair_says_what_it_made(tmp_path: Path) -> None:
    store = factorhub.generate("dsprites", tmp_path / "set", rows=90, shard_rows=30)
    assert factorhub.repair(store.folder).repaired == ()
    store.shard(1).path.unlink()
    report = factorhub.repair(store.folder)
    assert (report.ok, report.repaired) == (True, (1,))


def test_a_lost_manifest_is_not_answered_with_a_command_that_refuses(tmp_path: Path) -> None:
    store = factorhub.generate("dsprites", tmp_path / "set", rows=90)
    (store.folder / "manifest.json").unlink()
    with pytest.raises(
        StoreError, match=r"\(no manifest.json\); restore manifest.json, or empty the folder and generate the set again"
    ):
        factorhub.open(store.folder)


def _refused(call: Callable[[], Any], text: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)
