"""Traversals move one factor of one row evenly, where it matters; captions tell every object's factors."""

from __future__ import annotations

import numpy as np
import pytest

import factorhub
from factorhub.commands import preview
from factorhub.commands.traversals import effective, steps
from factorhub.factors import categorical, circular, continuous, ordinal
from factorhub.space import FactorSpace, Fold, Ignored


@pytest.mark.parametrize("name", factorhub.generators())
def test_steps_are_even_and_in_range(name: str) -> None:
    for factor in factorhub.generator(name).space:
        for most in (None, 1, 2, 5, 15):
            values = steps(factor, most)
            factor.check(values)
            assert 1 <= len(values) <= (most or 10)
            if factor.interval and factor.low < factor.high and most:
                assert len(values) == most
            if factor.kind != "categorical" and len(values) > 2:
                assert np.diff(values).max() <= 1.21 * np.diff(values).min()


def test_steps_reach_both_ends_and_circles_do_not_close() -> None:
    assert steps(continuous("tilt", -30, 30, grid=15), 5).tolist() == [-30, -15, 0, 15, 30]
    assert steps(continuous("scale", 0.5, 1, grid=6)).tolist() == continuous("scale", 0.5, 1, grid=6).table.tolist()
    assert steps(circular("turn", 360.0), 4).tolist() == [0, 90, 180, 270]
    assert steps(ordinal("level", range(15))).tolist() == [0, 2, 4, 6, 8, 10, 12, 14]
    assert steps(ordinal("seed", range(2**40)), 3).tolist() == [0, 2**39, 2**40 - 1]
    assert steps(categorical("shape", "abcde"), 3).tolist() == [0, 2, 4]
    assert steps(ordinal("only", [7])).tolist() == [7]


def test_what_decides_about_a_factor_is_set_so_that_it_matters() -> None:
    factors = (
        ordinal("count", [0, 1, 2, 3]),
        categorical("kind", ["disc", "square", "heart"]),
        circular("turn", 1.0),
        continuous("place", 0, 1),
    )
    symmetries = (Fold("turn", "kind", (0, 4, 1)), Ignored(("kind", "turn"), "count", (0, 1)), Ignored(("place",), "kind", (2,)))
    space = FactorSpace(factors, symmetries)
    values = np.array([[0.0, 1.0, 0.3, 0.7], [3.0, 2.0, 0.3, 0.7]])
    assert effective(space, "turn", values).tolist() == [[2.0, 2.0, 0.3, 0.7], [3.0, 2.0, 0.3, 0.7]]
    assert effective(space, "place", values).tolist() == [[2.0, 1.0, 0.3, 0.7], [3.0, 1.0, 0.3, 0.7]]
    assert effective(space, "count", values).tolist() == values.tolist()


@pytest.mark.parametrize(
    ("name", "factor"),
    [("dsprites", "orientation"), ("multi_dsprites", "posX_4"), ("objects_room", "hue_3"), ("tetrominoes", "color_2")],
)
@pytest.mark.parametrize("seed", range(3))
def test_a_traversal_shows_its_factor(name: str, factor: str, seed: int) -> None:
    pictures, lines = preview.traversal(factorhub.generator(name), factor, seed, 6)
    assert len({picture.tobytes() for picture in pictures}) == len(lines) > 3


def test_captions_have_units_and_every_object_by_number() -> None:
    _, lines = preview.traversal(factorhub.generator("pendulum", steps=4), "length", most=2)
    assert lines == [["length 0.9 m"], ["length 1.6 m"]]
    scene = factorhub.generator("multi_dsprites", min_objects=4)
    for lines in preview.contact(scene, 3)[1]:
        numbers = [line[0] for line in lines if line[1] == ":"]
        assert numbers == ["1", "2", "3", "4"]
        words = " ".join(line.strip() for line in lines if "count" not in line and "background" not in line)
        assert all(words.count(f"{name} ") == 4 for name in ("shape", "posX", "posY", "scale", "orientation"))
        assert max(map(len, lines)) < 45


def test_captions_leave_out_absent_objects_and_number_no_unlike_factors() -> None:
    scene = factorhub.generator("multi_dsprites")
    for lines in preview.contact(scene, 6)[1]:
        count = int(next(line for line in lines if line.startswith("count")).split()[1])
        assert sum(line[1] == ":" for line in lines) == count
    assert preview.objects(factorhub.generator("dmelodies").space.names) == {}
    assert preview.objects(factorhub.generator("three_body").space.names) == {}
    assert preview.objects(["mass0", "vx0_0", "mass1", "vx1_0"])["vx1_0"] == (1, "vx_0")
