"""The maps from words to u, and of one factor between code, value and u, for compiled loops: the same bits as `Factor` gives.

`factor` is a record of `FactorTables.factors`, `table` is `FactorTables.table`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.numerics.compiled import compiled


@compiled
def unit(word: Any) -> float:
    """A word as a number in [0, 1), like `randomness.unit`."""
    return (word >> np.uint64(11)) * 2.0**-53


@compiled
def units(words: Any, u: Any) -> None:
    """Fill `u` (n,) with `unit` of each of `words` (n,)."""
    for i in range(u.size):
        u[i] = unit(words[i])


@compiled
def value_of(factor: Any, table: Any, code: int) -> float:
    """The value at a code on the factor's grid."""
    if factor.start < 0:
        return factor.first + code * factor.step
    return table[factor.start + code]


@compiled
def code_at(factor: Any, u: float) -> int:
    """The code at `u` in [0, 1): equal shares."""
    return min(np.int64(u * factor.count), factor.count - 1)


@compiled
def codes_at(factor: Any, u: Any, codes: Any) -> None:
    """Fill `codes` (n,) with `code_at` of each of `u` (n,)."""
    count = factor.count
    for i in range(codes.size):
        codes[i] = min(np.int64(u[i] * count), count - 1)


@compiled
def values_of(factor: Any, table: Any, codes: Any, values: Any) -> None:
    """Fill `values` (n,) with `value_of` each of `codes` (n,)."""
    first, step, start = factor.first, factor.step, factor.start
    if start < 0:
        for i in range(codes.size):
            values[i] = first + codes[i] * step
    else:
        for i in range(codes.size):
            values[i] = table[start + codes[i]]


@compiled
def value_at(factor: Any, table: Any, u: float) -> float:
    """The value at `u` in [0, 1): a grid value where there is a grid, else along the interval."""
    if factor.count == 0:
        return factor.low + u * factor.span
    return value_of(factor, table, code_at(factor, u))


@compiled
def values_at(factor: Any, table: Any, u: Any, codes: Any, values: Any) -> None:
    """Fill `values` (n,), which may be `u`, with `value_at` of each of `u` (n,); and `codes` (n,) where there is a grid."""
    if factor.count > 0:
        codes_at(factor, u, codes)
        values_of(factor, table, codes, values)
    else:
        low, span = factor.low, factor.span
        for i in range(u.size):
            values[i] = low + u[i] * span


@compiled
def code_of(factor: Any, table: Any, value: float) -> int:
    """The code of a value that is on the factor's grid: a guess by even steps, then the nearest one by walking."""
    code = min(max(np.int64(np.rint((value - factor.first) / factor.step)), 0), factor.count - 1)
    if factor.start >= 0:
        while code > 0 and abs(table[factor.start + code - 1] - value) < abs(table[factor.start + code] - value):
            code -= 1
        while code + 1 < factor.count and abs(table[factor.start + code + 1] - value) < abs(table[factor.start + code] - value):
            code += 1
    return code


@compiled
def codes_of(factor: Any, table: Any, values: Any, codes: Any, others: Any) -> None:
    """Fill `codes` (n,) with the `code_of` each of `values` (n,): by even steps, then again where those do not lead to the value
    itself. Such places are put into `others` (n,) first, without a branch."""
    first, step, last, many = factor.first, factor.step, factor.count - 1, 0
    for i in range(values.size):
        codes[i] = min(max(np.int64(np.rint((values[i] - first) / step)), 0), last)
    if factor.start >= 0:
        listed = table[factor.start :]
        for i in range(values.size):
            others[many] = i
            many += listed[codes[i]] != values[i]
        for m in range(many):
            codes[others[m]] = code_of(factor, table, values[others[m]])


@compiled
def unit_of(factor: Any, table: Any, value: float) -> float:
    """u of a value: along the interval, or the middle of a listed value's share."""
    if factor.interval:
        return (value - factor.low) / factor.span if factor.span > 0 else 0.0
    return (code_of(factor, table, value) + 0.5) / factor.count
