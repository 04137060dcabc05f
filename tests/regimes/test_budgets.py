"""Budgets of labels: exactly so many rows of a set, in each of its splits, whatever the regime, the order or the split."""

from __future__ import annotations

import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError


def kept(**settings) -> dict[str, int]:
    """How many rows of each split keep their labels."""
    asked = factorhub.recipe("dsprites", **settings)
    source = asked.source()
    labelled = source.read(np.arange(len(source)), ["labelled"])["labelled"]
    ends = source.order.ends
    return {name: int(labelled[start:stop].sum()) for name, start, stop in zip(asked.splits.names, (0, *ends), ends, strict=False)}


@pytest.mark.parametrize("order", ["permuted", "natural"])
@pytest.mark.parametrize("inner", ["grid", "uniform", "pairs(k=1)", "where('shape == heart', grid)"])
def test_a_number_of_rows_is_exact_in_each_split(inner: str, order: str) -> None:
    regime = f"labels(rows=100, inner={inner})"
    assert kept(regime=regime, rows=5000, order=order) == {"train": 100}
    assert kept(regime=regime, rows=5000, order=order, splits="train=0.8,test=0.2") == {"train": 100, "test": 100}


def test_a_share_is_exact_in_each_split_of_a_finite_regime() -> None:
    regime = "labels(fraction=0.1, inner=grid)"
    assert kept(regime=regime, rows=5005, splits="train=0.8,test=0.2") == {"train": 400, "test": 100}
    by_region = kept(regime=regime, splits="test=shape == heart & scale > 0.9; train=shape == square")
    assert by_region == {"test": 4096, "train": 24576}


def test_splits_by_region_and_by_regime_have_budgets_of_their_own() -> None:
    regime = "labels(rows=100, inner=grid)"
    assert kept(regime=regime, splits="test=shape == heart; train=rest") == {"test": 100, "train": 100}
    regimes = "train=900 * labels(rows=500); test=100 * labels()"
    assert kept(splits=regimes) == {"train": 500, "test": 100}


def test_the_first_draws_keep_their_labels_however_many_follow() -> None:
    few, many = (factorhub.recipe("dsprites", regime="labels(rows=30)", rows=rows).source().read(range(50)) for rows in (50, 900))
    assert all(np.array_equal(few[name], many[name], equal_nan=few[name].dtype.kind == "f") for name in few)


def test_a_set_holds_the_budget_that_its_recipe_says(tmp_path) -> None:
    made = factorhub.generate(
        "dsprites", tmp_path / "set", rows=400, regime="labels(rows=7, inner=grid)", splits={"a": 0.5, "b": 0.5}
    )
    assert made.read(slice(None), ["labelled"])["labelled"].sum() == 14
    assert factorhub.open(tmp_path / "set", "b").read(slice(None), ["labelled"])["labelled"].sum() == 7


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"regime": "labels(rows=100, inner=grid)", "rows": 200, "splits": "train=0.9,test=0.1"},
            "keeps the labels of so many rows in each split, and the smallest has 20; ask for fewer labels or more rows",
        ),
        ({"regime": "pairs(inner=labels(rows=9))", "rows": 20}, "labels(rows=9) inside another regime would count its own draws"),
        ({"regime": "labels(inner=labels(fraction=0.5))", "rows": 20}, "labels(fraction=0.5) inside another regime"),
        ({"regime": "environments([labels(rows=9), labels(rows=9)])", "rows": 20}, "put labels around the other regime"),
    ],
)
def test_a_budget_that_cannot_be_exact_is_refused(settings: dict, text: str) -> None:
    with pytest.raises(InputError) as caught:
        kept(**settings)
    assert text in str(caught.value)
