"""The fields that graphs have in common: an adjacency matrix, or a list of edges where that would be large."""

from __future__ import annotations

import math
from typing import Any

from factorhub.fields import Field

NONE = -1  # both ends of an edge that is not there


def adjacency(nodes: int, steps: int = 0, description: str = "1 where two nodes are joined") -> Field:
    """A symmetric matrix (nodes, nodes) without loops, one for each of `steps` where there are some."""
    time, axis = ((steps,), ("time",)) if steps else ((), ())
    return Field("adjacency", "uint8", (*time, nodes, nodes), (*axis, "node", "other"), "", description, {"graph": "adjacency"})


def edge_list(most: int, steps: int) -> tuple[Field, Field]:
    """The `edges` (steps, most, 2) of each step, the lower end first and -1 after the last, and their `edge_count`."""
    meta: dict[str, Any] = {"graph": "edges", "absent": NONE}
    edges = Field("edges", "int32", (steps, most, 2), ("time", "edge", "end"), "", "nodes that are joined, -1 after the last", meta)
    return edges, Field("edge_count", "int32", (steps,), ("time",), description="edges of each step")


def most_edges(nodes: int, chance: float) -> int:
    """A number of edges that independent chances of at most `chance` exceed once in 10^15 graphs."""
    pairs = nodes * (nodes - 1) // 2
    return min(pairs, math.ceil(pairs * chance + 8 * math.sqrt(pairs * chance) + 8))
