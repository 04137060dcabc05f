"""What one metric gave in an evaluation: its score over draws, the error of it, and its panel."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from factorhub.evaluation.panel import Numbers
from factorhub.evaluation.scoring import Judge, numbers_of
from factorhub.metrics import Score

LEAST = 0.01  # by which ideal is better than noise, where a metric tells them apart
SPREAD, JACKKNIFE, NONE = "sd over fresh draws", "jackknife over 20 blocks of rows", "none"


@dataclass(frozen=True)
class Result:
    """What one metric gave.

    Attributes:
        judge: the metric with its settings.
        scores: of each draw.
        error: of the mean score under "", of its parts by name; empty where there is none.
        method: how the errors were measured.
        panel: the numbers of each kind of reference codes; empty without a panel.
    """

    judge: Judge
    scores: tuple[Score, ...]
    error: Mapping[str, float]
    method: str
    panel: Mapping[str, Numbers]

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts that every draw has."""
        return tuple(name for name in self.scores[0].parts if all(name in numbers_of(score) for score in self.scores))

    def value(self, part: str = "") -> float:
        """The mean score over draws, or that of a part."""
        each = [numbers_of(score)[part] for score in self.scores]
        return float(np.mean(each)) if np.isfinite(each).all() else each[0]

    @property
    def per_factor(self) -> dict[str, float]:
        """The mean over draws of the score of each factor."""
        names = [name for name in self.scores[0].per_factor if all(name in score.per_factor for score in self.scores)]
        return {name: float(np.mean([score.per_factor[name] for score in self.scores])) for name in names}

    def reference(self, kind: str, part: str = "") -> float | None:
        """What codes of this kind get; None where the metric refuses them, or without a panel."""
        return (self.panel.get(kind) or {}).get(part)

    def adjusted(self, part: str = "") -> float | None:
        """(score - noise) / (ideal - noise): 0 for codes that know nothing, 1 for the factors.

        None where ideal codes are no better than noise by more than 0.01, as of metrics that look at no factor, or where one of
        the three is infinite or unknown.
        """
        noise, ideal, value = self.reference("noise", part), self.reference("ideal", part), self.value(part)
        if noise is None or ideal is None or not all(map(math.isfinite, (noise, ideal, value))):
            return None
        better = noise - ideal if self.judge.metric.better == "lower" else ideal - noise
        return (value - noise) / (ideal - noise) if better > LEAST and not self.judge.blind else None
