"""`dlib` mode against the definitions of disentanglement_lib, written out here one entry at a time."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import mutual_info_score
from sklearn.svm import LinearSVC

from factorhub.metrics import dlib


def arrays(rows: int = 1500) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    factors = np.column_stack([rng.integers(0, size, rows) for size in (3, 6, 40)])
    codes = np.column_stack([factors @ rng.normal(size=(3, 4)), rng.normal(size=rows), np.zeros(rows)])
    return codes, factors


def in_bins(codes: np.ndarray) -> np.ndarray:
    return np.column_stack([np.digitize(column, np.histogram(column, 20)[1][:-1]) for column in codes.T])


def table(codes: np.ndarray, factors: np.ndarray) -> np.ndarray:
    binned = in_bins(codes)
    return np.array([[mutual_info_score(a, b) for b in factors.T] for a in binned.T])


def test_mutual_information_gap() -> None:
    codes, factors = arrays()
    ranked = np.sort(table(codes, factors), axis=0)[::-1]
    entropies = np.array([mutual_info_score(column, column) for column in factors.T])
    assert abs(dlib.mig(codes, factors) - np.mean((ranked[0] - ranked[1]) / entropies)) < 1e-12


def test_modularity() -> None:
    codes, factors = arrays()
    scores = []
    for row in table(codes, factors):
        best = row.max()
        if best < 1e-12:
            scores.append(0.0)
            continue
        scores.append(1 - sum(entry**2 for k, entry in enumerate(row) if k != row.argmax()) / (best**2 * (len(row) - 1)))
    assert abs(dlib.modularity(codes, factors) - np.mean(scores)) < 1e-12


def test_interventional_robustness() -> None:
    codes, factors = arrays()
    binned, most = in_bins(factors), np.abs(codes - codes.mean(axis=0)).max(axis=0)
    robust = np.zeros((codes.shape[1], factors.shape[1]))
    for j in range(codes.shape[1]):
        for k in range(factors.shape[1]):
            if most[j] == 0:
                continue
            away = []
            for value in np.unique(binned[:, k]):
                rows = codes[binned[:, k] == value, j]
                away.append(np.percentile(np.abs(rows - rows.mean()), 99))
            robust[j, k] = 1 - np.mean(away) / most[j]
    assert abs(dlib.irs(codes, factors) - np.average(robust.max(axis=1), weights=most)) < 1e-12


def test_separated_attribute_predictability_of_both_readings() -> None:
    codes, factors = arrays(900)
    codes = codes[:, :5]
    gaps = []
    for k in range(2):
        right = [
            LinearSVC(C=0.01, class_weight="balanced", random_state=0)
            .fit(codes[:600, [j]], factors[:600, k])
            .score(codes[600:, [j]], factors[600:, k])
            for j in range(5)
        ]
        gaps.append(np.sort(right)[-1] - np.sort(right)[-2])
    assert abs(dlib.sap(codes[:600], factors[:600, :2], codes[600:], factors[600:, :2]) - np.mean(gaps)) < 0.02
    squares = np.corrcoef(codes.T, factors.T)[:5, 5:] ** 2
    ranked = np.sort(squares, axis=0)
    continuous = dlib.sap(codes, factors, codes, factors, continuous_factors=True)
    assert abs(continuous - np.mean(ranked[-1] - ranked[-2])) < 1e-12


def test_importances_of_boosted_trees() -> None:
    codes, factors = arrays(450)
    score = dlib.dci(codes[:300], factors[:300, :2], codes[300:], factors[300:, :2])
    model = GradientBoostingClassifier(random_state=0).fit(codes[:300], factors[:300, 0])
    assert score.relation is not None
    assert np.allclose(score.relation[:, 0], model.feature_importances_, atol=1e-9)
    assert abs(score.parts["informativeness"] - np.mean([model.score(codes[300:], factors[300:, 0]), 0])) < 0.5


def test_the_vote_of_least_variance_prunes_as_its_configuration_does() -> None:
    codes, factors = arrays()
    score = dlib.factor_vae(np.column_stack([codes, 0.01 * factors[:, :1]]), factors)
    assert score.settings["active"] == 5
    assert 1 / 3 <= score <= 1


@pytest.mark.parametrize("shift", [0.0, 0.1, 1e6])
def test_bins_are_those_of_numpy(shift: float) -> None:
    from factorhub.metrics.discretise import equal_width

    for column in (*arrays()[0][:, :5].T, np.arange(40.0), np.linspace(0, 1, 41)):
        assert np.array_equal(equal_width(column + shift, 20) + 1, in_bins((column + shift)[:, None])[:, 0])
