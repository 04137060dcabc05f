"""Columns in compiled loops: columns become rows however many there are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factorhub.numerics.columns import put_columns
from factorhub.regimes.kernels.shared import next_above
from factorhub.regimes.uniform import _whole_part


@pytest.mark.parametrize("count", range(10))
def test_columns_become_rows(count: int) -> None:
    columns = np.random.default_rng(0).random((count, 21))
    rows = np.empty((20, count))
    put_columns(columns, rows)
    assert np.array_equal(rows, columns[:, :20].T)


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20), st.integers(1, 2**62), st.integers(0, 61))
def test_the_whole_part_of_a_product_is_exact(words: list[int], size: int, shift: int) -> None:
    size = (size >> shift) or 1
    found = _whole_part(np.array(words, dtype=np.uint64), size)
    assert found.tolist() == [word * size >> 64 for word in words]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_next_number_is_that_of_ieee(x: float) -> None:
    with np.errstate(all="ignore"):  # NumPy warns of the tiny and of the largest
        assert np.float64(next_above(x)).tobytes() == np.nextafter(x, np.inf).tobytes()
