"""Scores in a training loop: rows come in batches, from several processes if need be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, must_be
from factorhub.factors import Array
from factorhub.metrics.catalog import metric as named
from factorhub.metrics.inputs import Groups, Schema, checked_codes
from factorhub.metrics.metric import Metric
from factorhub.metrics.score import Score


class Running:
    """Metrics of codes against factors over batches: `update`, `compute`, `reset` and `merge`.

    Rows are kept, as float32 codes unless they were wider, so that the scores are those of all rows at once. 100,000 rows of
    10 codes take 4 MB. It pickles, so states of several processes are merged in one.

    Args:
        metrics: names, or `package.module:function`, of metrics that need codes and factors only.
        schema, groups, seed: as the metrics take them.
        settings: of a metric by its name.

    Raises:
        InputError: an unknown metric, or one that needs something else.

    >>> running = Running(["mig", "dci"])
    >>> rng = np.random.default_rng(0)
    >>> for _ in range(5):
    ...     factors = rng.integers(0, 3, (64, 2))
    ...     running.update(factors, factors)
    >>> scores = running.compute()
    >>> len(running), scores["mig"].settings["N"], scores["dci"] > 0.99
    (320, 320, True)
    """

    def __init__(
        self,
        metrics: Iterable[str | Metric] = ("mig", "dci", "mcc"),
        *,
        schema: Schema = None,
        groups: Groups = None,
        seed: int = 0,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.metrics = [given if isinstance(given, Metric) else named(given) for given in metrics]
        for metric in self.metrics:
            if not metric.judges_codes:
                needs = ", ".join(metric.needs)
                raise InputError(f"batches hold codes and factors; {metric.name} needs {needs}; compute it once after training")
        self.schema, self.groups, self.seed = schema, groups, seed
        self.settings = {name: dict(chosen) for name, chosen in (settings or {}).items()}
        self._codes: list[Array] = []
        self._factors: list[Array] = []
        self._known: list[Array] = []
        self._masked = False

    def __len__(self) -> int:
        return sum(map(len, self._codes))

    def update(self, codes: npt.ArrayLike, factors: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> None:
        """Take a batch of codes (n, D), factors (n, K) and known labels (n, K).

        Raises:
            InputError: arrays that do not fit, or another D or K than before.
        """
        numbers, labels = np.asarray(codes), np.asarray(factors)
        checked_codes(numbers)
        numbers = numbers[:, None] if numbers.ndim == 1 else numbers
        labels = labels[:, None] if labels.ndim == 1 else labels
        known = np.ones(labels.shape, dtype=bool) if mask is None else np.asarray(mask).reshape(labels.shape)
        if labels.ndim != 2 or len(labels) != len(numbers):
            raise InputError(f"a batch has a row per observation; got codes {numbers.shape} and factors {labels.shape}")
        if self._codes and (numbers.shape[1], labels.shape[1]) != (self._codes[0].shape[1], self._factors[0].shape[1]):
            before, now = (self._codes[0].shape[1], self._factors[0].shape[1]), (numbers.shape[1], labels.shape[1])
            raise InputError(f"batches have the same (D, K); got {now} after {before}; reset() before another model's codes")
        self._codes.append(numbers.copy())
        self._factors.append(labels.copy())
        self._known.append(known)
        self._masked |= mask is not None

    def compute(self) -> dict[str, Score]:
        """The scores of all rows so far, by name.

        Raises:
            InputError: there are none, or a metric refuses them.
        """
        if not self._codes:
            raise InputError("there are no rows to score yet; expected update(codes, factors) before compute()")
        codes, factors = np.concatenate(self._codes), np.concatenate(self._factors)
        mask = np.concatenate(self._known) if self._masked else None
        same: dict[str, Any] = {"schema": self.schema, "groups": self.groups, "mask": mask, "seed": self.seed}
        return {metric.name: metric(codes, factors, **same, **self.settings.get(metric.name, {})) for metric in self.metrics}

    def merge(self, other: Running) -> None:
        """Take the rows of another one, such as another process's, after one's own."""
        must_be("what is merged", other, Running, "another factorhub.metrics.streaming.Running")
        for codes, factors, known in zip(other._codes, other._factors, other._known, strict=True):
            self.update(codes, factors, known if other._masked else None)

    def reset(self) -> None:
        """Forget all rows."""
        self._codes, self._factors, self._known, self._masked = [], [], [], False
