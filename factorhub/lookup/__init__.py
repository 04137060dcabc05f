"""Ground truth of a set: factor values to rows, rows to factors, neighbours, traversals, counterfactuals."""

from factorhub.lookup.store import Store
from factorhub.lookup.truth import Truth

__all__ = ["Store", "Truth"]
