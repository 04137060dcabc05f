"""Digests of plain data, however it is laid out: what records, protocols and kept panels are known by."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def digest(data: Any) -> str:
    """The SHA-256 of JSON data, in 64 hexadecimal digits; the order of names does not matter, that of lists does.

    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}), digest([1, 2]) == digest([2, 1])
    (True, False)
    """
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def number(value: float) -> float | str:
    """A number as JSON has it: infinity, which it has not, as the text "inf" or "-inf"."""
    return value if math.isfinite(value) else str(value)


def plain(value: Any) -> Any:
    """Settings and facts as JSON data: NumPy's numbers as Python's, tuples as lists, infinity as text, anything else as text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return number(value)
    return str(value)
