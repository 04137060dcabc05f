"""Graphs whose nodes have three concepts that cause one another; nodes that are alike are joined."""

from __future__ import annotations

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array, categorical, continuous, ordinal
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.graphs.fields import adjacency
from factorhub.graphs.plots import by_concept
from factorhub.space import FactorSpace, Ignored

TARGETS = ("none", "first", "second", "third")
MIXED = 0.1  # standard deviation of the noise of features


def mixing(features: int) -> Array:
    """The matrix (3, features) that concepts are observed through: fixed, its entries uniform in [-1, 1)."""
    return 2.0 * randomness.uniforms(0, "concept_graphs/mixing", np.arange(3), features) - 1.0


def concept_graphs(*, nodes: int = 50, features: int = 8) -> Generator:
    """The generator of graphs of nodes with concepts c: c₂ follows from c₁, and c₃ from both, linearly with normal noise.

    Nodes are joined with the chance density · exp(-sharpness |c_i - c_j|² / 3). `features` are x / (1 + |x|) and noise, where
    x = c M and M is fixed. An intervention sets a concept of every node; what it causes follows, from the same noise.

    Args:
        nodes: of each graph, 2 to 1024.
        features: that nodes are observed by, 1 to 256.
    """
    if not 2 <= nodes <= 1024 or not 1 <= features <= 256:
        raise InputError(f"concept_graphs has 2 to 1024 nodes and 1 to 256 features; got {nodes} and {features}")
    factors = (
        continuous("effect_12", -0.8, 0.8, grid=5, description="of the first concept on the second"),
        continuous("effect_13", -0.5, 0.5, grid=5, description="of the first concept on the third, beside that through the second"),
        continuous("effect_23", -0.5, 0.5, grid=5, description="of the second concept on the third"),
        continuous("sharpness", 0.5, 4.0, grid=8, description="how quickly likeness fades with the distance of concepts"),
        continuous("density", 0.2, 0.9, grid=8, description="chance of an edge between equal nodes"),
        categorical("intervention", TARGETS, description="the concept that is set for all nodes"),
        continuous("level", -2.0, 2.0, grid=5, description="that the concept is set to"),
        ordinal("graph_seed", range(2**32), nuisance=True, description="of the noise of nodes, and of the edges"),
    )
    matrix = mixing(features)
    pairs = nodes * (nodes - 1) // 2
    fields = (
        Field("concepts", "float64", (nodes, 3), ("node", "concept"), description="of each node, in causal order"),
        Field("features", "float32", (nodes, features), ("node", "feature"), description="what nodes are observed by"),
        adjacency(nodes),
    )

    def draw(values: Array) -> Batch:
        from factorhub.graphs.kernels.concepts import fill_alike, fill_concepts
        from factorhub.numerics.normal import probits

        n, seeds = len(values), values[:, 7].astype(np.uint64)
        u = randomness.uniforms(0, "concept_graphs/nodes", seeds, nodes * (3 + features))
        scores = np.empty(u.size)
        probits(np.ascontiguousarray(u).reshape(-1), scores)
        noise = scores.reshape(n, nodes, 3 + features)
        concepts = np.empty((n, nodes, 3))
        columns = [np.ascontiguousarray(values[:, i]) for i in range(7)]
        fill_concepts(
            np.ascontiguousarray(values[:, :3]),
            columns[5].astype(np.int64),
            columns[6],
            np.ascontiguousarray(noise[..., :3]),
            concepts,
        )
        joined = np.empty((n, nodes, nodes), dtype=np.uint8)
        words = randomness.words(0, "concept_graphs/edges", seeds, pairs)
        fill_alike(concepts, columns[4], columns[3], words, joined)
        seen = sum(concepts[..., i, None] * matrix[i] for i in range(3))  # no product of matrices: its last bits vary
        observed = seen / (1.0 + np.abs(seen)) + MIXED * noise[..., 3:]
        return {"concepts": concepts, "features": observed.astype(np.float32), "adjacency": joined}

    return Generator(
        name="concept_graphs",
        summary="graphs of nodes whose three concepts cause one another, joined where they are alike",
        space=FactorSpace(factors, (Ignored(("level",), by="intervention", codes=(0,)),)),
        fields=fields,
        draw=draw,
        source="own definition, after causal graph autoencoders: a linear causal model of node concepts and a soft geometric graph",
        notes=(
            "c1 = e1, c2 = effect_12 c1 + s2 e2, c3 = effect_13 c1 + effect_23 c2 + s3 e3; e normal, s such that variances are 1",
            "P(i and j are joined) = density exp(-sharpness |c_i - c_j|^2 / 3); features = x / (1 + |x|) + 0.1 noise, x = c M",
        ),
        picture=by_concept,
    )
