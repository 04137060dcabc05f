"""Importances of boosted trees, for DCI."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.errors import InputError, MissingExtra
from factorhub.factors import Array
from factorhub.metrics.learning import quietly, scikit_learn, split
from factorhub.metrics.sample import Sample
from factorhub.metrics.typed import target

TREES, DEPTH, RATE = 100, 3, 0.1  # scikit-learn's defaults, which the references use


def boosted(
    given: Sample, estimator: str, *, train: float | int, seed: int
) -> tuple[Array, Array, dict[str, Any], tuple[str, ...]]:
    """Importances (D, K), each column summing to 1 or 0; informativeness (K,); settings; warnings.

    Args:
        given: codes and factors.
        estimator: "gbt", "lightgbm" or "regressor"; see `factorhub.metrics.codes.dci`.
        train: the share of the known rows that is fitted.
        seed: of split and trees.

    Raises:
        InputError: too few rows.
        MissingExtra: the library is not installed.
    """
    relation, informative = np.zeros((len(given.groups), len(given.names))), np.zeros(len(given.names))
    kinds: dict[str, str] = {}
    for k in given.varying:
        fitted, held = split(np.flatnonzero(given.known[:, k]), train, seed, given.names[k])
        if len(fitted) < 2:
            raise InputError(f"{given.names[k]} has {len(fitted)} rows to fit trees to; expected at least 2; give more rows")
        x, new = given.codes[fitted], given.codes[held]
        regress = estimator == "regressor" and given.kinds[k] != "categorical"
        kinds[given.names[k]] = "R2" if regress else "accuracy"
        if regress:
            y, truth = target(given, k, fitted), target(given, k, held)
            models = [_fit(_regressor(seed), x, column) for column in y.T]
            predicted = np.column_stack([quietly(model.predict, new) for model in models])
            spread = ((truth - y.mean(axis=0)) ** 2).sum()
            informative[k] = 1 - ((truth - predicted) ** 2).sum() / spread if spread > 0 else 0.0
        else:
            labels = given.classes[k].of
            if len(np.unique(labels[fitted])) == 1:
                informative[k] = float((labels[held] == labels[fitted[0]]).mean())
                continue
            models = [_fit(_classifier(estimator, seed), x, labels[fitted])]
            informative[k] = float((quietly(models[0].predict, new) == labels[held]).mean())
        importance = np.sum([_shares(model.feature_importances_) for model in models], axis=0)
        relation[:, k] = _shares(np.array([importance[list(group)].sum() for group in given.groups]))
    settings = {"trees": TREES, "depth": DEPTH, "rate": RATE, "train": train, "informativeness": kinds, **_versions(estimator)}
    return relation, informative, settings, given.lonely


def _fit(model: Any, x: Array, y: Array) -> Any:
    return quietly(model.fit, x, y)


def _shares(importance: Array) -> Array:
    importance = np.asarray(importance, dtype=np.float64)
    total = importance.sum()
    return importance / total if total > 0 else np.zeros_like(importance)


def _light(kind: str, seed: int) -> Any:
    """LightGBM as it agrees with the reference: gain, for split counts give a perfect code 0.39; leaves of single rows."""
    try:
        import lightgbm
    except ModuleNotFoundError:
        raise MissingExtra("lightgbm", "metrics", "DCI with estimator='lightgbm'") from None
    return getattr(lightgbm, kind)(
        n_estimators=TREES, max_depth=DEPTH, num_leaves=2**DEPTH, learning_rate=RATE, min_child_samples=1,
        importance_type="gain", random_state=seed, n_jobs=1, deterministic=True, force_row_wise=True, verbosity=-1,
    )  # fmt: skip


def _classifier(estimator: str, seed: int) -> Any:
    if estimator == "gbt":
        ensemble = scikit_learn("ensemble", "DCI with estimator='gbt'")
        return ensemble.GradientBoostingClassifier(n_estimators=TREES, max_depth=DEPTH, learning_rate=RATE, random_state=seed)
    return _light("LGBMClassifier", seed)


def _regressor(seed: int) -> Any:
    try:
        return _light("LGBMRegressor", seed)
    except MissingExtra:
        ensemble = scikit_learn("ensemble", "DCI with estimator='regressor'")
        return ensemble.GradientBoostingRegressor(n_estimators=TREES, max_depth=DEPTH, learning_rate=RATE, random_state=seed)


def _versions(estimator: str) -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    for package in ("scikit-learn",) if estimator == "gbt" else ("lightgbm", "scikit-learn"):
        try:
            return {"library": f"{package} {version(package)}"}
        except PackageNotFoundError:
            continue
    return {}
