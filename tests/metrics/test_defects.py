"""Mistakes that other implementations made, shown not to be made here."""

from __future__ import annotations

import numpy as np
import pytest

from factorhub import metrics
from factorhub.factors import categorical
from factorhub.metrics import dlib
from tests.metrics.samples import drawn, panel


def grid(rows: int = 1200, sizes: tuple[int, ...] = (3, 4, 5), seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.integers(0, size, rows) for size in sizes])


def test_active_codes_are_counted_not_all_codes() -> None:
    factors = grid()
    score = metrics.factor_vae(np.column_stack([factors, np.full(len(factors), 0.3)]), factors, train=60, test=30)
    assert score.settings["active"] == 3


def test_scaling_one_code_moves_no_interventional_robustness() -> None:
    codes, factors = panel("dsprites", "pad"), drawn("dsprites")
    scaled = codes * np.where(np.arange(10) == 9, 100.0, 1.0)
    assert abs(metrics.irs(scaled, factors) - metrics.irs(codes, factors)) < 1e-9
    assert abs(dlib.irs(codes, factors) - 0.553) < 0.01
    assert abs(dlib.irs(scaled, factors) - 0.367) < 0.01  # which the reference's weights do


@pytest.mark.parametrize("name", ["modularity", "dci", "infomec", "mig", "jemmig", "dcimig", "top_k"])
def test_a_code_that_knows_nothing_hides_no_later_code_and_makes_no_nan(name: str) -> None:
    factors = grid()
    codes = np.column_stack([np.zeros(len(factors)), np.random.default_rng(1).normal(size=len(factors)), factors])
    score = metrics.metric(name)(codes, factors)
    assert np.isfinite(score)
    assert score > 0.95


def test_codes_of_whole_numbers_are_taken() -> None:
    factors = grid()
    score = metrics.infomec(factors.astype(np.int8), factors)
    assert min(score, score.parts["InfoC"], score.parts["InfoE"]) > 0.99


def test_explicitness_by_information_is_judged_on_other_rows_than_it_is_fitted_to() -> None:
    """80 codes of noise fitted to 100 rows tell everything of those and nothing of others."""
    rng = np.random.default_rng(0)
    assert metrics.infomec(rng.normal(size=(200, 80)), grid(200)).parts["InfoE"] < 0.05


def test_a_class_that_only_the_held_out_rows_have_is_an_error_and_no_other_class() -> None:
    factors = np.zeros((60, 1), dtype=int)
    factors[:30, 0] = np.arange(30) % 2
    factors[30:, 0] = np.arange(30) % 3
    score = metrics.dci(factors, factors, estimator="lightgbm", train=30)
    assert abs(score.parts["informativeness"] - 2 / 3) < 0.01


def test_a_factor_of_forty_values_has_forty_classes() -> None:
    factors = grid(10_000, (40, 40))
    assert metrics.mig(factors, factors) > 0.97


def test_one_factor_gives_a_number_for_every_tree() -> None:
    factors = grid(200, (3,))
    for estimator in ("mi", "gbt", "lightgbm", "regressor"):
        assert isinstance(metrics.dci(np.column_stack([factors, factors[::-1]]), factors, estimator=estimator), float)


@pytest.mark.parametrize("name", ["mig", "dci", "mcc", "snc", "irs"])
def test_classes_without_order_may_be_numbered_in_any_way(name: str) -> None:
    labels = np.random.default_rng(0).integers(0, 10, (2000, 1))
    other = np.random.default_rng(1).permutation(10)[labels]
    schema = [categorical("kind", list("abcdefghij"))]
    codes = labels + 0.1 * np.random.default_rng(2).normal(size=labels.shape)
    metric = metrics.metric(name)
    assert abs(metric(codes, labels, schema=schema) - metric(codes, other, schema=schema)) < 1e-9
    assert metric(codes, other, schema=schema) > 0.7


def test_noise_has_no_explicit_code() -> None:
    rng = np.random.default_rng(0)
    factors = grid(600)
    noise = metrics.dci_es(rng.normal(size=(600, 3)), factors, trees=5)
    ideal = metrics.dci_es(factors, factors, trees=5)
    assert noise < 0.1
    assert noise.parts["as published"] > 0.5
    assert ideal > 0.6


def test_single_neurons_are_judged_on_held_out_rows_and_scaled_by_themselves() -> None:
    factors, rng = grid(300), np.random.default_rng(0)
    noise = rng.normal(size=(300, 3))
    assert metrics.snc(noise, factors).parts["adjusted"] < 0.05
    scaled = metrics.snc(factors * [1000.0, 1.0, 0.001], factors)
    assert scaled == metrics.snc(factors, factors) == 1


def test_chance_is_the_share_of_the_most_frequent_class() -> None:
    rng = np.random.default_rng(0)
    factors = (rng.random((2000, 1)) < 0.1).astype(int)
    codes = rng.normal(size=(2000, 2))
    assert abs(metrics.probe(codes, factors).parts["majority"] - 0.9) < 0.03
    assert metrics.snc(codes, factors).parts["adjusted"] <= 0


def test_the_mean_is_over_all_factors_and_not_the_best_ones() -> None:
    factors = np.random.default_rng(0).normal(size=(500, 6))
    codes = np.where(np.arange(6) < 4, factors, np.random.default_rng(1).normal(size=(500, 6)))
    assert abs(metrics.mcc(codes, factors) - 4 / 6) < 0.05
    assert abs(metrics.mcc(codes[:, :4], factors) - 4 / 6) < 0.01  # fewer codes than factors


def test_the_ideal_code_keeps_its_gap_through_a_pipeline_of_batches() -> None:
    """A port shuffled rows against labels by a wrong reshape, and reported 0.0008 for 0.5."""
    factors = grid(2000)
    running = metrics.Running(["mig"])
    for batch in np.array_split(factors, 7):
        running.update(batch.T.copy().T, batch)
    assert running.compute()["mig"] == metrics.mig(factors, factors) > 0.98


def test_no_split_count_stands_for_importance() -> None:
    """LightGBM's default importance gives a perfect code 0.39."""
    factors = drawn("shapes3d")[:900, 2:5]
    assert metrics.dci(factors, factors, estimator="lightgbm") > 0.999


def test_an_independent_code_costs_no_gap_and_mutual_information_never_exceeds_the_entropy() -> None:
    factors = grid(1000, (40, 2))
    rare = np.zeros(1000, dtype=int)
    rare[:2] = 1
    score = metrics.mig(np.column_stack([np.ones(1000), rare]), np.column_stack([factors[:, 1], rare]))
    assert score.relation is not None
    entropy = -(0.002 * np.log(0.002) + 0.998 * np.log(0.998))
    assert score.relation.max() <= entropy + 1e-12


def test_a_perfect_code_of_a_binary_factor_has_a_perfect_omes() -> None:
    from factorhub.metrics.moves.omes import omes

    rng = np.random.default_rng(0)
    sizes = np.array([2, 3, 12, 28])
    first = rng.integers(0, sizes, (4000, 4))
    second, which = first.copy(), np.arange(4000) % 4
    shift = rng.integers(1, sizes[which])
    second[np.arange(4000), which] = (first[np.arange(4000), which] + shift) % sizes[which]
    pairs = np.stack([first, second], axis=1)
    score = omes(pairs, pairs)
    assert min(score.per_factor.values()) > 0.9
    published = np.array([0.0, 0.5, 0.91, 0.96])  # 1 - 1/(V - 1)
    assert score.parts["as published"] < score - 0.2
    assert abs(score.parts["as published"] - published.mean()) < 0.1
