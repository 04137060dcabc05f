"""Codes and factors on which metrics are tried: of every kind, and the calibration panel over three generators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

import factorhub
from factorhub.factors import Factor, categorical, circular, continuous, ordinal

SCHEMA = (
    categorical("shape", ["square", "ellipse", "heart"]),
    ordinal("octave", [4, 5, 6, 7, 8]),
    circular("angle", 360.0, grid=8),
    continuous("x", 0.0, 1.0),
)
ROWS = 320
QUICK: dict[str, dict[str, Any]] = {
    "factor_vae": {"train": 400, "test": 200, "batch": 16},
    "beta_vae": {"train": 200, "test": 100, "batch": 8},
    "dci_es": {"trees": 3, "depths": (1, 2, 4), "rows": 200},
    "infomec": {"explicit": False},
    "nk": {"epochs": 2},
    "probe": {"labels": (10, 100)},
}


@dataclass(frozen=True)
class Case:
    """What a metric is called with."""

    codes: np.ndarray
    factors: np.ndarray
    schema: tuple[Factor, ...] | None
    groups: tuple[tuple[int, ...], ...] | None
    mask: np.ndarray | None = None

    def score(self, metric: Any, **settings: Any) -> Any:
        return metric(self.codes, self.factors, schema=self.schema, groups=self.groups, mask=self.mask, **settings)

    def but(self, **changes: Any) -> Case:
        return replace(self, **changes)


@cache
def typed(rows: int = ROWS) -> Case:
    """Four factors, a kind each; five codes: noisy, of few values, and a pair of cosine and sine that is a group."""
    rng = np.random.default_rng(0)
    factors = np.column_stack(
        [rng.integers(0, 3, rows), rng.integers(4, 9, rows), rng.integers(0, 8, rows) * 45.0, rng.random(rows)]
    )
    angle = np.deg2rad(factors[:, 2])
    codes = np.column_stack(
        [
            factors[:, 0] + 0.8 * factors[:, 3] + 0.6 * rng.normal(size=rows),
            factors[:, 1] // 2 + factors[:, 0],
            np.cos(angle),
            np.sin(angle),
            2 * factors[:, 3] + 0.3 * factors[:, 1] + 0.5 * rng.normal(size=rows),
        ]
    )
    return Case(np.round(codes, 9), factors, SCHEMA, ((0,), (1,), (2, 3), (4,)))


@cache
def drawn(name: str, rows: int = 10_000) -> np.ndarray:
    """Codes (N, K) of the factors of a generator that vary, drawn from its independent grid."""
    rng = np.random.default_rng(0)
    return np.column_stack([rng.integers(0, size, rows) for size in factorhub.generator(name).space.sizes if size > 1])


@cache
def panel(name: str, code: str, rows: int = 10_000) -> np.ndarray:
    """Codes of the calibration panel: ideal, noise 5 %, pad, duplicated, rotated, noise, two-in-one, monotone."""
    factors, rng = drawn(name, rows), np.random.default_rng(1)
    unit = (factors - factors.mean(axis=0)) / factors.std(axis=0)
    pad = np.column_stack([unit, rng.normal(size=(rows, max(10 - factors.shape[1], 0)))])
    turn = np.linalg.qr(rng.normal(size=(pad.shape[1],) * 2))[0]
    made: dict[str, Callable[[], np.ndarray]] = {
        "ideal": lambda: factors.astype(np.float64),
        "noise 5 %": lambda: unit + 0.05 * rng.normal(size=unit.shape),
        "pad": lambda: pad,
        "duplicated": lambda: np.repeat(unit, 2, axis=1),
        "rotated": lambda: pad @ turn,
        "noise": lambda: rng.normal(size=pad.shape),
        "two-in-one": lambda: np.column_stack([factors[:, 0] + factors[:, 1] * (factors[:, 0].max() + 1.0), factors[:, 2:]]),
        "monotone": lambda: unit**3,
    }
    return made[code]()
