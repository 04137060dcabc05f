"""What an encoder of DEFLATE (RFC 1951) needs whatever its matches are: Huffman codes, bits in a row, a block's own tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled

LITERALS = 286  # bytes, the end of a block, and the lengths of matches
END = 256  # the symbol after the last one of a block
LONGEST = 258  # bytes of a match
# the symbols of lengths 3 … 258 count from 257; for each its first length, and how many more bits tell which it is
FIRST = np.array(
    [*range(3, 11), *range(11, 19, 2), *range(19, 35, 4), *range(35, 67, 8), *range(67, 131, 16), *range(131, 258, 32), 258]
)
EXTRA = np.array([0] * 8 + [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4 + [0])
SYMBOL = np.searchsorted(FIRST, np.arange(LONGEST + 1), side="right") - 1
SENT = np.array([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15])  # the order of the lengths of lengths


@compiled
def huffman(counts: Array, limit: int, lengths: Array, codes: Array) -> None:
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
def put(out: Array, state: Array, value: Any, bits: Any) -> None:
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
def begin(out: Array, state: Array, lengths: Array) -> None:
    """Append zlib's header and the head of the one block: the code lengths of the 286 symbols and of the distances after them."""
    put(out, state, np.uint64(0x0178), np.uint64(16))  # DEFLATE with a window of 32 KiB
    put(out, state, np.uint64(0b101), np.uint64(3))  # the last block, with codes of its own
    total = lengths.size
    symbols, extras = np.empty(total, np.int64), np.empty(total, np.int64)
    counts = np.zeros(19, np.int64)
    written, i = 0, 0
    while i < total:
        length, run = lengths[i], 1
        while i + run < total and lengths[i + run] == length:
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
    huffman(counts, 7, sizes, codes)
    put(out, state, np.uint64(29), np.uint64(5))  # 286 symbols: 257, and so many
    put(out, state, np.uint64(total - 287), np.uint64(5))
    put(out, state, np.uint64(19 - 4), np.uint64(4))
    for i in range(19):
        put(out, state, np.uint64(sizes[SENT[i]]), np.uint64(3))
    for i in range(written):
        symbol = symbols[i]
        put(out, state, codes[symbol], np.uint64(sizes[symbol]))
        if symbol >= 16:
            put(out, state, np.uint64(extras[i]), np.uint64(2 if symbol == 16 else 3 if symbol == 17 else 7))


@compiled
def finish(out: Array, state: Array, code: Any, bits: Any, checksum: Any) -> Any:
    """Append the symbol that ends the block and the Adler-32 of the data; the number of bytes that `out` holds then."""
    put(out, state, code, np.uint64(bits))
    put(out, state, np.uint64(0), np.uint64(-state[2] & np.uint64(7)))
    for shift in (24, 16, 8, 0):
        put(out, state, np.uint64(checksum >> shift & 255), np.uint64(8))
    out[np.int64(state[0])] = state[1]
    return np.int64(state[0]) * 8 + np.int64(state[2]) // 8
