"""Sets for the loaders' tests, and what every stream must give."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import factorhub
from factorhub.lookup import Store

WINDOW = 512  # rows: two blocks of these images, so that small sets have several windows


@pytest.fixture(scope="session")
def train(sprites: Store) -> Store:
    """2,100 dSprites in permuted order, in shards of 700 rows, which are no multiple of a block."""
    return factorhub.open(sprites.folder, "train")


@pytest.fixture(scope="session")
def everything(train: Store) -> dict[str, Any]:
    return train.read(slice(None))


@pytest.fixture
def damaged(sprites: Store, tmp_path: Path) -> Store:
    """The same set with one byte of the second shard's pixels changed."""
    folder = Path(shutil.copytree(sprites.folder, tmp_path / "damaged"))
    store = factorhub.open(folder, "train")
    chunks = store.shard(1).chunks["image"]
    path = folder / store.plan.shards[1].path
    content = bytearray(path.read_bytes())
    content[chunks.offsets[3] + chunks.sizes[3] // 2] ^= 0x55
    path.write_bytes(content)
    return store


def indices(batches: Iterable[Any]) -> list[int]:
    """The row numbers of all batches, one after another."""
    return [int(row) for batch in batches for row in np.asarray(batch["index"])]


def same(a: Any, b: Any) -> bool:
    """True where two batches hold the same arrays, whatever library they are of; JAX sorts the columns by name."""
    return sorted(a) == sorted(b) and all(np.array_equal(np.asarray(a[name]), np.asarray(b[name])) for name in a)
