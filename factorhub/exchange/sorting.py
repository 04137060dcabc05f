"""Rows of a source in another order, in bounded memory and with each row read once, in the source's own order.

Published files are in grid order, sets on disk usually in a permuted one, and gathering each block of a file from all
over a set would decode the whole set for each block. So rows are dealt into a nameless temporary file, one region for
each block to come, and each region is put in order in memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.source import Column, Source


def in_order(source: Source, order: Array, columns: Sequence[Column], rows: int, folder: Path) -> Iterator[Batch]:
    """The rows at positions `order`, a permutation, in blocks of `rows`; the temporary file lies in `folder`."""
    names = [column.name for column in columns]
    n = len(order)
    if (np.diff(order) > 0).all() or n <= rows:
        for start in range(0, n, rows):
            yield source.read(order[start : start + rows], names)
        return
    block_of = np.empty(n, dtype=np.int64)
    block_of[order] = np.arange(n) // rows
    filled = np.arange(0, n, rows)  # where the next row of each block goes, in rows
    size = sum(column.row_bytes for column in columns)
    with tempfile.TemporaryFile(dir=folder) as file:
        for start in range(0, n, rows):
            blocks = block_of[start : start + rows]
            dealt = np.argsort(blocks, kind="stable")
            records = _records(source.read(start + dealt, names), columns)
            counts = np.bincount(blocks, minlength=len(filled))
            for block, part in zip(np.flatnonzero(counts), np.split(records, np.cumsum(counts[counts > 0])[:-1]), strict=True):
                file.seek(int(filled[block]) * size)
                file.write(part.data)
            filled += counts
        for start in range(0, n, rows):
            wanted = order[start : start + rows]
            file.seek(start * size)
            records = np.fromfile(file, np.uint8, len(wanted) * size).reshape(len(wanted), size)
            # a region holds its rows by ascending position
            yield _batch(records[np.argsort(np.argsort(wanted))], columns)


def _records(batch: Batch, columns: Sequence[Column]) -> Array:
    """The rows of a batch as bytes (n, size), column after column."""
    parts = [np.ascontiguousarray(batch[c.name], c.dtype).reshape(-1).view(np.uint8).reshape(-1, c.row_bytes) for c in columns]
    return np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]


def _batch(records: Array, columns: Sequence[Column]) -> Batch:
    batch: Batch = {}
    at = 0
    for column in columns:
        part = np.ascontiguousarray(records[:, at : at + column.row_bytes])
        batch[column.name] = part.reshape(-1).view(column.dtype).reshape(-1, *column.shape)
        at += column.row_bytes
    return batch
