"""Checks that every shard holds what the manifest says: every byte, every row, and what a stock HDF5 reader sees."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from factorhub.errors import StoreError
from factorhub.paths import local_path
from factorhub.printable import printable
from factorhub.progress import Progress, silent
from factorhub.storage import card
from factorhub.storage.files import LARGEST, TooManyFiles, open_plain, pread, release
from factorhub.storage.folder import CARD
from factorhub.storage.manifest import MANIFEST, Finished, Manifest, Plan, Shard, read_manifest
from factorhub.storage.shard import ShardReader
from factorhub.storage.stock import StockCheck
from factorhub.threads import cores

INSTEAD = (".huggingface.yaml", "dataset_infos.json")  # which `datasets` reads in place of the card, or beside it


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
    folder = local_path("verify", folder)
    manifest = read_manifest(folder, changed=True)
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
    problems = [*_stated(folder, manifest), *(problem for number in found for problem in found[number]), *_beside(folder, manifest)]
    problems = [printable(problem) for problem in problems]
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
    except TooManyFiles:
        raise
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
        shard.chunk(name, number, buffer, strict=True)
        rows = min(chunks.rows, len(shard.shard) - number * chunks.rows)
        yield buffer[:rows].reshape(-1).view(np.uint8)


def _stated(folder: Path, manifest: Manifest) -> list[str]:
    """What is wrong with the manifest by itself."""
    return [] if manifest.untouched else [f"{folder / MANIFEST} was changed after it was written"]


def _beside(folder: Path, manifest: Manifest) -> list[str]:
    """What is wrong beside the shards: another card, or files that a loader which reads the folder by pattern would read too."""
    expected = {Path(shard.path).name for shard in manifest.plan.shards}
    try:
        found = sorted(entry.name for entry in (folder / "data").iterdir())
    except OSError as error:
        return [f"{folder / 'data'} cannot be read: {error.strerror}"]
    strange = [folder / "data" / name for name in found if name not in expected]
    strange += [folder / name for name in INSTEAD if (folder / name).exists()]
    return [f"{path} is not in the manifest; remove it" for path in strange] + check_card(folder, manifest)


def check_card(folder: Path, manifest: Manifest) -> list[str]:
    """What is wrong with the card: other bytes than the manifest states, or a head that says something else than the manifest."""
    path = folder / CARD
    try:
        descriptor = open_plain(folder, CARD)
    except TooManyFiles:
        raise
    except StoreError as error:
        text = str(error).partition("; ")[0]
        return [f"{path} (the dataset card) is missing" if text.endswith("is missing") else text]
    try:
        content = pread(descriptor, min(os.fstat(descriptor).st_size, LARGEST), 0)
    finally:
        release(descriptor)
    if manifest.card and manifest.untouched and xxhash.xxh3_128_hexdigest(content) != manifest.card:
        return [f"{path} (the dataset card) was changed after it was written"]
    if card.head(content.decode(errors="replace")) != card.head(card.text(manifest)):
        return [f"{path} (the dataset card) tells other loaders something else than the manifest"]
    stated = card.stated(content.decode(errors="replace"))
    if stated not in (manifest.content, None if not manifest.card else manifest.content):
        return [f"{path} (the dataset card) states the digest of other content than the manifest has"]
    return []
