"""Lines of correlated values have the published tables."""

from __future__ import annotations

import numpy as np
import pytest

from factorhub.errors import InputError
from factorhub.exchange.layouts import MPI3D, shapes3d_space
from factorhub.factors import categorical, continuous
from factorhub.regimes import (
    Line,
)
from factorhub.space import FactorSpace
from tests.regimes.laws import SPRITES, chi_square


@pytest.mark.parametrize(
    ("pair", "sizes", "width", "total", "corner"),
    [  # sums, and the first row, of the tables that the published code makes with OpenCV
        (("scale", "orientation"), (8, 15), 0.2, 11028, [255, 255, 223, 159, 96, 32, 0, 0]),
        (("orientation", "posX"), (40, 32), 0.4, 164310, None),
        (("horizontal_axis", "vertical_axis"), (40, 40), 0.7, 311866, None),
        (("object_hue", "scale"), (10, 8), 0.7, 16894, None),
        (("object_hue", "orientation"), (10, 15), 0.4, 20655, None),
    ],
)
def test_a_line_has_the_published_tables(pair, sizes, width, total, corner) -> None:
    spaces = [shapes3d_space(), SPRITES, MPI3D()]
    space = next(s for s in spaces if set(pair) <= set(s.names) and tuple(s[name].size for name in pair) == sizes)
    table = Line(pair, width).table(space)
    assert table.shape == sizes
    assert table.sum() == total
    assert (table.min(), table.max()) == (0, 255)
    assert corner is None or table[0, :8].tolist() == corner
    drawn = Line(pair, width).draw(space, 0, np.arange(100_000)).values
    codes = space.codes_of(drawn)
    found = np.zeros(sizes)
    np.add.at(found, tuple(codes[:, space.index(name)] for name in pair), 1)
    assert not found[table == 0].any()
    assert chi_square(found[table > 0], table[table > 0] / total) > 1e-3
    others = [j for j, name in enumerate(space.names) if name not in pair and space.sizes[j] > 1]
    assert chi_square(np.bincount(codes[:, others[0]]), np.ones(space.sizes[others[0]])) > 1e-3


def test_lines_of_other_sizes_are_wide_in_the_middle() -> None:
    space = FactorSpace((continuous("a", 0.0, 1.0, grid=50), continuous("b", 0.0, 2.0), categorical("c", "xy")))
    table = Line(("a", "b"), 0.1).table(space)
    assert table.shape == (50, 32)
    assert (table[np.arange(50), np.arange(50) * 32 // 50] > 200).all()
    assert table[0, -1] == table[-1, 0] == 0
    drawn = Line(("a", "b"), 0.1).draw(space, 0, np.arange(5000)).values
    assert np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1] > 0.95
    assert drawn[:, 1].min() >= 0
    assert drawn[:, 1].max() <= 2
    with pytest.raises(InputError, match=r"line joins a pair of two factors, as in \[scale, orientation\]; got \['a', 'a'\]"):
        Line(("a", "a"))
    with pytest.raises(InputError, match="the width of a line is a share of the smaller factor, above 0 and below 1; got 1"):
        Line(("a", "b"), 1.0)
    with pytest.raises(InputError, match="line joins factors of 2 to 1024 values; color has 1; name others, or use correlated"):
        Line(("color", "posX")).draw(SPRITES, 0, np.arange(3))
