"""Digests of plain data, however it is laid out: what records, protocols and kept panels are known by."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def digest(data: Any) -> str:
    """The SHA-256 of JSON data, in 64 hexadecimal digits; the order of names does not matter, that of lists does.

    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}), digest([1, 2]) == digest([2, 1])
    (True, False)
    """
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
