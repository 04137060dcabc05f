"""Columns in compiled loops: division is exact however large the numbers, and columns become rows however many there are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factorhub.numerics.columns import divide, put_columns
from factorhub.regimes.kernels.shared import next_above

LARGE = 2**62 - 1


@given(st.lists(st.integers(0, LARGE), max_size=20), st.integers(1, LARGE), st.integers(0, 40))
def test_division_is_exact(numbers: list[int], size: int, shift: int) -> None:
    size = (size >> shift) or 1
    numbers += [0, size - 1, size, LARGE // size * size, LARGE // size * size - 1]
    left, rests = np.array(numbers, dtype=np.int64), np.empty(len(numbers), dtype=np.int64)
    divide(left, size, rests)
    assert left.tolist() == [number // size for number in numbers]
    assert rests.tolist() == [number % size for number in numbers]


@pytest.mark.parametrize("count", range(10))
def test_columns_become_rows(count: int) -> None:
    columns = np.random.default_rng(0).random((count, 21))
    rows = np.empty((20, count))
    put_columns(columns, rows)
    assert np.array_equal(rows, columns[:, :20].T)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_next_number_is_that_of_ieee(x: float) -> None:
    with np.errstate(all="ignore"):  # NumPy warns of the tiny and of the largest
        assert np.float64(next_above(x)).tobytes() == np.nextafter(x, np.inf).tobytes()
