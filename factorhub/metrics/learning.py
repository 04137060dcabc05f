"""What metrics that fit a model share: scikit-learn where it is installed, splits, classifiers, and the area under a curve."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from factorhub.errors import InputError, MissingExtra
from factorhub.factors import Array
from factorhub.metrics.typed import ranked


def scikit_learn(module: str, purpose: str) -> Any:
    """The module `sklearn.<module>`.

    Raises:
        MissingExtra: scikit-learn is not installed.
    """
    try:
        return importlib.import_module(f"sklearn.{module}")
    except ModuleNotFoundError:
        raise MissingExtra("scikit-learn", "metrics", purpose) from None


def split(rows: Array, train: float | int, seed: int, name: str) -> tuple[Array, Array]:
    """The rows that a model is fitted to and those it is judged on.

    Args:
        rows: indices of the rows whose label is known, increasing.
        train: the share that is fitted, in a seeded random order; a whole number is a row: those before it are fitted.
        seed: of the order.
        name: of the factor, for errors.

    Raises:
        InputError: `train` is no share, or one of the two would be empty.

    >>> [part.tolist() for part in split(np.arange(3), 0.67, 0, "shape")]
    [[2, 0], [1]]
    """
    if isinstance(train, int) and not isinstance(train, bool) and train > 0:
        parts = rows[rows < train], rows[rows >= train]
        if not (len(parts[0]) and len(parts[1])):
            raise InputError(f"{name} needs known rows before row {train} to fit and after it to judge; got {len(rows)} in all")
        return parts
    if not 0 < train < 1:
        raise InputError(f"train is the share of the rows that is fitted, between 0 and 1, or how many come first; got {train}")
    order = np.random.default_rng([seed, 1]).permutation(rows)
    fitted = round(len(order) * train)
    if min(fitted, len(order) - fitted) < 1:
        raise InputError(f"{name} has {len(order)} known rows, too few to fit some and judge others; give more rows")
    return order[:fitted], order[fitted:]


def logistic(x: Array, y: Array, *, strength: float = 1.0, balanced: bool = False, iterations: int = 100) -> Any:
    """A multinomial logistic regression fitted to codes (n, D) and classes (n,); `strength` is C, the inverse of the penalty."""
    linear = scikit_learn("linear_model", "a logistic regression")
    model = linear.LogisticRegression(C=strength, class_weight="balanced" if balanced else None, max_iter=iterations)
    return quietly(model.fit, x, y)


def quietly(fit: Any, *arrays: Array) -> Any:
    """Fit without the warnings of a solver that stops at its last iteration, as the references let theirs."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit(*arrays)


def probabilities(model: Any, x: Array, classes: int) -> Array:
    """(n, classes) what a classifier expects, 0 for classes that it never saw."""
    made = np.zeros((len(x), classes))
    made[:, np.asarray(model.classes_, dtype=np.int64)] = model.predict_proba(x)
    return made


def area_under_curve(scores: Array, positive: Array) -> float:
    """The area under the receiver operating characteristic: the share of pairs in which the positive one scores higher.

    >>> area_under_curve(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.75
    """
    n, m = int(positive.sum()), int((~positive).sum())
    return float((ranked(scores[:, None])[positive, 0].sum() - n * (n + 1) / 2) / (n * m))
