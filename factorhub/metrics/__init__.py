"""Scores of representations, as pure functions of arrays: what a model's codes have to do with the factors that made the data.

    from factorhub import metrics

    metrics.mig(codes, factors, schema=space)   # codes (N, D), factors (N, K): a Score, which is a float with its facts
    metrics.names()                             # every metric
    metrics.metric("mig").measures              # what it measures, needs and is fooled by

Every metric of codes against factors has one signature, `metric(codes, factors, *, schema=None, mask=None, groups=None,
seed=0, …)`. NumPy is all that this package imports; SciPy and scikit-learn are imported by the metrics that need them.
"""

from __future__ import annotations

from typing import Any

from factorhub.metrics.catalog import CATALOG, metric, names
from factorhub.metrics.metric import INVARIANCES, NEEDS, Metric, declare
from factorhub.metrics.score import Score
from factorhub.named import imported

FUNCTIONS = {
    "ari": "factorhub.metrics.objects.ari:ari",
    "jackknife": "factorhub.metrics.uncertainty:jackknife",
    "Running": "factorhub.metrics.streaming:Running",
    "read_back": "factorhub.metrics.generated.reader:read_back",
}  # public, and no metrics of one number
__all__ = ["CATALOG", "INVARIANCES", "NEEDS", "Metric", "Score", "declare", "metric", "names"]


def __getattr__(name: str) -> Any:  # so that importing this package imports no metric that is not asked for
    if name in CATALOG:
        return metric(name).function
    if name in FUNCTIONS:
        return imported("function", FUNCTIONS[name])
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'; it has {', '.join(CATALOG)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *CATALOG, *FUNCTIONS})
