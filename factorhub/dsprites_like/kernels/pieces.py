"""Placing pieces of square cells so that none overlap, exactly and without luck, and painting them."""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled


@compiled
def place_pieces(cells: Array, kinds: Array, asked: Array, side: int, cell: int, places: Array) -> None:
    """Turn what each piece asks for into a place in the canvas where it overlaps no earlier piece.

    The first number of a piece picks x among its free places (the column that holds this share of them, counted from
    the left), the second picks y within the column: independent even numbers give every free place the same chance.
    Where that leaves no place for a later piece, the piece moves on to its next free place, column after column, until
    all fit; so the answer is a function of the kinds and numbers alone.

    Args:
        cells: (all kinds, cells of a piece, 2) int64: x and y of the cells, in cells from the bounding box's corner.
        kinds: (n, m) int64. All m pieces must fit in the canvas together somehow, or the search does not end.
        asked: (n, m, 2) float64 in [0, 1].
        side, cell: of the canvas and of a cell [px].
        places: (n, m, 2) int64, written: x and y of the bounding box's upper left corner [px].
    """
    pieces = kinds.shape[1]
    taken = np.zeros((pieces + 1, side, side), np.bool_)  # [i, y, x]: a cell with its corner there would hit a piece before i
    free = np.empty((side, side), np.bool_)
    counts = np.empty(side, np.int64)
    moved = np.zeros(pieces, np.int64)
    for i in range(kinds.shape[0]):
        piece = 0
        moved[0] = 0
        while piece < pieces:
            own = cells[kinds[i, piece]]
            total = find_free(own, taken[piece], cell, free, counts)
            if moved[piece] >= total:  # no place is left: the piece before this one moves on
                piece -= 1
                moved[piece] += 1
                continue
            x, y = pick(free, counts, total, asked[i, piece], moved[piece])
            places[i, piece, 0] = x
            places[i, piece, 1] = y
            take(own, x, y, cell, taken[piece], taken[piece + 1])
            piece += 1
            if piece < pieces:
                moved[piece] = 0


@compiled
def find_free(own: Array, taken: Array, cell: int, free: Array, counts: Array) -> int:
    """Mark where in the canvas the piece hits no other, count these places by column, and return how many there are."""
    side = taken.shape[0]
    wide = high = side + 1
    for k in range(own.shape[0]):
        wide = min(wide, side + 1 - (own[k, 0] + 1) * cell)
        high = min(high, side + 1 - (own[k, 1] + 1) * cell)
    for x in range(side):
        counts[x] = 0
    for y in range(high):
        for x in range(wide):
            free[y, x] = True
        for k in range(own.shape[0]):
            row = taken[y + own[k, 1] * cell, own[k, 0] * cell :]
            for x in range(wide):
                free[y, x] &= not row[x]
        for x in range(wide):
            counts[x] += free[y, x]
    total = 0
    for x in range(wide):
        total += counts[x]
    return total


@compiled
def take(own: Array, x: int, y: int, cell: int, before: Array, after: Array) -> None:
    """Write to `after` what is taken once the piece lies at x, y: all corners less than a cell from one of its own."""
    side = after.shape[0]
    for row in range(side):
        for column in range(side):
            after[row, column] = before[row, column]
    for k in range(own.shape[0]):
        left = x + own[k, 0] * cell
        top = y + own[k, 1] * cell
        for row in range(max(top - cell + 1, 0), top + cell):
            for column in range(max(left - cell + 1, 0), left + cell):
                after[row, column] = True


@compiled
def pick(free: Array, counts: Array, total: int, asked: Array, moved: int) -> tuple[int, int]:
    """The free place asked for, or the one `moved` places after it, column after column and round to the first."""
    rank = min(int(asked[0] * total), total - 1)
    x = 0
    while rank >= counts[x]:
        rank -= counts[x]
        x += 1
    rank = min(int(asked[1] * counts[x]), counts[x] - 1)
    if moved > 0:
        rank += moved
        for earlier in range(x):
            rank += counts[earlier]
        rank %= total
        x = 0
        while rank >= counts[x]:
            rank -= counts[x]
            x += 1
    y = 0
    while rank > 0 or not free[y, x]:
        rank -= free[y, x]
        y += 1
    return x, y


@compiled
def paint_pieces(cells: Array, kinds: Array, colours: Array, tiles: Array, places: Array, images: Array, masks: Array) -> None:
    """Paint every cell of every piece as the tile of its colour, and its number, from 1, into the mask.

    Args:
        cells, kinds, places: as in `place_pieces`.
        colours: (n, m) int64, which tile.
        tiles: (colours, cell, cell, 3) uint8.
        images: (n, side, side, 3) uint8, masks: (n, side, side) uint8, written.
    """
    cell = tiles.shape[1]
    for i in range(kinds.shape[0]):
        for y in range(masks.shape[1]):
            for x in range(masks.shape[2]):
                masks[i, y, x] = images[i, y, x, 0] = images[i, y, x, 1] = images[i, y, x, 2] = 0
        for piece in range(kinds.shape[1]):
            for k in range(cells.shape[1]):
                left = places[i, piece, 0] + cells[kinds[i, piece], k, 0] * cell
                top = places[i, piece, 1] + cells[kinds[i, piece], k, 1] * cell
                for y in range(cell):
                    for x in range(cell):
                        masks[i, top + y, left + x] = piece + 1
                        for channel in range(3):
                            images[i, top + y, left + x, channel] = tiles[colours[i, piece], y, x, channel]
