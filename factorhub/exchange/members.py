"""Arrays inside npz and HDF5 files that come from elsewhere, as memory maps: any rows, in any order, cheap.

An array that lies raw in its file is mapped where it lies; a compressed one is unpacked once into a temporary file
that has no name and vanishes with the process. Nothing is unpickled, no link is followed, and no more is read than
the array's header promises, so a file cannot do harm or fill memory.
"""

from __future__ import annotations

import tempfile
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np

from factorhub.errors import InputError, StoreError
from factorhub.exchange.foreign import foreign
from factorhub.factors import Array

BLOCK = 16 << 20  # bytes unpacked at once
LARGEST_CHUNK = 512 << 20  # bytes of an HDF5 chunk, which is unpacked whole


class Members(Protocol):
    """The arrays of one file by name."""

    path: Path
    shapes: dict[str, tuple[tuple[int, ...], np.dtype[Any]]]  # of every array that is no pickle

    def load(self, name: str) -> Array:
        """The array, mapped."""
        ...


def open_members(path: Path) -> Members:
    """The arrays of an npz or HDF5 file.

    Raises:
        InputError: no such file, or neither npz nor HDF5. StoreError: it is damaged.
    """
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; name a file that was published") from None
    if head.startswith(b"PK"):
        return NpzMembers(path)
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return Hdf5Members(path)
    known = foreign(head)
    what = f"{path} is {known[0]}, neither npz nor HDF5; {known[1]}" if known else f"{path} is neither npz nor HDF5"
    raise InputError(what if known else f"{what}; name a file as it was published")


class NpzMembers:
    """The arrays of an npz file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shapes: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {}
        self._heads: dict[str, tuple[zipfile.ZipInfo, int]] = {}
        with damaged(path), zipfile.ZipFile(path) as archive:
            for member in (found for found in archive.infolist() if found.filename.endswith(".npy")):
                with archive.open(member) as file:
                    head = _npy_head(file)
                    if head is not None:
                        name = member.filename.removesuffix(".npy")
                        self.shapes[name] = head
                        self._heads[name] = member, file.tell()
            inside = [found.filename for found in archive.infolist() if found.filename.lower().endswith((".npz", ".h5", ".hdf5"))]
        if inside and not self.shapes:
            raise InputError(f"{path} is a zip that holds {Path(inside[0]).name}; unpack it and name that file")

    def load(self, name: str) -> Array:
        """The array, mapped where it lies when it is stored raw, unpacked otherwise."""
        shape, dtype = self.shapes[name]
        member, head = self._heads[name]
        with damaged(self.path):
            if member.compress_type == zipfile.ZIP_STORED:
                with self.path.open("rb") as file:
                    file.seek(member.header_offset + 26)
                    names = int.from_bytes(file.read(2), "little") + int.from_bytes(file.read(2), "little")
                return np.memmap(self.path, dtype, "r", member.header_offset + 30 + names + head, shape)
            with zipfile.ZipFile(self.path) as archive, archive.open(member) as file:
                file.read(head)
                return unpacked(_read(file, shape, dtype), shape, dtype)


def _npy_head(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]] | None:
    """Shape and dtype of an npy stream, which is left at its data; None for pickles and what is no npy array in C order."""
    try:
        if np.lib.format.read_magic(file) != (1, 0):  # the later versions allow heads of gigabytes
            return None
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    except (ValueError, TypeError, SyntaxError, tokenize.TokenError, RecursionError, MemoryError, OverflowError):
        return None  # NumPy reads heads by Python's own parser, which has errors of its own
    plain = all(type(length) is int and 0 <= length < 2**62 for length in shape)
    return (shape, dtype) if plain and not dtype.hasobject and not fortran else None


def _read(file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[Any]) -> Iterator[bytes]:
    left = int(np.prod(shape, dtype=object)) * dtype.itemsize
    while left:
        block = file.read(min(left, BLOCK))
        if not block:
            raise ValueError("it ends too early")
        yield block
        left -= len(block)
    if file.read(1):  # reading to the end is also what checks the sum
        raise ValueError("it is longer than its head says")


class Hdf5Members:
    """The arrays of an HDF5 file, those in groups under names such as "latents/classes"."""

    def __init__(self, path: Path) -> None:
        import h5py

        self.path = path
        self.shapes: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {}
        with damaged(path), h5py.File(path, "r", locking=False) as file:
            for group in (file, *(file[name] for name in file if self._is(file, name, h5py.Group))):
                for name in group:
                    if self._is(group, name, h5py.Dataset):
                        dataset = group[name]
                        if not dataset.is_virtual and dataset.external is None and dataset.dtype.kind in "iuf":
                            self.shapes[dataset.name.strip("/")] = dataset.shape, dataset.dtype

    @staticmethod
    def _is(group: Any, name: str, kind: Any) -> bool:
        """True when `name` is a plain member of that kind, no link to another place or file."""
        import h5py

        return isinstance(group.get(name, getlink=True), h5py.HardLink) and group.get(name, getclass=True) is kind

    def load(self, name: str) -> Array:
        """The array, mapped where it lies when it is stored raw, unpacked otherwise."""
        import h5py

        shape, dtype = self.shapes[name]
        with damaged(self.path), h5py.File(self.path, "r", locking=False) as file:
            dataset = file[name]
            if dataset.chunks is None and (offset := dataset.id.get_offset()) is not None:
                return np.memmap(self.path, dtype, "r", offset, shape)
            return unpacked(self._blocks(dataset), shape, dtype)

    def _blocks(self, dataset: Any) -> Iterator[bytes]:
        row_bytes = max(int(np.prod(dataset.shape[1:])) * dataset.dtype.itemsize, 1)
        chunk = (dataset.chunks or (1,))[0]
        if chunk * row_bytes > LARGEST_CHUNK:
            size = chunk * row_bytes >> 20
            raise StoreError(f"{self.path} has chunks of {size} MiB in {dataset.name}, more than fit; repack it with smaller ones")
        rows = max(BLOCK // (row_bytes * chunk), 1) * chunk
        for start in range(0, dataset.shape[0], rows):
            yield dataset[start : start + rows].tobytes()


def unpacked(blocks: Iterator[bytes], shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """The blocks, written one after the other to a nameless temporary file, as a memory map of it."""
    folder = tempfile.gettempdir()
    with tempfile.TemporaryFile(dir=folder) as file:
        for block in blocks:
            try:
                file.write(block)
            except OSError as error:
                hint = f"set TMPDIR to a folder with {np.prod(shape, dtype=float) * dtype.itemsize / 1e9:.1f} GB free"
                raise StoreError(f"cannot unpack into {folder}: {error.strerror}; {hint}") from None
        file.flush()
        return np.memmap(file, dtype, "r", 0, shape)  # a map outlives its file


@contextmanager
def damaged(path: Path) -> Iterator[None]:
    """Turn what zip and HDF5 raise on a broken file into one line."""
    try:
        yield
    except (StoreError, InputError):
        raise
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, KeyError, RuntimeError, EOFError) as error:
        text = " ".join(str(error).split()) or type(error).__name__
        raise StoreError(f"{path} is damaged: {text[:200]}; get the file again") from None
