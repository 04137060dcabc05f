"""A region worked out case by case: the nodes of its decision diagram, and what is left to decide at each.

A condition on a factor concerns that one alone, so a region reads factor by factor: a node stands for what is left to decide
after the factors before it, and each of its runs of values leads to a node of the next factor. A condition on an attribute is
a table of truths over the codes of the factors that it reads, of which each of these leaves a smaller one.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from factorhub.errors import InputError
from factorhub.factors import Array, Factor
from factorhub.regions.region import And, Condition, Not, Or, Region
from factorhub.space import FactorSpace

NODES = 10_000  # more than any region written by hand needs; a bound on memory for those that are not

LARGEST_TABLE = 2**24  # grid points of the factors that an attribute reads

# What is left to decide: a truth, a number (from 2, since 0 and 1 equal False and True) of a condition or of what a table of
# an attribute has left, or an operator over such.
Expression: TypeAlias = "bool | int | tuple[str, frozenset[Expression]]"


class Runs(NamedTuple):
    """The runs of all nodes, those of node i from first[i] to first[i + 1]: what the compiled loops walk.

    A run holds the codes (or, off the grid, the values) from `low` up to but not including `high`. `before` counts
    the members in the node's earlier runs and `each` those below one code; `upto` is the share of the node's measure
    up to the run's end. `child` is the node of the next factor.
    """

    first: Array
    low: Array
    high: Array
    before: Array
    each: Array
    upto: Array
    child: Array


class Cases:
    """Makes the nodes of a diagram, the same question at the same factor being one node."""

    def __init__(self, region: Region | None, space: FactorSpace) -> None:
        self.space = space
        self.conditions = [] if region is None else list(dict.fromkeys(region.conditions()))
        self.expression = True if region is None else self.number(region)
        self.tables: dict[tuple[tuple[int, ...], bytes], int] = {}  # numbers of what attributes leave to decide
        self.left: dict[int, tuple[tuple[int, ...], Array]] = {}  # by number: positions of the factors to come, and the truths
        self.attributes = {i: self.table(c) for i, c in enumerate(self.conditions, start=2) if c.factor not in space}
        self.expression = _given(self.expression, self.attributes)
        reads = {space.names[j] for j in {j for at, _ in self.left.values() for j in at}}
        self.bound = np.isin(space.names, [*(condition.factor for condition in self.conditions), *reads])
        self.cuts = [self.cut(factor) for factor in space]
        self.seen: dict[tuple[int, Expression], int] = {}
        self.nodes: list[list[tuple[float, float, int, float]]] = []  # (low, high, child, measure) of each run
        self.levels: list[int] = []
        self.counts: list[int] = []
        self.shares: list[float] = []

    def number(self, region: Region) -> Expression:
        """The region with its conditions replaced by their numbers."""
        if isinstance(region, Condition):
            return self.conditions.index(region) + 2
        if isinstance(region, Not):
            return ("not", frozenset({self.number(region.part)}))
        assert isinstance(region, And | Or)
        return ("and" if isinstance(region, And) else "or", frozenset(self.number(part) for part in region.parts))

    def table(self, condition: Condition) -> int | bool:
        """What a condition on an attribute leaves to decide: its truths (size, …) over the factors that it reads, in order."""
        (found,) = (item for item in self.space.attributes if item.name == condition.factor)
        at = tuple(sorted(self.space.index(name) for name in found.reads))
        reads = [self.space.factors[j] for j in at]
        if not tabled(condition, self.space):
            raise InputError(
                f"'{condition}' is enumerated on grids of at most {LARGEST_TABLE:,} points of {', '.join(found.reads)}, which "
                f"these are not; restrict a regime whose rows are drawn again until they fit, such as uniform"
            )
        values = np.zeros((*(factor.size or 0 for factor in reads), len(self.space.factors)))
        for j, grid in zip(at, np.ix_(*(factor.values(np.arange(factor.size or 0)) for factor in reads)), strict=True):
            values[..., j] = grid
        return self.left_by(at, condition.contains(self.space, values))

    def left_by(self, at: tuple[int, ...], truths: Array) -> int | bool:
        """The number of what is left to decide by `truths`, the same for equal ones; a truth where nothing is."""
        if truths.all() or not truths.any():
            return bool(truths.flat[0])
        key = (at, np.packbits(truths).tobytes())
        if key not in self.tables:
            number = len(self.conditions) + 2 + len(self.tables)
            self.tables[key], self.left[number] = number, (at, truths)
        return self.tables[key]

    def decided(self, level: int, expression: Expression) -> Iterator[tuple[float, float, Expression]]:
        """The runs (low, high) of the factor at a level, with what each leaves of the expression."""
        tables = {number: self.left[number] for number in _numbers(expression) if self.left.get(number, ((-1,),))[0][0] == level}
        for low, high, truths in self.cuts[level]:
            if not tables:
                yield low, high, _given(expression, truths) if truths else expression
                continue
            for code in range(int(low), int(high)):
                rest = {number: self.left_by(at[1:], part[code]) for number, (at, part) in tables.items()}
                yield code, code + 1, _given(expression, {**truths, **rest})

    def cut(self, factor: Factor) -> list[tuple[float, float, dict[int, bool]]]:
        """The factor's values in runs (low, high) within which no condition changes, with the truths there."""
        mine = {i: c.edges(factor) for i, c in enumerate(self.conditions, start=2) if c.factor == factor.name}
        edges = np.array(sorted({edge for flips in mine.values() for edge in flips}))
        if factor.size is None:
            inner = edges[(edges > factor.low) & (edges < factor.high)]
            borders = np.array([factor.low, *inner, factor.high])
            firsts = borders[:-1]
        else:
            borders = np.unique([0, *_first_code(factor, edges), factor.size])
            firsts = factor.values(borders[:-1].astype(np.int64))
        return [
            (float(low), float(high), {i: bisect_right(flips, first) % 2 == 1 for i, flips in mine.items()})
            for low, high, first in zip(borders[:-1], borders[1:], firsts, strict=True)
        ]

    def node(self, level: int, expression: Expression) -> int:
        """The number of the node for what is left to decide at a factor; -1 when nothing belongs."""
        if expression is False:
            return -1
        if (level, expression) in self.seen:
            return self.seen[level, expression]
        runs: list[tuple[float, float, int, float]] = []
        count, share = 0, 0.0
        if level == len(self.space.factors):
            count, share = 1, 1.0
        else:
            factor = self.space.factors[level]
            whole = (factor.high - factor.low) if factor.size is None else float(factor.size)
            for low, high, rest in self.decided(level, expression):
                child = self.node(level + 1, rest)
                if child < 0:
                    continue
                measure = (high - low) / whole * self.shares[child]
                count += int(high - low) * self.counts[child]
                share += measure
                if runs and runs[-1][1] == low and runs[-1][2] == child:
                    runs[-1] = (runs[-1][0], high, child, runs[-1][3] + measure)
                else:
                    runs.append((low, high, child, measure))
            if not runs:
                self.seen[level, expression] = -1
                return -1
        if len(self.nodes) >= NODES:
            raise InputError(f"the region needs more than {NODES} cases to enumerate; write it with fewer conditions")
        self.nodes.append(runs)
        self.levels.append(level)
        self.counts.append(count)
        self.shares.append(share)
        self.seen[level, expression] = len(self.nodes) - 1
        return len(self.nodes) - 1

    def build(self) -> tuple[int | None, float, Runs, Array, Array]:
        """What a `Diagram` holds beside its space, the nodes stored factor after factor."""
        root = self.node(0, self.expression)
        finite = None not in self.space.sizes
        if root < 0:
            empty = np.zeros(0)
            none = Runs(np.zeros(2, np.int64), empty, empty, *(np.zeros(0, np.int64),) * 2, empty, np.zeros(0, np.int64))
            levels = np.zeros(len(self.space.factors) + 2, np.int64)
            return 0 if finite else None, 0.0, none, levels, self.bound
        order = sorted(range(len(self.nodes)), key=self.levels.__getitem__)
        place = {old: new for new, old in enumerate(order)}
        numbered = finite and self.counts[root] < 2**62
        first, columns = [0], []
        for old in order:
            before, upto = 0, 0.0
            for low, high, child, measure in self.nodes[old]:
                each = self.counts[child] if numbered else 0
                upto += measure / self.shares[old]
                columns.append((low, high, before, each, upto, place[child]))
                before += int(high - low) * each
            if self.nodes[old]:
                columns[-1] = (*columns[-1][:4], 1.0, columns[-1][5])
            first.append(len(columns))
        lows, highs, befores, eaches, uptos, children = map(np.array, zip(*columns, strict=True))
        runs = Runs(np.array(first), lows, highs, befores, eaches, uptos, children)
        levels = np.searchsorted([self.levels[old] for old in order], np.arange(len(self.space.factors) + 2))
        return self.counts[root] if finite else None, self.shares[root], runs, levels, self.bound


def _first_code(factor: Factor, edges: Array) -> Array:
    """The first code whose value reaches each edge."""
    if isinstance(factor.grid, range):
        codes = np.ceil((np.clip(edges, factor.low, factor.high + 1) - factor.grid.start) / factor.grid.step)
    else:
        codes = np.searchsorted(factor.table, edges, side="left").astype(np.float64)
    return np.clip(codes, 0, factor.size or 0)


def enumerable(region: Region, space: FactorSpace) -> bool:
    """True unless the region asks for an attribute that follows from factors off the grid, or from too many grid points."""
    return all(tabled(condition, space) for condition in region.conditions())


def tabled(condition: Condition, space: FactorSpace) -> bool:
    """True unless the condition is on an attribute whose table would have no end, or too many entries."""
    reads = next((found.reads for found in space.attributes if found.name == condition.factor), ())
    return math.prod(LARGEST_TABLE + 1 if (size := space[name].size) is None else size for name in reads) <= LARGEST_TABLE


def _numbers(expression: Expression) -> Iterator[int]:
    """The numbers of all that an expression has left to decide."""
    if isinstance(expression, tuple):
        for part in expression[1]:
            yield from _numbers(part)
    elif not isinstance(expression, bool):
        yield expression


def _given(expression: Expression, truths: Mapping[int, Expression]) -> Expression:
    """What is left of an expression once some conditions are known, or what they leave is."""
    if isinstance(expression, bool):
        return expression
    if isinstance(expression, int):
        return truths.get(expression, expression)
    operator, parts = expression
    left = {_given(part, truths) for part in parts}
    if operator == "not":
        (part,) = left
        return not part if isinstance(part, bool) else ("not", frozenset(left))
    decided = operator == "or"
    if decided in {part for part in left if isinstance(part, bool)}:
        return decided
    open_parts = frozenset(part for part in left if not isinstance(part, bool))
    if not open_parts:
        return not decided
    return next(iter(open_parts)) if len(open_parts) == 1 else (operator, open_parts)
