"""Conditions on named factors that combine with & | ~: frozen records that say which factor vectors belong.

A region knows factors by name only, so one region works with every space that has them. Values are compared within a
millionth of a factor's range (or of its smallest step, where its values are listed), so that the grid value 0.6 is
never above 0.6, labels stored as float32 compare as they should, and `<` and `>=` stay exact complements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, unknown
from factorhub.factors import MATCH, Array, Factor
from factorhub.space import FactorSpace

Value: TypeAlias = str | float
ORDERS = ("<", "<=", ">", ">=", "between")
OPERATORS = ("==", "!=", "in", *ORDERS)
WORDS = {"and": "&", "or": "|", "not": "~", "in": "in", "between": "between"}  # of the text form, which no label there can be
PLAIN_WORD = re.compile(r"[^\W\d][\w\#-]*")  # what the text form reads as a label without quotes


class Region:
    """A set of factor vectors: a `Condition`, or `And`, `Or`, `Not` of regions. `parse` reads one from text.

    >>> import factorhub
    >>> from factorhub.regions import parse
    >>> hearts = parse("shape == heart & scale > 0.6")
    >>> hearts.contains(factorhub.generator("dsprites").space, [[0, 2, 0.7, 0, 0, 0], [0, 2, 0.6, 0, 0, 0]]).tolist()
    [True, False]
    >>> str(~hearts | parse("posX in (0.0, 1.0)"))
    '~(shape == heart & scale > 0.6) | posX in (0.0, 1.0)'
    """

    def __and__(self, other: Region) -> And:
        return And((self, other))

    def __or__(self, other: Region) -> Or:
        return Or((self, other))

    def __invert__(self) -> Region:
        return self.part if isinstance(self, Not) else Not(self)

    def conditions(self) -> Iterator[Condition]:
        """Every condition, from left to right."""
        raise NotImplementedError

    def contains(self, space: FactorSpace, values: npt.ArrayLike) -> Array:
        """A mask (…) of which `values` (…, k) of `space` belong to the region.

        Raises:
            InputError: the space lacks a factor, or the factor cannot take a value that the region names.
        """
        raise NotImplementedError

    def check(self, space: FactorSpace) -> None:
        """Raise `InputError` unless every factor and value the region names exists in `space`."""
        for condition in self.conditions():
            condition.edges(space.known(condition.factor))

    def __str__(self) -> str:
        """The text that `parse` reads as an equal region."""
        raise NotImplementedError


@dataclass(frozen=True)
class Condition(Region):
    """One factor compared with given values: `Condition("scale", ">", 0.6)`.

    Attributes:
        factor: the factor's name.
        operator: ==, !=, in, <, <=, >, >= or between.
        value: a number or a label; a tuple of them for `in`; (low, high), both included, for `between`. On a circular
            factor `between` with low > high goes over the end of the circle.
    """

    factor: str
    operator: str
    value: Value | tuple[Value, ...]

    def __post_init__(self) -> None:
        if self.operator not in OPERATORS:
            raise unknown("operator", self.operator, OPERATORS, "a condition")
        several = self.operator in ("in", "between")
        values: tuple[object, ...] = tuple(self.value) if isinstance(self.value, tuple | list) else (self.value,)
        if several != isinstance(self.value, tuple | list) or not values:
            wanted = "a tuple of values" if several else "one value"
            raise InputError(f"{self.factor} {self.operator} needs {wanted}; got {self.value!r}")
        if self.operator == "between" and len(values) != 2:
            raise InputError(f"{self.factor} between needs two values, low and high; got {self.value!r}")
        plain = tuple(_plain(self.factor, value) for value in values)
        object.__setattr__(self, "value", plain if several else plain[0])

    def __str__(self) -> str:
        if not isinstance(self.value, tuple):
            return f"{self.factor} {self.operator} {_written(self.value)}"
        listed = [_written(item) for item in self.value]
        return f"{self.factor} {self.operator} " + (f"({', '.join(listed)})" if self.operator == "in" else " and ".join(listed))

    def conditions(self) -> Iterator[Condition]:
        """This one."""
        yield self

    def contains(self, space: FactorSpace, values: npt.ArrayLike) -> Array:
        """A mask (…) of which `values` (…, k) meet the condition."""
        column = space.column(np.asarray(values, dtype=np.float64), self.factor)
        edges = self.edges(space.known(self.factor))
        inside: Array
        if len(edges) == 1:
            inside = column >= edges[0]
        elif len(edges) == 2:
            inside = column < edges[1]
            if edges[0] != -np.inf:
                inside = inside & (column >= edges[0])
        else:
            inside = np.searchsorted(np.asarray(edges), column, side="right") % 2 == 1
        return inside

    def edges(self, factor: Factor) -> tuple[float, ...]:
        """The values of `factor` at which the condition flips, ascending, from False below the first.

        This one form serves membership, exact counting and exact drawing, so that they cannot disagree.
        """
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        if self.operator not in ORDERS:
            edges: list[float] = []
            for value in sorted({_single(factor, value) for value in values}):
                if edges and _from(factor, value) <= edges[-1]:
                    edges.pop()
                else:
                    edges.append(_from(factor, value))
                edges.append(_after(factor, value))
        else:
            if factor.kind == "categorical":
                raise InputError(f"{factor.name} is categorical, so {self.operator} has no meaning; use == or in")
            low, high = _number(factor, values[0]), _number(factor, values[-1])
            if self.operator == "between":
                edges = [_from(factor, low), _after(factor, high)]
                if low > high:
                    if factor.kind != "circular":
                        raise InputError(f"{factor.name} between needs low <= high; got {low:g} and {high:g}")
                    edges = [-np.inf, edges[1], edges[0]] if edges[1] < edges[0] else [-np.inf]
            elif self.operator in ("<", ">="):
                edges = [_from(factor, low)]
            else:
                edges = [_after(factor, low)]
        if self.operator in ("!=", "<", "<="):
            edges = [-np.inf, *edges]
        return tuple(edges)


@dataclass(frozen=True)
class And(Region):
    """What lies in every part. Nested `And`s are one."""

    parts: tuple[Region, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", _flat(self.parts, And))

    def __str__(self) -> str:
        return " & ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)

    def conditions(self) -> Iterator[Condition]:
        """Those of every part."""
        for part in self.parts:
            yield from part.conditions()

    def contains(self, space: FactorSpace, values: npt.ArrayLike) -> Array:
        """A mask (…) of which `values` (…, k) lie in every part."""
        return reduce(np.logical_and, (part.contains(space, values) for part in self.parts))


@dataclass(frozen=True)
class Or(Region):
    """What lies in at least one part. Nested `Or`s are one."""

    parts: tuple[Region, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", _flat(self.parts, Or))

    def __str__(self) -> str:
        return " | ".join(map(str, self.parts))

    def conditions(self) -> Iterator[Condition]:
        """Those of every part."""
        for part in self.parts:
            yield from part.conditions()

    def contains(self, space: FactorSpace, values: npt.ArrayLike) -> Array:
        """A mask (…) of which `values` (…, k) lie in at least one part."""
        return reduce(np.logical_or, (part.contains(space, values) for part in self.parts))


@dataclass(frozen=True)
class Not(Region):
    """What lies outside the part."""

    part: Region

    def __str__(self) -> str:
        return f"~{self.part}" if isinstance(self.part, Not) else f"~({self.part})"

    def conditions(self) -> Iterator[Condition]:
        """Those of the part."""
        yield from self.part.conditions()

    def contains(self, space: FactorSpace, values: npt.ArrayLike) -> Array:
        """A mask (…) of which `values` (…, k) lie outside the part."""
        return ~self.part.contains(space, values)


def _flat(parts: tuple[Region, ...], kind: type[And] | type[Or]) -> tuple[Region, ...]:
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,)))
    if len(flat) < 2:
        raise InputError(f"{kind.__name__} joins at least two regions; got {len(flat)}; one stands for itself")
    return flat


def _plain(factor: str, value: object) -> Value:
    """A label or a finite number as plain Python data, so that records equal what is read back."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value in (np.inf, -np.inf) or value != value:
        raise InputError(f"{factor} is compared with labels and finite numbers; got {value!r}")
    return value


def _written(value: Value) -> str:
    """A value as the text form writes it: numbers and plain words as they are, other labels in quotes."""
    if not isinstance(value, str):
        return repr(value)
    if PLAIN_WORD.fullmatch(value) and value not in WORDS:
        return value
    if '"' in value and "'" in value:
        raise InputError(f"a label with both kinds of quotes has no text form; got {value!r}; name its code instead")
    return f'"{value}"' if "'" in value else f"'{value}'"


def _number(factor: Factor, value: Value) -> float:
    try:
        return float(value)
    except ValueError:
        raise InputError(f"{factor.name} is compared with numbers; it takes {factor.range_text()}; got {value!r}") from None


def _single(factor: Factor, value: Value) -> float:
    """The value that a person named; on a grid it must be one of the grid's."""
    if factor.grid is not None:
        return float(factor.values(np.asarray(factor.code(value))))
    number = _number(factor, value)
    factor.check(np.asarray(number))
    return number


def _reach(factor: Factor) -> float:
    """How far from a value still counts as that value."""
    if factor.interval:
        return MATCH * (factor.high - factor.low)
    if factor.kind == "categorical" or isinstance(factor.grid, range) or len(factor.grid or ()) < 2:
        return MATCH
    return MATCH * float(np.diff(factor.table).min())


def _from(factor: Factor, value: float) -> float:
    return value - _reach(factor)


def _after(factor: Factor, value: float) -> float:
    return float(np.nextafter(value + _reach(factor), np.inf))
