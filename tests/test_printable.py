"""Texts made safe: shown, quoted and escaped, and read back as they were."""

from __future__ import annotations

import json
import tomllib

import yaml
from hypothesis import given
from hypothesis import strategies as st

from factorhub.errors import InputError
from factorhub.printable import json_text, printable, quoted

texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts)
def test_yaml_and_toml_read_quoted_texts_back(text: str) -> None:
    assert tomllib.loads(f"x = {quoted(text)}\n[y]\n{quoted(text)} = 1") == {"x": text, "y": {text: 1}}
    assert yaml.safe_load(f"x: {quoted(text)}") == {"x": text}
    assert printable(quoted(text)) == quoted(text)


@given(st.dictionaries(st.text(), st.text()))
def test_json_reads_its_text_back(data: dict[str, str]) -> None:
    for indent in (None, 1):
        text = json_text(data, indent)
        assert json.loads(text) == data
        assert printable(text, keep="\n") == text


@given(st.text())
def test_nothing_that_acts_is_left(text: str) -> None:
    shown = printable(text)
    assert not set(shown) & {chr(i) for i in [*range(32), *range(127, 160), 0x202A, 0x202E, 0x2028, 0x2029, 0x2066, 0xFEFF]}
    assert printable(shown) == shown
    shown.encode()
    assert str(InputError(text)) == shown
