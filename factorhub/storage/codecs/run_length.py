"""DEFLATE with runs as its only matches: for flat pictures, twice as fast as zlib-ng and as small as zlib's level 4.

A chunk becomes events, each a byte that differs from the one before it and how often it is repeated. Words of eight
bytes are compared at once, so long runs cost next to nothing, and the checksum of a run is a formula. One block with
its own Huffman codes (RFC 1951) is written between zlib's header and checksum (RFC 1950).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.storage.codecs.deflate import END, EXTRA, FIRST, LITERALS, LONGEST, SYMBOL, begin, finish, huffman

PLENTY = np.int64(1) << 52  # sums are reduced modulo the checksum's prime before they come near 64 bits
PRIME = 65521


def encode(data: Array) -> bytes:
    """The zlib stream of contiguous bytes (n,), n at least 1."""
    size = data.size
    if size % 8:  # the last word is filled up by a repetition, which no event is made of
        data = np.concatenate([data, np.full(8 - size % 8, data[-1])])
    events = np.empty(size, np.uint32)
    out = np.empty(size // 8 + size // 32 + 200, np.uint64)
    count = _deflate(data, data.view(np.uint64), size, events, out)
    return out.view(np.uint8)[:count].tobytes()


@compiled
def _deflate(data: Array, words: Array, size: int, events: Array, out: Array) -> Any:
    """Write the stream into `out` and return its bytes."""
    counts = np.zeros(LITERALS, np.int64)
    found, checksum = _find_runs(data, words, size, events, counts)
    counts[END] = 1
    lengths, codes = np.zeros(LITERALS + 1, np.int64), np.zeros(LITERALS, np.uint64)
    huffman(counts, 15, lengths[:LITERALS], codes)
    lengths[LITERALS] = 1  # of distance 1, the only one
    state = np.zeros(3, np.uint64)
    begin(out, state, lengths)
    _put_events(out, state, events[:found], lengths, codes)
    return finish(out, state, codes[END], lengths[END], checksum)


@compiled
def _find_runs(data: Array, words: Array, size: int, events: Array, counts: Array) -> Any:
    """Fill `events` with byte + 256 · repetitions, count the symbols they need, and return how many, and the Adler-32."""
    low, high = np.uint64(0x7F7F7F7F7F7F7F7F), np.uint64(0x8080808080808080)
    found, start, a, b = 0, 0, 1, 0
    last = ~words[0] << np.uint64(56)  # whose last byte differs from the first one
    for w in range(words.size):
        word = words[w]
        change = word ^ (word << np.uint64(8) | last >> np.uint64(56))
        last = word
        if change == np.uint64(0):
            continue
        flags = ((change & low) + low | change) & high
        while flags != np.uint64(0):
            lowest = flags & (~flags + np.uint64(1))
            flags ^= lowest
            place = 8 * w + np.int64((lowest >> np.uint64(7)) * np.uint64(0x0001020304050607) >> np.uint64(56))
            if place > 0:
                a, b = _close(np.int64(data[start]), place - start, events, found, counts, a, b)
                found += 1
                start = place
    a, b = _close(np.int64(data[start]), size - start, events, found, counts, a, b)
    return found + 1, (b % PRIME) << 16 | a % PRIME


@compiled
def _close(value: Any, run: Any, events: Array, found: Any, counts: Array, a: Any, b: Any) -> Any:
    """Note a run of one byte, and carry the sums of the Adler-32 over it."""
    events[found] = value | (run - 1) << 8
    counts[value] += 1
    left = run - 1
    if left >= 3:
        counts[285] += left // LONGEST
        left %= LONGEST
        if left >= 3:
            counts[257 + SYMBOL[left]] += 1
            left = 0
    counts[value] += left
    b += run * a + value * (run * (run + 1) // 2)
    a += run * value
    if b > PLENTY:
        b %= PRIME
        a %= PRIME
    return a, b


@compiled
def _put_events(out: Array, state: Array, events: Array, lengths: Array, codes: Array) -> None:
    """Append the symbols of all events."""
    # a match of each length: its code, the bits that tell the length, and the code of distance 1, a single zero bit
    matches, sizes = np.zeros(LONGEST + 1, np.uint64), np.zeros(LONGEST + 1, np.uint64)
    for length in range(3, LONGEST + 1):
        symbol = SYMBOL[length]
        matches[length] = codes[257 + symbol] | np.uint64(length - FIRST[symbol]) << np.uint64(lengths[257 + symbol])
        sizes[length] = np.uint64(lengths[257 + symbol] + EXTRA[symbol] + 1)
    word, filling, filled = np.int64(state[0]), state[1], state[2]  # in registers: this is the inner loop
    for i in range(events.size):
        value, left = events[i] & 255, np.int64(events[i] >> 8)
        bits = np.uint64(lengths[value])
        symbol = codes[value]
        repeat, size = np.int64(1), bits
        while True:
            for _ in range(repeat):
                filling |= symbol << filled
                filled += size
                if filled >= np.uint64(64):
                    out[word] = filling
                    word += 1
                    filled -= np.uint64(64)
                    filling = symbol >> (size - filled)
            if left >= LONGEST:
                repeat, symbol, size = left // LONGEST, matches[LONGEST], sizes[LONGEST]
                left %= LONGEST
            elif left >= 3:
                repeat, symbol, size = np.int64(1), matches[left], sizes[left]
                left = 0
            elif left > 0:
                repeat, symbol, size = left, codes[value], bits
                left = 0
            else:
                break
    state[0], state[1], state[2] = np.uint64(word), filling, filled
