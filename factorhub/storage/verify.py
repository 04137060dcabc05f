"""Checks that every shard holds what the manifest says: structure, attributes, and every stored value."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xxhash

from factorhub.errors import StoreError
from factorhub.progress import Progress, silent
from factorhub.storage.manifest import Finished, Plan, Shard, read_manifest
from factorhub.storage.shard import ShardReader, column_attributes, file_attributes


@dataclass(frozen=True)
class Report:
    """What a check found.

    Attributes:
        problems: one line each; empty when all is well.
        damaged: the numbers of the shards that must be made again.
        digests: xxh3-128 over all rows of each column, in order: the same for any shard size, worker count or
            compression. Empty when a shard could not be read.
    """

    problems: tuple[str, ...]
    damaged: tuple[int, ...]
    digests: dict[str, str]

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return not self.problems


def decoded(shard: ShardReader, name: str) -> Iterator[Any]:
    """The stored bytes of one column, chunk by chunk, without padding; each is valid until the next is asked for."""
    chunks = shard.chunks[name]
    buffer = np.empty((chunks.rows, *chunks.column.shape), chunks.column.dtype)
    for number in range(len(chunks.offsets)):
        shard.chunk(name, number, buffer)
        rows = min(chunks.rows, len(shard.shard) - number * chunks.rows)
        yield buffer[:rows].reshape(-1).view(np.uint8)


def digests_of(shard: ShardReader) -> dict[str, str]:
    """The digest of each column of a shard, from its stored rows."""
    digests = {}
    for name in shard.chunks:
        digest = xxhash.xxh3_128()
        for part in decoded(shard, name):
            digest.update(part)
        digests[name] = digest.hexdigest()
    return digests


def verify(folder: str | Path, progress: Progress = silent) -> Report:
    """Read every shard of a set and compare it with the manifest.

    Raises:
        StoreError: there is no readable manifest to compare with.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    plan = manifest.plan
    problems: list[str] = []
    damaged: list[int] = []
    whole = {column.name: xxhash.xxh3_128() for column in plan.columns}
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="factorhub") as pool:
        for number, (shard, done) in enumerate(zip(plan.shards, manifest.finished, strict=True)):
            found = _check(folder, plan, shard, done, whole, pool)
            problems += found
            damaged += [number] if found else []
            progress(len(shard))
    problems += _strangers(folder, plan)
    if not (folder / "README.md").is_file():
        problems.append(f"{folder / 'README.md'} (the dataset card) is missing")
    digests = {} if damaged else {name: digest.hexdigest() for name, digest in whole.items()}
    return Report(tuple(problems), tuple(damaged), digests)


def _check(folder: Path, plan: Plan, shard: Shard, done: Finished, whole: dict[str, Any], pool: ThreadPoolExecutor) -> list[str]:
    """What is wrong with one shard. Columns are read in parallel; the digests over the set go on where they stopped."""
    path = folder / shard.path
    try:
        reader = ShardReader(folder, plan, shard)
        size = path.stat().st_size
    except (StoreError, OSError) as error:
        return [str(error).partition("; ")[0]]

    def read(name: str) -> str | None:
        digest = xxhash.xxh3_128()
        try:
            for part in decoded(reader, name):
                digest.update(part)
                whole[name].update(part)
        except StoreError as error:
            return str(error).partition("; ")[0]
        if digest.hexdigest() != done.digests.get(name):
            return f"{path}: the rows of column {name} are not those of the manifest"
        return None

    problems = [problem for problem in pool.map(read, reader.chunks) if problem is not None]
    if size != done.bytes:
        problems.append(f"{path} has {size} bytes; the manifest says {done.bytes}")
    return problems + _attributes(path, plan, shard)


def _attributes(path: Path, plan: Plan, shard: Shard) -> list[str]:
    """Attributes that differ from what the plan says: a wrong label is as bad as a wrong pixel."""
    problems = []
    try:
        with h5py.File(path, "r") as file:
            groups: list[tuple[str, Any, dict[str, Any]]] = [("its root", file, file_attributes(plan, shard))]
            groups += [(f"column {c.name}", file[c.name], column_attributes(c)) for c in plan.columns]
            for where, found, expected in groups:
                for key, value in expected.items():
                    got = found.attrs.get(key)
                    if got is None or not np.array_equal(got, value):
                        problems.append(f"{path}: attribute {key} of {where} is not what the manifest says")
            strangers = set(file) - {column.name for column in plan.columns}
            problems += [f"{path} holds '{name}', which the manifest does not know" for name in sorted(strangers)]
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        problems.append(f"{path}: its attributes cannot be read ({' '.join(str(error).split())[:120]})")
    return problems


def _strangers(folder: Path, plan: Plan) -> list[str]:
    """Files in data/ that the manifest does not know: a loader that reads the folder by pattern would read them too."""
    expected = {Path(shard.path).name for shard in plan.shards}
    try:
        found = sorted(entry.name for entry in (folder / "data").iterdir())
    except OSError as error:
        return [f"{folder / 'data'} cannot be read: {error.strerror}"]
    return [f"{folder / 'data' / name} is not in the manifest; remove it" for name in found if name not in expected]
