"""How a chunk of rows becomes bytes and back: plain DEFLATE that any HDF5 reads, or none, chosen per column by trial.

Both directions run outside HDF5's lock and release the GIL, so chunks are encoded and decoded on all cores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from factorhub.errors import InputError, unknown
from factorhub.factors import Array

Compression: TypeAlias = Literal["auto", "gzip", "none"]
COMPRESSIONS: tuple[Compression, ...] = ("auto", "gzip", "none")
Buffer: TypeAlias = bytes | memoryview
WORTH = 2.0  # a chunk that shrinks less than this is stored raw: inflating would cost more than reading
HEADER, TRAILER = 2, 4  # bytes that zlib's format puts around DEFLATE's own: its method, and an Adler-32
EXPANSION = 1032  # DEFLATE expands at most this many times, so a stored size bounds the decoded one


@dataclass(frozen=True)
class Codec:
    """The filters of one column: byte shuffle before DEFLATE at a level, with run-length matching only, or nothing."""

    gzip: bool
    level: int = 0
    runs: bool = False
    shuffle: bool = False

    def encode(self, chunk: Array) -> Buffer:
        """The bytes that HDF5's filter pipeline would store for this contiguous chunk."""
        if not self.gzip:
            return chunk.reshape(-1).view(np.uint8).data
        from zlib_ng import zlib_ng

        data = chunk.reshape(-1).view(np.uint8)
        if self.shuffle:
            data = np.ascontiguousarray(data.reshape(-1, chunk.itemsize).T).reshape(-1)
        strategy = zlib_ng.Z_RLE if self.runs else zlib_ng.Z_DEFAULT_STRATEGY
        deflate = zlib_ng.compressobj(self.level, zlib_ng.DEFLATED, 15, 9, strategy)
        return b"".join((deflate.compress(data), deflate.flush()))

    def decode(self, data: bytes, out: Array) -> None:
        """Inflate `data` into the contiguous array `out`, whose size must be exactly the chunk's.

        The caller has checked the data: comparing the Adler-32 of the pixels, which is at their end for other readers,
        would cost a fifth of the time.

        Raises:
            ValueError: the data do not inflate, or hold another number of bytes.
        """
        flat = out.reshape(-1).view(np.uint8)
        if not self.gzip:
            if len(data) != flat.size:
                raise ValueError(f"a raw chunk has {flat.size} bytes; got {len(data)}")
            flat[:] = np.frombuffer(data, np.uint8)
            return
        from imagecodecs import deflate_decode

        target = np.empty_like(flat) if self.shuffle else flat
        try:
            inner: Any = memoryview(data)[HEADER:-TRAILER]  # any buffer will do, though the signature names some
            filled = deflate_decode(inner, out=target.data, raw=True)
        except RuntimeError as error:
            raise ValueError(f"the chunk does not inflate: {error}") from None
        if len(filled) != flat.size:
            raise ValueError(f"the chunk inflates to {len(filled)} bytes; expected {flat.size}")
        if self.shuffle:
            out.reshape(-1).view(np.uint8).reshape(-1, out.itemsize)[:] = target.reshape(out.itemsize, -1).T

    def to_dict(self) -> dict[str, Any]:
        """This codec as JSON data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Codec:
        """The codec that `to_dict` described."""
        return cls(bool(data["gzip"]), int(data["level"]), bool(data["runs"]), bool(data["shuffle"]))


RAW = Codec(gzip=False)


def choose(chunk: Array, compression: Compression = "auto", level: int | None = None) -> Codec:
    """The codec for a column, from a trial on its first chunk.

    "auto" tries run-length matching (the fastest, and the best on flat pictures) and general matching, and stores raw
    what does not shrink to a half. "gzip" with a level does what it says for every column; "none" stores raw.

    Raises:
        InputError: an unknown compression, or a level outside 1 … 9.
    """
    if compression not in COMPRESSIONS:
        raise unknown("compression", compression, COMPRESSIONS)
    if level is not None and not 1 <= level <= 9:
        raise InputError(f"a compression level is 1 … 9; got {level}")
    if compression == "none":
        return RAW
    shuffle = chunk.itemsize > 1
    if compression == "gzip" or level is not None:
        return Codec(True, level or 4, False, shuffle)
    candidates = [Codec(True, 1, True, shuffle), Codec(True, 3, False, shuffle)]
    sizes = [len(codec.encode(chunk)) for codec in candidates]
    best = 0 if sizes[0] <= 1.15 * sizes[1] else 1
    return candidates[best] if sizes[best] * WORTH <= chunk.nbytes else RAW
