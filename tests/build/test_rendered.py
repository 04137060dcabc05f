"""Rows straight from a generator have the shapes that rows of a set have."""

from __future__ import annotations

import numpy as np

import factorhub
from factorhub.build.rendered import Sampled
from factorhub.order import Order
from factorhub.regimes.grid import Grid


def test_rows_have_the_shape_of_the_request() -> None:
    made = factorhub.generator("dsprites")
    source = Sampled(made, Grid(), 0, Order("permuted", len(made.space), (100,), 3))
    rows = np.array([[5, 7, 7], [99, 0, -1]])
    several, single = source.read(rows), source.read(7)
    assert several["image"].shape == (2, 3, 64, 64)
    assert several["shape"].shape == (2, 3)
    assert {name: array.shape for name, array in single.items()} == {c.name: c.shape for c in source.columns}
    assert all(np.array_equal(several[name][0, 1], single[name]) for name in single)
