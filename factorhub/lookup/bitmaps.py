"""An index of factor codes: one bit per row for each value of a factor, so that a query is a few words of logic."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled


@compiled
def build(codes: Array, out: Array) -> None:
    """Set bit r of `out[c]` (size, words) uint64 where row r of `codes` (n, m) is c in all its m members."""
    for r in range(codes.shape[0]):
        code = codes[r, 0]
        same = True
        for j in range(1, codes.shape[1]):
            same = same and codes[r, j] == code
        if same:
            out[code, r >> 6] |= np.uint64(1) << np.uint64(r & 63)


@compiled
def both(bits: Array, other: Array, out: Array) -> None:
    """The bits (words,) set in both."""
    for w in range(bits.size):
        out[w] = bits[w] & other[w]


@compiled
def either(others: Array) -> Array:
    """The bits (words,) set in any of `others` (m, words)."""
    out = others[0].copy()
    for j in range(1, others.shape[0]):
        for w in range(out.size):
            out[w] |= others[j, w]
    return out


@compiled
def count(bits: Array, other: Array) -> int:
    """How many bits (words,) both have set."""
    total = 0
    for w in range(bits.size):
        total += _ones(bits[w] & other[w])
    return total


@compiled
def rows_of(bits: Array, other: Array, start: int, stop: int, out: Array) -> int:
    """Write the numbers of the bits in [start, stop) that both have set, less `start`, into `out`, ascending; return how many.

    `out` needs room for three more: bits are taken four at a time, and empty words are left out first, since a
    mispredicted branch costs more than the work it would save.
    """
    first = start >> 6
    one, two = bits[first : (stop + 63) >> 6], other[first : (stop + 63) >> 6]
    filled = np.empty(one.size + 1, np.int64)
    words = 0
    for w in range(one.size):
        filled[words] = w
        words += (one[w] & two[w]) != 0
    found = 0
    full = ~np.uint64(0)
    for i in range(words):
        base = (filled[i] << 6) - (start - (first << 6))
        word = one[filled[i]] & two[filled[i]]
        if base < 0:
            word &= full << np.uint64(-base)
        if base + 64 > stop - start:
            word &= full >> np.uint64(base + 64 - (stop - start))
        end = found + _ones(word)
        while found < end:
            for _ in range(4):
                out[found] = base + _ones(~word & (word - np.uint64(1)))
                word &= word - np.uint64(1)
                found += 1
        found = end
    return found


@compiled
def _ones(word: Any) -> Any:
    """How many bits of a word are set; compiled to one instruction where the processor has it."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))
