"""Copies of columns of numbers in compiled loops.

`out[:] = source` and its kin check shapes in code that takes half a second to compile for each pair of types; these do not.
"""

from __future__ import annotations

from typing import Any

from factorhub.numerics.compiled import compiled


@compiled
def copy(source: Any, out: Any) -> None:
    """Fill `out` (n,) with the first n of `source`."""
    for i in range(out.size):
        out[i] = source[i]


@compiled
def put_columns(columns: Any, out: Any) -> None:
    """Fill `out` (n, k) with the first n of each of the `columns` (k, …)."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = columns[j, i]


@compiled
def put_columns_at(columns: Any, places: Any, out: Any) -> None:
    """Fill the rows at `places` (n,) of `out` (m, k) with the first n of each of the `columns` (k, …)."""
    for i in range(places.size):
        for j in range(out.shape[1]):
            out[places[i], j] = columns[j, i]
