"""The order of an epoch: every row once, the same from any side, mixed as stated."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factorhub import randomness
from factorhub.loaders.epoch import AREA, Epoch, Grouping, Shuffle, grouping
from factorhub.source import Column


@st.composite
def epochs(draw: st.DrawFn) -> Epoch:
    block = draw(st.integers(1, 9))
    shuffle: Shuffle = draw(st.sampled_from((True, True, "blocks", False, "full")))
    sizes = Grouping(block, block * draw(st.integers(1, 6)), block * draw(st.integers(1, 5)))
    return Epoch(draw(st.integers(1, 2000)), draw(st.integers(0, 3)), draw(st.integers(0, 9)), shuffle, sizes)


@given(epochs(), st.data())
@settings(deadline=None, max_examples=150)
def test_every_row_once_and_the_same_from_any_side(epoch: Epoch, data: st.DataObject) -> None:
    rows = epoch.rows(0, epoch.length)
    assert np.array_equal(np.sort(rows), np.arange(epoch.length))
    start = data.draw(st.integers(0, epoch.length))
    stop = data.draw(st.integers(start, epoch.length))
    assert np.array_equal(epoch.rows(start, stop), rows[start:stop])
    if epoch.shuffle is False:
        assert np.array_equal(rows, np.arange(epoch.length))


@given(epochs().filter(lambda epoch: epoch.shuffle != "full"))
@settings(deadline=None, max_examples=100)
def test_windows_partition_the_positions(epoch: Epoch) -> None:
    at = 0
    while at < epoch.length:
        window = epoch.window(at)
        assert window.start == at < window.stop <= epoch.length
        middle = epoch.window((at + window.stop) // 2)
        assert (middle.start, middle.stop, middle.spans) == (window.start, window.stop, window.spans)
        assert sum(stop - start for start, stop in window.spans) == window.stop - window.start
        assert np.array_equal(np.sort(window.places()), np.arange(len(window)))
        if epoch.shuffle is not False:
            assert all(start % epoch.grouping.block == 0 for start, _ in window.spans)
            assert window.stop - window.start <= epoch.grouping.window
        at = window.stop
    assert at == epoch.length


def test_epochs_and_seeds_differ() -> None:
    sizes = Grouping(8, 64, 512)
    orders = [Epoch(1000, number, seed, True, sizes).rows(0, 1000) for number in range(3) for seed in range(3)]
    assert len({order.tobytes() for order in orders}) == 9


def test_rows_travel_over_the_whole_set() -> None:
    """Where a row stands does not tell where it lies: the mean distance is that of a permutation, a third of the set."""
    for length, sizes in ((6400, Grouping(8, 128, 512)), (64_000, Grouping(8, 128, 512))):
        for epoch in range(3):
            rows = Epoch(length, epoch, 1, True, sizes).rows(0, length)
            assert np.abs(rows - np.arange(length)).mean() == pytest.approx(length / 3, rel=0.1)


def test_an_area_takes_its_rows_from_random_segments() -> None:
    sizes = Grouping(4, 16, 8)
    epoch = Epoch(8 * AREA * 4 - 3, 0, 0, True, sizes)
    first = np.unique(epoch.rows(0, 8 * AREA - 3) // 8)
    assert len(first) in (AREA, AREA + 1)
    assert first.max() - first.min() > 2 * AREA  # not neighbours


def test_the_last_block_stands_anywhere() -> None:
    """A short block is dealt like the others, so no row is left out more often than another."""
    ends = [Epoch(1003, number, 0, True, Grouping(10, 20, 500)).rows(980, 1003) for number in range(60)]
    assert 0 < sum(1002 in rows for rows in ends) < 15


@pytest.mark.parametrize("size", [1, 2, 3, 17, 256])
def test_permutations_are_permutations(size: int) -> None:
    found = [randomness.permutation(7, "test", row, size) for row in range(20)]
    assert all(np.array_equal(np.sort(one), np.arange(size)) for one in found)
    assert np.array_equal(found[3], randomness.permutation(7, "test", 3, size))
    assert size < 3 or len({one.tobytes() for one in found}) > 1


def test_permutations_are_uniform() -> None:
    """All 24 orders of four items, equally often: chi-square below its 0.1% point."""
    found = [tuple(randomness.permutation(0, "test", row, 4).tolist()) for row in range(4800)]
    counts = np.array([found.count(order) for order in sorted(set(found))])
    assert len(counts) == 24
    assert ((counts - 200) ** 2 / 200).sum() < 49.7


def test_permutations_stay_as_they_are() -> None:
    """Saved positions of streams rely on them."""
    assert randomness.permutation(1, "a", 2, 10).tolist() == [5, 8, 3, 9, 4, 2, 6, 1, 0, 7]
    rows = Epoch(20, 3, 5, True, Grouping(4, 8, 16)).rows(0, 20).tolist()
    assert rows == [6, 15, 12, 13, 14, 5, 7, 4, 9, 11, 16, 8, 19, 17, 10, 18, 1, 3, 0, 2]


def column(name: str, dtype: str, *shape: int, role: str = "observation") -> Column:
    return Column(name, dtype, shape, tuple(f"axis{i}" for i in range(len(shape))), role)  # type: ignore[arg-type]


def test_grouping_follows_the_largest_observation() -> None:
    small = column("index", "int64", role="index")
    image = column("image", "uint8", 64, 64)
    assert grouping([small, image], True, natural=False) == Grouping(256, 4096, 65536)
    assert grouping([small, image], True, natural=True) == Grouping(64, 16384, 65536)
    assert grouping([small, image, column("mask", "uint8", 64, 64)], True, natural=False) == Grouping(256, 4096, 32768)
    assert grouping([small, image], True, natural=False, window=1000) == Grouping(256, 1024, 65536)
    assert grouping([small, column("tokens", "uint8", 3, 16)], True, natural=False) == Grouping(4096, 65536, 2**20)
    assert grouping([column("video", "float64", 1000, 64, 64)], True, natural=False) == Grouping(1, 16, 8)
    assert grouping([small], True, natural=False).block == 4096
    assert grouping([small, image], "blocks", natural=False) == Grouping(64, 4096, 65536)
