"""Inflates chunks and puts their rows in their places: many chunks in one call, which holds no lock."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.intrinsics import copy8, copy32, copy32_past_cache, fence, pread
from factorhub.storage.codecs.huffman import FAILED, NEAR, PAD, WIDTH
from factorhub.storage.codecs.inflate import inflate

SLACK = 128  # bytes that follow the inflated ones, so that whole words can be stored anywhere
__all__ = ["PAD", "SLACK", "deal", "read", "scatter"]


@compiled
def read(descriptors: Array, offsets: Array, sizes: Array, stored: Array) -> Any:
    """Read chunks from open files, one after another into `stored`: how many came whole, up to the first that did not."""
    i, end = 0, 0
    while i < sizes.size:
        first, length = i, np.int64(0)
        # those that follow one another in a file are read at once
        while i < sizes.size and descriptors[i] == descriptors[first] and offsets[i] == offsets[first] + length:
            length += sizes[i]
            i += 1
        if pread(descriptors[first], stored, end, length, offsets[first]) != length:
            return first
        end += length
    return i


@compiled
def deal(
    stored: Array, starts: Array, stops: Array, sizes: Array, scratch: Array, firsts: Array, counts: Array,
    out: Array, places: Array, row: int, past_cache: bool,
) -> Any:  # fmt: skip
    """Inflate chunks and copy some rows of each to their places.

    Args:
        stored: uint8 (…,), with `PAD` bytes after the last chunk.
        starts, stops: where in it the DEFLATE bytes of each chunk begin and end.
        sizes: of the chunks, inflated.
        scratch: uint8, the largest size and SLACK more.
        firsts, counts: of each chunk the first row that is wanted, and how many are.
        out: uint8 (rows · row,), whose places nobody else touches now.
        places: the row of `out` for each row wanted.
        row: bytes of a row.
        past_cache: store past the cache; `out` and `row` are multiples of 32 then.

    Returns:
        -1, or the number of the first chunk that does not inflate to its size.
    """
    # small enough for the processor's first cache, all of it
    symbols, runs, part = np.empty(1 << WIDTH, np.uint32), np.empty(1 << WIDTH, np.uint32), np.empty(1 << WIDTH, np.uint32)
    near = np.empty(1 << NEAR, np.uint32)
    ranks, far = np.empty(16 + 288, np.int64), np.empty(16 + 32, np.int64)
    lengths = np.empty(320, np.int64)
    done = 0
    for i in range(starts.size):
        if inflate(stored, starts[i], stops[i], scratch, sizes[i], symbols, runs, part, near, ranks, far, lengths) == FAILED:
            return i
        scatter(scratch, firsts[i], out, places[done : done + counts[i]], row, past_cache)
        done += counts[i]
    return -1


@compiled
def scatter(source: Array, first: int, out: Array, places: Array, row: int, past_cache: bool) -> None:
    """Copy rows of `row` bytes, from row `first` of `source` on, to their places in `out`."""
    at = first * row
    for place in places:
        to = place * row
        if past_cache:
            for byte in range(0, row, 32):
                copy32_past_cache(out, to + byte, source, at + byte)
        else:
            byte = 0
            while byte + 32 <= row:
                copy32(out, to + byte, source, at + byte)
                byte += 32
            while byte + 8 <= row:
                copy8(out, to + byte, source, at + byte)
                byte += 8
            while byte < row:
                out[to + byte] = source[at + byte]
                byte += 1
        at += row
    if past_cache:
        fence()
