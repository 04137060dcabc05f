"""What a row would have been: all else equal, or with all that follows in the causal model it was drawn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError, StoreError
from factorhub.lookup import Store
from factorhub.regimes import Do, from_text

CHAIN = "causal([mechanism(scale, [shape], [0.8], noise=0.6), mechanism(posX, [scale], [0.8], noise=0.6)])"
ON_GRID = CHAIN[:-1] + ", on_grid=true)"
REGIMES = {
    "causal": CHAIN,
    "on the grid": ON_GRID,
    "with labels": f"labels(noise=0.1, inner={CHAIN})",
    "environments": f"environments([{CHAIN}, {CHAIN[:-1]}, do=[do(posY)])])",
    "within a region": f"where('posX > 0.5', {CHAIN})",
    "linear_scm": "linear_scm",
}


def made(tmp_path: Path, **settings) -> Store:
    factorhub.generate("dsprites", tmp_path / "set", **settings)
    return factorhub.open(tmp_path / "set")


def other(store: Store, row: int) -> str:
    return "square" if store.factors(row)["shape"] == "heart" else "heart"


@pytest.mark.parametrize("name", REGIMES)
def test_what_is_set_to_what_it_is_changes_nothing_and_else_its_effects_follow(name: str, tmp_path: Path) -> None:
    store = made(tmp_path, rows=60, regime=REGIMES[name])
    moved = 0
    for row in range(0, 60, 6):
        assert np.array_equal(store.counterfactual(row, shape=store.factors(row)["shape"])["image"], store[row]["image"])
        changes = {"shape": other(store, row)}
        moved += not np.array_equal(store.counterfactual(row, **changes)["image"], store.with_factors(row, **changes)["image"])
    assert moved > 4


def test_a_counterfactual_is_the_model_s_with_the_row_s_own_noise(tmp_path: Path) -> None:
    store = made(tmp_path, rows=40, regime=CHAIN, seed=5)
    base, model = factorhub.generator("dsprites"), from_text(CHAIN)
    for row in range(10):
        natural = store.read(row, ["index"])["index"].reshape(1)
        values = model.under([Do("scale", 0.9)], base.space).draw(base.space, 5, natural).values[0]
        assert np.array_equal(store.counterfactual(row, scale=0.9)["image"], base.render(values)["image"])
        assert values[2] == 0.9


def test_what_a_factor_does_not_cause_stays(tmp_path: Path) -> None:
    store = made(tmp_path, rows=40, regime=CHAIN)
    for row in range(0, 40, 5):  # nothing follows posX
        changed = [call(row, posX=0.25)["image"] for call in (store.counterfactual, store.with_factors)]
        assert np.array_equal(*changed)


def test_splits_with_regimes_of_their_own_are_followed(tmp_path: Path) -> None:
    store = made(tmp_path, splits=f"test=30 * where('shape == heart', {CHAIN}); train=30 * {CHAIN}")
    for part in (store, factorhub.open(store.folder, "train"), factorhub.open(store.folder, "test")):
        for row in range(0, len(part), 9):
            assert np.array_equal(part.counterfactual(row, posY=part.factors(row)["posY"])["image"], part[row]["image"])
    rows = range(0, 30, 5)
    moved = [
        not np.array_equal(*(call(row, shape="square")["image"] for call in (store.counterfactual, store.with_factors)))
        for row in rows
    ]
    assert any(moved)


def test_without_a_model_both_are_the_same(tmp_path: Path) -> None:
    store = made(tmp_path, rows=30, regime="correlated([[shape, scale]], sigma=0.2)")
    for row in range(0, 30, 7):
        both = [call(row, shape=other(store, row)) for call in (store.counterfactual, store.with_factors)]
        assert all(np.array_equal(both[0][name], both[1][name]) for name in both[0])


def test_a_model_that_cannot_be_followed_says_so(tmp_path: Path) -> None:
    store = made(tmp_path, rows=20, regime=f"tasks(inner={CHAIN})")
    with pytest.raises(InputError, match="counterfactual follows the causal model that a single row was drawn from, and tasks"):
        store.counterfactual(0, shape=other(store, 0))
    assert store.with_factors(0, shape=other(store, 0))["row"] == -1
    pairs = made(tmp_path / "pairs", rows=20, regime=f"counterfactual({CHAIN}, [[do(shape)]])")
    for call in (pairs.counterfactual, pairs.with_factors):
        with pytest.raises(InputError, match="is for sets of single rows"):
            call(0, shape="heart")


def test_a_recipe_that_does_not_give_the_row_is_not_followed(tmp_path: Path) -> None:
    store = made(tmp_path, rows=20, regime=CHAIN)
    store[0]  # the shard is open
    store.plan.recipe["seed"] = 99
    with pytest.raises(StoreError, match="does not give its row 3; factorhub verify"):
        store.counterfactual(3, shape=other(store, 3))


# --- what regimes recorded --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regime", "region", "column", "wanted"),
    [
        ("environments([where('shape == heart'), uniform])", "environment == 1", "environment", lambda x: x == 1),
        ("environments([where('shape == heart'), uniform])", "environment in (0, 1)", "environment", lambda x: x >= 0),
        ("environments([uniform, uniform, uniform], keep=[1, 2])", "environment > 1", "environment", lambda x: x == 2),
        ("labels(rows=10)", "labelled == true", "labelled", lambda x: x),
        ("labels(rows=10)", "labelled == false", "labelled", lambda x: ~x),
        ("pairs(k=1)", "changed_scale == true", "changed", lambda x: x[:, 2]),
        ("linear_scm", "intervened_shape == true | intervened_posX == true", "intervened", lambda x: x[:, 1] | x[:, 4]),
        ("walk(3, inner=environments([uniform, uniform]))", "~(environment == 0)", "environment", lambda x: x == 1),
        ("shell([[posX, 0.2, 0.6], [posY, 0.2, 0.6]], 0.1, 0.2)", "outside_count == 2", "outside_count", lambda x: x == 2),
        ("shell([[posX, 0.2, 0.6], [posY, 0.2, 0.6]], 0.1, 0.2)", "distance > 0.3", "distance", lambda x: x > 0.3),
    ],
)
def test_rows_are_found_by_what_the_regime_did(regime: str, region: str, column: str, wanted, tmp_path: Path) -> None:
    store = made(tmp_path, rows=200, regime=regime)
    expected = np.flatnonzero(wanted(store[column]))
    assert len(expected) > 0
    assert np.array_equal(store.where(region), expected)


def test_records_combine_with_factors_and_are_guessed_at(tmp_path: Path) -> None:
    store = made(tmp_path, rows=200, regime="environments([where('shape == heart'), uniform])")
    found = store.where("environment == 1 & shape == heart")
    assert np.array_equal(found, np.intersect1d(store.where("environment == 1"), store.lookup(shape="heart")))
    assert np.array_equal(store.lookup(environment=1, shape="heart"), found)
    with pytest.raises(InputError, match="did you mean 'environment'"):
        store.where("enviroment == 1")
    with pytest.raises(InputError, match="environment takes the whole numbers 0 … 1"):
        store.where("environment == 7")
    assert store.space.names == factorhub.generator("dsprites").space.names
