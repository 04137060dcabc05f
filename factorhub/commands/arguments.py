"""What several commands share: flags, name=value pairs, and printing as text or JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from factorhub.commands.completion import OPTION
from factorhub.commands.group import echo
from factorhub.errors import InputError, cut
from factorhub.printable import json_text

F = TypeVar("F", bound=Callable[..., Any])


def as_json(command: F) -> F:
    """The --json flag."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")(command)


set_option = click.option(
    "--set", "options", multiple=True, metavar="OPTION=VALUE", type=OPTION, help="An option of the generator."
)


def show(data: Any, text: str, as_json: bool) -> None:
    """Print a text, or the data behind it as JSON."""
    echo(json_text(data) if as_json else text)


def pairs(items: tuple[str, ...], what: str) -> dict[str, str]:
    """Arguments of the form key=value."""
    pairs: dict[str, str] = {}
    for item in items:
        key, equals, value = item.partition("=")
        if what == "a condition" and (joined := re.search(r",\s*([A-Za-z_]\w*)=", value)):
            first, second = item[: len(key) + 1 + joined.start()], item[len(key) + 1 + joined.start(1) :]
            raise InputError(f"each condition is a word of its own; got '{cut(item)}'; write {cut(first)} {cut(second)}")
        if not equals or not key:
            raise InputError(f"{what} is given as name=value, without spaces or all in quotes; got '{cut(item)}'")
        if key in pairs:
            both = f"; {key}={pairs[key]},{value} takes either" if what == "a condition" else ""
            raise InputError(f"{what} '{key}' is given twice; once is enough{both}")
        pairs[key] = value
    return pairs


def no_options(path: str, options: tuple[str, ...]) -> None:
    """Refuse options of a generator beside a set."""
    if options:
        raise InputError(f"--set is for generators, and {path} is a set that was made already; leave out --set {options[0]}")
