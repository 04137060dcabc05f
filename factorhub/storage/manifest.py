"""The manifest: everything about a set that can be known without opening a shard, as JSON beside the data.

A *plan* is complete before the first row is written and determines every file name, shape and filter; the manifest
adds what each finished shard holds. A reader trusts neither: paths are derived from the plan, never read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import xxhash

from factorhub.errors import InputError, StoreError, short, unknown
from factorhub.order import Order
from factorhub.source import Column
from factorhub.space import FactorSpace
from factorhub.storage.codecs.codec import EXPANSION, Codec
from factorhub.storage.files import read_json

T = TypeVar("T")
FORMAT = "factorhub"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
UNFINISHED = "manifest.unfinished.json"
LARGEST_CHUNK = 1 << 24  # bytes of a decoded chunk of several rows: what asking for one row may cost
SPLIT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
DIGEST = re.compile(r"[0-9a-f]{32}")
DTYPES = frozenset(
    ("bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)), "float16", "float32", "float64")
)
MOST_SHARDS = 30_000


@dataclass(frozen=True)
class Shard:
    """One file of a set: rows `start` … `stop` - 1, counted over the whole set, all of one split."""

    path: str
    split: str
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class ColumnLayout:
    """How one column lies in its dataset: rows per chunk, and the codec."""

    chunk_rows: int
    codec: Codec


@dataclass(frozen=True)
class Plan:
    """What a set will hold and where, decided before its first row is rendered.

    Attributes:
        title: one line of what it is.
        recipe: how to make it again, as JSON data that storage does not interpret.
        space: the factors of its rows.
        columns: what a row consists of.
        layouts: by column name.
        order: which natural row stands at which position; its ends are the ends of the splits.
        splits: the names of the splits, in order.
        shard_rows: rows in every shard of a split but its last.
        grid: True when natural rows are grid rows of `space`.
    """

    title: str
    recipe: Mapping[str, Any]
    space: FactorSpace
    columns: tuple[Column, ...]
    layouts: Mapping[str, ColumnLayout]
    order: Order
    splits: tuple[str, ...]
    shard_rows: int
    grid: bool

    def __post_init__(self) -> None:
        for name in self.splits:
            if not SPLIT_NAME.fullmatch(name):
                raise InputError(f"a split's name is letters, digits and _, at most 64; got '{name}'")
        if len(set(self.splits)) != len(self.splits) or len(self.splits) != len(self.order.ends):
            raise InputError(f"splits have distinct names and one end each; got {self.splits} and {self.order.ends}")
        if self.shard_rows < 1:
            raise InputError(f"a shard holds at least one row; got {self.shard_rows}")
        for column in self.columns:
            if column.dtype not in DTYPES or not column.name.isidentifier() or min(column.shape, default=1) < 1:
                raise InputError(f"a column has a name, numbers and a fixed shape; got {column.name} {column.dtype} {column.shape}")
            rows = self.layouts[column.name].chunk_rows
            if rows < 1 or rows & (rows - 1) or (rows > 1 and rows * column.row_bytes > LARGEST_CHUNK):
                raise InputError(f"a chunk has a power of two of rows, up to {LARGEST_CHUNK} bytes; got {rows} of {column.name}")
        if re.search("[\ud800-\udfff]", json.dumps(self.to_dict(), ensure_ascii=False)):
            raise InputError("texts of a set are Unicode; its title, labels or recipe hold half a surrogate pair; write them anew")
        if (count := -(-len(self.order) // self.shard_rows)) > MOST_SHARDS:
            raise InputError(f"{count} shards are more than {MOST_SHARDS}; raise --shard-rows above {self.shard_rows}")

    def __len__(self) -> int:
        return len(self.order)

    @property
    def ranges(self) -> dict[str, tuple[int, int]]:
        """First row and row after the last of each split."""
        ends = self.order.ends
        return dict(zip(self.splits, zip((0, *ends[:-1]), ends, strict=True), strict=True))

    @cached_property
    def shards(self) -> tuple[Shard, ...]:
        """The files, in row order."""
        shards: list[Shard] = []
        for split, (start, stop) in self.ranges.items():
            count = -(-(stop - start) // self.shard_rows)
            for i in range(count):
                first = start + i * self.shard_rows
                path = f"data/{split}-{i:05d}-of-{count:05d}.h5"
                shards.append(Shard(path, split, first, min(first + self.shard_rows, stop)))
        return tuple(shards)

    @cached_property
    def digest(self) -> str:
        """The xxh3-128 of this plan: what makes a shard known as one of this set's."""
        return xxhash.xxh3_128_hexdigest(json.dumps(self.to_dict(), sort_keys=True).encode())

    @cached_property
    def row_bytes(self) -> int:
        """Bytes of one row over all columns, before compression."""
        return sum(column.row_bytes for column in self.columns)

    def column(self, name: str) -> Column:
        """The column called `name`."""
        for column in self.columns:
            if column.name == name:
                return column
        raise unknown("column", name, [column.name for column in self.columns], "this set")

    def to_dict(self) -> dict[str, Any]:
        """This plan as JSON data; `Plan.from_dict` gives back an equal one."""
        layouts = {name: {"chunk_rows": at.chunk_rows, **at.codec.to_dict()} for name, at in self.layouts.items()}
        return {
            "title": self.title,
            "recipe": dict(self.recipe),
            "space": self.space.to_dict(),
            "columns": [column.to_dict() for column in self.columns],
            "layouts": layouts,
            "order": self.order.to_dict(),
            "splits": list(self.splits),
            "shard_rows": self.shard_rows,
            "grid": self.grid,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Plan:
        """The plan that `to_dict` described, checked as far as it can be without the files."""
        layouts = {name: ColumnLayout(int(at["chunk_rows"]), Codec.from_dict(at)) for name, at in data["layouts"].items()}
        return cls(
            title=str(data["title"]),
            recipe=dict(data["recipe"]),
            space=FactorSpace.from_dict(data["space"]),
            columns=tuple(Column.from_dict(item) for item in data["columns"]),
            layouts=layouts,
            order=Order.from_dict(data["order"]),
            splits=tuple(data["splits"]),
            shard_rows=int(data["shard_rows"]),
            grid=bool(data["grid"]),
        )


@dataclass(frozen=True)
class Finished:
    """What a finished shard holds: its size in bytes, a digest for each column, and figures measured while writing."""

    bytes: int
    digests: Mapping[str, str]
    quality: Mapping[str, float]


@dataclass(frozen=True)
class Manifest:
    """A plan and what each of its shards holds, in the order of `plan.shards`.

    Attributes:
        plan: what the set holds and where.
        finished: what each shard holds.
        card: xxh3-128 of the bytes of the dataset card; empty in sets that were written before manifests stated it.
        untouched: False when the file states another digest of its content than it has.
    """

    plan: Plan
    finished: tuple[Finished, ...]
    card: str = ""
    untouched: bool = True

    @property
    def bytes(self) -> int:
        """Bytes of all shards on disk."""
        return sum(item.bytes for item in self.finished)

    @cached_property
    def content(self) -> str:
        """The xxh3-128 of the plan and of what the shards hold: another set, or the same one stored otherwise, has another."""
        return content_of(self.plan.to_dict(), self._shards())

    def to_dict(self) -> dict[str, Any]:
        """This manifest as JSON data. Paths, splits and rows are there for people; a reader derives them from the plan."""
        head = {"format": FORMAT, "format_version": FORMAT_VERSION, "content": self.content, "card": self.card}
        return {**head, "plan": self.plan.to_dict(), "shards": self._shards()}

    def _shards(self) -> list[dict[str, Any]]:
        shards = []
        for shard, done in zip(self.plan.shards, self.finished, strict=True):
            entry = {"path": shard.path, "split": shard.split, "rows": [shard.start, shard.stop], "bytes": done.bytes}
            shards.append({**entry, "digests": dict(done.digests), **({"quality": dict(done.quality)} if done.quality else {})})
        return shards

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Manifest:
        """The manifest that `to_dict` described; a shard list that disagrees with the plan is refused."""
        plan, finished = Plan.from_dict(data["plan"]), []
        names = {column.name for column in plan.columns}
        if len(data["shards"]) != len(plan.shards):
            raise StoreError(f"the plan has {len(plan.shards)} shards and the list {len(data['shards'])}")
        for shard, entry in zip(plan.shards, data["shards"], strict=True):
            got = (entry["path"], entry["split"], tuple(entry["rows"]))
            if got != (shard.path, shard.split, (shard.start, shard.stop)):
                raise StoreError(f"the list says {got} where the plan has {shard.path} with rows {shard.start} to {shard.stop}")
            done = Finished(int(entry["bytes"]), dict(entry["digests"]), dict(entry.get("quality", {})))
            if set(done.digests) != names or not all(DIGEST.fullmatch(digest) for digest in done.digests.values()):
                raise StoreError(f"the digests of {shard.path} are not those of its columns")
            if len(shard) * plan.row_bytes > EXPANSION * done.bytes:
                raise StoreError(f"{shard.path} cannot hold {len(shard)} rows in {done.bytes} bytes")
            finished.append(done)
        card = data.get("card", "")
        if not isinstance(card, str) or (card and not DIGEST.fullmatch(card)):
            raise StoreError(f"the digest of the card is {short(card)}")
        untouched = "content" not in data or data["content"] == content_of(data["plan"], data["shards"])
        return cls(plan, tuple(finished), card, untouched)


def content_of(plan: Mapping[str, Any], shards: Sequence[Any]) -> str:
    """The xxh3-128 of a manifest's two parts as JSON, however they are laid out in the file."""
    return xxhash.xxh3_128_hexdigest(json.dumps([plan, shards], sort_keys=True, separators=(",", ":")).encode())


def read_manifest(folder: Path, *, changed: bool = False) -> Manifest:
    """The manifest of the finished set in `folder`; one that was changed since it was written only where that is asked for.

    Raises:
        StoreError: no such folder, no set in it, an unfinished one, a newer format, or a damaged manifest.
    """
    if not folder.is_dir():
        if folder.exists():
            hint = f"factorhub import {folder} --out DIR makes a set of a published file"
            raise StoreError(f"cannot open {folder}: it is a file; name the folder that holds {MANIFEST}; {hint}")
        raise StoreError(f"cannot open {folder}: there is no such folder; factorhub generate NAME --out {folder} makes a set")
    path = folder / MANIFEST
    if not path.exists():
        if (folder / UNFINISHED).exists():
            raise StoreError(f"the set in {folder} is unfinished; run the command that began it again to finish it")
        if any(folder.glob("data/*.h5")):
            hint = f"restore {MANIFEST}, or empty the folder and generate the set again"
        elif any(folder.iterdir()):
            hint = "name the folder of a set; factorhub generate NAME --out DIR makes one"
        else:
            hint = f"factorhub generate NAME --out {folder} makes one"
        raise StoreError(f"{folder} holds no factorhub set (no {MANIFEST}); {hint}")
    manifest = parse(path, read_json(path), Manifest.from_dict)
    if not (manifest.untouched or changed):
        raise StoreError(f"{path} was changed after it was written; factorhub verify {folder} says what still fits it")
    return manifest


def read_unfinished(folder: Path) -> Plan | None:
    """The plan of the unfinished set in `folder`; None when there is none."""
    path = folder / UNFINISHED
    return parse(path, read_json(path), lambda data: Plan.from_dict(data["plan"])) if path.exists() else None


def parse(path: Path, data: Any, read: Callable[[Mapping[str, Any]], T]) -> T:
    """`read(data)` after a check of the format's name and version, with every surprise in one line."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise StoreError(f"{path} is not a factorhub manifest; name another folder")
    if data.get("format_version") != FORMAT_VERSION:
        got = data.get("format_version")
        raise StoreError(f"{path} has format version {got!r}, this factorhub reads {FORMAT_VERSION}; upgrade factorhub")
    try:
        return read(data)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError, StoreError) as error:
        what = f"no entry {error}" if isinstance(error, KeyError) else str(error)
        raise StoreError(
            f"{path} is damaged: {what[:300]}; restore it, or generate the set again with overwrite=True (--overwrite)"
        ) from None
