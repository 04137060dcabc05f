"""A region over a space, compiled: its exact size, its members by rank, and draws that never miss.

Each condition concerns one factor, so a region reads factor by factor as a decision diagram: a node stands for what
is left to decide after the factors before it, and each of its runs of values leads to a node of the next factor. The
number of nodes depends on the region and never on the grid, which is why a region of 10^15 points costs as little
to enumerate as one of ten.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, RowError
from factorhub.factors import Array, Factor
from factorhub.numerics.factor_tables import factor_tables
from factorhub.regions.region import And, Condition, Not, Or, Region
from factorhub.space import FactorSpace

NODES = 10_000  # more than any region written by hand needs; a bound on memory for those that are not

# What is left to decide: a truth, a condition's number (from 2, since 0 and 1 equal False and True), or an operator over such.
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


@dataclass(frozen=True, eq=False)
class Diagram:
    """The members of a region in one space. Make it with `diagram(region, space)`.

    Attributes:
        count: how many grid points belong, exact however many; None where a factor has no grid.
        share: the part of the space that belongs, under independent uniform factors.
        runs: of the nodes, in the order of the factors that they decide, so that the root is node 0.
        levels: the nodes of factor j are those from levels[j] to levels[j + 1]; the last node of all decides none.
        bound: which factors the region has conditions on.
    """

    space: FactorSpace
    count: int | None
    share: float
    runs: Runs = field(repr=False)
    levels: Array = field(repr=False)
    bound: Array = field(repr=False)

    def __len__(self) -> int:
        """The number of members; an error where they are not finite, or too many to number in 64 bits."""
        if self.count is None or self.count >= 2**62:
            length = len(self.space)  # raises unless the grid's rows can be numbered
            raise InputError(f"the region has no length over a grid of {length} points")
        return self.count

    def codes(self, ranks: npt.ArrayLike) -> Array:
        """The codes (…, k), int64, of the members with these ranks (…), in grid order."""
        ranks = np.asarray(ranks)
        if ranks.dtype.kind not in "iu":
            raise InputError(f"rows are integers; got {ranks.dtype}")
        if ranks.size and (ranks.min() < 0 or ranks.max() >= len(self)):
            got = ranks[(ranks < 0) | (ranks >= len(self))].flat[0]
            raise RowError(f"rows of this region run from 0 to {len(self) - 1}; got {got}")
        _, codes = self.points(np.ascontiguousarray(ranks.reshape(-1), dtype=np.int64))
        return codes.reshape(*ranks.shape, len(self.space.factors))

    def points(self, ranks: Array) -> tuple[Array, Array]:
        """The values and the codes (n, k) of the members with these `ranks` (n,), contiguous int64 and known to be in range."""
        from factorhub.regions.ranks import unrank

        values = np.empty((ranks.size, len(self.space.factors)))
        codes = np.empty(values.shape, dtype=np.int64)
        unrank(*factor_tables(self.space), self.runs, self.levels, self._halvings, ranks, values, codes)
        return values, codes

    def ranks(self, codes: npt.ArrayLike) -> Array:
        """The ranks (…), int64, of grid `codes` (…, k) among the members; -1 for those that do not belong."""
        from factorhub.regions.ranks import rank

        codes = np.asarray(codes)
        self.space.rows(codes)
        len(self)
        flat = np.ascontiguousarray(codes.reshape(-1, codes.shape[-1]), dtype=np.int64)
        ranks = np.empty(len(flat), dtype=np.int64)
        rank(self.runs, flat, ranks)
        return ranks.reshape(codes.shape[:-1])

    def varying(self) -> tuple[str, ...]:
        """The names of the factors that take more than one value among the members."""
        found, nodes = [], {0} if self.share else set()
        for factor in self.space:
            runs = [run for node in nodes for run in range(self.runs.first[node], self.runs.first[node + 1])]
            reached = {(self.runs.low[run], self.runs.high[run]) for run in runs}
            if len(reached) > 1 or any(factor.size is None or high - low > 1 for low, high in reached):
                found.append(factor.name)
            nodes = {int(self.runs.child[run]) for run in runs}
        return tuple(found)

    def draw(self, words: Array) -> Array:
        """The values (n, k) of independent uniform draws from the region, one from each column of `words` (k, n).

        Raises:
            InputError: the region is empty.
        """
        from factorhub.regions.ranks import draw

        if self.share == 0.0:
            raise InputError("nothing can be drawn from an empty region; loosen a condition")
        values = np.empty((words.shape[1], len(self.space.factors)))
        draw(*factor_tables(self.space), self.runs, self.levels, self._halvings, *self._shares, words, values)
        return values

    @cached_property
    def _halvings(self) -> Array:
        """How often (k,) the runs of a level's longest node are halved until one is left."""
        sizes = np.diff(self.runs.first)
        longest = [int(sizes[low:high].max(initial=1)) for low, high in zip(self.levels[:-2], self.levels[1:-1], strict=True)]
        return np.array([(size - 1).bit_length() for size in longest], dtype=np.int64)

    @cached_property
    def _shares(self) -> tuple[Array, Array, Array]:
        """Where each run's share of its node begins, how large it is, and the highest value off the grid."""
        runs, begins = self.runs, np.concatenate([[0.0], self.runs.upto[:-1]])
        begins[runs.first[: int(self.levels[-2])]] = 0.0  # of every node but the last, which has no runs
        return begins, runs.upto - begins, np.nextafter(runs.high, runs.low)


@lru_cache(maxsize=64)
def diagram(region: Region | None, space: FactorSpace) -> Diagram:
    """The members of `region` (None for everything) in `space`; made once for each pair in use.

    Raises:
        InputError: the space lacks a factor or value the region names, or the region is too tangled to enumerate.

    >>> import factorhub
    >>> from factorhub.regions import parse
    >>> members = diagram(parse("shape == heart & scale > 0.6"), factorhub.generator("dsprites").space)
    >>> len(members), members.codes([0]).tolist(), round(members.share, 3)
    (163840, [[0, 2, 2, 0, 0, 0]], 0.222)
    """
    if region is not None:
        region.check(space)
    return _Builder(region, space).build()


class _Builder:
    """Makes the nodes of a diagram, the same question at the same factor being one node."""

    def __init__(self, region: Region | None, space: FactorSpace) -> None:
        self.space = space
        self.conditions = [] if region is None else list(dict.fromkeys(region.conditions()))
        self.expression = True if region is None else self.number(region)
        self.bound = np.isin(space.names, [condition.factor for condition in self.conditions])
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
            for low, high, truths in self.cuts[level]:
                child = self.node(level + 1, _given(expression, truths) if truths else expression)
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

    def build(self) -> Diagram:
        """The diagram, its nodes stored factor after factor."""
        root = self.node(0, self.expression)
        finite = None not in self.space.sizes
        if root < 0:
            empty = np.zeros(0)
            none = Runs(np.zeros(2, np.int64), empty, empty, *(np.zeros(0, np.int64),) * 2, empty, np.zeros(0, np.int64))
            levels = np.zeros(len(self.space.factors) + 2, np.int64)
            return Diagram(self.space, 0 if finite else None, 0.0, none, levels, self.bound)
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
        return Diagram(self.space, self.counts[root] if finite else None, self.shares[root], runs, levels, self.bound)


def _first_code(factor: Factor, edges: Array) -> Array:
    """The first code whose value reaches each edge."""
    if isinstance(factor.grid, range):
        codes = np.ceil((np.clip(edges, factor.low, factor.high + 1) - factor.grid.start) / factor.grid.step)
    else:
        codes = np.searchsorted(factor.table, edges, side="left").astype(np.float64)
    return np.clip(codes, 0, factor.size or 0)


def _given(expression: Expression, truths: dict[int, bool]) -> Expression:
    """What is left of an expression once some conditions are known."""
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
