"""Nodes whose concepts cause one another, and the edges that their likeness makes."""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.coordinates import unit
from factorhub.numerics.normal import exp


@compiled
def fill_concepts(effects: Array, target: Array, level: Array, noise: Array, concepts: Array) -> None:
    """Fill `concepts` (n, nodes, 3) from their causal model: the first causes the second, and both cause the third.

    Args:
        effects: (n, 3) of the first on the second, the first on the third, the second on the third. What noise adds makes the
            variance of each concept 1 where they are independent.
        target: (n,) 0, or the number of the concept that is set.
        level: (n,) that it is set to.
        noise: (n, nodes, 3) standard normal.
    """
    for r in range(concepts.shape[0]):
        a, b, c = effects[r]
        rest2 = np.sqrt(1.0 - a * a)
        rest3 = np.sqrt(max(1.0 - (b * b + c * c + 2.0 * a * b * c), 0.0))
        for i in range(concepts.shape[1]):
            e = noise[r, i]
            first = level[r] if target[r] == 1 else e[0]
            second = level[r] if target[r] == 2 else a * first + rest2 * e[1]
            third = level[r] if target[r] == 3 else b * first + c * second + rest3 * e[2]
            concepts[r, i, 0], concepts[r, i, 1], concepts[r, i, 2] = first, second, third


@compiled
def fill_alike(concepts: Array, density: Array, sharpness: Array, words: Array, adjacency: Array) -> None:
    """Fill `adjacency` (n, nodes, nodes): nodes are joined with the chance density · exp(-sharpness |c_i - c_j|² / 3)."""
    nodes = concepts.shape[1]
    for r in range(adjacency.shape[0]):
        at = 0
        for i in range(nodes):
            adjacency[r, i, i] = 0
            mine = concepts[r, i]
            for j in range(i + 1, nodes):
                far = 0.0
                for d in range(3):
                    apart = mine[d] - concepts[r, j, d]
                    far += apart * apart
                joined = unit(words[r, at]) < density[r] * exp(-sharpness[r] * far / 3.0)
                adjacency[r, i, j] = adjacency[r, j, i] = joined
                at += 1
