"""Pictures of graphs: adjacency matrices whose nodes are put in order, so that blocks show."""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.generator import STRONG

SIDE = 128  # pixels that a matrix is drawn on at least
MOST_SHOWN = 3  # steps of a graph over time
PAPER, INK, GAP = np.uint8(255), np.array([60, 60, 60], np.uint8), 4


def enlarged(matrices: Array) -> Array:
    """Matrices (n, y, x, 3) as pictures of at least SIDE pixels, each entry a square."""
    zoom = max(SIDE // max(matrices.shape[1:3]), 1)
    return matrices.repeat(zoom, axis=1).repeat(zoom, axis=2)


def coloured(marks: Array) -> Array:
    """Numbers (n, y, x) as colours (n, y, x, 3): 0 is paper, 255 grey, the others strong colours that come again after eight."""
    drawn = np.where(marks[..., None] > 0, STRONG[(marks.astype(np.int64) - 1) % len(STRONG)], PAPER)
    return np.where(marks[..., None] == 255, INK, drawn)


def side_by_side(pictures: list[Array]) -> Array:
    """Pictures (n, y, x, 3) of one height next to one another."""
    gap = np.full((*pictures[0].shape[:2], GAP, 3), 200, np.uint8)
    return np.concatenate([part for picture in pictures for part in (picture, gap)][:-1], axis=2)


def sorted_matrix(matrices: Array, order: Array) -> Array:
    """Matrices (n, nodes, nodes) with rows and columns in an order (n, nodes)."""
    rows = np.take_along_axis(matrices, order[:, :, None], axis=1)
    return np.take_along_axis(rows, order[:, None, :], axis=2)


def snapshots(batch: Batch) -> Array:
    """The first, the middle and the last step of graphs, nodes sorted by community and then by interest.

    Edges within a community have its colour, others are grey.
    """
    community, interest = batch["community"].astype(np.int64), batch["interest"].astype(np.int64)
    steps = np.unique(np.linspace(0, interest.shape[1] - 1, MOST_SHOWN).astype(np.int64))
    shown = []
    for step in steps:
        matrices = _matrices(batch, int(step), community.shape[1])
        order = np.argsort(community * 256 + interest[:, step], axis=1, kind="stable")
        groups = np.take_along_axis(community, order, axis=1)
        marks = np.where(groups[:, :, None] == groups[:, None, :], groups[:, :, None] + 1, 255)
        shown.append(enlarged(coloured(np.where(sorted_matrix(matrices, order) > 0, marks, 0))))
    return side_by_side(shown)


def _matrices(batch: Batch, step: int, nodes: int) -> Array:
    """Adjacency matrices (n, nodes, nodes) of a step, also where edges are listed."""
    if "adjacency" in batch:
        return batch["adjacency"][:, step]
    made = np.zeros((len(batch["edges"]), nodes, nodes), dtype=np.uint8)
    for matrix, edges, count in zip(made, batch["edges"][:, step], batch["edge_count"][:, step], strict=True):
        matrix[edges[:count, 0], edges[:count, 1]] = matrix[edges[:count, 1], edges[:count, 0]] = 1
    return made


def by_concept(batch: Batch) -> Array:
    """Adjacency matrices three times, nodes sorted by each of their concepts."""
    shown = []
    for concept in range(3):
        order = np.argsort(batch["concepts"][..., concept], axis=1, kind="stable")
        shown.append(enlarged(coloured(np.where(sorted_matrix(batch["adjacency"], order) > 0, 255, 0))))
    return side_by_side(shown)


def by_intent(batch: Batch) -> Array:
    """Users, by what they like best, against items, by intent: interactions in the intent's colour, grey by chance."""
    users = np.argsort(batch["taste"].argmax(axis=2), axis=1, kind="stable")
    items = np.argsort(batch["item_intent"], axis=1, kind="stable")
    marks = np.take_along_axis(batch["intent"], users[:, :, None], axis=1)
    return enlarged(coloured(np.take_along_axis(marks, items[:, None, :], axis=2)))
