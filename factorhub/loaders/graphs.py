"""Rows with graphs as what graph libraries take: torch-geometric's `edge_index`, and pairs of nodes for networkx.

    import torch, torch_geometric.data as pyg
    pyg.Data(x=torch.from_numpy(row["features"]), edge_index=torch.from_numpy(edge_index(row)))
    networkx.Graph(edges(row))

Neither library is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from factorhub.errors import InputError, whole
from factorhub.factors import Array

KINDS = {"adjacency": 2, "edges": 2, "interactions": 2}  # fields that hold graphs, and the axes of one


def edge_index(row: Mapping[str, Array], step: int | None = None) -> Array:
    """The edges (2, e), int64, of one row: both directions of each where nodes are joined, users and items where they interact.

    Args:
        row: of a set or a generator, {field: array} without an axis of rows.
        step: of a graph over time, which snapshot.

    Raises:
        InputError: the row has no graph, or needs a step, or has none of that number.

    >>> import factorhub
    >>> row = factorhub.recipe("drifting_graphs", rows=1, options={"nodes": 5, "steps": 2}).source().read([0])
    >>> index = edge_index({name: array[0] for name, array in row.items()}, step=1)
    >>> index.shape[0], (index[0] != index[1]).all().item()
    (2, True)
    """
    listed = edges(row, step)
    return listed.T.copy() if "interactions" in row else np.concatenate([listed, listed[:, ::-1]]).T.copy()


def edges(row: Mapping[str, Array], step: int | None = None) -> Array:
    """The edges (e, 2), int64, of one row, each once: pairs of nodes, the lower first, or of a user and an item.

    Arguments and errors are those of `edge_index`.
    """
    name = next((name for name in KINDS if name in row), None)
    if name is None:
        raise InputError(f"a row with a graph has one of {', '.join(KINDS)}; got {', '.join(row) or 'nothing'}")
    graph = np.asarray(row[name])
    over_time = graph.ndim - KINDS[name]
    if over_time not in (0, 1):
        raise InputError(f"one row is asked for, {name} without an axis of rows; got shape {graph.shape}; take row by row")
    if over_time != (step is not None):
        hint = f"name one of its {len(graph)} steps" if over_time else "leave step out"
        raise InputError(f"the graph of this row {'changes over time' if over_time else 'has no time'}; got step {step}; {hint}")
    if step is not None:
        step = whole("step", step, 0, len(graph) - 1)
        graph = graph[step]
    if name == "edges":
        return graph[: int(np.asarray(row["edge_count"])[step])].astype(np.int64)
    return np.argwhere(np.triu(graph) if name == "adjacency" else graph)
