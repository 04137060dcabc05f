"""HDF5 as other projects lay it out: dSprites' file, 3D Shapes' file. Rows in grid order, as published."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from factorhub.exchange.output import replacing
from factorhub.exchange.table import Table
from factorhub.factors import Array
from factorhub.progress import Progress
from factorhub.storage.codecs.codec import Codec, choose
from factorhub.storage.unfailing import Unfailing, new_file
from factorhub.threads import cores

CHUNK_BYTES = 1 << 18  # of pictures: single rows stay cheap to read
LABEL_ROWS = 8192  # in a chunk of labels


class Hdf5Writer:
    """Fills the datasets of a plain HDF5 file block after block; pictures are deflated on all cores, outside HDF5's lock.

    Args:
        path: of an empty file that is there.

    Raises:
        OSError: what the disk refuses, from any call or when the block ends.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._beneath = Unfailing(self._descriptor)
        self._file = new_file(self._beneath)
        self._pool = ThreadPoolExecutor(cores())
        self._codecs: dict[str, Codec] = {}
        self._rows: dict[str, int] = {}

    def labels(self, name: str, dtype: str, shape: tuple[int, ...]) -> None:
        """Add a dataset of small rows."""
        chunk = (min(LABEL_ROWS, shape[0]), *shape[1:])
        self._file.create_dataset(name, shape, dtype, chunks=chunk, compression="gzip", compression_opts=4, shuffle=True)
        self._rows[name] = 0

    def pictures(self, name: str, trial: Array, shape: tuple[int, ...]) -> None:
        """Add a dataset of pictures, in chunks like `trial`, its first one, by which the codec is chosen."""
        codec = self._codecs[name] = choose(trial, total=shape[0] * trial[0].nbytes)
        filters: dict[str, Any] = {"compression": "gzip", "compression_opts": codec.level} if codec.gzip else {"fletcher32": True}
        self._file.create_dataset(name, shape, trial.dtype, chunks=trial.shape, **filters)
        self._rows[name] = 0

    def add(self, name: str, block: Array) -> None:
        """The next rows of a dataset; blocks of pictures end at a chunk's end, the last one aside."""
        dataset, start = self._file[name], self._rows[name]
        self._rows[name] += len(block)
        codec = self._codecs.get(name)
        if codec is None:
            dataset[start : start + len(block)] = block
            self._beneath.check()
            return
        rows = dataset.chunks[0]
        firsts = range(0, len(block), rows)
        for first, data in zip(firsts, self._pool.map(lambda first: codec.encode(_chunk(block, first, rows)), firsts), strict=True):
            dataset.id.write_direct_chunk((start + first, *(0,) * (dataset.ndim - 1)), data, 0)
        self._beneath.check()

    def __enter__(self) -> Hdf5Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)
        if kind is not None:
            self._beneath.drop()
        try:
            self._file.close()
        finally:
            os.close(self._descriptor)
        if kind is None:
            self._beneath.check()


def chunk_rows(row_bytes: int, rows: int) -> int:
    """Rows in a chunk of pictures, in a file of `rows` rows."""
    return max(min(CHUNK_BYTES // max(row_bytes, 1), rows), 1)


def _chunk(block: Array, first: int, rows: int) -> Array:
    """One chunk of a block, padded with zeros where the block ends: HDF5 stores whole chunks."""
    part = np.ascontiguousarray(block[first : first + rows])
    if len(part) == rows:
        return part
    full = np.zeros((rows, *block.shape[1:]), block.dtype)
    full[: len(part)] = part
    return full


def write_dsprites(table: Table, path: Path, progress: Progress) -> None:
    """`imgs` (n, y, x), `latents/classes` (n, k) int64 and `latents/values` (n, k) float64, values as in dSprites' npz."""
    _write(table, path, progress, "hdf5", "imgs", "latents/values", "latents/classes")


def write_shapes3d(table: Table, path: Path, progress: Progress) -> None:
    """`images` (n, y, x, 3) and `labels` (n, k) float64: physical values, and the code of a categorical factor."""
    _write(table, path, progress, "shapes3d", "images", "labels", None)


def _write(table: Table, path: Path, progress: Progress, format: str, images: str, values: str, classes: str | None) -> None:
    image = table.image(format)
    table.check_labels(format, codes=classes is not None)
    n, k = len(table), len(table.space.factors)
    rows = chunk_rows(image.row_bytes, n)
    names = [image.name, *table.label_columns(codes=classes is not None, values=True)]
    with replacing(path) as temporary, Hdf5Writer(temporary) as file:
        file.pictures(images, table.first(image.name, rows), (n, *image.shape))
        file.labels(values, "float64", (n, k))
        if classes is not None:
            file.labels(classes, "int64", (n, k))
        for batch in table.ordered(names, path.parent, rows):
            file.add(images, batch[image.name])
            file.add(values, table.values(batch, first=0 if classes is None else 1))
            if classes is not None:
                file.add(classes, table.codes(batch))
            progress(len(batch[image.name]))
