"""Memory for batches: aligned, and used again once nobody holds a view of it.

Fresh pages cost as much as inflating what goes into them. A buffer is given out as an array whose views all keep that
array alive, be they in torch tensors or in JAX arrays that alias it; when the last is gone, the buffer returns. So
nobody ever sees a batch change.
"""

from __future__ import annotations

import math
import weakref
from collections import deque
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from factorhub.factors import Array

ALIGNMENT = 64  # bytes: what JAX takes without a copy
WORTH = 1 << 20  # bytes; smaller buffers come from the allocator, which is as fast


def aligned(shape: Sequence[int], dtype: npt.DTypeLike) -> Array:
    """A new array on a multiple of 64 bytes, its content undefined."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    raw = np.empty(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size].view(dtype).reshape(tuple(shape))


class Pool:
    """Buffers of one shape and dtype; at most `keep` of them wait to be used again."""

    def __init__(self, shape: Sequence[int], dtype: npt.DTypeLike, keep: int) -> None:
        self._shape, self._dtype = tuple(shape), np.dtype(dtype)
        self._waiting: deque[Array] = deque(maxlen=keep)
        self._size = math.prod(self._shape) * self._dtype.itemsize

    def array(self) -> Array:
        """An array of the pool's shape, its content undefined, that nothing else refers to."""
        if self._size < WORTH:
            return aligned(self._shape, self._dtype)
        try:
            buffer = self._waiting.pop()
        except IndexError:
            buffer = aligned((self._size,), np.uint8)
        # a memoryview in between, for NumPy shortens chains of views of arrays: `root` must outlive all views
        root = np.frombuffer(buffer.data, self._dtype)
        weakref.finalize(root, self._waiting.append, buffer).atexit = False
        return root.reshape(self._shape)
