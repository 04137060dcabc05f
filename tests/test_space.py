"""Laws of a factor space: rows, codes and values; symmetries; huge and endless spaces."""

from __future__ import annotations

import json
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import factorhub
from factorhub.errors import InputError, RowError
from factorhub.factors import categorical, circular, continuous, ordinal
from factorhub.space import FactorSpace, Fold, Ignored


@given(sizes=st.lists(st.integers(1, 7), min_size=1, max_size=6), data=st.data())
def test_rows_and_codes_are_inverse_and_in_c_order(sizes: list[int], data) -> None:
    space = FactorSpace(tuple(ordinal(f"f{i}", range(size)) for i, size in enumerate(sizes)))
    rows = np.array(data.draw(st.lists(st.integers(0, len(space) - 1), min_size=1, max_size=20)))
    codes = space.codes(rows)
    assert (space.rows(codes) == rows).all()
    assert (np.ravel_multi_index(tuple(codes.T), sizes) == rows).all()
    assert (space.codes_of(space.values(codes)) == codes).all()


def test_leading_axes_are_free() -> None:
    space = factorhub.generator("dsprites").space
    rows = np.arange(24).reshape(2, 3, 4) * 1000
    assert space.codes(rows).shape == (2, 3, 4, 6)
    assert (space.rows(space.codes(rows)) == rows).all()


def test_rows_out_of_range_are_refused_length_included() -> None:
    space = factorhub.generator("dsprites").space
    for row in (-1, 737280):
        with pytest.raises(RowError, match=f"rows of this grid run from 0 to 737279; got {row}"):
            space.codes([0, row])
    with pytest.raises(InputError, match="rows are integers; got float64"):
        space.codes([0.5])
    with pytest.raises(InputError, match=r"codes have 6 factors \(color, .*\) on their last axis; got shape \(5,\)"):
        space.values([0, 0, 0, 0, 0])


def test_spaces_too_large_to_number_and_spaces_without_a_grid_say_so() -> None:
    huge = FactorSpace((ordinal("a", range(2**40)), ordinal("b", range(2**40))))
    assert huge.grid_size == 2**80
    with pytest.raises(InputError, match="too many to number in 64 bits; draw rows instead"):
        len(huge)
    loose = FactorSpace((continuous("mass", 1, 2), categorical("kind", ["a"])))
    assert loose.sizes == (None, 1)
    with pytest.raises(InputError, match="mass has no grid, so the space has no length; draw rows instead"):
        len(loose)


def test_symmetries_give_one_form_to_equal_pictures() -> None:
    space = FactorSpace(
        (categorical("shape", ["square", "disc"]), circular("angle", 360.0), ordinal("count", [0, 1]), continuous("x", 2.0, 5.0)),
        (Fold("angle", by="shape", folds=(4, 0)), Ignored(("x",), by="count", codes=(0,))),
    )
    values = np.array([[0, 100.0, 1, 3.0], [0, 360.0, 1, 3.0], [1, 77.0, 0, 4.0]])
    assert space.canonical(values).tolist() == [[0, 10, 1, 3], [0, 0, 1, 3], [1, 0, 0, 2]]
    assert FactorSpace.from_dict(json.loads(json.dumps(space.to_dict()))) == space


def test_the_clean_grid_of_dsprites_has_no_aliases_but_the_declared_ones() -> None:
    original, clean = (factorhub.generator("dsprites", grid=grid).space for grid in ("original", "clean"))
    assert original["orientation"].grid[-1] == 2 * math.pi
    assert clean["orientation"].grid[-1] < 2 * math.pi
    codes = np.array([[0, shape, 0, turn, 0, 0] for shape in range(3) for turn in range(40)])
    forms = clean.canonical(clean.values(codes))[:, 3].reshape(3, 40)
    assert [len(np.unique(form.round(9))) for form in forms] == [10, 20, 40]
    heart = original.canonical(original.values([[0, 2, 0, 0, 0, 0], [0, 2, 0, 39, 0, 0]]))
    assert (heart[0] == heart[1]).all()


def test_unknown_and_doubled_factors_are_refused() -> None:
    with pytest.raises(InputError, match="factor names are distinct; got a, a"):
        FactorSpace((ordinal("a", [1]), ordinal("a", [2])))
    with pytest.raises(InputError, match="no factor named 'angel' in this space; it has angle; did you mean 'angle'?"):
        FactorSpace((circular("angle", 1.0),), (Fold("angle", by="angel", folds=(1,)),))


def test_a_point_is_named_by_labels_numbers_or_arrays() -> None:
    made = factorhub.generator("dsprites")
    point = made.space.point(shape=["heart", "square"], scale=[[0.8], [1]], posX=0.123)
    assert point.shape == (2, 2, 6)
    assert point[..., 1].tolist() == [[2, 0], [2, 0]]
    assert point[..., 2].tolist() == [[0.8, 0.8], [1, 1]]
    assert np.array_equal(made.space.point(), made.space.values(np.zeros(6, np.int64)))
    named = made.render(shape="heart", scale=0.8, orientation=1)["image"]
    assert np.array_equal(named, made.render([0, 2, 0.8, 1, 0, 0])["image"])
    assert factorhub.generator("pendulum").space.point(length=1.2).shape == (len(factorhub.generator("pendulum").space.factors),)


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ({"colour": "red"}, "did you mean 'color'"),
        ({"shape": "hart"}, "did you mean 'heart'"),
        ({"scale": "large"}, "scale takes 0.5 … 1; got 'large'"),
        ({"orientation": 90}, "90° is 1.5708"),
    ],
)
def test_a_point_that_is_none_is_refused(named: dict, text: str) -> None:
    made = factorhub.generator("dsprites")
    with pytest.raises(InputError) as caught:
        made.render(**named)
    assert text in str(caught.value)
    with pytest.raises(InputError, match="render takes values, or factors by name, and not both"):
        made.render(np.zeros(6), **named)


def test_a_factor_s_repr_is_one_line() -> None:
    for name in factorhub.generators():
        for factor in factorhub.generator(name).space:
            assert len(repr(factor)) <= 160
            assert repr(factor).startswith(f"Factor({factor.name!r}, {factor.kind}")


def test_a_group_stands_for_its_factors_in_lists() -> None:
    space = FactorSpace((ordinal("a", [0, 1]), ordinal("b", [0, 1]), ordinal("c", [0, 1])), groups={"pose": ["a", "c"]})
    assert space.members(["pose", "b"]) == ("a", "c", "b")
    assert FactorSpace.from_dict(json.loads(json.dumps(space.to_dict()))) == space
    assert pickle.loads(pickle.dumps(space)).members(["pose"]) == ("a", "c")
    with pytest.raises(InputError, match="no factor named 'poze' in this space; it has a, b, c, pose; did you mean 'pose'?"):
        space.members(["poze"])


@pytest.mark.parametrize(
    ("groups", "answer"),
    [({"a": ["b"]}, "factor names are distinct; got a, b, a"), ({"pose": ["d"]}, "no factor named 'd' in this space; it has a, b")],
)
def test_a_group_is_no_factor_and_holds_factors(groups: dict[str, list[str]], answer: str) -> None:
    with pytest.raises(InputError, match=answer):
        FactorSpace((ordinal("a", [0, 1]), ordinal("b", [0, 1])), groups=groups)
