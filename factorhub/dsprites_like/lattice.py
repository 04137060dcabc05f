"""Places in cells of their own, so that what lies there overlaps no more than it may, whatever the numbers."""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array

SIDE = 3  # cells a side
CELLS = SIDE**2
WIGGLE = 1 / 24  # how far, in canvas sides, an object may at least move within its cell, to each side


def largest(overlap: float) -> float:
    """The largest radius, in canvas sides, that fits with no less than `WIGGLE`; see `apart`."""
    return (1 - 2 * SIDE * WIGGLE) / (2 + 2 * (SIDE - 1) * (1 - overlap))


def apart(ranks: Array, across: Array, down: Array, radius: float, overlap: float) -> tuple[Array, Array]:
    """Positions x and y (n, m), in the units of dSprites, of m objects in cells of their own.

    Args:
        ranks: (n, m); which of the cells that the objects before it left free is an object's own, counted row by row.
        across, down: (n, m) in [0, 1]; where in its cell an object lies.
        radius: the largest of any object, at most `largest(overlap)`, in canvas sides.
        overlap: 0 keeps circles of this radius apart; towards 1 their centres come ever closer.

    With R the radius and d = (1 - overlap) 2 R the least distance of two centres, the canvas, of side 1, holds
    a margin R, three ranges of 2 w, two gaps d between them, and a margin R again; this fixes w.
    """
    distance = (1 - overlap) * 2 * radius
    wiggle = (1 - 2 * radius - (SIDE - 1) * distance) / (2 * SIDE)
    free = np.ones((len(ranks), CELLS), bool)
    cells = np.empty(ranks.shape, np.int64)
    for i in range(ranks.shape[1]):
        cells[:, i] = (np.cumsum(free, axis=1) > ranks[:, i : i + 1]).argmax(axis=1)
        np.put_along_axis(free, cells[:, i : i + 1], False, axis=1)
    centres = (
        radius + wiggle + (distance + 2 * wiggle) * place + (2 * share - 1) * wiggle
        for place, share in ((cells % SIDE, across), (cells // SIDE, down))
    )
    x, y = ((centre - 0.25) / 0.5 for centre in centres)
    return x, y
