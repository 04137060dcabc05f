"""The errors factorhub raises, and the one helper that suggests a name.

Every message has four parts in one line: what was asked, what was expected, what was got, what to do next.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class FactorhubError(Exception):
    """Anything factorhub refuses or finds wrong; the command line prints it as one line and exits with `exit_code`."""

    exit_code = 1


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
    near = difflib.get_close_matches(str(asked), names, n=1, cutoff=0.6)
    if not near:
        near = [name for name in names if name.lower() == str(asked).lower()]
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return InputError(f"no {kind} named '{asked}'{place}; {'it has' if place else 'there are'} {listed}{hint}")
