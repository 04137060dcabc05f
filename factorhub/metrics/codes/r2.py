"""How much of the factors a regression reads out of all codes."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, unknown
from factorhub.factors import Array
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.learning import split
from factorhub.metrics.metric import BY_PLACE, declare
from factorhub.metrics.moments import moments, solved, standardised, unit
from factorhub.metrics.sample import Sample
from factorhub.metrics.score import Score
from factorhub.metrics.typed import target

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
    train: float | int = 0.5,
) -> Score:
    """R² of a regression of each factor on all codes, on held-out rows; `relation` has that on each group of codes alone.

    Targets are typed: the value of an ordinal or continuous factor, cosine and sine of a circular one, an indicator a class of
    a categorical one; R² is 1 - squared errors / squared distances from the training mean, over all columns of the target.
    With `groups` the relation is block R²: how well each block alone predicts each factor.

    The number of a class, or an angle, is not read linearly: codes that equal such factors get less than 1, and so does the
    ideal code of a panel. Indicators, and pairs of cosine and sine, get 1.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`.
        seed: of the split.
        model: "linear" least squares, or "kernel" ridge (radial basis functions of standardised codes with gamma 1/D,
            alpha 1, fitted to 2,000 rows at most).
        train: the share of the rows that is fitted; a whole number fits the rows before it.

    Raises:
        InputError: arrays that do not fit, or too few rows for the dimensions.

    >>> factors = np.random.default_rng(0).normal(size=(500, 2))
    >>> round(r2(factors @ [[1, 1], [1, -1]], factors), 6)
    1.0
    """
    if model not in MODELS:
        raise unknown("model", model, MODELS, "r2")
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups, least=8)
    table, notes = np.zeros((1 + len(given.groups), len(given.names))), []
    for rows, factors in given.known_together:
        names = ", ".join(given.names[k] for k in factors)
        fitted, held = split(rows, train, seed, names)
        order = np.concatenate([fitted, held])
        if min(len(fitted), len(held)) < 4:
            raise InputError(f"r2 needs 8 known rows of {names}; got {len(rows)}; give more rows or leave it out")
        if len(fitted) <= given.codes.shape[1]:
            notes.append(f"{len(fitted)} rows fitted {given.codes.shape[1]} codes to {names}: none to spare")
        targets = [target(given, k, order) for k in factors]
        regress = _linear if model == "linear" else _kernel
        table[:, factors] = regress(given, given.codes[order], targets, len(fitted))
    return given.score(
        "r2", table[0], relation=np.maximum(table[1:], 0), warnings=notes, estimator=model, train=train, seed=seed, version=1
    )


def _linear(given: Sample, codes: Array, targets: list[Array], fitted: int) -> Array:
    """(1 + groups, k) R² on the rows from `fitted` on, of all codes and of each group."""
    x, y = unit(codes), np.hstack(targets)
    x, y = x - x[:fitted].mean(axis=0), y - y[:fitted].mean(axis=0)
    fit, held = moments(x[:fitted], y[:fitted]), moments(x[fitted:], y[fitted:])
    ends = np.cumsum([0, *(part.shape[1] for part in targets)])[:-1]
    spread = np.add.reduceat(np.diag(held.yy), ends)
    found = []
    for dims in (np.arange(x.shape[1]), *map(np.array, given.groups)):
        weights = solved(fit.xx[np.ix_(dims, dims)] / fitted, fit.xy[dims] / fitted)
        gained = 2 * (weights * held.xy[dims]).sum(axis=0) - ((held.xx[np.ix_(dims, dims)] @ weights) * weights).sum(axis=0)
        found.append(np.divide(np.add.reduceat(gained, ends), spread, out=np.zeros_like(spread), where=spread > 0))
    return np.array(found)


def _kernel(given: Sample, codes: Array, targets: list[Array], fitted: int) -> Array:
    """The same of kernel ridge regression on the first 2,000 of the fitted rows."""
    y, few = np.hstack(targets), min(fitted, MOST)
    middle = y[:few].mean(axis=0)
    ends = np.cumsum([0, *(part.shape[1] for part in targets)])[:-1]
    spread = np.add.reduceat(((y[fitted:] - middle) ** 2).sum(axis=0), ends)
    found = []
    for dims in (list(range(codes.shape[1])), *map(list, given.groups)):
        x, new = standardised(codes[:few][:, dims], codes[fitted:][:, dims])
        predicted = _radial(new, x) @ np.linalg.solve(_radial(x, x) + np.eye(few), y[:few] - middle) + middle
        missed = np.add.reduceat(((y[fitted:] - predicted) ** 2).sum(axis=0), ends)
        found.append(1 - np.divide(missed, spread, out=np.ones_like(spread), where=spread > 0))
    return np.array(found)


def _radial(a: Array, b: Array) -> Array:
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.asarray(np.exp(-np.maximum(squares, 0) / max(a.shape[1], 1)))
