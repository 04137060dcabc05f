"""Prefix codes of DEFLATE (RFC 1951, 3.2) for compiled loops: reading their lengths, and tables that look codes up.

`bits` are the next bits of the input, lowest first, `held` is how many of them are valid, and `at` is where in `stored`
the ones after them stand.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.intrinsics import load8
from factorhub.storage.codecs.deflate import EXTRA, FIRST, SENT

PAD = 32  # bytes that follow the stored ones in memory, so that eight can be loaded a little behind them
AHEAD = 8  # bytes that may be loaded before it is known whether they belong to a block
FAILED = -1
ONE = np.uint64(1)
# table entries: bits 0-7 how many bits a code has (0: there is none), 8-11 how many more bits follow, 12-28 what it means
LITERAL, END, LONG = np.uint32(1 << 31), np.uint32(1 << 30), np.uint32(1 << 29)
MEANING = np.uint32((1 << 17) - 1)
WIDTH, NEAR, NARROW = 11, 8, 7  # bits that one look-up resolves: of symbols, of distances, of the codes of lengths
_FAR = [1, 2, 3, 4] + [(2 + half << bits) + 1 for bits in range(1, 14) for half in (0, 1)]
SYMBOLS = np.concatenate([1 << 31 | np.arange(256) << 12, [1 << 30], FIRST << 12 | EXTRA << 8]).astype(np.uint32)
DISTANCES = np.array([first << 12 | max(i // 2 - 1, 0) << 8 for i, first in enumerate(_FAR)], np.uint32)
CODES = np.arange(19, dtype=np.uint32) << np.uint32(12)


@compiled
def refill(stored: Array, bits: Any, held: Any, at: Any) -> Any:
    """At least 56 bits, how many they are, and where the next ones stand."""
    bits |= load8(stored, at) << np.uint64(held)
    return bits, held | 56, at + (63 - held >> 3)


@compiled
def read_lengths(stored: Array, stop: Any, bits: Any, held: Any, at: Any, lengths: Array, table: Array, ranks: Array) -> Any:
    """The lengths of all codes of a block, symbols first: the bits, and the numbers of symbols and of distances."""
    one = np.int64(bits & np.uint64(31)) + 257
    other = np.int64(bits >> np.uint64(5) & np.uint64(31)) + 1
    sent = np.int64(bits >> np.uint64(10) & np.uint64(15)) + 4
    bits >>= np.uint64(14)
    held -= 14
    failed = np.int64(FAILED)
    if one > 286 or other > 30:
        return bits, held, at, failed, failed
    lengths[:19] = 0
    for i in range(sent):
        if held < 3:
            bits, held, at = refill(stored, bits, held, at)
        lengths[SENT[i]] = np.int64(bits & np.uint64(7))
        bits >>= np.uint64(3)
        held -= 3
    if not tabulate(lengths[:19], CODES, table, NARROW, ranks):
        return bits, held, at, failed, failed
    i = 0
    while i < one + other:
        if at > stop + AHEAD:
            return bits, held, at, failed, failed
        bits, held, at = refill(stored, bits, held, at)
        entry = table[np.int64(bits & np.uint64((1 << NARROW) - 1))]
        taken = np.int64(entry & np.uint32(255))
        if taken == 0:
            return bits, held, at, failed, failed
        code = np.int64(entry >> np.uint32(12))
        bits >>= np.uint64(taken)
        held -= taken
        value, count, more = code, np.int64(1), np.int64(0)
        if code == 16:
            value, count, more = lengths[i - 1] if i > 0 else np.int64(FAILED), np.int64(3), np.int64(2)
        elif code > 16:
            value, count, more = np.int64(0), np.int64(3 if code == 17 else 11), np.int64(3 if code == 17 else 7)
        count += np.int64(bits & (ONE << np.uint64(more)) - ONE)
        bits >>= np.uint64(more)
        held -= more
        if value < 0 or i + count > one + other:
            return bits, held, at, failed, failed
        lengths[i : i + count] = value
        i += count
    return bits, held, at, one, other


@compiled
def tabulate(lengths: Array, meanings: Array, table: Array, width: Any, ranks: Array) -> bool:
    """Fill a table for canonical codes of these lengths; False where there are too many codes.

    `ranks` gets how many codes there are of each length, and from 16 on all that are used, in order of their codes.
    """
    ranks[:16] = 0
    for length in lengths:
        ranks[length] += 1
    ranks[0] = 0
    code, place, left = 0, 16, 1
    codes, places = np.empty(16, np.int64), np.empty(16, np.int64)
    for length in range(1, 16):
        left = (left << 1) - ranks[length]
        if left < 0:
            return False
        code = code + ranks[length - 1] << 1
        codes[length], places[length] = code, place
        place += ranks[length]
    size = 1 << width
    table[:size] = 0
    for symbol in range(lengths.size):
        length = lengths[symbol]
        if length == 0:
            continue
        ranks[places[length]] = symbol
        places[length] += 1
        code, turned = codes[length], 0
        codes[length] += 1
        for _ in range(length):
            turned = turned << 1 | code & 1
            code >>= 1
        if length > width:
            table[turned & size - 1] = LONG
        elif symbol < meanings.size:
            for i in range(turned, size, 1 << length):
                table[i] = meanings[symbol] | np.uint32(length)
    return True


@compiled
def entry_of_long(bits: Any, meanings: Array, ranks: Array) -> Any:
    """The entry for a code that is longer than a table is wide, found bit by bit; 0 where there is none."""
    code, first, place = np.int64(0), np.int64(0), np.int64(16)
    for length in range(1, 16):
        code |= np.int64(bits & ONE)
        bits >>= ONE
        count = ranks[length]
        if code - first < count:
            symbol = ranks[place + code - first]
            return meanings[symbol] | np.uint32(length) if symbol < meanings.size else np.uint32(0)
        place += count
        first = first + count << 1
        code <<= 1
    return np.uint32(0)
