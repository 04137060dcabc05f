"""Pieces of text put one after another."""

from __future__ import annotations

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled


@compiled
def compose(starts: Array, pieces: Array, chosen: Array, tokens: Array, lengths: Array) -> None:
    """Fill `tokens` (n, most) and `lengths` (n,): row i is its `chosen` (n, slots) pieces one after another, then zeros.

    Piece p is pieces[starts[p] : starts[p + 1]].
    """
    for i in range(chosen.shape[0]):
        line, at = tokens[i], 0
        for slot in range(chosen.shape[1]):
            piece = chosen[i, slot]
            for k in range(starts[piece], starts[piece + 1]):
                line[at] = pieces[k]
                at += 1
        lengths[i] = at
        for k in range(at, line.size):
            line[k] = 0
