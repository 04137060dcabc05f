"""Inflates chunks in compiled loops, for the case that `factorhub.storage.codecs.scatter` wants them.

DEFLATE (RFC 1951) with two ways through a block. Where runs are its only matches, as in what `factorhub.storage.codecs.run_length`
writes, one look-up gives a byte and how often it is repeated; any other block goes symbol by symbol. This is for chunks
that shrink much, which take so little time that calling libdeflate for each, which takes the GIL, costs as much again:
two threads of that are no faster than one. Where there is more to inflate for each byte, libdeflate is quicker.

The input is not trusted: every copy is checked against the ends of what it reads and writes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.intrinsics import copy8, copy32, fill32
from factorhub.storage.codecs.huffman import (
    AHEAD,
    DISTANCES,
    END,
    FAILED,
    LITERAL,
    LONG,
    MEANING,
    NEAR,
    ONE,
    SYMBOLS,
    WIDTH,
    entry_of_long,
    read_lengths,
    refill,
    tabulate,
)


@compiled
def inflate(
    stored: Array, at: Any, stop: Any, out: Array, size: Any,
    symbols: Array, runs: Array, part: Array, near: Array, ranks: Array, far: Array, lengths: Array,
) -> Any:  # fmt: skip
    """Inflate the blocks from `at` on into the first `size` bytes of `out`: how many were filled, or FAILED."""
    bits, held, filled = np.uint64(0), np.int64(0), np.int64(0)
    last = False
    while not last:
        if at > stop + AHEAD:
            return FAILED
        bits, held, at = refill(stored, bits, held, at)
        last = bits & ONE == ONE
        kind = bits >> ONE & np.uint64(3)
        bits >>= np.uint64(3)
        held -= 3
        if kind == np.uint64(0):  # stored as it is
            at -= held >> 3
            bits, held = np.uint64(0), np.int64(0)
            if at + 4 > stop:
                return FAILED
            count = np.int64(stored[at]) | np.int64(stored[at + 1]) << 8
            if count ^ 0xFFFF != np.int64(stored[at + 2]) | np.int64(stored[at + 3]) << 8:
                return FAILED
            at += 4
            if at + count > stop or filled + count > size:
                return FAILED
            for i in range(count):
                out[filled + i] = stored[at + i]
            at += count
            filled += count
            continue
        if kind == np.uint64(3):
            return FAILED
        if kind == ONE:  # with the codes of the standard
            lengths[:144] = 8
            lengths[144:256] = 9
            lengths[256:280] = 7
            lengths[280:288] = 8
            lengths[288:] = 5
            one, other = 288, 32
        else:
            bits, held, at, one, other = read_lengths(stored, stop, bits, held, at, lengths, near, far)
            if one == FAILED:
                return FAILED
        if not tabulate(lengths[:one], SYMBOLS, symbols, WIDTH, ranks):
            return FAILED
        if not tabulate(lengths[one : one + other], DISTANCES, near, NEAR, far):
            return FAILED
        if near[0] == np.uint32(1 << 12 | 1) and near[1] == np.uint32(0):  # one distance, 1, whose code is a zero bit
            _join(symbols, part, runs)
            bits, held, at, filled = _run_block(stored, stop, bits, held, at, out, filled, size, symbols, runs, ranks)
        else:
            bits, held, at, filled = _block(stored, stop, bits, held, at, out, filled, size, symbols, near, ranks, far)
        if filled == FAILED:
            return FAILED
    return filled if filled == size and at - (held >> 3) <= stop else FAILED


@compiled
def _join(symbols: Array, part: Array, runs: Array) -> None:
    """The table for blocks of runs: a byte and its repetitions at once, where their codes are short enough together.

    Entries: bits 0-3 how many bits to take (0: look elsewhere), 8-16 how many bytes to write, 20-27 which one, and
    LITERAL where it is a new one.
    """
    for i in range(symbols.size):
        entry = symbols[i]
        length = np.int64(entry & np.uint32(15))
        part[i] = 0
        if length > 0 and entry & (LITERAL | END | LONG) == np.uint32(0):
            more = np.int64(entry >> np.uint32(8) & np.uint32(15))
            taken = length + more + 1
            if taken <= WIDTH and i >> taken - 1 & 1 == 0:
                repeated = (entry >> np.uint32(12) & MEANING) + np.uint32(i >> length & (1 << more) - 1)
                part[i] = np.uint32(taken) | repeated << np.uint32(8)
    for i in range(symbols.size):
        entry = symbols[i]
        runs[i] = part[i]
        if entry & LITERAL:
            length = np.int64(entry & np.uint32(15))
            after = part[i >> length]
            if np.int64(after & np.uint32(15)) > WIDTH - length:
                after = np.uint32(0)
            runs[i] = LITERAL | (entry >> np.uint32(12) & np.uint32(255)) << np.uint32(20) | after + np.uint32(1 << 8 | length)


@compiled
def _run_block(
    stored: Array, stop: Any, bits: Any, held: Any, at: Any, out: Array, filled: Any, size: Any,
    symbols: Array, runs: Array, ranks: Array,
) -> Any:  # fmt: skip
    """Inflate a block whose only distance is 1."""
    failed = np.int64(FAILED)
    value = out[filled - 1] if filled > 0 else np.uint8(0)
    if filled == 0 and not symbols[np.int64(bits & np.uint64((1 << WIDTH) - 1))] & (LITERAL | LONG):
        return bits, held, at, failed  # there is nothing to repeat
    while True:
        if at > stop + AHEAD:
            return bits, held, at, failed
        bits, held, at = refill(stored, bits, held, at)
        taken = np.uint64(0)
        for _ in range(4):  # 44 of at least 56 bits
            entry = runs[np.int64(bits & np.uint64((1 << WIDTH) - 1))]
            taken = np.uint64(entry & np.uint32(15))
            count = np.int64(entry >> np.uint32(8) & np.uint32(511))
            if taken == np.uint64(0):
                break
            if filled + count > size:
                return bits, held, at, failed
            bits >>= taken
            held -= np.int64(taken)
            value = np.uint8(entry >> np.uint32(20)) if entry & LITERAL else value
            fill32(out, filled, value)
            fill32(out, filled + 32, value)
            for i in range(64, count, 32):
                fill32(out, filled + i, value)
            filled += count
        if taken != np.uint64(0):
            continue
        bits, held, at = refill(stored, bits, held, at)
        entry = symbols[np.int64(bits & np.uint64((1 << WIDTH) - 1))]
        if entry & LONG:
            entry = entry_of_long(bits, SYMBOLS, ranks)
        taken = np.uint64(entry & np.uint32(255))
        if taken == np.uint64(0):
            return bits, held, at, failed
        bits >>= taken
        held -= np.int64(taken)
        if entry & END:
            return bits, held, at, filled
        count = np.int64(1)
        if entry & LITERAL:
            value = np.uint8(entry >> np.uint32(12) & np.uint32(255))
        else:
            more = np.uint64(entry >> np.uint32(8) & np.uint32(15))
            count = np.int64(entry >> np.uint32(12) & MEANING) + np.int64(bits & (ONE << more) - ONE)
            bits >>= more
            if filled == 0 or bits & ONE:
                return bits, held, at, failed
            bits >>= ONE
            held -= np.int64(more) + 1
        if filled + count > size:
            return bits, held, at, failed
        for i in range(0, count, 32):
            fill32(out, filled + i, value)
        filled += count


@compiled
def _block(
    stored: Array, stop: Any, bits: Any, held: Any, at: Any, out: Array, filled: Any, size: Any,
    symbols: Array, near: Array, ranks: Array, far: Array,
) -> Any:  # fmt: skip
    """Inflate any block."""
    failed = np.int64(FAILED)
    while True:
        if at > stop + AHEAD or filled > size:
            return bits, held, at, failed
        bits, held, at = refill(stored, bits, held, at)
        entry = symbols[np.int64(bits & np.uint64((1 << WIDTH) - 1))]
        if entry & LITERAL:  # often there is a second one
            bits >>= np.uint64(entry & np.uint32(255))
            held -= np.int64(entry & np.uint32(255))
            out[filled] = np.uint8(entry >> np.uint32(12) & np.uint32(255))
            filled += 1
            entry = symbols[np.int64(bits & np.uint64((1 << WIDTH) - 1))]
            if entry & LITERAL:
                bits >>= np.uint64(entry & np.uint32(255))
                held -= np.int64(entry & np.uint32(255))
                out[filled] = np.uint8(entry >> np.uint32(12) & np.uint32(255))
                filled += 1
                continue
            bits, held, at = refill(stored, bits, held, at)
        if entry & LONG:
            entry = entry_of_long(bits, SYMBOLS, ranks)
        taken = np.uint64(entry & np.uint32(255))
        if taken == np.uint64(0):
            return bits, held, at, failed
        bits >>= taken
        held -= np.int64(taken)
        if entry & END:
            return bits, held, at, filled
        if entry & LITERAL:
            out[filled] = np.uint8(entry >> np.uint32(12) & np.uint32(255))
            filled += 1
            continue
        more = np.uint64(entry >> np.uint32(8) & np.uint32(15))
        count = np.int64(entry >> np.uint32(12) & MEANING) + np.int64(bits & (ONE << more) - ONE)
        bits >>= more
        held -= np.int64(more)
        entry = near[np.int64(bits & np.uint64((1 << NEAR) - 1))]
        if entry & LONG:
            entry = entry_of_long(bits, DISTANCES, far)
        taken = np.uint64(entry & np.uint32(255))
        if taken == np.uint64(0):
            return bits, held, at, failed
        bits >>= taken
        more = np.uint64(entry >> np.uint32(8) & np.uint32(15))
        back = np.int64(entry >> np.uint32(12) & MEANING) + np.int64(bits & (ONE << more) - ONE)
        bits >>= more
        held -= np.int64(taken + more)
        if back > filled or filled + count > size:
            return bits, held, at, failed
        _repeat(out, filled, back, count)
        filled += count


@compiled
def _repeat(out: Array, filled: Any, back: Any, count: Any) -> None:
    """Repeat `count` bytes from `back` bytes before; writes up to 31 bytes more."""
    if back == 1:
        for i in range(0, count, 32):
            fill32(out, filled + i, out[filled - 1])
    elif back >= 32:
        for i in range(0, count, 32):
            copy32(out, filled + i, out, filled + i - back)
    else:
        period = back
        while period < 8:  # a multiple of the distance is a distance, once so many bytes are there
            period += back
        for i in range(min(period - back, count)):
            out[filled + i] = out[filled + i - back]
        for i in range(period - back, count, 8):
            copy8(out, filled + i, out, filled + i - period)
