"""How often each class of a code meets each class of each factor."""

from __future__ import annotations

from typing import Any

from factorhub.numerics.compiled import compiled


@compiled
def count(code: Any, factors: Any, sizes: Any, starts: Any, out: Any) -> None:
    """Add the rows of `code` (N,) against `factors` (K, N) to tables of `sizes[k]` columns, from `starts[k]` on in `out`."""
    for k in range(factors.shape[0]):
        size, start = sizes[k], starts[k]
        for n in range(code.size):
            out[start + code[n] * size + factors[k, n]] += 1
