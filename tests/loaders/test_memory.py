"""Memory is given out aligned, used again when it is free, and never before."""

from __future__ import annotations

import numpy as np
import pytest

from factorhub.loaders.memory import ALIGNMENT, WORTH, Pool, aligned


@pytest.mark.parametrize("shape", [(), (1,), (7, 5), (33, 64, 64)])
@pytest.mark.parametrize("dtype", ["uint8", "float64", "int32"])
def test_aligned_arrays_are_arrays(shape: tuple[int, ...], dtype: str) -> None:
    array = aligned(shape, dtype)
    assert array.shape == shape
    assert array.dtype == dtype
    assert array.flags.c_contiguous
    assert array.flags.writeable
    assert array.ctypes.data % ALIGNMENT == 0


def test_a_buffer_returns_when_its_last_view_is_gone() -> None:
    pool = Pool((WORTH,), "uint8", keep=2)
    first = pool.array()
    address = first.ctypes.data
    view = first.reshape(-1, 16)[5:9, ::2]
    del first
    assert pool.array().ctypes.data != address
    view[:] = 1
    del view
    assert address in {pool.array().ctypes.data, pool.array().ctypes.data}


def test_no_more_buffers_wait_than_were_to_be_kept() -> None:
    pool = Pool((WORTH,), "uint8", keep=2)
    given = [pool.array() for _ in range(6)]
    assert len({array.ctypes.data for array in given}) == 6
    del given
    assert len(pool._waiting) == 2


def test_a_pool_may_end_before_its_arrays() -> None:
    pool = Pool((WORTH // 8, 2), "float64", keep=2)
    array = pool.array()
    del pool
    array[:] = 3.5
    assert array.sum() == 3.5 * array.size
    assert np.shares_memory(array, array.T)
