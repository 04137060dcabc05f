"""The errors factorhub raises, and the one helper that suggests a name.

Every message has four parts in one line: what was asked, what was expected, what was got, what to do next.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from operator import index

from factorhub.printable import printable

LONGEST = 1200  # characters of a message


class FactorhubError(Exception):
    """Anything factorhub refuses or finds wrong; the command line prints it as one line and exits with `exit_code`."""

    exit_code = 1

    def __init__(self, *what: object) -> None:
        # names in a message may come from anyone's file, and a traceback goes to a terminal as much as a line of ours does
        super().__init__(*(_bounded(printable(item)) if isinstance(item, str) else item for item in what))


def _bounded(text: str) -> str:
    """A message without the middle of whatever long text it quotes: its beginning and its advice stay."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"


class InputError(FactorhubError, ValueError):
    """What was asked cannot be done as asked: an unknown name, a value out of range, options that do not fit."""

    exit_code = 2


class RowError(InputError, IndexError):
    """A row number outside the set. Also an `IndexError`, so that plain iteration over a set ends as Python expects."""


class StoreError(FactorhubError):
    """A folder or file is missing, foreign, incomplete or damaged."""


class MissingExtra(FactorhubError, ImportError):
    """An optional dependency is not installed; the message names the command that installs it."""

    exit_code = 2

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs {package}, which is not installed: pip install 'factorhub[{extra}]'")


def unknown(kind: str, asked: object, known: Iterable[str], where: str = "") -> InputError:
    """The error for a name that does not exist, with the nearest existing one suggested.

    >>> str(unknown("factor", "colour", ["color", "shape"], "dsprites"))
    "no factor named 'colour' in dsprites; it has color, shape; did you mean 'color'?"
    """
    names = [str(name) for name in known]
    place = f" in {where}" if where else ""
    listed = ", ".join(names[:40]) + (", …" if len(names) > 40 else "") if names else "none"
    text = cut(str(asked))
    near = [name for name in names if name.lower() == text.lower()] or difflib.get_close_matches(text, names, n=1, cutoff=0.6)
    if not near and text:
        near = [name for name in names if name.lower().startswith(text.lower())]
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return InputError(f"no {kind} named '{text}'{place}; {'it has' if place else 'there are'} {listed}{hint}")


def whole(what: str, value: object, low: int, high: int | None = None) -> int:
    """`value` as an int from `low` to `high`, both allowed.

    Raises:
        InputError: not a whole number (True and text are none), or outside; `what` is what it is for.

    >>> whole("batch_size", 64, 1)
    64
    """
    try:
        number = None if isinstance(value, bool) else index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is not None and low <= number and (high is None or number <= high):
        return number
    end = "" if high is None else f" to {_power(high)}"
    raise InputError(f"{what} is a whole number from {low}{end}; got {short(value)}")


def must_be(what: str, value: object, kinds: type | tuple[type, ...], expected: str) -> None:
    """Raise `InputError` unless `value` is of one of `kinds`; `expected` says in words what it should be and how to get it."""
    if not isinstance(value, kinds):
        raise InputError(f"{what} is {expected}; got {short(value)}")


def short(value: object) -> str:
    """A value in an error: on one line, and cut where it is long."""
    try:
        return cut(" ".join(repr(value).split()))
    except (ValueError, RecursionError):  # whole numbers of thousands of digits, lists in themselves
        return f"a very long {type(value).__name__}"


@contextmanager
def reading(what: str, text: str) -> Iterator[None]:
    """Whatever Python says of a text that is too deep, too long or too odd for it, in one line.

    Args:
        what: is read, such as "the region".
        text: as it was given.
    """
    try:
        yield
    except FactorhubError:
        raise
    except (RecursionError, MemoryError):  # the parser of Python itself raises MemoryError on deep brackets
        raise InputError(f"cannot read {what} '{cut(text)}': it is nested too deeply; write it with fewer brackets") from None
    except (ValueError, OverflowError, TypeError, ArithmeticError, SyntaxError, AttributeError, KeyError, IndexError) as error:
        why = cut(" ".join(str(error).split()) or type(error).__name__)
        raise InputError(f"cannot read {what} '{cut(text)}': {why}; see the docs for its form") from None


def cut(text: str, length: int = 80) -> str:
    """A text in an error: on one line, and cut where it is long."""
    text = " ".join(text.split()) if "\n" in text else text
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _power(number: int) -> str:
    """Large bounds are powers of two: 2**40, 2**64 - 1."""
    for less in (0, 1):
        if number > 2**30 and (number + less).bit_count() == 1:
            return f"2**{(number + less).bit_length() - 1}" + " - 1" * less
    return str(number)


def unit_hint(got: float, unit: str, low: float, high: float) -> str:
    """How a number that is out of range is written here, where it may have been meant in degrees or in percent; or nothing.

    >>> unit_hint(90, "rad", 0, 6.3), unit_hint(75, "", 0.5, 1)
    ('; 90° is 1.5708', '; 75% is 0.75')
    """
    sign, size = ("°", math.pi / 180) if unit == "rad" else ("%", 0.01)
    fits = abs(got) > 1 and low <= got * size <= high
    return f"; {got:g}{sign} is {got * size:.6g}" if fits else ""
