"""Graphs over time: nodes keep their community and change their interests, and both join them."""

from __future__ import annotations

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array, continuous, ordinal
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.graphs.fields import adjacency, edge_list, most_edges
from factorhub.graphs.plots import snapshots
from factorhub.space import FactorSpace

STREAM = "drifting_graphs"
MOST_CHANCE = 0.9  # of an edge: the largest `within` and the largest `pull`


def drifting_graphs(*, nodes: int = 100, steps: int = 10, edges: bool = False, density: float = 1.0) -> Generator:
    """The generator of undirected graphs over `steps`, a dynamic block model with two kinds of blocks.

    Nodes i and j are joined at a step with the chance w_i w_j ((within if they share the community, else between) + (pull if they
    share the interest now)), independently. Communities are static; a node changes its interest with the chance `drift` a step.

    Args:
        nodes: of each graph, 2 to 4096.
        steps: snapshots of each graph.
        edges: lists of edges in the place of matrices, for large graphs.
        density: what all chances are multiplied by.
    """
    if not 2 <= nodes <= 4096 or not 1 <= steps <= 4096 or not 0 < density <= 1:
        got = f"{nodes}, {steps} and {density:g}"
        raise InputError(f"drifting_graphs has 2 to 4096 nodes, 1 to 4096 steps and a density above 0 up to 1; got {got}")
    about = "chance of an edge "
    factors = (
        ordinal("communities", range(2, 7), description="how many static communities the nodes belong to"),
        ordinal("interests", range(2, 7), description="how many interests nodes drift between"),
        continuous("within", 0.2, 0.6, grid=5, description=f"{about}within a community"),
        continuous("between", 0.0, 0.1, grid=5, description=f"{about}between communities"),
        continuous("pull", 0.0, 0.3, grid=4, description=f"{about}more where the interest is the same"),
        continuous("drift", 0.0, 0.5, grid=6, description="chance that a node changes its interest at a step"),
        continuous("spread", 0.0, 1.0, grid=3, description="of degrees: weights of nodes lie between 1 - spread and 1"),
        ordinal("graph_seed", range(2**32), nuisance=True, description="of who belongs where, and of the edges"),
    )
    most = most_edges(nodes, MOST_CHANCE * density)
    graph = edge_list(most, steps) if edges else (adjacency(nodes, steps),)
    labels = (
        Field("community", "uint8", (nodes,), ("node",), description="of each node, at all steps"),
        Field("interest", "uint8", (steps, nodes), ("time", "node"), description="of each node at each step"),
    )

    def draw(values: Array) -> Batch:
        from factorhub.graphs.kernels import drifting

        n, seeds = len(values), values[:, 7].astype(np.uint64)
        words = randomness.words(0, f"{STREAM}/nodes", seeds, nodes * (3 + 2 * steps)).reshape(n, nodes, 3 + 2 * steps)
        community, interest = np.empty((n, nodes), dtype=np.uint8), np.empty((n, steps, nodes), dtype=np.uint8)
        groups = values[:, :2].astype(np.int64)
        drifting.fill_nodes(
            np.ascontiguousarray(words[..., 1:]),
            groups[:, 0],
            groups[:, 1],
            np.ascontiguousarray(values[:, 5]),
            community,
            interest,
        )
        weights = 1.0 - values[:, 6, None] * randomness.unit(words[..., 0])
        chances = np.ascontiguousarray(values[:, 2:5]) * density
        asked = (randomness.key(0, f"{STREAM}/edges"), seeds, chances, weights, community, interest)
        rest = {"community": community, "interest": interest}
        if not edges:
            matrices = np.empty((n, steps, nodes, nodes), dtype=np.uint8)
            drifting.fill_adjacency(*asked, matrices)
            return {"adjacency": matrices, **rest}
        listed, counts = np.empty((n, steps, most, 2), dtype=np.int32), np.empty((n, steps), dtype=np.int32)
        drifting.fill_edges(*asked, listed, counts)
        if n and counts.max() > most:
            raise InputError(f"a graph of drifting_graphs has at most {most} edges; got {counts.max()}; set edges=false")
        return {"edges": listed, "edge_count": counts, **rest}

    return Generator(
        name="drifting_graphs",
        summary="graphs over time, of static communities and drifting interests",
        space=FactorSpace(factors),
        fields=(*graph, *labels),
        draw=draw,
        source="own definition: a dynamic stochastic block model, as used for disentangled representations of dynamic graphs",
        notes=(
            "P(i and j are joined at t) = w_i w_j ([same community] within + [another] between + [same interest at t] pull)",
            "w_i = 1 - spread u_i with u_i uniform in [0, 1)",
        ),
        picture=snapshots,
    )
