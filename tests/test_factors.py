"""Laws of one factor: codes, values and u are inverse to one another, and what is not allowed is refused."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import factorhub
from factorhub.errors import InputError
from factorhub.factors import Factor, categorical, circular, continuous, ordinal

FACTORS = [
    categorical("shape", ["square", "ellipse", "heart"]),
    ordinal("octave", [4, 5, 6]),
    ordinal("seed", range(2**32), nuisance=True),
    continuous("scale", 0.5, 1.0, grid=6),
    continuous("uneven", -1.0, 3.0, grid=[-1.0, 0.25, 3.0], unit="m"),
    circular("turn", 2 * math.pi, grid=40, unit="rad"),
    circular("closed", 2 * math.pi, grid=40, endpoint=True),
    circular("hue", 1.0, grid=10),
]


@pytest.mark.parametrize("factor", FACTORS, ids=lambda f: f.name)
@given(data=st.data())
def test_codes_and_values_are_inverse(factor: Factor, data) -> None:
    assert factor.size is not None
    codes = np.array(data.draw(st.lists(st.integers(0, factor.size - 1), min_size=1, max_size=20)))
    assert (factor.codes_of(factor.values(codes)) == codes).all()
    if factor.size < 2**24:  # float32 labels, as other tools store them, still find their codes
        single = np.clip(factor.values(codes).astype(np.float32).astype(np.float64), factor.low, factor.high)
        assert (factor.codes_of(single) == codes).all()


@pytest.mark.parametrize("factor", [*FACTORS, continuous("loose", 2.0, 5.0)], ids=lambda f: f.name)
@given(u=st.floats(0, 1, exclude_max=True))
def test_every_u_gives_an_allowed_value_and_comes_back(factor: Factor, u: float) -> None:
    value = factor.from_unit(u)
    assert factor.inside(value).all()
    back = factor.from_unit(np.minimum(factor.to_unit(value), 1 - 2**-53))
    assert np.isclose(back, value, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("factor", [*FACTORS, continuous("loose", 2.0, 5.0)], ids=lambda f: f.name)
def test_a_factor_equals_its_serialised_form(factor: Factor) -> None:
    assert Factor.from_dict(json.loads(json.dumps(factor.to_dict()))) == factor


def test_codes_out_of_range_are_refused_size_included() -> None:
    for code in (-1, 3):
        with pytest.raises(InputError, match=f"codes of shape run from 0 to 2; got {code}"):
            FACTORS[0].values([0, code])
    with pytest.raises(InputError, match="codes of shape are integers; got float64"):
        FACTORS[0].values([0.0])


def test_values_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="scale takes 0.5 … 1; got 1.1"):
        FACTORS[3].codes_of([0.5, 1.1])
    with pytest.raises(InputError, match="octave takes 4, 5, 6; got 4.5"):
        FACTORS[1].codes_of(4.5)
    with pytest.raises(InputError, match="scale takes 0.5 … 1; got nan"):
        FACTORS[3].codes_of(math.nan)


def test_a_value_between_grid_points_names_the_nearest() -> None:
    with pytest.raises(InputError, match="scale = 0.54 is not on its grid of 6 values; the nearest is 0.5"):
        FACTORS[3].codes_of(0.54)


def test_the_end_of_a_circle_is_its_beginning_unless_the_grid_keeps_both() -> None:
    clean, closed = FACTORS[5], FACTORS[6]
    assert clean.nearest(2 * math.pi - 1e-9) == 0
    assert clean.codes_of(2 * math.pi) == 0
    assert closed.codes_of(closed.values([0, 39])).tolist() == [0, 39]


def test_labels_values_and_text_give_codes() -> None:
    shape, octave, scale = FACTORS[0], FACTORS[1], FACTORS[3]
    assert [shape.code(asked) for asked in ("heart", 2, "2")] == [2, 2, 2]
    assert [octave.code(asked) for asked in (4, "4", 6.0)] == [0, 0, 2]
    assert scale.code("0.6") == 1
    with pytest.raises(InputError, match="no value named 'hart' in shape; it has square, ellipse, heart; did you mean 'heart'?"):
        shape.code("hart")
    with pytest.raises(InputError, match="scale takes 0.5 … 1; got 'big'"):
        scale.code("big")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: categorical("x", []), "x has an empty grid; give it at least one value"),
        (lambda: categorical("x", ["a", "a"]), "the labels of x are distinct strings"),
        (lambda: ordinal("x", [1, 1]), "the values of x must increase"),
        (lambda: continuous("x", 1.0, 0.0), "x needs finite low <= high; got 1.0 and 0.0"),
        (lambda: continuous("x", 0.0, math.inf), "x needs finite low <= high"),
        (lambda: continuous("x", 0.0, 1.0, grid=[0.0, 2.0]), "the grid of x must lie in"),
        (lambda: continuous("2x", 0.0, 1.0), "a factor's name is a Python identifier; got '2x'"),
        (lambda: Factor("x", "wavy", (1.0,), 0, 1), "no kind named 'wavy' in factor x"),
    ],
)
def test_a_wrong_factor_is_refused_when_it_is_made(make, text: str) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("name", "got", "text"),
    [
        ("orientation", 90, "orientation takes 0 … 6.28319 rad; got 90; 90° is 1.5708"),
        ("orientation", 360, "360° is 6.28319"),
        ("scale", 75, "scale takes 0.5 … 1; got 75; 75% is 0.75"),
        ("scale", 5, "scale takes 0.5 … 1; got 5"),
        ("orientation", 1000, "orientation takes 0 … 6.28319 rad; got 1000"),
    ],
)
def test_degrees_and_percents_are_answered_with_what_they_are(name: str, got: float, text: str) -> None:
    factor = factorhub.generator("dsprites").space[name]
    with pytest.raises(InputError) as caught:
        factor.check(np.array([got], dtype=np.float64))
    assert str(caught.value).endswith(text)
