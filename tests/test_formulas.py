"""Formulas as data: what they give, what they refuse, and how a graph of them answers to interventions."""

import json
import math

import numpy as np
import pytest

from factorhub.errors import InputError
from factorhub.formulas import Formula, follow


def test_a_formula_gives_what_numpy_gives():
    x, y = np.random.default_rng(0).uniform(0.1, 3, (2, 100))
    got = Formula("z", "max(sin(x) * 2, -cos(y)) + sqrt(abs(x - y)) / tan(x) - min(x, 0.5e0)")({"x": x, "y": y})
    np.testing.assert_allclose(got, np.maximum(np.sin(x) * 2, -np.cos(y)) + np.sqrt(abs(x - y)) / np.tan(x) - np.minimum(x, 0.5))


def test_parents_come_in_the_order_of_the_formula():
    assert Formula("z", "sin(b) + a * b - max(c, 1)").parents == ("b", "a", "c")
    assert Formula("z", "2 / 4").parents == ()


def test_a_formula_equals_its_serialised_form():
    formula = Formula("reach", "sqrt(2 * height)")
    data = json.loads(json.dumps(formula.to_dict()))
    assert data == {"factor": "reach", "parents": ["height"], "formula": "sqrt(2 * height)"}
    assert Formula.from_dict(data) == formula


def test_an_intervention_cuts_a_factor_from_its_parents_and_its_children_follow_it():
    graph = Formula("b", "2 * a"), Formula("c", "a + b")
    a = np.array([1.0, 2.0])
    assert {name: value.tolist() for name, value in follow(graph, {"a": a}).items()} == {"a": [1, 2], "b": [2, 4], "c": [3, 6]}
    done = follow(graph, {"a": a, "b": [0.0, 1.0]})
    assert (done["b"].tolist(), done["c"].tolist()) == ([0, 1], [1, 3])
    assert follow(graph, {"a": a, "c": 7.0})["b"].tolist() == [2, 4]


def test_shapes_broadcast():
    assert Formula("z", "x * y")({"x": np.ones((2, 1)), "y": np.ones(3)}).shape == (2, 3)
    assert Formula("z", "cos(x)")({"x": np.zeros((4, 0))}).shape == (4, 0)
    assert float(Formula("z", "sin(x)")({"x": math.pi / 6})) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("x +", r"arithmetic \(\+ - \* /\) on factors, numbers and sin, cos, .*; got 'x \+'$"),
        ("exp(x)", r"got 'exp\(x\)', which has 'exp'"),
        ("x ** 2", r"got 'x \*\* 2', which has"),
        ("max(x)", r"which has 'max\(x\)'"),
        ("sin(x, x)", r"which has 'sin\(x, x\)'"),
        ("sin + 1", "which has 'sin'"),
        ("x.real", r"which has 'x\.real'"),
        ("__import__('os')", "which has"),
        ("[x for x in y]", "which has"),
        ("'text'", "which has"),
        ("True", "which has 'True'"),
    ],
)
def test_a_formula_that_is_not_arithmetic_is_refused_at_once(formula, text):
    with pytest.raises(InputError, match=text):
        Formula("z", formula)


def test_a_missing_parent_is_named():
    with pytest.raises(
        InputError, match="no factor named 'height' in what z = height / 2 is computed from; it has hight; did you mean 'hight'"
    ):
        Formula("z", "height / 2")({"hight": 1.0})
