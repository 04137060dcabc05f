"""Boxes of parameters and the shells around them."""

from __future__ import annotations

import numpy as np
import pytest

from factorhub.errors import InputError
from factorhub.factors import categorical, continuous
from factorhub.regimes import (
    Shell,
)
from factorhub.space import FactorSpace
from tests.regimes.laws import N, chi_square, draw


def test_a_shell_is_even_and_knows_what_is_outside() -> None:
    space = FactorSpace((continuous("a", 0, 10), continuous("b", 0, 10), continuous("c", 0, 1), categorical("s", "xy")))
    regime = Shell((("a", 4, 6), ("b", 4, 6), ("c", 0.5, 0.5)), away_min=((0.5, 0.5), (0.5, 0.5), (0, 0)),
                   away_max=((1.0, 2.0), (1.0, 1.0), (0, 0)))  # fmt: skip
    drawn = draw(regime, space)
    a, b, c, s = drawn.values.T
    assert ((a >= 3) & (a <= 8) & (b >= 3) & (b <= 7) & (c == 0.5)).all()
    assert ((a < 3.5) | (a > 6.5) | (b < 3.5) | (b > 6.5)).all()
    cells, *_ = np.histogram2d(a, b, bins=[[3, 3.5, 5, 6.5, 8], [3, 3.5, 5, 6.5, 7]])
    areas = np.outer([0.5, 1.5, 1.5, 1.5], [0.5, 1.5, 1.5, 0.5])
    areas[1:3, 1:3] = 0
    assert chi_square(cells, areas) > 1e-3
    assert (cells[1:3, 1:3] == 0).all()
    outside = np.stack([(a < 4) | (a > 6), (b < 4) | (b > 6), np.zeros(N, bool)], axis=1)
    assert np.array_equal(drawn.extras["outside"], outside)
    assert np.array_equal(drawn.extras["outside_count"], outside.sum(axis=1))
    over = np.stack([np.maximum(4 - a, a - 6).clip(0), np.maximum(4 - b, b - 6).clip(0)]) / 2
    assert np.allclose(drawn.extras["distance"], np.hypot(*over))
    assert chi_square(np.bincount(s.astype(int)), [1, 1]) > 1e-3
    train = draw(Shell((("a", 4, 6), ("b", 4, 6))), space)
    assert (train.values[:, :2] >= 4).all()
    assert (train.values[:, :2] <= 6).all()
    assert not train.extras["outside"].any()


def test_shells_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="the shell asks for posX from -0.2 to 1.2; it takes 0 … 1"):
        draw(Shell((("posX", 0.0, 1.0),), away_max=0.2))
    with pytest.raises(InputError, match="the shell asks for shape from 0 to 1; it takes square"):
        draw(Shell((("shape", 0, 1),)))
    with pytest.raises(InputError, match="away_max is at least away_min"):
        Shell((("posX", 0.2, 0.4),), away_min=0.2, away_max=0.1)
    with pytest.raises(InputError, match="a shell has room between away_min and away_max"):
        Shell((("posX", 0.2, 0.4),), away_min=0.2, away_max=0.2)
    with pytest.raises(InputError, match="a box lists factors with low <= high"):
        Shell((("posX", 0.4, 0.2),))
    with pytest.raises(InputError, match="away_max has a \\(below, above\\) for each of 1 factors; got 2"):
        Shell((("posX", 0.2, 0.4),), away_max=((0, 1), (0, 1)))
