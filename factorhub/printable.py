"""Texts that come from files, made safe to print and to quote: what a terminal or a parser would act on is shown instead.

Control characters move the cursor, set the window's title or answer for the user; direction marks and line separators
make a text look like another one. Each is shown as Python writes it, such as \\x1b, wherever something is printed.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Any


def is_printable(letter: str) -> bool:
    """True for a character that only shows itself: no control, format or private one, no surrogate, no line separator."""
    return letter.isprintable() or unicodedata.category(letter) == "Zs"


def printable(text: str, keep: str = "") -> str:
    r"""`text` with every character that does more than show itself written out; those in `keep` stay.

    >>> printable("heart\x1b[2J\u202e"), printable("two\nlines", keep="\n")
    ('heart\\x1b[2J\\u202e', 'two\nlines')
    """
    if text.isprintable():
        return text
    return "".join(c if is_printable(c) or c in keep else c.encode("unicode_escape").decode() for c in text)


def quoted(text: str) -> str:
    r"""`text` in double quotes as YAML and TOML both read it back, and with nothing in it that is not printable.

    JSON's quotes are neither: YAML takes its surrogate pairs for two characters, TOML refuses its bare U+007F.

    >>> quoted('a "b"\n')
    '"a \\"b\\"\\u000a"'
    """
    return '"' + "".join(f"\\{c}" if c in '"\\' else c if is_printable(c) else _escape(c) for c in text) + '"'


def json_text(data: Any, indent: int | None = None) -> str:
    r"""Data as JSON in which everything that is not printable is escaped.

    >>> json_text({"label": "\x9b1mé"})
    '{"label": "\\u009b1mé"}'
    """
    lines = json.dumps(data, indent=indent, ensure_ascii=False).split("\n")
    plain = (line if line.isprintable() else "".join(c if is_printable(c) else json.dumps(c)[1:-1] for c in line) for line in lines)
    return "\n".join(plain)


def _escape(letter: str) -> str:
    return f"\\u{ord(letter):04x}" if ord(letter) < 1 << 16 else f"\\U{ord(letter):08x}"
