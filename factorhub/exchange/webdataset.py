"""WebDataset: a tar of samples, each a picture and a JSON of its factors, for `webdataset` and for `datasets`."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from factorhub.errors import InputError
from factorhub.exchange import png
from factorhub.exchange.output import replacing
from factorhub.exchange.table import Table
from factorhub.fields import Batch
from factorhub.progress import Progress
from factorhub.source import VALUE, Column
from factorhub.threads import cores

# What all headers share, made once, with blanks for the checksum: making each anew is most of what `tarfile` does.
HEADER = tarfile.TarInfo().tobuf(tarfile.USTAR_FORMAT)
HEADER = HEADER[:148] + b" " * 8 + HEADER[156:]
LONGEST = 80  # characters of a column's name; a tar's names have 100 bytes


def write(table: Table, path: Path, progress: Progress) -> None:
    """One tar in the order of the set, whose samples are named by their natural row number in ten digits.

    A sample holds `.png` (the first picture; binary ones as 0 and 255), `.NAME.png` or `.NAME.npy` for every further
    observation, and `.json` with the index, the code of each factor, its value (`NAME_value`), its label where it has
    one (`NAME_label`), what the regime recorded, and the `split` where it is a whole set of several. Times and owners
    are zero, so equal sets give equal files.
    """
    long = [name for name in endings(table) if len(name) > LONGEST]
    if long:
        raise InputError(f"format webdataset takes columns of up to {LONGEST} letters, '{long[0]}' has more; try parquet")
    text = json.JSONEncoder(ensure_ascii=False).encode
    names, done = list(table.splits), 0
    with (
        replacing(path) as temporary,
        ThreadPoolExecutor(cores()) as pool,
        temporary.open("wb") as file,
    ):
        for batch in table.blocks(list(table.columns)):
            parts = {ending: _files(column, batch, pool) for ending, column in endings(table).items()}
            splits = [names[i] for i in table.split_numbers(done, len(batch["index"]))] if names else []
            for row, facts in enumerate(_facts(table, batch)):
                facts |= {table.split_name: splits[row]} if splits else {}
                key = f"{batch['index'][row]:010d}"
                for ending, files in parts.items():
                    file.write(_member(f"{key}.{ending}", files[row]))
                file.write(_member(f"{key}.json", text(facts).encode()))
            done += len(batch["index"])
            progress(len(batch["index"]))
        file.write(bytes(1024))  # the end of a tar


def endings(table: Table) -> dict[str, Column]:
    """The observations by the ending of their files: plain `png` for the first picture, or plain `npy` where there is none."""
    observed = [column for column in table.source.columns if column.role == "observation"]
    main = next(filter(_is_picture, observed), observed[0])
    named = {f"{column.name}.{'png' if _is_picture(column) else 'npy'}": column for column in observed if column is not main}
    return {"png" if _is_picture(main) else "npy": main, **named}


def _is_picture(column: Column) -> bool:
    return column.is_image and len(column.shape) == 2 + (column.dims[-1] == "channel")


def _files(column: Column, batch: Batch, pool: Executor) -> list[bytes]:
    rows = batch[column.name]
    if _is_picture(column):
        return png.encode(rows * np.uint8(255) if column.is_binary else rows, pool)
    files = []
    for row in rows:
        file = io.BytesIO()
        np.save(file, row, allow_pickle=False)
        files.append(file.getvalue())
    return files


def _facts(table: Table, batch: Batch) -> Iterator[dict[str, Any]]:
    """What is known of each row, as JSON data."""
    known = {c.name: batch[c.name].tolist() for c in table.source.columns if c.role != "observation"}
    for factor in table.space:
        if factor.labels is not None:
            known[f"{factor.name}_label"] = np.asarray(factor.labels)[batch[factor.name]].tolist()
        elif not factor.interval:
            known[factor.name + VALUE] = factor.values(batch[factor.name]).tolist()
    for row in range(len(batch["index"])):
        yield {name: column[row] for name, column in known.items()}


def _member(name: str, content: bytes) -> bytes:
    """A file in a tar: a header of 512 bytes, the content, and zeros up to the next multiple of 512."""
    header = bytearray(HEADER)
    header[: len(name)] = name.encode()
    header[124:135] = b"%011o" % len(content)
    header[148:156] = b"%06o\0 " % sum(header)
    return b"".join((header, content, bytes(-len(content) % 512)))
