"""A source of rows that needs no generator, and what the tests of crashes, damage and attacks share."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from factorhub.factors import Array, categorical, continuous
from factorhub.order import Order
from factorhub.source import Column, select
from factorhub.space import FactorSpace
from factorhub.storage.manifest import Manifest, Plan
from factorhub.storage.reader import Reader
from factorhub.storage.shard import ShardReader
from factorhub.storage.writer import layouts_of, write


@dataclass
class Rows:
    """`length` rows whose every column is a function of the row's number; `before` is called ahead of each rendering."""

    length: int
    before: Callable[[], object] = lambda: None
    columns: tuple[Column, ...] = field(
        default=(
            Column("index", "int64", (), (), "index"),
            Column("shape", "uint8", (), (), "factor", {"kind": "categorical", "flag_values": [0, 1, 2]}),
            Column("size", "uint8", (), (), "factor"),
            Column("size_value", "float64", (), (), "value", {"factor": "size"}),
            Column("wave", "float32", (3,), ("time",), "observation"),
            Column("image", "uint8", (12, 9), ("y", "x"), "observation", {"meta": {"binary": True}}),
        )
    )
    space: FactorSpace = field(
        default=FactorSpace((categorical("shape", ["square", "heart", "disc"]), continuous("size", 0.0, 1.0, grid=50)))
    )

    def __len__(self) -> int:
        return self.length

    def read(self, rows: Array, columns: Sequence[str] | None = None) -> dict[str, Array]:
        """The rows by the formulas below."""
        chosen = select(self.columns, columns)
        n = np.asarray(rows, dtype=np.int64)
        if any(column.role == "observation" for column in chosen):
            self.before()
        y, x = np.arange(12)[:, None], np.arange(9)
        made: dict[str, Array] = {
            "index": n,
            "shape": n % 3,
            "size": n * 7 % 50,
            "size_value": (n * 7 % 50) / 49,
            "wave": np.sqrt(n[..., None] + np.arange(3.0)),
            "image": (n[..., None, None] * 31 // (1 + y) + x) % 5 == 0,
        }
        return {column.name: np.ascontiguousarray(made[column.name], column.dtype) for column in chosen}

    def plan(self, *, splits: dict[str, int] | None = None, shard_rows: int = 100, **layout: Any) -> Plan:
        """A plan for these rows; splits are given by their lengths."""
        lengths = splits or {"train": self.length}
        return Plan(
            title="rows: made up",
            recipe={"generator": "none:such", "rows": self.length},
            space=self.space,
            columns=self.columns,
            layouts=layouts_of(self, **layout),
            order=Order("permuted", self.length, tuple(np.cumsum(list(lengths.values())).tolist()), 0),
            splits=tuple(lengths),
            shard_rows=shard_rows,
            grid=False,
        )

    def write(self, folder: Path, plan: Plan | None = None, **how: Any) -> Reader:
        """These rows as a set, opened."""
        manifest = write(self, plan or self.plan(), folder, **how)
        assert isinstance(manifest, Manifest)
        return Reader(folder)

    def write_only(self, folder: Path, plan: Plan, only: Sequence[int]) -> Manifest | None:
        """One job's shards of a set."""
        return write(self, plan, folder, only=only)


@pytest.fixture(scope="session")
def rows() -> type[Rows]:
    return Rows


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """1,000 rows in two splits and twelve shards; nobody may change it."""
    source = Rows(1000)
    return source.write(tmp_path_factory.mktemp("stored") / "set", source.plan(splits={"train": 801, "test": 199}, shard_rows=90))


@pytest.fixture
def damaged_names() -> Callable[[Path, Plan], list[str]]:
    """The files under a final name that are not whole."""

    def find(folder: Path, plan: Plan) -> list[str]:
        bad = []
        for shard in plan.shards:
            if (folder / shard.path).exists():
                try:
                    whole = ShardReader(folder, plan, shard).untouched()
                except ValueError:
                    whole = False
                bad += [] if whole else [shard.path]
        return bad

    return find


@pytest.fixture
def in_child() -> Callable[..., int]:
    """Run a function in a forked process, killed after some seconds or by itself; its exit status as `waitpid` gives it."""

    def run(action: Callable[[], object], kill_after: float | None = None) -> int:
        pid = os.fork()
        if pid == 0:  # nothing of pytest may run in the child
            code = 70
            try:
                action()
                code = 0
            finally:
                os._exit(code)
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(pid, signal.SIGKILL)
        return os.waitpid(pid, 0)[1]

    return run


@pytest.fixture
def folder(stored: Reader, tmp_path: Path) -> Path:
    """A set that may be harmed."""
    return shutil.copytree(stored.folder, tmp_path / "set")
