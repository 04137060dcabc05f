"""Laws of ground-truth access, on grids in both orders, on part of a grid, and on draws off the grid."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError, StoreError
from factorhub.lookup import Store
from factorhub.regimes import from_text
from factorhub.regimes.uniform import Uniform
from factorhub.regions import parse
from factorhub.storage.reader import Reader

SPLITS = {"train": 0.7, "test": 0.3}


@pytest.fixture(scope="module")
def natural(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The whole dMelodies grid in natural order."""
    return factorhub.generate("dmelodies", tmp_path_factory.mktemp("natural") / "set", order="natural", splits=SPLITS)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Draws with repetition on the grid of dSprites: not a grid."""
    folder = tmp_path_factory.mktemp("drawn") / "set"
    return factorhub.generate("dsprites", folder, rows=4000, regime=Uniform(on_grid=True), splits=SPLITS)


@pytest.fixture(params=["sprites", "tunes", "natural", "drawn"])
def store(request: pytest.FixtureRequest) -> Store:
    return request.getfixturevalue(request.param)


def masked(columns: dict[str, np.ndarray], wanted: dict[str, list[int]]) -> np.ndarray:
    return np.flatnonzero(np.logical_and.reduce([np.any([columns[n] == c for c in codes], 0) for n, codes in wanted.items()]))


@pytest.mark.parametrize("split", [None, "test"])
def test_lookup_agrees_with_a_mask_for_any_conditions(store: Store, split: str | None) -> None:
    part = factorhub.open(store.folder, split)
    columns = part.read(slice(None), part.space.names)
    rng = np.random.default_rng(0)
    for _ in range(10):
        names = rng.permutation(store.space.names)[: rng.integers(1, len(store.space.names) + 1)]
        wanted = {}
        for name in names:
            size = store.space[name].size
            wanted[str(name)] = rng.permutation(size)[: rng.integers(1, min(size, 3) + 1)].tolist()
        assert np.array_equal(part.lookup(wanted, by="code"), masked(columns, wanted)), wanted


def test_every_row_is_found_by_its_own_factors(store: Store) -> None:
    for row in (0, 1, len(store) // 2, len(store) - 1):
        assert row in store.lookup(store.factors(row))
        codes = store.codes(row)
        assert store.space.values(codes).tolist() == [
            f.code(v) if f.labels else pytest.approx(v) for f, v in zip(store.space, store.factors(row).values(), strict=True)
        ]
    assert np.array_equal(store.codes([3, -1]), np.stack([store[[3, -1]][name] for name in store.space.names], axis=-1))


def test_nearest_is_what_brute_force_finds(store: Store) -> None:
    rng = np.random.default_rng(1)
    asked = {f.name: (f.labels[0] if f.labels else f.low + rng.random() * (f.high - f.low)) for f in store.space}
    found = store.nearest(asked, 5)
    total = np.zeros(len(store))
    for factor in store.space:
        if factor.labels:
            total += store[factor.name] != 0
        else:
            apart = np.abs(store.values(factor.name) - asked[factor.name])
            if factor.period:
                apart = np.minimum(apart, factor.period - apart)
            total += (apart / (factor.high - factor.low)) ** 2
    assert np.allclose(total[found], np.sort(total)[:5])
    assert (np.diff(total[found]) >= 0).all()


def test_pairs_differ_in_one_factor_and_agree_in_all_others(store: Store) -> None:
    name = store.space.names[-1]
    pairs = store.pairs_differing_in(name)
    codes = store.codes()
    differ = codes[pairs[:, 0]] != codes[pairs[:, 1]]
    column = store.space.index(name)
    assert differ[:, column].all()
    assert not np.delete(differ, column, axis=1).any()
    assert (np.diff(pairs[:, 0]) > 0).all()
    if len(store) == 1_354_752:
        assert len(pairs) == len(store)  # on a whole grid every row has a partner
    few = store.pairs_differing_in(name, min(len(pairs), 7), seed=3)
    assert {tuple(pair) for pair in few} <= {tuple(pair) for pair in store.pairs_differing_in(name, seed=3)}
    with pytest.raises(InputError, match="rows with a partner that differs in"):
        store.pairs_differing_in(name, len(store) + 1)


def test_partners_are_spread_evenly(tunes: Store) -> None:
    pairs = tunes.pairs_differing_in("tonic", seed=5)
    steps = (tunes["tonic"][pairs[:, 1]].astype(int) - tunes["tonic"][pairs[:, 0]]) % 12
    counts = np.bincount(steps, minlength=12)
    assert counts[0] == 0
    assert np.abs(counts[1:] / len(pairs) - 1 / 11).max() < 0.001


def test_a_traversal_changes_one_factor_through_all_its_values(store: Store) -> None:
    name = "posX" if "posX" in store.space else "rhythm_bar2"
    rows = store.traverse(7, name)
    assert len(rows) == store.space[name].size
    assert rows[store.codes(7)[store.space.index(name)]] >= 0
    for code, row in enumerate(rows):
        if row >= 0:
            want = store.factors(7)
            got = store.factors(row)
            assert got.pop(name) == pytest.approx(store.space[name].values(code)) or store.space[name].labels
            want.pop(name)
            assert got == want
    if len(store) == 1_354_752:
        assert (rows >= 0).all()


def test_a_counterfactual_is_found_or_rendered_alike(sprites: Store, tunes: Store, drawn: Store) -> None:
    made = factorhub.generator("dsprites")
    for store in (sprites, drawn):
        shown = store.factors(3)
        other = store.counterfactual(3, shape="heart", posX=0.123)
        values = [
            f.code(v) if f.labels else v
            for f, v in zip(store.space, {**shown, "shape": "heart", "posX": 0.123}.values(), strict=True)
        ]
        assert other["row"] == -1
        assert np.array_equal(other["image"], made.render(np.array(values))["image"])
        same = store.counterfactual(3)
        assert same["row"] >= 0
        assert np.array_equal(same["image"], store[3]["image"])
    higher = tunes.counterfactual(11, octave=6)
    assert higher["row"] >= 0
    assert tunes.factors(int(higher["row"])) == {**tunes.factors(11), "octave": 6}
    with pytest.raises(InputError, match="no factor named 'colour' in dsprites"):
        sprites.counterfactual(3, colour="red")
    with pytest.raises(InputError, match="posX takes 0 … 1; got 2"):
        sprites.counterfactual(3, posX=2)
    with pytest.raises(StoreError, match="was opened without its generator; open it with factorhub.open"):
        Store(Reader(sprites.folder)).counterfactual(3, posX=0.123)


def test_a_store_pickles_with_its_ground_truth(sprites: Store) -> None:
    part = factorhub.open(sprites.folder, "test")
    again = pickle.loads(pickle.dumps(part))
    assert np.array_equal(again["image"], part["image"])
    assert again.counterfactual(0, posX=0.123)["row"] == -1


def test_draws_off_the_grid_answer_what_they_can(tmp_path: Path) -> None:
    store = factorhub.generate("dsprites", tmp_path / "loose", rows=300, regime=Uniform())
    near = store.nearest({"posX": 0.5, "posY": 0.5}, 3)
    apart = np.hypot(store.values("posX") - 0.5, store.values("posY") - 0.5)
    assert np.array_equal(near, np.argsort(apart)[:3])
    assert store.counterfactual(5, scale=0.75)["row"] == -1
    for call in (lambda: store.codes(0), lambda: store.traverse(0, "posX"), lambda: store.lookup(posX=0.5)):
        with pytest.raises(InputError, match="was drawn without a grid"):
            call()


@pytest.fixture(scope="module")
def loose(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Draws off the grid of dSprites: positions, scales and angles have no codes."""
    return factorhub.generate("dsprites", tmp_path_factory.mktemp("loose") / "set", rows=3000, regime=Uniform(), splits=SPLITS)


@pytest.fixture(scope="module")
def paired(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Pairs on the grid of dSprites that differ in two factors."""
    folder = tmp_path_factory.mktemp("paired") / "set"
    return factorhub.generate("dsprites", folder, rows=2000, regime=from_text("pairs(k=2, inner=grid)"), splits=SPLITS)


@pytest.fixture(scope="module")
def loosely_paired(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Pairs off the grid."""
    folder = tmp_path_factory.mktemp("loosely") / "set"
    return factorhub.generate("dsprites", folder, rows=2000, regime=from_text("pairs(k=2)"), splits=SPLITS)


REGIONS = (
    "shape == heart",
    "scale > 0.6",
    "posX between 0.2 and 0.7",
    "shape in (heart, square) & scale <= 0.8",
    "~(shape == heart | posX < 0.3)",
    "orientation between 5 and 1 | ~(scale > 0.7 & shape != ellipse)",
    "posX > 0.999 & posX < 0.001",
    "posY >= 0",
)


@pytest.mark.parametrize("split", [None, "test"])
@pytest.mark.parametrize("kind", ["sprites", "drawn", "loose", "paired", "loosely_paired"])
def test_where_finds_the_rows_whose_members_all_lie_in_the_region(
    kind: str, split: str | None, request: pytest.FixtureRequest
) -> None:
    store = factorhub.open(request.getfixturevalue(kind).folder, split)
    names = store.space.names
    columns = [store.values(n) if store.space[n].labels is None else store[n].astype(np.float64) for n in names]
    values = np.stack(columns, axis=-1)
    sizes = []
    for text in REGIONS:
        region = parse(text)
        inside = region.contains(store.space, values).reshape(len(store), -1).all(axis=1)
        found = store.where(text)
        assert found.dtype == np.int64
        assert np.array_equal(found, np.flatnonzero(inside)), text
        assert np.array_equal(store.where(region), found), text
        sizes.append(len(found))
    assert sizes[-2:] == [0, len(store)]
    assert min(sizes[:-2]) > 0, sizes
    assert max(sizes[:-2]) < len(store), sizes


def test_where_on_a_whole_grid_agrees_with_lookup_and_counts(tunes: Store) -> None:
    assert np.array_equal(tunes.where("tonic == C & octave >= 5"), tunes.lookup(tonic="C", octave=[5, 6]))
    assert len(tunes.where("~(octave > 4)")) == len(tunes) // 3
    part = factorhub.open(tunes.folder, "validation")
    assert np.array_equal(part.where("octave == 4"), np.flatnonzero(part.values("octave") == 4))


def test_where_refuses_what_the_set_has_not(sprites: Store) -> None:
    with pytest.raises(InputError, match="no factor named 'colour'"):
        sprites.where("colour == red")
    with pytest.raises(InputError, match="shape is categorical, so > has no meaning"):
        sprites.where("shape > heart")


def test_codes_of_a_row_are_those_of_its_split_and_the_callers_own(tunes: Store) -> None:
    part = factorhub.open(tunes.folder, "test")
    whole = np.stack([part[name] for name in part.space.names], axis=-1)
    assert np.array_equal(part.codes(), whole)
    for row in (0, 5, -1, len(part) - 1, -len(part)):
        assert np.array_equal(part.codes(row), whole[row])
    for codes in (part.codes(0), part.codes()):
        codes[...] = 0
    assert np.array_equal(part.codes(), whole)
    with pytest.raises(IndexError, match=f"row {len(part)} is outside"):
        part.codes(len(part))
    with pytest.raises(InputError, match="codes of tonic are integers; got float64"):
        part.lookup({"tonic": 1.5}, by="code")


def test_rows_that_are_found_are_the_callers_own(sprites: Store) -> None:
    questions = [
        lambda: sprites.lookup(shape="heart"),
        lambda: sprites.lookup(shape=2, posX=0),
        lambda: sprites.where("scale > 0.8"),
    ]
    for ask in questions:
        expected = ask().tolist()
        found = ask()
        found += 1
        np.random.default_rng(0).shuffle(found)
        assert ask().tolist() == expected


def array_kinds() -> list:
    torch, jnp = pytest.importorskip("torch"), pytest.importorskip("jax.numpy")
    return [np.asarray, np.int32, np.uint8, torch.tensor, jnp.asarray]


def test_an_array_without_axes_is_a_number(sprites: Store) -> None:
    plain = sprites[3]
    for made in array_kinds():
        three, heart = made(3), made(2)
        row = sprites[three]
        assert all(np.array_equal(row[name], plain[name]) for name in plain)
        assert all(np.shape(array) == np.shape(plain[name]) for name, array in sprites.read(three, list(plain)).items())
        assert sprites.factors(three) == sprites.factors(3)
        assert np.array_equal(sprites.codes(three), sprites.codes(3))
        assert np.array_equal(sprites.traverse(three, "posX"), sprites.traverse(3, "posX"))
        assert np.array_equal(sprites.counterfactual(three, posX=0)["image"], sprites.counterfactual(3, posX=0)["image"])
        assert np.array_equal(sprites.lookup(shape=heart), sprites.lookup(shape=2))
        assert np.array_equal(sprites.lookup(shape=made([0, 2])), sprites.lookup(shape=[0, 2])) if made is not np.int32 else True
    for wrong in (np.array(True), np.array(3.0)):
        with pytest.raises(InputError):
            sprites[wrong]


def test_the_first_questions_are_answered_without_compiled_code_and_alike(sprites: Store) -> None:
    questions = ["shape='heart'", "shape=[0, 2], posX=0", "scale=1"]
    regions = ["scale > 0.8", "~(shape == heart) & posX < 0.3", "posY between 0.2 and 0.4 | orientation == 0"]
    asked = ", ".join([*(f"s.lookup({q}).tolist()" for q in questions), *(f"s.where('{r}').tolist()" for r in regions)])
    code = (
        "import sys, json, factorhub\n"
        f"rounds = []\nfor _ in range(2):\n"
        f"    s = factorhub.open({str(sprites.folder)!r}, 'train')\n"
        f"    first = s.lookup({questions[0]}); assert 'numba' not in sys.modules or rounds\n"
        f"    rounds.append([{asked}])\n"
        "assert 'numba' in sys.modules and rounds[0] == rounds[1]\nprint(json.dumps(rounds[0]))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    train = factorhub.open(sprites.folder, "train")
    assert json.loads(done.stdout) == eval(f"[{asked}]", {"s": train})
