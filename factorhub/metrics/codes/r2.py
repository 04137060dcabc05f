"""How much of the factors a regression reads out of all codes."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, unknown
from factorhub.factors import Array
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.metric import BY_PLACE, declare
from factorhub.metrics.score import Score
from factorhub.metrics.typed import standardised, target

MODELS = ("linear", "kernel")
MOST = 2000  # rows that a kernel regression is fitted to


@declare(
    measures="can the factors be read from all codes together by a linear map; blind to rotation and to duplicates",
    range=(-float("inf"), 1.0),
    chance="about -D/N",
    tier="basic",
    source="the coefficient of determination on held-out rows; typed targets: Lippe et al., CITRIS, 2022",
    lacks=BY_PLACE,
)
def r2(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    seed: int = 0,
    model: Literal["linear", "kernel"] = "linear",
    train: float = 0.5,
) -> Score:
    """R² of a regression of each factor on all codes, on held-out rows; `relation` has that on each group of codes alone.

    Targets are typed: the value of an ordinal or continuous factor, cosine and sine of a circular one, an indicator a class of
    a categorical one; R² is 1 - squared errors / squared distances from the training mean, over all columns of the target.
    With `groups` the relation is block R²: how well each block alone predicts each factor.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`.
        seed: of the split.
        model: "linear" least squares, or "kernel" ridge (radial basis functions of standardised codes with gamma 1/D,
            alpha 1, fitted to 2,000 rows at most).
        train: the share of the rows that is fitted.

    Raises:
        InputError: arrays that do not fit, or too few rows for the dimensions.

    >>> factors = np.random.default_rng(0).normal(size=(500, 2))
    >>> round(r2(factors @ [[1, 1], [1, -1]], factors), 6)
    1.0
    """
    if model not in MODELS:
        raise unknown("model", model, MODELS, "r2")
    if not 0 < train < 1:
        raise InputError(f"train is the share of the rows that is fitted, between 0 and 1; got {train}")
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups, least=8)
    parts = [np.arange(given.codes.shape[1]), *map(np.asarray, given.groups)]
    table = np.zeros((len(parts), len(given.names)))
    notes = []
    for k in given.varying:
        known = np.flatnonzero(given.known[:, k])
        order = np.random.default_rng([seed, 0]).permutation(known)
        fitted = order[: max(int(len(order) * train), 1)]
        held = order[len(fitted) :]
        if len(fitted) < 4 or len(held) < 4:
            raise InputError(f"r2 needs 8 known rows of {given.names[k]}; got {len(known)}; give more rows or leave it out")
        if len(fitted) <= given.codes.shape[1] and model == "linear":
            notes.append(f"{len(fitted)} rows fitted {given.codes.shape[1]} codes to {given.names[k]}: none to spare")
        y = target(given, k, np.concatenate([fitted, held]))
        regress = _linear if model == "linear" else _kernel
        for j, part in enumerate(parts):
            x = given.codes[:, part]
            table[j, k] = _determined(y[: len(fitted)], y[len(fitted) :], regress(x[fitted], y[: len(fitted)], x[held]))
    return given.score(
        "r2", table[0], relation=np.maximum(table[1:], 0), warnings=notes, estimator=model, train=train, seed=seed, version=1
    )


def _determined(fitted: Array, held: Array, predicted: Array) -> float:
    spread = float(((held - fitted.mean(axis=0)) ** 2).sum())
    return 1 - float(((held - predicted) ** 2).sum()) / spread if spread > 0 else 0.0


def _linear(x: Array, y: Array, new: Array) -> Array:
    x, new = standardised(x, new)
    middle = y.mean(axis=0)
    solved, *_ = np.linalg.lstsq(x, y - middle, rcond=1e-10)
    return np.asarray(new @ solved + middle)


def _kernel(x: Array, y: Array, new: Array) -> Array:
    x, y = x[:MOST], y[:MOST]
    x, new = standardised(x, new)
    middle = y.mean(axis=0)
    solved = np.linalg.solve(_radial(x, x) + np.eye(len(x)), y - middle)
    return np.asarray(_radial(new, x) @ solved + middle)


def _radial(a: Array, b: Array) -> Array:
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.asarray(np.exp(-np.maximum(squares, 0) / max(a.shape[1], 1)))
