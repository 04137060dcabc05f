"""Checks that every shard holds what the manifest says: every byte, every row, and what a stock HDF5 reader sees."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from factorhub.errors import StoreError, folder_path
from factorhub.progress import Progress, silent
from factorhub.storage.manifest import Finished, Manifest, Plan, Shard, read_manifest
from factorhub.storage.shard import ShardReader
from factorhub.storage.stock import StockCheck
from factorhub.threads import cores


@dataclass(frozen=True)
class Report:
    """What a check found.

    Attributes:
        problems: one line each; empty when all is well.
        damaged: the numbers of the shards that must be made again.
        repaired: the numbers of the shards that `factorhub.repair` has just made again.
        digests: xxh3-128 over all rows of each column, in order: the same for any shard size, worker count or
            compression. Empty when a shard could not be read.
    """

    problems: tuple[str, ...]
    damaged: tuple[int, ...]
    digests: dict[str, str]
    repaired: tuple[int, ...] = ()

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return not self.problems


def verify(folder: str | Path, progress: Progress = silent) -> Report:
    """Read every shard of a set and compare it with the manifest.

    Raises:
        StoreError: there is no readable manifest to compare with.
    """
    folder = folder_path("verify", folder)
    manifest = read_manifest(folder)
    plan = manifest.plan
    found: dict[int, list[str]] = {}
    sound: list[int] = []
    whole = {column.name: xxhash.xxh3_128() for column in plan.columns}
    with ThreadPoolExecutor(cores(), thread_name_prefix="factorhub") as pool:
        for number, (shard, done) in enumerate(zip(plan.shards, manifest.finished, strict=True)):
            found[number] = _check(folder, plan, shard, done, whole, pool)
            if not found[number]:
                sound.append(number)
            progress(len(shard))
    for number, problems in StockCheck(folder, sound).problems().items():
        found[number] += [f"{folder / plan.shards[number].path}: {problem}" for problem in problems]
    damaged = tuple(number for number, problems in found.items() if problems)
    problems = [problem for number in found for problem in found[number]] + _beside(folder, manifest)
    digests = {} if damaged else {name: digest.hexdigest() for name, digest in whole.items()}
    return Report(tuple(problems), damaged, digests)


def _check(folder: Path, plan: Plan, shard: Shard, done: Finished, whole: dict[str, Any], pool: ThreadPoolExecutor) -> list[str]:
    """What is wrong with one shard. Columns are read in parallel; the digests over the set go on where they stopped."""
    path = folder / shard.path
    try:
        reader = ShardReader(folder, plan, shard, done)
        if reader.finished() != done:
            return [f"{path} has another size or other figures of quality than the manifest says"]
        if not reader.untouched():
            return [f"{path} was changed after it was written"]
    except StoreError as error:
        return [str(error).partition("; ")[0]]

    def read(name: str) -> str | None:
        digest = xxhash.xxh3_128()
        try:
            for part in _decoded(reader, name):
                digest.update(part)
                whole[name].update(part)
        except StoreError as error:
            return str(error).partition("; ")[0]
        if digest.hexdigest() != done.digests[name]:
            return f"{path}: the rows of column {name} are not those of the manifest"
        return None

    return [problem for problem in pool.map(read, reader.chunks) if problem is not None]


def _decoded(shard: ShardReader, name: str) -> Iterator[Any]:
    """The stored bytes of one column, chunk by chunk, without padding; each is valid until the next is asked for."""
    chunks = shard.chunks[name]
    buffer = np.empty((chunks.rows, *chunks.column.shape), chunks.column.dtype)
    for number in range(len(chunks.offsets)):
        shard.chunk(name, number, buffer)
        rows = min(chunks.rows, len(shard.shard) - number * chunks.rows)
        yield buffer[:rows].reshape(-1).view(np.uint8)


def _beside(folder: Path, manifest: Manifest) -> list[str]:
    """What is wrong beside the shards: no card, or files that a loader which reads the folder by pattern would read too."""
    expected = {Path(shard.path).name for shard in manifest.plan.shards}
    try:
        found = sorted(entry.name for entry in (folder / "data").iterdir())
    except OSError as error:
        return [f"{folder / 'data'} cannot be read: {error.strerror}"]
    problems = [f"{folder / 'data' / name} is not in the manifest; remove it" for name in found if name not in expected]
    if not (folder / "README.md").is_file():
        problems.append(f"{folder / 'README.md'} (the dataset card) is missing")
    return problems
