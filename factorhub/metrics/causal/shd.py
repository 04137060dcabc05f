"""The structural Hamming distance of graphs."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.metrics.metric import declare
from factorhub.metrics.score import Score


@declare(
    measures="in how many edges do two graphs differ",
    needs=("graphs",),
    range=(0.0, float("inf")),
    better="lower",
    ideal=0.0,
    chance="the part 'random': what graphs with as many edges get; 'empty' is the number of true edges",
    tier="special",
    source="Tsamardinos et al., The max-min hill-climbing Bayesian network structure learning algorithm, 2006",
)
def shd(true: npt.ArrayLike, predicted: npt.ArrayLike, *, reversed: Literal[1, 2] = 1, seed: int = 0) -> Score:
    """How many pairs of nodes have another kind of edge: none, one way, the other way, or undirected.

    Libraries disagree whether a reversed edge is one mistake or two, so numbers of the two conventions must not be compared:
    1 counts pairs, 2 counts entries of the adjacency matrices. Parts: "missing", "extra", "reversed", "other" (directed for
    undirected or back), "empty" and "full", the distances of the empty and the full graph, and "random", the expected one of
    a directed graph whose edges are as many as the predicted ones, placed at random.

    Args:
        true: (K, K) 1 or True at [i, j] where i -> j; both [i, j] and [j, i] for an undirected edge.
        predicted: (K, K) the same of the prediction.
        reversed: what a reversed edge counts.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: matrices of other shapes, entries but 0 and 1, or a node that is its own parent.

    >>> true = np.array([[0, 1], [0, 0]])
    >>> shd(true, true.T) == 1, shd(true, true.T, reversed=2) == 2, shd(true, true * 0).parts["missing"]
    (True, True, 1.0)
    """
    if reversed not in (1, 2):
        raise InputError(f"reversed is what a reversed edge counts, 1 or 2; got {reversed!r}; say which you compare with")
    a, b = _graph("true", true), _graph("predicted", predicted)
    if a.shape != b.shape:
        raise InputError(f"graphs of the same nodes are compared; got {a.shape} and {b.shape}; give both (K, K)")
    upper = np.triu_indices(len(a), 1)
    kinds = [(2 * g + g.T)[upper] for g in (a, b)]  # 0 none, 2 and 1 the two ways, 3 undirected
    counts = {
        "missing": (kinds[0] > 0) & (kinds[1] == 0),
        "extra": (kinds[0] == 0) & (kinds[1] > 0),
        "reversed": (kinds[0] + kinds[1] == 3) & (kinds[0] > 0) & (kinds[1] > 0) & (kinds[0] != 3) & (kinds[1] != 3),
    }
    other = (kinds[0] != kinds[1]) & ~np.logical_or.reduce(list(counts.values()))
    parts = {name: float(found.sum()) for name, found in {**counts, "other": other}.items()}
    value = float(np.abs(a - b).sum()) if reversed == 2 else sum(parts.values())
    pairs, edges, guessed = len(upper[0]), int((kinds[0] > 0).sum()), int((kinds[1] > 0).sum())
    hit = edges * guessed / max(pairs, 1)  # pairs with an edge in both, half of them the right way round
    wrong = hit * (1 if reversed == 2 else 0.5)
    empty = float(a.sum()) if reversed == 2 else float(edges)
    full = np.ones_like(a) - np.eye(len(a), dtype=a.dtype)
    parts |= {"empty": empty, "full": float(np.abs(full - a).sum()) if reversed == 2 else float((kinds[0] != 3).sum())}
    parts["random"] = edges - hit + guessed - hit + wrong
    return Score(
        value,
        "shd",
        parts=parts,
        settings={"K": len(a), "reversed": reversed, "estimator": "edge kinds", "seed": seed, "version": 1},
    )


def _graph(name: str, graph: npt.ArrayLike) -> Array:
    made = np.asarray(graph)
    if made.ndim != 2 or made.shape[0] != made.shape[1] or not np.isin(made, (0, 1)).all() or np.diag(made).any():
        raise InputError(f"{name} is an adjacency matrix (K, K) of 0 and 1, its diagonal 0; got {made.dtype} of {made.shape}")
    return made.astype(np.int64)
