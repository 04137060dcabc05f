"""Texts that people and files give: whatever stands in them ends in one short line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import factorhub
from factorhub.errors import FactorhubError, InputError
from factorhub.formulas import Formula
from factorhub.regimes import Splits, from_text
from factorhub.regions import parse

READERS: dict[str, Callable[[Any], Any]] = {
    "region": lambda text: parse(text).check(factorhub.generator("dsprites").space),
    "regime": from_text,
    "splits": Splits.from_text,
    "formula": lambda text: Formula("y", text)({"x": 2.0, "scale": 0.5}),
    "generator": factorhub.generator,
    "option": lambda text: factorhub.generator("dsprites", grid=text),
    "size": lambda text: factorhub.generator("dsprites", size=text),
    "factor": lambda text: factorhub.generator("dsprites").space["scale"].code(text),
}
ODD = {
    "brackets": "(" * 3000 + "x" + ")" * 3000,
    "square brackets": "[" * 3000 + "]" * 3000,
    "minus signs": "-" * 100_000 + "1",
    "tildes": "~" * 3000 + "(shape == heart)",
    "dots": ".".join(["a"] * 20_000),
    "digits": "9" * 10_000,
    "a condition of digits": "scale > " + "9" * 10_000,
    "an exponent": "scale > 1e99999",
    "hexadecimal": "0x" + "f" * 4000,
    "a product": "*".join(["0x" + "f" * 2000] * 4),
    "a long sum": "x" + "+x" * 20_000,
    "a surrogate": "\ud800",
    "a null": "a\0b",
    "a call of a number": "1(x)",
    "a call of a call": "sin(x)(x)",
    "a division by zero": "1/0",
    "words": "word " * 100_000,
    "nothing": "",
    "spaces": "   ",
    "lines": "a\nb\n" * 100,
    "a number": 7,
    "none": None,
    "a list": ["shape == heart"],
    "bytes": b"shape == heart",
}


@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore:divide by zero", "ignore:invalid value", "ignore:overflow")
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("odd", ODD)
def test_any_text_is_read_or_refused_in_one_line(reader: str, odd: str) -> None:
    try:
        READERS[reader](ODD[odd])
    except FactorhubError as error:
        message = str(error)
        assert "\n" not in message
        assert len(message) < 900


@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore:divide by zero", "ignore:invalid value", "ignore:overflow")
@pytest.mark.parametrize("reader", ["region", "regime", "splits", "formula"])
@settings(max_examples=150, deadline=None)
@given(text=st.text(alphabet="()[]~&|=<>!,.;*+-'\"0123456789 scalehrtpxin_k\0\u202e", max_size=60))
def test_random_texts_are_read_or_refused(reader: str, text: str) -> None:
    try:
        READERS[reader](text)
    except FactorhubError as error:
        message = str(error)
        assert "\n" not in message


def test_whole_numbers_in_a_formula_are_numbers_like_others() -> None:
    assert Formula("y", "x / 3 + 1 / 3")({"x": 2.0}) == 2.0 / 3 + 1 / 3
    assert Formula("y", "7")({}).dtype == np.float64


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("posX =< 0.5", "'<='"),
        ("posX => 0.5", "'>='"),
        ("posX ≤ 0.5", "'<='"),
        ("posX ≥ 0.5", "'>='"),
        ("posX <> 0.5", "'!='"),
        ("posX ≠ 0.5", "'!='"),
        ("shape = heart", "'=='"),
        ("shape === heart", "'=='"),
        ("shape: heart", "'=='"),
        ("posX < 0.5 && posY < 0.5", "'&'"),
        ("posX < 0.5 || posY < 0.5", "'|'"),
        ("!(shape == heart)", "'~'"),
        ("posX < 0,5", "0.5"),
        ("scale > 0,75 & posX < 0.5", "0.75"),
    ],
)
def test_signs_of_other_languages_are_guessed_at(text: str, meant: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert str(caught.value).endswith(f"; did you mean {meant}?")


@pytest.mark.parametrize(
    ("asked", "meant"), [("posx", "posX"), ("POSY", "posY"), ("Shape", "shape"), ("colour", "color"), ("orient", "orientation")]
)
def test_a_name_in_another_case_is_guessed_first(asked: str, meant: str) -> None:
    with pytest.raises(InputError, match=f"did you mean '{meant}'"):
        factorhub.generator("dsprites").space[asked]


@pytest.mark.parametrize("text", ["train=1e400", "train=1e400,test=-1e400", "a=0.5,b=0.6", "a=0,b=1"])
def test_shares_that_do_not_add_up_get_a_hint_without_nan(text: str) -> None:
    with pytest.raises(InputError, match="fractions of splits are above 0 and add up to 1") as caught:
        Splits.from_text(text)
    assert "nan" not in str(caught.value)
