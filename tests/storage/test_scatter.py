"""The compiled inflater: what it takes comes out as zlib has it, and what it does not take is refused, whatever the bytes."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factorhub.factors import Array
from factorhub.storage.codecs.codec import HEADER, TRAILER
from factorhub.storage.codecs.huffman import PAD
from factorhub.storage.codecs.run_length import encode
from factorhub.storage.codecs.scatter import SLACK, deal, scatter

CANARY = 0xA5


def inflated(stored: bytes, size: int, row: int = 1, places: Array | None = None, past_cache: bool = False) -> bytes | None:
    """What `deal` makes of one chunk; None where it refuses. Nothing beyond its arrays is touched."""
    data = np.frombuffer(stored + bytes(PAD), np.uint8)
    scratch = np.full(size + SLACK + 64, CANARY, np.uint8)
    whole = np.full(size + 192, CANARY, np.uint8)
    start = -whole.ctypes.data % 64 + 64
    out = whole[start : start + size]
    places = np.arange(size // row) if places is None else places
    one = np.array([HEADER]), np.array([len(stored) - TRAILER])
    failed = deal(
        data, *one, np.array([size]), scratch[: size + SLACK], np.array([0]), np.array([len(places)]), out, places, row, past_cache
    )
    assert (scratch[size + SLACK :] == CANARY).all()
    assert (whole[:start] == CANARY).all()
    assert (whole[start + size :] == CANARY).all()
    return None if failed == 0 else out.tobytes()


@st.composite
def chunks(draw: st.DrawFn) -> bytes:
    """Bytes of several kinds: flat pictures, patterns that repeat at any distance, noise."""
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    size = draw(st.integers(1, 5000))
    kind = draw(st.sampled_from(["runs", "pattern", "noise", "few", "flat"]))
    if kind == "runs":
        lengths = random.geometric(draw(st.sampled_from([0.5, 0.1, 0.01])), size)
        data = np.repeat(random.integers(0, draw(st.sampled_from([2, 3, 256])), size), lengths)[:size]
    elif kind == "pattern":
        pattern = random.integers(0, 256, draw(st.integers(1, 300)))
        data = np.resize(pattern, size)
    elif kind == "few":
        data = random.integers(0, 3, size)
    else:
        data = random.integers(0, 256, size) if kind == "noise" else np.full(size, 7)
    return data.astype(np.uint8).tobytes()


@given(chunks(), st.sampled_from(["runs", 0, 1, 4, 6, 9, "fixed", "huffman"]))
@settings(deadline=None, max_examples=300)
def test_it_inflates_as_zlib_does(data: bytes, encoder: str | int) -> None:
    if encoder == "runs":
        stored = encode(np.frombuffer(data, np.uint8))
    elif isinstance(encoder, int):
        stored = zlib.compress(data, encoder)
    else:
        strategy = zlib.Z_FIXED if encoder == "fixed" else zlib.Z_HUFFMAN_ONLY
        made = zlib.compressobj(6, zlib.DEFLATED, 15, 8, strategy)
        stored = made.compress(data) + made.flush()
    assert inflated(stored, len(data)) == data
    assert inflated(stored, len(data) + 1) is None
    assert len(data) == 1 or inflated(stored, len(data) - 1) is None


def as_zlib(stored: bytes, size: int) -> bytes | str:
    """What zlib makes of the same bytes, or why it refuses; "short" where a block is cut off."""
    reader = zlib.decompressobj(-15)
    try:
        found = reader.decompress(stored[HEADER:-TRAILER], size + 1)
    except zlib.error as error:
        return str(error)
    return found if reader.eof or len(found) > size else "short"


@given(chunks(), st.sampled_from(["runs", 1, 6]), st.data())
@settings(deadline=None, max_examples=400)
def test_damaged_bytes_are_what_zlib_says_or_refused(data: bytes, encoder: str | int, more: st.DataObject) -> None:
    """And nothing beyond the chunk is touched: the canaries in `inflated` watch."""
    stored = bytearray(encode(np.frombuffer(data, np.uint8)) if encoder == "runs" else zlib.compress(data, int(encoder)))
    for _ in range(more.draw(st.integers(1, 4))):
        stored[more.draw(st.integers(HEADER, len(stored) - 1))] = more.draw(st.integers(0, 255))
    for changed in (bytes(stored), bytes(stored[: more.draw(st.integers(HEADER + TRAILER, len(stored)))])):
        found, expected = inflated(changed, len(data)), as_zlib(changed, len(data))
        if isinstance(expected, bytes):
            assert found == (expected if len(expected) == len(data) else None)
        elif expected == "short" or "too far back" in expected or "block type" in expected or "stored" in expected:
            assert found is None, expected  # codes that zlib calls incomplete may do no harm


@given(st.binary(min_size=HEADER + TRAILER, max_size=400), st.integers(1, 3000))
@settings(deadline=None, max_examples=300)
def test_any_bytes_end(stored: bytes, size: int) -> None:
    for first in (0b101, 0b011, 0b001):  # the kinds of blocks
        inflated(stored[:HEADER] + bytes([stored[HEADER] & ~0b111 | first]) + stored[HEADER + 1 :], size)


@pytest.mark.parametrize(("row", "past_cache"), [(1, False), (7, False), (8, False), (40, False), (64, False), (64, True)])
def test_rows_go_to_their_places(row: int, past_cache: bool) -> None:
    rows = np.random.default_rng(1).integers(0, 2, (50, row)).astype(np.uint8)
    places = np.random.default_rng(2).permutation(50)
    stored = encode(rows.reshape(-1))
    expected = np.empty_like(rows)
    expected[places] = rows
    assert inflated(stored, rows.size, row, places, past_cache) == expected.tobytes()
    assert inflated(zlib.compress(rows.tobytes()), rows.size, row, places, past_cache) == expected.tobytes()


def test_only_the_rows_wanted_are_copied() -> None:
    source, out = np.arange(80, dtype=np.uint8), np.zeros(100, np.uint8)
    scatter(source, 3, out, np.array([9, 0]), 10, False)
    assert out.tolist() == [*range(40, 50), *[0] * 80, *range(30, 40)]


def test_several_chunks_at_once_and_the_first_that_is_damaged() -> None:
    rows = np.random.default_rng(3).integers(0, 2, (6, 8, 16)).astype(np.uint8)
    encoded = [encode(chunk.reshape(-1)) for chunk in rows]
    ends = np.cumsum([len(one) for one in encoded])
    starts = ends - [len(one) for one in encoded] + HEADER
    firsts, counts = np.array([0, 2, 0, 0, 7, 0]), np.array([8, 3, 8, 8, 1, 8])
    out, places = np.zeros((36, 16), np.uint8), np.random.default_rng(4).permutation(36)
    expected = np.concatenate([chunk[first : first + count] for chunk, first, count in zip(rows, firsts, counts, strict=True)])

    def dealt(data: bytes) -> int:
        stored = np.frombuffer(data + bytes(PAD), np.uint8)
        scratch = np.empty(128 + SLACK, np.uint8)
        failed = deal(stored, starts, ends - TRAILER, np.full(6, 128), scratch, firsts, counts, out.reshape(-1), places, 16, False)
        return int(failed)

    assert dealt(b"".join(encoded)) == -1
    assert np.array_equal(out[places], expected)
    encoded[3] = bytes(len(encoded[3]))
    assert dealt(b"".join(encoded)) == 3
