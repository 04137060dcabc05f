"""Random words: NumPy's own, however many rows are drawn at once and in whatever shape."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from factorhub import randomness

ROWS = np.array([0, 1, 2**63 - 1, 2**40, *range(5, 300)], dtype=np.uint64)


def own(seed: int, stream: str, row: int, count: int) -> np.ndarray:
    generator = np.random.Philox(key=randomness.key(seed, stream), counter=[0, int(row), 0, 0])
    return generator.random_raw(count)


@pytest.mark.parametrize("count", range(1, 14))
def test_words_are_numpys(count: int) -> None:
    expected = np.stack([own(7, "train/pairs", row, count) for row in ROWS])
    for n in (0, 1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, len(ROWS)):
        assert np.array_equal(randomness.words(7, "train/pairs", ROWS[:n], count), expected[:n])
        assert np.array_equal(randomness.word_columns(7, "train/pairs", ROWS[:n], count), expected[:n].T)


def test_one_word_of_many_is_that_word() -> None:
    words = randomness.words(7, "a", ROWS, 11)
    for place in range(11):
        assert np.array_equal(randomness.word_under(randomness.key(7, "a"), ROWS, place), words[:, place])


def test_words_keep_the_shape_of_rows() -> None:
    rows = ROWS[:6].reshape(2, 3)
    assert np.array_equal(randomness.words(0, "a", rows, 5), randomness.words(0, "a", rows.reshape(-1), 5).reshape(2, 3, 5))


def test_keys_are_remembered_and_cannot_be_changed() -> None:
    assert randomness.key(1, "a") is randomness.key(1, "a")
    with pytest.raises(ValueError, match="read-only"):
        randomness.key(1, "a")[0] = 5


def test_words_are_the_same_before_compiled_code_is_loaded() -> None:
    code = (
        "import sys; from factorhub import randomness as r;"
        "few = r.words(5, 'a/b', [0, 7, 2**40], 9); assert 'numba' not in sys.modules;"
        "many = r.words(5, 'a/b', [*[0, 7, 2**40], *range(100)], 9); assert 'numba' in sys.modules;"
        "assert (few == many[:3]).all() and (few == r.words(5, 'a/b', [0, 7, 2**40], 9)).all()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
