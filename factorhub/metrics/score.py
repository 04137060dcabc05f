"""What a metric returns: a number that knows what it was computed from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from factorhub.errors import InputError
from factorhub.factors import Array

SHOWN = 8  # factors in the repr


class Score(float):
    """A score: a float in every computation, with the facts without which it could not be compared.

    Attributes:
        name: of the metric.
        per_factor: the score of each factor that varies, by name; empty where the metric has none.
        parts: other named numbers that belong to it, such as the completeness beside a disentanglement.
        relation: (D, K) how much each code (or group of codes) has to do with each factor; None where the metric has none.
        settings: everything the number depends on: version of the metric, estimator, bins, bias correction, N, D, K, seed.
        warnings: what was left out or could not be computed, a sentence each.

    Raises:
        InputError: the value is not a number.

    >>> score = Score(0.5, "mig", per_factor={"shape": 0.5}, settings={"N": 100})
    >>> score, score + 1, f"{score:.2f}", score.settings["N"]
    (Score(mig=0.5; shape 0.5), 1.5, '0.50', 100)
    """

    name: str
    per_factor: dict[str, float]
    parts: dict[str, float]
    relation: Array | None
    settings: dict[str, Any]
    warnings: tuple[str, ...]

    def __new__(
        cls,
        value: float,
        name: str,
        per_factor: Mapping[str, float] | None = None,
        parts: Mapping[str, float] | None = None,
        relation: Array | None = None,
        settings: Mapping[str, Any] | None = None,
        warnings: Iterable[str] = (),
    ) -> Score:
        """A float with its facts; see the class."""
        self = super().__new__(cls, value)
        if math.isnan(self):
            raise InputError(f"{name} of these arrays is not a number; expected codes and factors that vary; give more rows")
        if lost := [key for key, part in {**(per_factor or {}), **(parts or {})}.items() if math.isnan(part)]:
            raise InputError(f"{name} of these arrays has no number for {', '.join(lost[:5])}; give more rows that vary")
        self.name = name
        self.per_factor = {key: float(part) for key, part in (per_factor or {}).items()}
        self.parts = {key: float(part) for key, part in (parts or {}).items()}
        self.relation = relation
        self.settings = dict(settings or {})
        self.warnings = tuple(warnings)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        facts = (self.name, self.per_factor, self.parts, self.relation, self.settings, self.warnings)
        return type(self), (float(self), *facts)

    def __repr__(self) -> str:
        factors = [f"{name} {part:.4g}" for name, part in self.per_factor.items()]
        shown = ", ".join(factors if len(factors) <= SHOWN else [*factors[:SHOWN], "…"])
        parts = ", ".join(f"{name} {part:.4g}" for name, part in self.parts.items())
        noted = f"{len(self.warnings)} warning{'s' * (len(self.warnings) > 1)}" if self.warnings else ""
        return "; ".join([f"Score({self.name}={float(self):.4g}", *filter(None, (shown, parts, noted))]) + ")"

    __str__ = __repr__
