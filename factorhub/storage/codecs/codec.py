"""How a chunk of rows becomes bytes and back: plain DEFLATE that any HDF5 reads, or none, chosen per column by trial.

Both directions run outside HDF5's lock and release the GIL, so chunks are encoded and decoded on all cores.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from factorhub.errors import InputError, unknown, whole
from factorhub.factors import Array

Compression: TypeAlias = Literal["auto", "gzip", "none"]
COMPRESSIONS: tuple[Compression, ...] = ("auto", "gzip", "none")
Buffer: TypeAlias = bytes | memoryview
Encoder: TypeAlias = Literal["raw", "runs", "pixels", "zlib", "libdeflate"]
WORTH = 2.0  # a chunk that shrinks less than this is stored raw: inflating would cost more than reading
FLAT = 16.0  # a chunk that shrinks more than this is made of long matches, over which libdeflate is the slowest, else the quickest
NEAR = 1.07  # an encoder is small enough when its chunk is at most so much larger than stock gzip's at its usual level, 4,
WASTE = 1.3  # and than the smallest one by at most so much
OWN_FROM = 1 << 28  # bytes of a column from which the encoder of our own is tried: below, compiling it takes longer than it saves
HEADER, TRAILER = 2, 4  # bytes that zlib's format puts around DEFLATE's own: its method, and an Adler-32
LONGEST_MATCH = 258  # bytes
ONE_BLOCK = 0b101  # how DEFLATE begins that is a single block with Huffman codes of its own
CHECKSUM = 4  # bytes of a Fletcher-32
EXPANSION = 1032  # DEFLATE expands at most this many times, so a stored size bounds the decoded one


@dataclass(frozen=True)
class Codec:
    """The filters of one column: byte shuffle before DEFLATE, or nothing. The encoders all write plain DEFLATE.

    Attributes:
        encoder: "runs" (`run_length`, beside this module), "zlib" (zlib-ng), "libdeflate", or "raw"; "pixels", which older sets
            name, was an encoder of our own, and is read and repaired as DEFLATE by zlib-ng.
        level: of the encoder.
        shuffle: True where the bytes of the items are grouped by their place before they are encoded.
        checksum: True where a raw chunk ends with its Fletcher-32, so that stock HDF5 too finds a changed byte; DEFLATE has a
            checksum of its own. Sets of before have none.
    """

    encoder: Encoder
    level: int = 0
    shuffle: bool = False
    checksum: bool = False

    @property
    def extra(self) -> int:
        """Bytes that are stored after those of a raw chunk."""
        return CHECKSUM if self.checksum else 0

    @property
    def gzip(self) -> bool:
        """True where the chunks are DEFLATE; HDF5 calls that filter gzip."""
        return self.encoder != "raw"

    def encode(self, chunk: Array) -> Buffer:
        """The bytes that HDF5's filter pipeline would store for this contiguous chunk."""
        data = chunk.reshape(-1).view(np.uint8)
        if self.encoder == "raw":
            return data.tobytes() + checksum(data) if self.checksum else data.data
        if self.shuffle:
            data = np.ascontiguousarray(data.reshape(-1, chunk.itemsize).T).reshape(-1)
        if self.encoder == "runs":
            from factorhub.storage.codecs.run_length import encode

            return encode(data)
        from imagecodecs import deflate_encode, zlibng_encode

        plain: Any = data  # any buffer will do, though the signatures name some
        if self.encoder == "libdeflate":
            return bytes(deflate_encode(plain, self.level))
        return bytes(zlibng_encode(plain, 4 if self.encoder == "pixels" else self.level))

    def decode(self, data: bytes, out: Array, *, strict: bool = False) -> None:
        """Inflate `data` into the contiguous array `out`, whose size must be exactly the chunk's.

        The caller has checked the data: comparing the Adler-32 of the pixels, which is at their end for other readers,
        would cost a fifth of the time. Where `strict`, it is compared, and so is the head that zlib's format begins with.

        Raises:
            ValueError: the data do not inflate, or hold another number of bytes.
        """
        flat = out.reshape(-1).view(np.uint8)
        if not self.gzip:
            if len(data) != flat.size + self.extra:
                raise ValueError(f"a raw chunk has {flat.size + self.extra} bytes; got {len(data)}")
            flat[:] = np.frombuffer(data, np.uint8, flat.size)
            if strict and self.checksum and checksum(flat) != bytes(data[flat.size :]):
                raise ValueError("its Fletcher-32, which other readers check, is not that of its bytes")
            return
        from imagecodecs import deflate_decode

        target = np.empty_like(flat) if self.shuffle else flat
        try:
            inner: Any = memoryview(data)[slice(None) if strict else slice(HEADER, -TRAILER)]  # any buffer, whatever the signature
            filled = deflate_decode(inner, out=target.data, raw=not strict)
        except RuntimeError as error:
            raise ValueError(f"the chunk does not inflate: {error}") from None
        if len(filled) != flat.size:
            raise ValueError(f"the chunk inflates to {len(filled)} bytes; expected {flat.size}")
        if self.shuffle:
            out.reshape(-1).view(np.uint8).reshape(-1, out.itemsize)[:] = target.reshape(out.itemsize, -1).T

    def decode_start(self, data: bytes, out: Array, count: int) -> int:
        """Inflate `data` as `decode` does, but at least the first `count` bytes of `out`; how many bytes are valid is returned.

        A random row is on average in the middle of its chunk, so that half of the time is saved.
        """
        flat = out.reshape(-1).view(np.uint8)
        count += LONGEST_MATCH
        single = (
            self.gzip and data[HEADER : HEADER + 1] and data[HEADER] & 7 == ONE_BLOCK
        )  # a stored block comes whole or not at all
        if not single or self.shuffle or count >= flat.size or not _stops_cleanly():
            self.decode(data, out)
            return flat.size
        filled = _inflate_start(data, flat[:count])
        if filled < count:
            raise ValueError(f"the chunk inflates to {filled} bytes; expected {flat.size}")
        return filled - LONGEST_MATCH

    def to_dict(self) -> dict[str, Any]:
        """This codec as JSON data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Codec:
        """The codec that `to_dict` described."""
        if data["encoder"] not in get_args(Encoder):
            raise unknown("encoder", data["encoder"], get_args(Encoder))
        return cls(data["encoder"], int(data["level"]), bool(data["shuffle"]), bool(data.get("checksum", False)))


RAW = Codec("raw", checksum=True)


def checksum(data: Array) -> bytes:
    """The Fletcher-32 of bytes (n,) uint8 as HDF5's filter of that name stores it."""
    from imagecodecs import h5checksum_fletcher32

    plain: Any = data  # any buffer will do, whatever the signature
    return int(h5checksum_fletcher32(plain)).to_bytes(CHECKSUM, "little")


def _inflate_start(data: bytes, out: Array) -> int:
    """Inflate until `out` is full, and return how many bytes came; the last match may be left out where it did not fit."""
    from imagecodecs import deflate_decode

    try:
        inner: Any = memoryview(data)[HEADER:-TRAILER]
        return len(deflate_decode(inner, out=out.data, raw=True))
    except RuntimeError as error:
        if "INSUFFICIENT_SPACE" in str(error):
            return out.size
        raise ValueError(f"the chunk does not inflate: {error}") from None


@cache
def _stops_cleanly() -> bool:
    """True when libdeflate leaves what it inflated before it ran out of space: it does, but does not promise to."""
    noise = np.random.default_rng(0).integers(0, 256, 3000, np.uint8)
    plain = np.concatenate([noise & 15, np.repeat(noise[:30], 200), noise & 15])
    data = zlib.compress(plain.tobytes(), 4)
    for count in (100, 3000, 5000, 9000, 9500):
        out = np.empty(count + LONGEST_MATCH, np.uint8)
        if _inflate_start(data, out) != out.size or not np.array_equal(out[:count], plain[:count]):
            return False
    return True


def choose(chunk: Array, compression: Compression = "auto", level: int | None = None, *, total: int = OWN_FROM) -> Codec:
    """The codec for a column of `total` bytes, from a trial on its first chunk.

    "auto" takes the quickest encoder whose chunk is about as small as stock gzip makes it, and stores raw what does not
    shrink to a half; a column of less than `OWN_FROM` bytes goes to an encoder that needs no compiling. "gzip" with a level
    does what it says for every column; "none" stores raw.

    Raises:
        InputError: an unknown compression, or a level outside 1 … 9.
    """
    if compression not in COMPRESSIONS:
        raise unknown("compression", compression, COMPRESSIONS)
    if level is not None:
        level = whole("a compression level", level, 1, 9)
    if compression == "none":
        if level is not None:
            raise InputError(f"compression none has no level; got level {level}; leave it out, or ask for gzip")
        return RAW
    if compression == "gzip" or level is not None:
        return Codec("zlib", level or 4, chunk.itemsize > 1)
    sizes: dict[Codec, int] = {}

    def attempt(encoder: Encoder, effort: int) -> None:
        for shuffle in (False, True) if chunk.itemsize > 1 else (False,):
            codec = Codec(encoder, effort, shuffle)
            sizes[codec] = len(codec.encode(chunk))

    attempt("libdeflate", 1)
    attempt("zlib", 4)
    if total >= OWN_FROM and min(sizes.values()) * FLAT < chunk.nbytes:
        attempt("runs", 1)
    smallest = min(sizes.values())
    if smallest * WORTH > chunk.nbytes:
        return RAW
    flat = smallest * FLAT < chunk.nbytes
    quickest = ("runs", "zlib", "libdeflate") if flat else ("libdeflate", "zlib", "runs")
    limit = max(min(NEAR * len(zlib.compress(chunk.tobytes(), 4)), WASTE * smallest), smallest)
    good = [codec for codec, size in sizes.items() if size <= limit]
    return min(good, key=lambda codec: (quickest.index(codec.encoder), sizes[codec]))
