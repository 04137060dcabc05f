"""Recipes: every regime and every kind of splits becomes a set that says how it was made, and comes back."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import factorhub
from factorhub.build.recipes import Recipe, toml
from factorhub.cli import main
from factorhub.errors import InputError
from factorhub.order import Order, Permutation
from factorhub.regimes import Splits
from factorhub.regimes.presets import PRESETS, preset


@given(size=st.integers(1, 5000), seed=st.integers(0, 2**64 - 1))
def test_a_permutation_is_a_bijection_and_its_inverse(size: int, seed: int) -> None:
    permutation = Permutation(size, seed)
    rows = permutation.forward(np.arange(size))
    assert (np.sort(rows) == np.arange(size)).all()
    assert (permutation.inverse(rows) == np.arange(size)).all()


@given(
    kind=st.sampled_from(["permuted", "natural"]),
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=4),
    spare=st.integers(0, 9),
    own=st.booleans(),
)
def test_an_order_places_every_row_once(kind, sizes: list[int], spare: int, own: bool) -> None:
    bases = tuple(size + spare for size in sizes) if own else ()
    total = sum(bases) if own else sum(sizes) + spare
    order = Order(kind, total, tuple(np.cumsum(sizes).tolist()), 7, bases)
    rows = order.rows(np.arange(len(order)))
    assert len(np.unique(rows)) == len(order)
    assert (order.positions(rows) == np.arange(len(order))).all()
    left = np.setdiff1d(np.arange(total), rows)
    assert (order.positions(left) == -1).all()
    assert Order.from_dict(json.loads(json.dumps(order.to_dict()))) == order


@pytest.mark.parametrize("regime", ["grid", "uniform", "pairs(k=2)", "where('shape == heart', grid)", "sequence(steps=3)"])
def test_a_recipe_comes_back_from_json_and_toml(regime: str, tmp_path: Path) -> None:
    rows = None if "grid" in regime else 60
    asked = factorhub.recipe("dsprites", regime=regime, rows=rows, seed=2**63 + 1, splits="a=0.5,b=0.5", size=16)
    assert Recipe.from_dict(json.loads(json.dumps(asked.to_dict()))) == asked
    (tmp_path / "r.toml").write_text(toml(asked.to_dict()))
    assert Recipe.from_toml(tmp_path / "r.toml") == asked


def test_what_info_prints_makes_the_same_set_again(tmp_path: Path) -> None:
    words = ["generate", "dsprites", "--out", str(tmp_path / "a"), "--rows", "80", "--regime", "pairs(k=1)"]
    first = CliRunner().invoke(main, words)
    assert first.exit_code == 0, first.output
    shown = CliRunner().invoke(main, ["info", str(tmp_path / "a")]).stdout
    (tmp_path / "r.toml").write_text(shown[shown.index("# recipe") :])
    again = CliRunner().invoke(main, ["generate", "--recipe", str(tmp_path / "r.toml"), "--out", str(tmp_path / "b")])
    assert again.exit_code == 0, again.output
    assert factorhub.verify(tmp_path / "a").digests == factorhub.verify(tmp_path / "b").digests


def test_splits_by_region_partition_the_grid(tmp_path: Path) -> None:
    text = "test=tonic == C & octave > 4; train=rest"
    store = factorhub.generate("dmelodies", tmp_path / "set", splits=text)
    test, train = (factorhub.open(store.folder, name) for name in ("test", "train"))
    assert len(test) == 1_354_752 // 12 * 2 // 3
    assert len(test) + len(train) == 1_354_752
    assert set(test.values("tonic")) == {"C"}
    assert set(test.values("octave")) == {5.0, 6.0}
    assert len(train.where("tonic == C & octave > 4")) == 0
    rows = store.space.rows(store.codes())
    assert np.array_equal(np.sort(rows), np.arange(1_354_752))
    assert np.array_equal(store.where("tonic == C & octave > 4"), np.arange(len(test)))
    assert not (np.diff(test["index"]) > 0).all()  # permuted within the split


def test_splits_with_a_regime_each_have_their_own_rows(tmp_path: Path) -> None:
    text = "train=50 * where('scale < 0.8', uniform); test=20 * where('scale > 0.9', uniform)"
    store = factorhub.generate("dsprites", tmp_path / "set", splits=text)
    train, test = (factorhub.open(store.folder, name) for name in ("train", "test"))
    assert (len(train), len(test)) == (50, 20)
    assert train.values("scale").max() < 0.8 < 0.9 < test.values("scale").min()


def test_rows_of_pairs_are_stored_read_and_looked_up(tmp_path: Path) -> None:
    store = factorhub.generate("dsprites", tmp_path / "set", rows=200, regime="pairs(k=2, inner=uniform(on_grid=true))")
    batch = store[[3, 5]]
    assert batch["image"].shape == (2, 2, 64, 64)
    made = factorhub.generator("dsprites")
    values = made.space.values(store.codes([3, 5]))
    assert np.array_equal(made.render(values)["image"], batch["image"])
    assert (store["changed"].sum(axis=1) == 2).all()
    both = (store.codes()[..., 1] == 2).all(axis=1)
    assert np.array_equal(store.lookup(shape="heart"), np.flatnonzero(both))
    assert np.array_equal(store.where("shape == heart"), np.flatnonzero(both))
    not_both = (store.codes()[..., 1] != 2).all(axis=1)
    assert np.array_equal(store.where("~(shape == heart)"), np.flatnonzero(not_both))


@pytest.mark.parametrize("name", [item.name for item in PRESETS])
def test_every_preset_fits_its_generator(name: str) -> None:
    found = preset(name)
    wanted = found.generator or "dsprites"
    if wanted not in factorhub.generators():
        pytest.skip(f"{wanted} is not in the catalog")
    asked = factorhub.recipe(wanted, options=dict(found.options), regime=found.regime, splits=found.splits)
    endless = asked.regime.length(asked.made.space) is None and not asked.splits.rows
    source = (dataclasses.replace(asked, rows=1000) if endless else asked).source()
    labels = [column.name for column in source.columns if column.role != "observation"]
    batch = source.read([0, len(source) - 1], labels)
    assert all(len(column) == 2 for column in batch.values())


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"regime": "pears(k=2)"}, "did you mean 'pairs'?"),
        ({"regime": "uniform"}, "this regime never ends for dsprites; say how many rows you want: --rows N"),
        ({"splits": "test=shape == hart; train=rest"}, "did you mean 'heart'?"),
        ({"splits": "test=scale > 2; train=rest"}, "scale"),
        ({"splits": "a=shape == heart; b=scale > 0.6"}, "splits a and b overlap"),
        ({"splits": "a=shape == heart; b=rest", "rows": 100}, "got --rows 100 beside them; leave it out, or give each split rows"),
        (
            {"splits": "a=shape == heart; b=rest", "regime": "uniform"},
            "these draws never end (within a region, only those from the grid do), so each split needs rows",
        ),
        (
            {"splits": "a=9 * uniform; b=9 * pairs(k=1)"},
            "splits have rows of one shape; a has nothing and b has pair, resampled, changed",
        ),
        (
            {"splits": "a=999999 * where('shape == heart', grid); b=1 * grid"},
            "split a has 245760 rows under its regime",
        ),
    ],
)
def test_what_does_not_fit_is_said_before_any_work(settings: dict, text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        factorhub.generate("dsprites", tmp_path / "x", **settings)
    assert text in str(caught.value)
    assert not (tmp_path / "x").exists()


def test_recipe_files_are_checked(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    for content, text in [
        ("generator = ", "is not TOML"),
        ("seed = 3", "a recipe names its generator; got none"),
        ('generator = "dsprites"\nsead = 3', "no entry named 'sead' in a recipe"),
        ('generator = "dsprites"\nsead = 3', "did you mean 'seed'?"),
    ]:
        file.write_text(content)
        with pytest.raises(InputError) as caught:
            Recipe.from_toml(file)
        assert text in str(caught.value)
    with pytest.raises(InputError, match="cannot read the recipe .*: No such file or directory; name a TOML file"):
        Recipe.from_toml(tmp_path / "none.toml")


def test_splits_are_data_in_every_form() -> None:
    regions = {"a": "shape == heart", "b": "shape != heart"}
    for splits in ({"a": 0.5, "b": 0.5}, regions, "a=0.5,b=0.5", Splits(("a", "b"), fractions=(0.5, 0.5))):
        asked = factorhub.recipe("dsprites", splits=splits)
        assert asked.splits.names == ("a", "b")
        assert Recipe.from_dict(asked.to_dict()) == asked


def test_a_command_makes_its_generator_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of a published file checks every label of the file each time."""
    from click.testing import CliRunner

    from factorhub import catalog
    from factorhub.cli import main
    from factorhub.dmelodies import dmelodies as module

    made = []
    factory = module.dmelodies
    monkeypatch.setattr(module, "dmelodies", lambda: made.append(1) or factory())
    monkeypatch.setattr(catalog, "_check_makes_one", lambda name, factory: None)
    (tmp_path / "r.toml").write_text('generator = "dmelodies"\nrows = 50\n')
    for words in (["dmelodies", "--rows", "50"], ["--recipe", str(tmp_path / "r.toml")]):
        made.clear()
        done = CliRunner().invoke(main, ["generate", *words, "--out", str(tmp_path / f"set{len(words)}{words[0]}")])
        assert done.exit_code == 0, done.output
        assert len(made) == 1
