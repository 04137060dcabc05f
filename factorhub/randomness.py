"""Random numbers as an argument: words keyed by (seed, stream, row), the same for any worker, batch, order or machine.

The generator is Philox 4x64-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011), counter-based,
with the words NumPy's `Philox` gives; NumPy keeps that stream stable but cannot draw many counters at once. The map
from words to [0, 1) is our own, since NumPy's distributions may change between versions.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from factorhub.errors import whole
from factorhub.factors import Array

SEEDS = 2**64
FEW = 64  # rows whose words NumPy draws, one row after another, where compiled code is not loaded yet


def key(seed: int, stream: str) -> Array:
    """The generator's key (2,) uint64 for a seed and the name of a stream; distinct names never collide in practice.

    Nested uses fork by name, joined with "/": "train/pairs/which". Keys are remembered, since every batch asks for them again.
    """
    for hear in _listeners:
        hear(seed, stream)
    return _key(whole("a seed", seed, 0, SEEDS - 1), stream)


@contextmanager
def listening(hear: Callable[[int, str], object]) -> Iterator[None]:
    """Tell `hear` the seed and stream of every key that is asked for meanwhile: which words something draws, for tests."""
    _listeners.append(hear)
    try:
        yield
    finally:
        _listeners.remove(hear)


_listeners: list[Callable[[int, str], object]] = []


@lru_cache(maxsize=1024)
def _key(seed: int, stream: str) -> Array:
    name = hashlib.blake2b(stream.encode(), digest_size=8).digest()
    made = np.array([seed, int.from_bytes(name, "little")], dtype=np.uint64)
    made.setflags(write=False)
    return made


def words(seed: int, stream: str, rows: npt.ArrayLike, count: int) -> Array:
    """`count` random 64-bit words (…, count) for each of `rows` (…), a pure function of seed, stream and row.

    Row r's words are those of `numpy.random.Philox(key=key(seed, stream), counter=[0, r, 0, 0]).random_raw(count)`.
    """
    rows = np.asarray(rows)
    flat = np.ascontiguousarray(rows.reshape(-1), dtype=np.uint64)
    out = np.empty((flat.size, count), dtype=np.uint64)
    if flat.size <= FEW and "numba" not in sys.modules:  # so that listing generators does not wait for a compiler
        for row, words in zip(flat.tolist(), out, strict=True):
            words[:] = np.random.Philox(key=key(seed, stream), counter=[0, row, 0, 0]).random_raw(count)
    else:
        from factorhub.numerics.philox import philox

        philox(key(seed, stream), flat, 1, out)
    return out.reshape(*rows.shape, count)


def word_under(key: Array, rows: Array, place: int) -> Array:
    """Only the word (n,) at `place`, from 0, of each of `rows` (n,), under the `key` of a seed and a stream."""
    from factorhub.numerics.philox import philox

    out = np.empty((len(rows), 4), dtype=np.uint64)
    philox(key, np.ascontiguousarray(rows, dtype=np.uint64), place // 4 + 1, out)
    return out[:, place % 4]


def word_columns(seed: int, stream: str, rows: Array, count: int) -> Array:
    """The `words` of `rows` (n,) as (count, n): what loops read that go over one word of all rows at a time."""
    from factorhub.numerics.philox import philox_columns

    flat = np.ascontiguousarray(rows, dtype=np.uint64)
    out = np.empty((-(-count // 4) * 4, flat.size), dtype=np.uint64)
    philox_columns(key(seed, stream), flat, 1, out)
    return out[:count]


def uniforms(seed: int, stream: str, rows: npt.ArrayLike, count: int) -> Array:
    """`count` numbers (…, count), float64 in [0, 1) with 53 random bits, for each of `rows` (…)."""
    return unit(words(seed, stream, rows, count))


def unit(words: Array) -> Array:
    """Words as float64 in [0, 1): the upper 53 bits, exactly representable."""
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def integers(words: Array, bound: npt.ArrayLike) -> Array:
    """Words as int64 in [0, bound), bound at most 2**31; the bias is under 2**-32 and so invisible in any sample."""
    return ((words >> np.uint64(32)) * np.asarray(bound, dtype=np.uint64) >> np.uint64(32)).astype(np.int64)


def permutation(seed: int, stream: str, row: int, size: int) -> Array:
    """A permutation (size,), int64, of 0 … size - 1: one for each seed, stream and row.

    The order of random 32-bit keys. NumPy sorts 16-bit keys by radix, so two stable sorts cost half of one of 32 bits.
    """
    generator = np.random.Philox(key=key(seed, stream), counter=[0, row, 0, 0])
    keys = generator.random_raw(-(-size // 2)).astype("<u8").view("<u4")[:size]
    order = (keys & 0xFFFF).astype(np.uint16).argsort(kind="stable")
    return order[(keys[order] >> 16).astype(np.uint16).argsort(kind="stable")]
