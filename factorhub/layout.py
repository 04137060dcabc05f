"""A factor space as two flat arrays, so that compiled loops map codes, values and u exactly as `FactorSpace` does."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from factorhub.factors import Array
from factorhub.space import FactorSpace

FACTOR = np.dtype(
    [
        ("count", np.int64),  # grid values; 0 off the grid, where a value is low + u * span
        ("low", np.float64),
        ("span", np.float64),
        ("start", np.int64),  # where its values begin in `table`; -1 where they are first + code * step
        ("first", np.float64),
        ("step", np.float64),
        ("interval", np.bool_),  # u is measured along the interval, and not by code
        ("circular", np.bool_),
        ("labelled", np.bool_),
    ],
    align=True,
)


class Layout(NamedTuple):
    """One record per factor, and the listed values of those whose values are listed."""

    factors: Array
    table: Array


@lru_cache(maxsize=64)
def layout(space: FactorSpace) -> Layout:
    """The arrays of `space`; made once for each space in use."""
    factors, tables, start = np.zeros(len(space.factors), FACTOR), [np.zeros(0)], 0
    for record, factor in zip(factors, space, strict=True):
        record["count"] = factor.size or 0
        record["low"], record["span"] = factor.low, factor.high - factor.low
        record["interval"], record["circular"] = factor.interval, factor.kind == "circular"
        record["labelled"] = factor.kind == "categorical"
        if isinstance(factor.grid, range):
            record["start"], record["first"], record["step"] = -1, factor.grid.start, factor.grid.step
        elif factor.grid is None or factor.kind == "categorical":
            record["start"], record["first"], record["step"] = -1, factor.low, 1.0
        else:
            table = factor.table
            record["start"], record["first"] = start, table[0]
            record["step"] = (table[-1] - table[0]) / max(len(table) - 1, 1) or 1.0
            tables.append(table)
            start += len(table)
    return Layout(factors, np.concatenate(tables))
