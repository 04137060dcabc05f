"""Checks what a stock HDF5 reader sees in a shard: the same chunks as factorhub's index, and the attributes of the plan.

HDF5's parser can crash on crafted bytes, so it runs in a process of its own, with limits on memory and time.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import h5py
import numpy as np

from factorhub.errors import StoreError
from factorhub.source import Column
from factorhub.storage import scales
from factorhub.storage.hdf5 import chunk_places, column_attributes, file_attributes, filters_of, result_attributes
from factorhub.storage.index import Chunks
from factorhub.storage.manifest import Plan, Shard, read_manifest
from factorhub.storage.shard import ShardReader

MEMORY = 4 << 30  # bytes of address space for the parser
SECONDS = 60  # of computing for each shard


class StockCheck:
    """A second look at some shards, under way in another process from construction until `problems` is called."""

    def __init__(self, folder: Path, shards: Sequence[int]) -> None:
        self._folder, self._shards = folder, list(shards)
        self._process = self._start(self._shards)

    def _start(self, shards: list[int]) -> subprocess.Popen[str] | None:
        if not shards:
            return None
        # -P: nothing that lies in the current folder, which may be the set's, can be imported; and this very factorhub, after
        # the standard library and before others that are installed
        run = (
            "import sys; at = next((i for i, path in enumerate(sys.path) if 'site-packages' in path), len(sys.path)); "
            "sys.path.insert(at, sys.argv[2]); from factorhub.storage.stock import main; main(sys.argv[1], sys.stdin)"
        )
        command = [sys.executable, "-P", "-c", run, str(self._folder), str(Path(__file__).parents[2])]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError), process.stdin:
            process.stdin.write(json.dumps(shards))
        return process

    def problems(self) -> dict[int, list[str]]:
        """Problems by shard number. A shard that crashes the parser is reported, and the check goes on with the next one."""
        found: dict[int, list[str]] = {}
        left = self._shards
        while self._process is not None:
            assert self._process.stdout is not None
            for line in self._process.stdout:
                number, problems = json.loads(line)
                found[number] = problems
            self._process.stdout.close()
            if self._process.wait() > 0:
                raise StoreError(f"the check of {self._folder} with HDF5 failed to run; try python -c 'import h5py'")
            left = [number for number in left if number not in found]
            if left:
                found[left[0]] = ["HDF5 itself crashes or hangs on it"]
                left = left[1:]
            self._process = self._start(left)
        return {number: problems for number, problems in found.items() if problems}


def inspect(folder: Path, plan: Plan, shard: Shard) -> list[str]:
    """What a stock reader would see otherwise than factorhub: chunks, types, filters, links, attributes, strangers."""
    try:
        reader = ShardReader(folder, plan, shard)
        expected = {**file_attributes(plan, shard), **result_attributes(reader.index.digests, reader.index.quality)}
        # by descriptor, so that it is the very file that was checked, wherever its name leads
        at = f"/dev/fd/{reader.descriptor}"
        with h5py.File(at if os.path.exists(at) else reader.path, "r", locking=False) as file:
            problems = [text for column in plan.columns for text in _dataset(file, column, len(shard), reader.chunks[column.name])]
            problems += _attributes("its root", file, expected)
            if file.userblock_size:
                problems.append(f"HDF5 begins after {file.userblock_size} bytes of something else")
            problems = problems or scales.problems(file, plan, shard)
            strangers = sorted(set(file) - {column.name for column in plan.columns} - set(scales.axes_of(plan, shard)[0]))
            return problems + [f"holds '{name}', which the manifest does not know" for name in strangers]
    except StoreError as error:
        return [str(error).partition("; ")[0]]
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, IndexError, MemoryError) as error:
        return [f"HDF5 cannot read it ({' '.join(str(error).split())[:160]})"]


def _dataset(file: Any, column: Column, rows: int, chunks: Chunks) -> list[str]:
    name = column.name
    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        return [f"column {name} is missing or a link"]
    dataset = file[name]
    if not isinstance(dataset, h5py.Dataset) or dataset.is_virtual or dataset.external:
        return [f"column {name} is not a dataset of this file"]
    dtype = np.dtype(column.dtype).newbyteorder("<")
    expected = ((rows, *column.shape), dtype, (chunks.rows, *column.shape))
    got = (dataset.shape, dataset.dtype, dataset.chunks)
    plain = dataset.id.get_type().equal(h5py.h5t.py_create(dtype, logical=True)) and dataset.maxshape == dataset.shape
    if got != expected or not plain:
        return [f"column {name} has shape, type and chunks {got}; the plan says {expected}"]
    made = dataset.id.get_create_plist()
    filters = [made.get_filter(i)[:3] for i in range(made.get_nfilters())]
    wanted = filters_of(chunks.codec, dtype.itemsize)
    if filters != wanted:
        return [f"column {name} has the filters {filters}; the plan says {wanted}"]
    places = chunk_places(dataset, chunks.rows, len(chunks.offsets))
    if not np.array_equal(places, np.array([chunks.offsets, chunks.sizes]).T):
        return [f"column {name} has its chunks elsewhere than the index says"]
    return _attributes(f"column {name}", dataset, column_attributes(column))


def _attributes(where: str, found: Any, expected: dict[str, Any]) -> list[str]:
    """Attributes that differ from what the plan says, or are none of its: a wrong label or scale is as bad as a wrong pixel."""
    other = [key for key, value in expected.items() if not np.array_equal(found.attrs.get(key), value)]
    strange = sorted(set(found.attrs) - set(expected) - {scales.LIST})[:3]
    return [f"attribute {key} of {where} is not what the manifest says" for key in other] + [
        f"attribute '{key}' of {where} is not in the manifest" for key in strange
    ]


def main(folder: str, shards: IO[str]) -> None:
    """Inspect the shards whose numbers stand in `shards`; print a line of JSON, [number, problems], for each."""
    plan = read_manifest(Path(folder), changed=True).plan
    numbers = json.load(shards)
    _limit(resource.RLIMIT_AS, MEMORY)
    for number in numbers:
        _limit(resource.RLIMIT_CPU, int(resource.getrusage(resource.RUSAGE_SELF).ru_utime) + SECONDS)
        print(json.dumps([number, inspect(Path(folder), plan, plan.shards[number])]), flush=True)


def _limit(what: int, most: int) -> None:
    """Limit this process, as far as the system it runs under has not limited it further."""
    soft, hard = resource.getrlimit(what)
    lower = [most, *(had for had in (soft if what == resource.RLIMIT_AS else hard, hard) if had != resource.RLIM_INFINITY)]
    resource.setrlimit(what, (min(lower), hard))
