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
        ("word", np.int64),  # which random word a uniform draw takes it from
    ],
    align=True,
)


class FactorTables(NamedTuple):
    """One record per factor, and the listed values of those whose values are listed."""

    factors: Array
    table: Array


@lru_cache(maxsize=64)
def factor_tables(space: FactorSpace) -> FactorTables:
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
    factors["word"] = _words(space)
    return FactorTables(factors, np.concatenate(tables))


@lru_cache(maxsize=64)
def most_words(space: FactorSpace) -> int:
    """How many random words a uniform draw takes."""
    return int(factor_tables(space).factors["word"].max()) + 1


def _words(space: FactorSpace) -> list[int]:
    """The random word that each factor is drawn from, as few as will do.

    A word gives up to 2**32 combinations of codes, or up to 2**11 and then, from what is left of it, the 53 bits of a
    factor off its grid. A factor with more values than that has a word to itself.
    """
    loose = [factor.size is None for factor in space]
    words, room, taken = [0] * len(loose), [2**11] * sum(loose), 0
    for j, is_loose in enumerate(loose):
        if is_loose:
            words[j], taken = taken, taken + 1
    for j, factor in enumerate(space):
        size = factor.size or 0
        if size > 0:
            fitting = next((w for w, left in enumerate(room) if size <= left), len(room))
            if fitting == len(room):
                room.append(max(2**32, size))
            words[j], room[fitting] = fitting, room[fitting] // size
    return words
