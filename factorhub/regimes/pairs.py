"""Pairs of rows that differ in few factors: weak supervision in each of its published readings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple, get_args

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import Field
from factorhub.numerics.factor_tables import factor_tables
from factorhub.regimes.regime import (
    Draw,
    Extended,
    Regime,
    again,
    choice,
    columns,
    differs,
    distinct,
    remembered,
    repeated,
    shared_space,
)
from factorhub.regimes.uniform import UNIFORM
from factorhub.regimes.where import uniform_members, within
from factorhub.regions import Diagram, Region, diagram, enumerable
from factorhub.space import FactorSpace

ATTEMPTS = 2**12  # redraws of one row's second member before giving up
PATIENCE = 16  # redraws before other factors are chosen to change
STEPS = 32  # of the range that a factor without any grid is taken to have, where a law speaks of steps


class Proposal(NamedTuple):
    """Second members (n, *axes, k), the masks (n, k) of their redrawn and changed factors, and which (n,) to keep."""

    second: Array
    resampled: Array
    changed: Array
    kept: Array


class Paired(Extended):
    """What regimes of pairs share: the first member is the inner regime's, the second is made from it by `propose`.

    A proposal that leaves the region of the source is made again, so that pairs of a restricted regime stay in it.
    """

    source: Regime | None = None
    factors: tuple[str, ...]
    keep: tuple[str, ...] = ()
    ordered = True  # by default only factors with an order change

    @remembered
    def free(self, base: FactorSpace) -> Array:
        """The positions of the factors that may change."""
        return movable(base, self.fresh(), self.factors, ordered=self.ordered, keep=self.keep)

    def fresh(self) -> Regime:
        """The regime that new values come from: the inner one unless another is named."""
        return self.inner if self.source is None else self.source

    @remembered
    def space(self, base: FactorSpace) -> FactorSpace:
        """The inner regime's, without the grids that fresh values leave."""
        return shared_space(base, (self.inner, self.fresh()))

    @remembered
    def axes(self, base: FactorSpace) -> tuple[tuple[str, int], ...]:
        """The pair, then the inner regime's axes."""
        inner = self.inner.axes(base)
        return ((distinct("pair", (name for name, _ in inner)), 2), *inner)

    @remembered
    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """The inner regime's (of the first member), and which factors were redrawn and which differ."""
        inner = self.inner.extras(base)
        meta = {"factors": list(base.names)}
        shape, taken = (len(base.factors),), [item.name for item in inner]
        made = (
            Field(distinct("resampled", taken), "bool", shape, ("factor",), description="factors that were redrawn", meta=meta),
            Field(distinct("changed", taken), "bool", shape, ("factor",), description="factors that differ in the pair", meta=meta),
        )
        return (*inner, *made)

    @remembered
    def support(self, base: FactorSpace) -> Region | None:
        """Where first members or fresh values lie."""
        first, second = self.inner.support(base), self.fresh().support(base)
        return None if first is None or second is None else first if first == second else first | second

    def propose(self, base: FactorSpace, seed: int, rows: Array, attempt: int, stream: str, first: Array) -> Proposal:
        """A second member for each first (n, *axes, k), which depends on (seed, stream, row, attempt) and on it only."""
        raise NotImplementedError

    def moved(self, base: FactorSpace, first: Array, points: Array, free: Array) -> Proposal:
        """The proposal in which `points` (of all axes) are the first ones after their `free` factors moved."""
        second = points.reshape(first.shape)
        mask = np.zeros(len(base.factors), dtype=bool)
        mask[free] = True
        resampled = repeated(mask, len(first))
        changed = differs(first, second)
        return Proposal(second, resampled, changed, within(self.fresh().support(base), self.space(base), second))

    def extend(self, base: FactorSpace, seed: int, rows: Array, stream: str, begun: Draw) -> Draw:
        """Row r's first member is row r of the inner regime; its second is the first proposal that holds."""
        from factorhub.regimes.kernels.pairs import beside

        first, name = begun.values, f"{stream}/{self.stream}"
        made = self.propose(base, seed, rows, 0, name, first)
        waiting = np.flatnonzero(~made.kept)
        for attempt in range(1, ATTEMPTS):
            if not waiting.size:
                break
            later = self.propose(base, seed, rows[waiting], attempt, name, first[waiting])
            for array, part in zip(made, later, strict=True):
                array[waiting] = part
            waiting = waiting[~later.kept]
        if waiting.size:
            raise InputError(
                f"no second member for row {rows[waiting[0]]} in {ATTEMPTS} draws; name factors that can change there with "
                f"factors=[…], or another source of new values with source=…"
            )
        resampled, changed = (item.name for item in self.extras(base)[-2:])
        extras = {**begun.extras, resampled: made.resampled, changed: made.changed}
        pairs, flat = np.empty((len(rows), 2, *first.shape[1:])), (len(rows), math.prod(first.shape[1:]))
        beside(first.reshape(flat), made.second.reshape(flat), pairs.reshape(flat[0], 2, flat[1]))
        return Draw(pairs, None, extras)


def each_point(numbers: Array, points: Array) -> Array:
    """A number (p,) for each of the points (p, k) that rows with these `numbers` (n,) consist of."""
    several = len(points) // max(len(numbers), 1)
    if several <= 1:
        return numbers
    return np.repeat(numbers * max(several, 1), several) + np.tile(np.arange(several), len(numbers))


def movable(base: FactorSpace, source: Regime, names: tuple[str, ...], *, ordered: bool, keep: tuple[str, ...] = ()) -> Array:
    """The positions of the factors that may change: those named, else all that vary in the source (and are ordered).

    Those to `keep` never do.
    """
    names, held = base.members(names), set(base.members(keep))
    space, region = source.space(base), source.support(base)
    varying = set(space.names if region is None or not enumerable(region, space) else diagram(region, space).varying())
    fixed = {factor.name for factor in space if factor.size == 1 or factor.name not in varying}
    if names:
        for name in names:
            if base[name].name in fixed:
                raise InputError(f"{name} has one value under this regime, so it cannot change; name other factors")
        found = [j for j in columns(base, names, "factors") if base.names[j] not in held]
    else:
        found = [i for i, f in enumerate(base) if f.name not in fixed | held and not (ordered and f.kind == "categorical")]
    if not found:
        raise InputError(f"no {'ordered ' if ordered else ''}factor varies under this regime, so none can change; name factors")
    return np.array(found, dtype=np.int64)


def steps_of(base: FactorSpace) -> Array:
    """How many values each factor is taken to have: its grid's, or `STEPS`."""
    return np.array([factor.size or STEPS for factor in base], dtype=np.int64)


Mode = Literal["exactly", "at_most", "dlib", "laplace"]


@dataclass(frozen=True)
class Pairs(Paired):
    """Two rows that share all factors but a few.

    Attributes:
        k: how many factors; -1 draws a number from 1 to one less than may change, for each row; 0 changes all that may.
        mode: "exactly" (k factors change, each to a different value), "at_most" (k factors are redrawn and may draw the
            old value), "dlib" (1 or k factors are redrawn with equal chance, also where k is drawn: what
            disentanglement_lib's code does), or "laplace" (every ordered factor moves by a discretised Laplace step, at
            least one changes; k is not used).
        rate: of the Laplace steps, whose scale is log(size) / rate.
        factors: which may change, or groups of them such as `pose`; all that vary by default.
        source: where redrawn values come from; `inner` by default.
        inner: where first members come from.
        keep: factors, or groups such as `identity`, that never change.
    """

    version: ClassVar[int] = 2
    stream: ClassVar[str] = "pairs"

    k: int = 1
    mode: Mode = "exactly"
    rate: float = 1.0
    factors: tuple[str, ...] = ()
    source: Regime | None = None
    inner: Regime = UNIFORM
    keep: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        choice("mode", self.mode, get_args(Mode), "pairs")
        object.__setattr__(self, "factors", tuple(self.factors))
        object.__setattr__(self, "keep", tuple(self.keep))
        if self.k < -1:
            raise InputError(f"pairs change k factors, at least 1 (-1 for a random number, 0 for all that may); got {self.k}")
        if not self.rate > 0:
            raise InputError(f"the rate of Laplace pairs is above 0; got {self.rate:g}")

    def propose(self, base: FactorSpace, seed: int, rows: Array, attempt: int, stream: str, first: Array) -> Proposal:
        """Redraw some factors: exactly where the source is uniform over a region, else from a row of the source."""
        from factorhub.regimes.kernels import laplace
        from factorhub.regimes.kernels import pairs as redraws

        source, space = self.fresh(), self.space(base)
        free = self.free(base)
        numbers = np.asarray(rows, dtype=np.int64) * ATTEMPTS + attempt
        if self.mode == "laplace":
            points = first.reshape(-1, len(base.factors))
            key, second = randomness.key(seed, f"{stream}/laplace"), points.copy()
            laplace.laplace(*factor_tables(space), steps_of(base), free, self.rate, key, each_point(numbers, points), second)
            return self.moved(base, first, second, free)
        members = self.members(base) if first.ndim == 2 else None
        if members is None:
            numbers = np.asarray(rows, dtype=np.int64) * ATTEMPTS + attempt // PATIENCE
        counts, most = self.counts(seed, numbers, len(free), stream)
        words = randomness.words(seed, f"{stream}/which", numbers, 2 * most)
        resampled = np.empty((len(rows), len(base.factors)), dtype=bool)
        redraws.choose(free, counts, words, resampled)
        if members is not None:
            second, changed, kept = np.empty_like(first), np.empty_like(resampled), np.empty(len(rows), dtype=bool)
            redraws.change(
                *factor_tables(space), members.runs, members.levels, members.bound, resampled, words, self.mode == "exactly",
                first, second, changed, kept,
            )  # fmt: skip
            return Proposal(second, resampled, changed, kept)
        drawn = again(source, base, seed, rows, attempt, ATTEMPTS, f"{stream}/source").values
        drawn = drawn.reshape(len(rows), *(1,) * (first.ndim - drawn.ndim), *drawn.shape[1:])
        second = np.where(resampled.reshape(len(rows), *(1,) * (first.ndim - 2), len(base.factors)), drawn, first)
        changed = differs(first, second)
        kept = within(source.support(base), space, second)
        if self.mode == "exactly":
            kept &= (resampled == changed).all(axis=1)
        return Proposal(second, resampled, changed, kept)

    @remembered
    def members(self, base: FactorSpace) -> Diagram | None:
        """The points that new values are drawn from exactly; None where they are taken from rows of the source.

        A source on the grid of factors that the first members leave is one of these: its points are codes, theirs are values.
        """
        source = self.fresh()
        return uniform_members(source, base) if source.space(base) == self.space(base) else None

    @property
    def ordered(self) -> bool:  # type: ignore[override]
        """Laplace steps need an order."""
        return self.mode == "laplace"

    def counts(self, seed: int, numbers: Array, most: int, stream: str) -> tuple[Array, int]:
        """How many factors each row redraws (n,), and the most that any may."""
        asked = self.k or most
        if asked > most:
            raise InputError(f"pairs of k={self.k} need as many factors that vary; this regime has {most}; ask for fewer")
        if self.k == -1 or self.mode == "dlib":
            word = randomness.words(seed, f"{stream}/count", numbers, 1)[:, 0]
            several = max(most - 1, 1) if self.k == -1 else asked
            counts = 1 + randomness.integers(word, several) if self.k == -1 else np.full(len(numbers), asked)
            if self.mode == "dlib":
                coin = randomness.words(seed, f"{stream}/one", numbers, 1)[:, 0] if self.k == -1 else word
                counts = np.where(randomness.integers(coin, 2) == 0, 1, counts)
            return counts, several
        return np.full(len(numbers), asked), asked
