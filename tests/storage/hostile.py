"""What several files of tests here share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import factorhub
from factorhub.storage.manifest import MANIFEST, content_of


def use(folder: Path) -> None:
    """Everything a reader may be asked for. Raises only factorhub's own errors, and MemoryError is none of them."""
    store = factorhub.open(folder)
    repr(store)
    store[0], store[-1], store[[1, 5, 1]], store[:3]
    for column in store.columns:
        store.read([0, len(store) - 1], [column.name])
    for factor in store.space:
        factor.range_text()
    store.lookup(shape="heart")


def changed(folder: Path, change: Callable[[dict[str, Any]], object], *, sealed: bool = True) -> None:
    """Change the manifest, and its digest of itself where `sealed`: who forges the one can compute the other."""
    data = json.loads((folder / MANIFEST).read_text())
    change(data)
    if sealed:
        data["content"] = content_of(data["plan"], data["shards"])
    (folder / MANIFEST).write_text(json.dumps(data))


def put(*path: Any) -> Callable[[dict[str, Any]], object]:
    """Put the last argument at the path that the others give."""

    def change(data: Any) -> None:
        *keys, last, value = path
        for key in keys:
            data = data[key]
        data[last] = value

    return change
