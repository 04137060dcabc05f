"""The inner loop of `factorhub.order`: a Feistel network over a rectangle of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled


@compiled
def _mix(x: Any, key: Any) -> Any:
    """A keyed 64-bit mix (the finaliser of MurmurHash3), whose upper 32 bits the rounds use."""
    x = np.uint64(x) ^ key
    x ^= x >> np.uint64(33)
    x *= np.uint64(0xFF51AFD7ED558CCD)
    x ^= x >> np.uint64(33)
    x *= np.uint64(0xC4CEB9FE1A85EC53)
    x ^= x >> np.uint64(33)
    return np.int64(x >> np.uint64(32))


@compiled
def walk(numbers: Array, size: int, a: int, b: int, keys: Array, inverse: bool, out: Array) -> None:
    """Map `numbers` (n,) in [0, size) through the network on [0, a·b) until they fall below `size` again."""
    for i in range(numbers.size):
        x = numbers[i]
        while True:
            left, right = x // b, x % b
            if inverse:
                for r in range(keys.size - 2, -1, -2):
                    right = (right - _mix(left, keys[r + 1])) % b
                    left = (left - _mix(right, keys[r])) % a
            else:
                for r in range(0, keys.size, 2):
                    left = (left + _mix(right, keys[r])) % a
                    right = (right + _mix(left, keys[r + 1])) % b
            x = left * b + right
            if x < size:
                break
        out[i] = x
