"""DEFLATE with runs as its only matches: for flat pictures, twice as fast as zlib-ng and as small as zlib's level 4.

A chunk becomes events, each a byte that differs from the one before it and how often it is repeated. Words of eight
bytes are compared at once, so long runs cost next to nothing, and the checksum of a run is a formula. One block with
its own Huffman codes (RFC 1951) is written between zlib's header and checksum (RFC 1950).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.compiled import compiled
from factorhub.factors import Array

LONGEST = 258  # bytes of a match
END = 256  # the symbol after the last one of a block
PLENTY = np.int64(1) << 52  # sums are reduced modulo the checksum's prime before they come near 64 bits
PRIME = 65521
# the symbols of lengths 3 … 258 count from 257; for each its first length, and how many more bits tell which it is
FIRST = np.array(
    [*range(3, 11), *range(11, 19, 2), *range(19, 35, 4), *range(35, 67, 8), *range(67, 131, 16), *range(131, 258, 32), 258]
)
EXTRA = np.array([0] * 8 + [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4 + [0])
SYMBOL = np.searchsorted(FIRST, np.arange(LONGEST + 1), side="right") - 1
SENT = np.array([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15])  # the order of the lengths of lengths


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
    counts = np.zeros(286, np.int64)
    found, checksum = _find_runs(data, words, size, events, counts)
    counts[END] = 1
    lengths, codes = np.zeros(286, np.int64), np.zeros(286, np.uint64)
    _huffman(counts, 15, lengths, codes)
    state = np.zeros(3, np.uint64)
    _put(out, state, np.uint64(0x0178), np.uint64(16))  # zlib's header: DEFLATE with a window of 32 KiB
    _put(out, state, np.uint64(0b101), np.uint64(3))  # the last block, with codes of its own
    _put_lengths(out, state, lengths)
    _put_events(out, state, events[:found], lengths, codes)
    _put(out, state, codes[END], np.uint64(lengths[END]))
    _put(out, state, np.uint64(0), np.uint64(-state[2] & np.uint64(7)))
    for shift in (24, 16, 8, 0):
        _put(out, state, np.uint64(checksum >> shift & 255), np.uint64(8))
    out[np.int64(state[0])] = state[1]
    return np.int64(state[0]) * 8 + np.int64(state[2]) // 8


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
def _huffman(counts: Array, limit: int, lengths: Array, codes: Array) -> None:
    """Code lengths up to `limit` for the symbols that are used, two at least, and their codes, last bit first."""
    order = np.empty(counts.size, np.int64)
    used = 0
    for symbol in range(counts.size):
        if counts[symbol] > 0:
            place = used
            while place > 0 and counts[order[place - 1]] > counts[symbol]:
                order[place] = order[place - 1]
                place -= 1
            order[place] = symbol
            used += 1
    # a tree in two queues: leaves in ascending order, and the nodes made of them, which ascend by themselves
    weights, parent = np.empty(2 * used - 1, np.int64), np.empty(2 * used - 1, np.int64)
    for i in range(used):
        weights[i] = counts[order[i]]
    leaf, node = 0, used
    for made in range(used, 2 * used - 1):
        weights[made] = 0
        for _ in range(2):
            if node >= made or (leaf < used and weights[leaf] <= weights[node]):
                least, leaf = leaf, leaf + 1
            else:
                least, node = node, node + 1
            weights[made] += weights[least]
            parent[least] = made
    depth = np.zeros(2 * used - 1, np.int64)
    per_length = np.zeros(limit + 2, np.int64)
    for i in range(2 * used - 3, -1, -1):
        depth[i] = depth[parent[i]] + 1
        if i < used:
            per_length[min(depth[i], limit)] += 1
    # where codes were cut to the limit there are too many of them: make room below the longest one that is shorter
    total = 0
    for i in range(1, limit + 1):
        total += per_length[i] << (limit - i)
    while total > 1 << limit:
        per_length[limit] -= 1
        i = limit - 1
        while per_length[i] == 0:
            i -= 1
        per_length[i] -= 1
        per_length[i + 1] += 2
        total -= 1
    place = 0
    for length in range(limit, 0, -1):
        for _ in range(per_length[length]):
            lengths[order[place]] = length
            place += 1
    first = 0
    for length in range(1, limit + 1):
        first = (first + per_length[length - 1]) << 1
        code = first
        for symbol in range(lengths.size):
            if lengths[symbol] == length:
                turned = np.uint64(0)
                for bit in range(length):
                    turned |= np.uint64(code >> bit & 1) << np.uint64(length - 1 - bit)
                codes[symbol] = turned
                code += 1


@compiled
def _put(out: Array, state: Array, value: Any, bits: Any) -> None:
    """Append up to 48 bits. `state` is the number of full words, the word being filled, and the bits it holds."""
    state[1] |= value << state[2]
    filled = state[2] + bits
    if filled >= np.uint64(64):
        out[np.int64(state[0])] = state[1]
        state[0] += np.uint64(1)
        filled -= np.uint64(64)
        state[1] = value >> bits - filled
    state[2] = filled


@compiled
def _put_lengths(out: Array, state: Array, lengths: Array) -> None:
    """Append the code lengths of the 286 symbols and of one distance, themselves in Huffman codes."""
    symbols, extras = np.empty(287, np.int64), np.empty(287, np.int64)
    counts = np.zeros(19, np.int64)
    written, i = 0, 0
    while i < 287:
        length = lengths[i] if i < 286 else 1
        run = 1
        while i + run < 287 and (lengths[i + run] if i + run < 286 else 1) == length:
            run += 1
        i += run
        first = True
        while run > 0:
            if length == 0 and run >= 3:
                repeated = min(run, 138)
                symbol, extra = (17, repeated - 3) if repeated < 11 else (18, repeated - 11)
            elif not first and run >= 3:
                repeated = min(run, 6)
                symbol, extra = 16, repeated - 3
            else:
                repeated, symbol, extra = 1, length, 0
            first = False
            symbols[written], extras[written] = symbol, extra
            counts[symbol] += 1
            written += 1
            run -= repeated
    sizes, codes = np.zeros(19, np.int64), np.zeros(19, np.uint64)
    _huffman(counts, 7, sizes, codes)
    _put(out, state, np.uint64(286 - 257), np.uint64(5))
    _put(out, state, np.uint64(0), np.uint64(5))
    _put(out, state, np.uint64(19 - 4), np.uint64(4))
    for i in range(19):
        _put(out, state, np.uint64(sizes[SENT[i]]), np.uint64(3))
    for i in range(written):
        symbol = symbols[i]
        _put(out, state, codes[symbol], np.uint64(sizes[symbol]))
        if symbol >= 16:
            _put(out, state, np.uint64(extras[i]), np.uint64(2 if symbol == 16 else 3 if symbol == 17 else 7))


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
