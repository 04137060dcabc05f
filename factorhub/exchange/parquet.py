"""Parquet for Hugging Face: pictures as PNG under Image, sounds as WAV under Audio, categorical factors as ClassLabel, any set."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from factorhub.errors import InputError
from factorhub.exchange import png, wav
from factorhub.exchange.output import replacing
from factorhub.exchange.table import Table
from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.progress import Progress
from factorhub.source import Column, labels_of
from factorhub.space import FactorSpace
from factorhub.threads import cores

GROUP_ROWS = 1000  # in a row group, which is what a reader loads at once
DEEPEST = 5  # dimensions of `datasets`' array features


def write(table: Table, path: Path, progress: Progress) -> None:
    """One file with all columns, in the order of the set; `datasets.load_dataset("parquet", data_files=path)` reads it.

    Binary pictures are stored as 0 and 255, so that they can be seen. A whole set of several splits has a further column
    `split`, a ClassLabel: `datasets` makes splits of it by `filter`, and pandas by `groupby`.
    """
    from datasets import ClassLabel, Features

    columns, split, done = table.columns, table.split_name, 0
    known = {name: feature(column, table.space) for name, column in columns.items()}
    if table.splits:
        known[split] = ClassLabel(names=list(table.splits))
    features = Features(known)
    schema = features.arrow_schema  # with the features in its metadata, where `datasets` looks for them
    with (
        replacing(path) as temporary,
        ThreadPoolExecutor(cores()) as pool,
        temporary.open("rb+") as opened,  # pyarrow takes a path with a colon for an address
        _writer(opened, schema) as file,
    ):
        for batch in table.blocks(list(columns), multiple=GROUP_ROWS):
            rows = len(next(iter(batch.values())))
            if table.splits:
                batch[split] = table.split_numbers(done, rows)
            file.write_table(_arrow(batch, columns, schema, pool), row_group_size=GROUP_ROWS)
            done += rows
            progress(rows)


@contextmanager
def _writer(opened: BinaryIO, schema: Any) -> Iterator[Any]:
    """A writer that is not closed once more, when it dies, after a disk refused something."""
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetWriter(opened, schema, compression="zstd", write_page_index=True)
    try:
        yield file
        file.close()
    finally:
        file.is_open = False


def feature(column: Column, space: FactorSpace) -> Any:
    """The `datasets` feature of a column."""
    from datasets import Audio, ClassLabel, Image, List, Value
    from datasets import features as known

    labels = labels_of(column, space)
    inner, outer = _split(column)
    if column.is_image:
        item: Any = Image()
    elif column.sampling_rate:
        item = Audio(sampling_rate=column.sampling_rate)
    elif labels is not None:
        item = ClassLabel(names=list(labels))
    elif len(inner) > 1:
        if len(inner) > DEEPEST:
            raise InputError(f"format parquet holds arrays of up to {DEEPEST} dimensions; {column.name} has shape {column.shape}")
        return getattr(known, f"Array{len(inner)}D")(shape=inner, dtype=column.dtype)
    else:
        item = Value(column.dtype)
        outer = inner
    for length in reversed(outer):
        item = List(item, length=length)
    return item


def _split(column: Column) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """A column's shape, and the axes around its items: those before a picture's (y, x) or a sound's time, all around a label."""
    if column.is_image:
        return column.shape, column.shape[: column.dims.index("y")]
    if column.sampling_rate:
        return column.shape, column.shape[:-1]
    return column.shape, column.shape


def _arrow(batch: Batch, columns: dict[str, Column], schema: Any, pool: Executor) -> Any:
    """The rows of a block as an Arrow table."""
    import pyarrow as pa

    arrays = []
    for field in schema:
        column, rows = columns.get(field.name), batch[field.name]
        if column is None:
            arrays.append(pa.array(rows, field.type))
        elif column.is_image or column.sampling_rate:
            outer = _split(column)[1]
            flat = rows.reshape(-1, *column.shape[len(outer) :])
            files = _files(flat, column, pool)
            paths = pa.nulls(len(files), pa.string())
            arrays.append(_fixed(pa.StructArray.from_arrays([pa.array(files, pa.binary()), paths], ["bytes", "path"]), outer))
        elif isinstance(field.type, pa.BaseExtensionType):
            arrays.append(pa.ExtensionArray.from_storage(field.type, _lists(rows)))
        else:
            item = field.type
            while pa.types.is_fixed_size_list(item):
                item = item.value_type
            arrays.append(_fixed(pa.array(rows.reshape(-1), item), column.shape))
    return pa.table(arrays, schema=schema)


def _files(rows: Array, column: Column, pool: Executor) -> list[bytes]:
    """Pictures as PNG files, sounds as WAV files."""
    rate = column.sampling_rate
    if rate:
        return list(pool.map(lambda clip: wav.encode(clip, rate), rows))
    return png.encode(rows * np.uint8(255) if column.is_binary else rows, pool)


def _fixed(values: Any, shape: tuple[int, ...]) -> Any:
    """Flat values as lists of fixed length, nested as `shape` says."""
    import pyarrow as pa

    for length in reversed(shape):
        values = pa.FixedSizeListArray.from_arrays(values, length)
    return values


def _lists(rows: Array) -> Any:
    """Rows (n, …) as nested lists, which is how `datasets` stores its array features."""
    import pyarrow as pa

    values = pa.array(rows.reshape(-1))
    for axis in range(rows.ndim - 1, 0, -1):
        length = rows.shape[axis]
        offsets = np.arange(0, len(values) + 1, length, dtype=np.int32)
        values = pa.ListArray.from_arrays(pa.array(offsets), values)
    return values
