"""Sets as users make them: the same rows under any arrangement, splits that partition, recipes that come back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import factorhub
from factorhub.build.recipes import Recipe
from factorhub.errors import InputError
from factorhub.lookup import Store
from factorhub.regimes.grid import Grid
from factorhub.regimes.uniform import Uniform
from factorhub.testing import sample

SPLITS = {"train": 0.7, "validation": 0.2, "test": 0.1}


def rendered(store: Store, rows) -> np.ndarray:
    """The pictures that the labels of these rows give."""
    made = factorhub.generator("dsprites")
    batch = store[rows]
    return made.render(made.space.values(np.stack([batch[name] for name in made.space.names], axis=-1)))["image"]


def test_stored_labels_give_the_stored_pictures(sprites: Store) -> None:
    rows = [30, 10, 20, -1, 2099, 2100, 10]
    assert (rendered(sprites, rows) == sprites[rows]["image"]).all()
    assert (rendered(sprites, slice(None)) == sprites["image"]).all()


def test_rows_come_in_the_order_asked_for(sprites: Store) -> None:
    everything = sprites.read(slice(None))
    mask = np.zeros(len(sprites), bool)
    mask[[5, 2999, 700]] = True
    lists = ([30, 10, 20], [-1, 0], np.array([[1, 2], [3, 1]]), np.arange(0, 3000, 7))
    for asked in (*lists, mask, slice(9, 5, -2), slice(690, 720), np.array([], int)):
        numbers = np.arange(len(sprites))[asked]
        got = sprites.read(asked)
        for name, column in everything.items():
            assert np.array_equal(got[name], column[numbers]), (asked, name)


def test_one_row_is_a_dict_of_its_fields_and_codes(sprites: Store) -> None:
    row = sprites[10]
    assert list(row) == ["image", "color", "shape", "scale", "orientation", "posX", "posY", "index"]
    assert row["image"].shape == (64, 64)
    assert row["scale"] == sprites["scale"][10]
    assert np.isclose(sprites.values("scale")[10], 0.5 + 0.1 * row["scale"])
    assert sprites.values("shape")[10] == ["square", "ellipse", "heart"][row["shape"]]
    assert len([1 for _ in factorhub.open(sprites.folder, "test")]) == 300


def test_a_split_is_its_part_of_the_set(sprites: Store) -> None:
    parts = [factorhub.open(sprites.folder, split) for split in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [2100, 600, 300]
    assert np.array_equal(np.concatenate([part["index"] for part in parts]), sprites["index"])


@pytest.mark.parametrize("order", ["permuted", "natural"])
def test_splits_partition_the_grid(order, tmp_path: Path) -> None:
    store = factorhub.generate("dmelodies", tmp_path / "a", order=order, splits={"a": 0.5, "b": 0.3, "c": 0.2})
    index = store["index"]
    assert np.array_equal(np.sort(index), np.arange(1_354_752))
    shares = [factorhub.open(store.folder, split)["index"] for split in "abc"]
    assert all((np.diff(share) > 0).all() for share in shares) == (order == "natural")
    for share in shares:  # each split sees every tonic about equally often
        counts = np.bincount(share // (1_354_752 // 12), minlength=12)
        assert np.abs(counts / len(share) - 1 / 12).max() < 0.002


def test_published_split_sizes_of_dmelodies(tunes: Store) -> None:
    sizes = [stop - start for start, stop in tunes.plan.ranges.values()]
    assert sizes == [948_326, 270_950, 135_476]


def test_rows_do_not_depend_on_how_a_set_was_made(tmp_path: Path) -> None:
    splits = {"train": 0.6, "test": 0.4}
    ways = [
        {"workers": 1},
        {"workers": 2, "shard_rows": 300},
        {"workers": 7, "shard_rows": 333},
        {"compression": "none"},
        {"compression": "gzip", "level": 6},
    ]
    digests = []
    for i, way in enumerate(ways):
        factorhub.generate("dsprites", tmp_path / str(i), rows=1000, seed=5, splits=splits, **way)
        digests.append(factorhub.verify(tmp_path / str(i)).digests)
    assert all(digest == digests[0] for digest in digests)
    factorhub.generate("dsprites", tmp_path / "other", rows=1000, seed=6, splits=splits)
    assert factorhub.verify(tmp_path / "other").digests["image"] != digests[0]["image"]


def test_golden_digests(sprites: Store, tunes: Store) -> None:
    """Rows are forever: a change here needs a new version of the generator or of the format, and a line in the changelog."""
    assert factorhub.verify(sprites.folder).digests["image"] == GOLDEN["dsprites"]
    assert factorhub.verify(tunes.folder).digests["tokens"] == GOLDEN["dmelodies"]


GOLDEN = {"dsprites": "02bca21a1026203c484d564e0bddc5ac", "dmelodies": "0687eba797f0f2baf5dc616691bd0b86"}


@pytest.mark.parametrize(
    ("name", "field", "expected"),
    [
        ("rf_fingerprint", "signal", [[-0.813763547414393, -0.902413241175159], [0.762910120000818, -0.365571764773429]]),
        ("seasonal_series", "state", [[-0.37194776783183, 0.221040982418474], [0.679525149284581, 0.893713670157891]]),
        ("linear_scm", "observed", [[0.351724607282279, -0.210559930325459], [0.056749471123274, 0.964924006707349]]),
    ],
)
def test_golden_floats(name: str, field: str, expected: list[list[float]]) -> None:
    """Noise passes through a mathematical library, so it is compared by the tolerance of docs/format.md."""
    made = factorhub.generator(name, **({} if name == "linear_scm" else {"dtype": "float64"}))
    rows = made.render(sample(made.space, 3, seed=9))[field]
    scale = np.abs(rows).max()
    assert np.abs(rows.reshape(3, -1)[:2, :2] - expected).max() < 1e-12 * scale
    if name != "linear_scm":
        single = factorhub.generator(name).render(sample(made.space, 3, seed=9))[field]
        assert np.abs(single - rows).max() < 1e-6 * scale


def test_continuous_draws_have_values_and_no_codes(tmp_path: Path) -> None:
    store = factorhub.generate("dsprites", tmp_path / "a", rows=500, regime=Uniform())
    row = store[3]
    assert "scale" not in row
    assert 0.5 <= row["scale_value"] <= 1
    assert len(np.unique(store.values("posX"))) == 500
    with pytest.raises(InputError, match="posX was drawn without a grid, .* as in 'posX between 0.45 and 0.55'"):
        store.lookup(posX=0.5)
    assert (store.values("shape")[store.lookup(shape="heart")] == "heart").all()


def test_a_recipe_comes_back_from_the_manifest(sprites: Store) -> None:
    recipe = Recipe.from_dict(json.loads((sprites.folder / "manifest.json").read_text())["plan"]["recipe"])
    assert recipe == factorhub.recipe("dsprites", rows=3000, splits={"train": 0.7, "validation": 0.2, "test": 0.1}, regime=Grid())
    source = recipe.source()
    assert np.array_equal(source.read([5, 2500], ["image"])["image"], sprites[[5, 2500]]["image"])


def test_a_recipe_of_another_version_is_refused() -> None:
    with pytest.raises(InputError, match="the recipe asks for version 9 of dsprites, this factorhub has 1"):
        Recipe("dsprites", version=9).source()


def test_lookup_finds_exactly_the_rows_with_these_factors(sprites: Store, tunes: Store) -> None:
    cases = [(sprites, {"shape": ["heart", "square"], "scale": 0.8}), (tunes, {"tonic": "C", "octave": [4, 5], "arp_chord2": 1})]
    for store, wanted in cases:
        found = store.lookup(wanted)
        mask = np.ones(len(store), bool)
        for name, asked in wanted.items():
            values = store[name] if isinstance(asked, int) else store.values(name)
            mask &= np.isin(values, asked)
        assert np.array_equal(found, np.flatnonzero(mask))
        part = factorhub.open(store.folder, "test")
        assert np.array_equal(part.lookup(wanted), found[found >= part.start] - part.start)
    assert np.array_equal(sprites.lookup(by="code", scale=3), sprites.lookup(scale=0.8))
    assert len(sprites.lookup()) == 3000
    assert len(tunes.lookup(tunes.factors(77))) == 1


def test_the_same_call_finds_a_finished_set_finished(sprites: Store) -> None:
    def times() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in sprites.folder.rglob("*") if path.is_file() and path.name != ".lock"}

    before = times()
    again = factorhub.generate("dsprites", sprites.folder, rows=3000, splits=SPLITS, shard_rows=700)
    assert again.manifest == sprites.manifest
    assert times() == before


def test_overwrite_replaces_a_set_and_nothing_else(tmp_path: Path) -> None:
    factorhub.generate("dsprites", tmp_path / "a", rows=50)
    (tmp_path / "a" / "notes.txt").write_text("mine")
    store = factorhub.generate("dmelodies", tmp_path / "a", rows=60, overwrite=True)
    assert len(store) == 60
    assert (tmp_path / "a" / "notes.txt").read_text() == "mine"
    assert factorhub.verify(tmp_path / "a").ok


def test_progress_can_be_asked_for_where_there_is_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    factorhub.generate("dsprites", tmp_path / "shown", rows=40, shard_rows=10, progress=True)
    assert "dsprites 100% 40/40 rows" in capsys.readouterr().err
    told: list[int] = []
    factorhub.generate("dsprites", tmp_path / "told", rows=40, shard_rows=10, progress=told.append)
    factorhub.generate("dsprites", tmp_path / "silent", rows=40, progress=False)
    assert sum(told) == 40
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("three_body", {"steps": 10**8}, "a row of three_body has at most 2 GiB; got"),
        ("pendulum", {"steps": 10**7, "video": 512}, "GiB of video; choose smaller options"),
    ],
)
def test_a_row_that_fills_the_memory_is_refused_before_it_is_begun(name: str, options: dict, text: str) -> None:
    with pytest.raises(InputError) as caught:
        factorhub.generator(name, **options)
    assert text in str(caught.value)


def test_so_is_a_row_of_many_frames(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a row has at most 2 GiB of each column; got 2.93 GiB of image"):
        factorhub.generate("color_dsprites", tmp_path / "set", rows=2, regime="walk(1000)", size=1024)


def test_a_store_tells_its_splits_recipe_and_generator(tmp_path: Path) -> None:
    factorhub.generate("dsprites", tmp_path / "set", rows=100, splits={"train": 0.8, "test": 0.2}, size=32)
    store = factorhub.open(tmp_path / "set", "test")
    assert store.splits == {"train": 80, "test": 20}
    assert Recipe.from_dict(store.recipe).rows == 100
    assert store.generator.options["size"] == 32
    assert np.array_equal(store.generator.render(store.generator.space.values(store.codes(3)))["image"], store[3]["image"])
