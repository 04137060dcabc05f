"""Sequences of frames: random walks, sweeps and loops of some factors while the others stay, and traversals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array, Factor
from factorhub.fields import Field
from factorhub.numerics.factor_tables import factor_tables
from factorhub.regimes.pairs import each_point, movable
from factorhub.regimes.regime import Draw, Regime, Wrapper, choice, columns, differs, distinct, remembered
from factorhub.regimes.uniform import UNIFORM
from factorhub.space import FactorSpace

LONGEST = 10_000  # frames


class Frames(Wrapper):
    """What sequences share: a time axis, the first frame from the inner regime, and a record of what changed when."""

    stream: ClassVar[str]

    steps: int

    @remembered
    def axes(self, base: FactorSpace) -> tuple[tuple[str, int], ...]:
        """Time, then the inner regime's axes."""
        inner = self.inner.axes(base)
        return ((distinct("time", (name for name, _ in inner)), self.steps), *inner)

    @remembered
    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """The inner regime's (of the first frame), and which factors differ from the frame before."""
        inner = self.inner.extras(base)
        (time, steps), *_ = self.axes(base)
        name = distinct("changed", (item.name for item in inner))
        about = "factors that differ from the frame before"
        meta = {"factors": list(base.names)}
        return (*inner, Field(name, "bool", (steps, len(base.factors)), (time, "factor"), description=about, meta=meta))

    def free(self, base: FactorSpace) -> Array:
        """The positions of the factors that move."""
        raise NotImplementedError

    @remembered
    def still(self, base: FactorSpace) -> Array:
        """The positions of the factors that do not."""
        return np.setdiff1d(np.arange(len(base.factors)), self.free(base))

    def frames(self, base: FactorSpace, seed: int, rows: Array, stream: str, values: Array, changed: Array) -> None:
        """Fill `values` (n, steps, points, k) from their first frames, and `changed` (n, steps, k); `rows` number the points."""
        raise NotImplementedError

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Row r's first frame is row r of the inner regime."""
        rows, name = np.asarray(rows, dtype=np.int64), f"{stream}/{self.stream}"
        drawn = self.inner.draw(base, seed, rows, f"{name}/inner")
        first, k = drawn.values, len(base.factors)
        values = np.empty((len(rows), self.steps, *first.shape[1:]))
        values[:, 0] = first
        changed = np.zeros((len(rows), self.steps, k), dtype=bool)
        several = math.prod(first.shape[1:-1])
        points = each_point(rows, first.reshape(-1, k))
        self.frames(base, seed, points, name, values.reshape(len(rows), self.steps, several, k), changed)
        return Draw(values, None, {**drawn.extras, self.extras(base)[-1].name: changed})


def check_steps(steps: int, what: str) -> None:
    """Raise `InputError` unless a sequence may have so many frames."""
    if not 2 <= steps <= LONGEST:
        raise InputError(f"a {what} has 2 to {LONGEST} frames; got steps={steps}")


@dataclass(frozen=True)
class Walk(Frames):
    """A random walk: in each frame each moving factor takes a step up or down with chance `rate`.

    Attributes:
        steps: frames, the first included.
        rate: the chance that a factor moves in a frame.
        stride: of factors off the grid, as a fraction of their range; on a grid a step is one value. Values reflect
            at the ends, or go round where the factor is circular; a categorical factor, moved only where named, takes
            any other label. A step that would leave the inner regime's region is not taken.
        factors: which move; all ordered ones that vary by default.
        inner: where first frames come from.
    """

    stream: ClassVar[str] = "walk"

    steps: int = 10
    rate: float = 1.0
    stride: float = 0.03125
    factors: tuple[str, ...] = ()
    inner: Regime = UNIFORM

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", tuple(self.factors))
        check_steps(self.steps, "walk")
        if not 0 < self.rate <= 1 or not 0 < self.stride <= 1:
            raise InputError(f"a walk's rate and stride are above 0 and up to 1; got {self.rate:g} and {self.stride:g}")

    @remembered
    def free(self, base: FactorSpace) -> Array:
        """The positions of the factors that move."""
        return movable(base, self.inner, self.factors, ordered=True)

    def frames(self, base: FactorSpace, seed: int, rows: Array, stream: str, values: Array, changed: Array) -> None:
        """One step after another."""
        walk(self, base, seed, rows, stream, values, changed)


def walk(of: Walk | Sequence, base: FactorSpace, seed: int, rows: Array, stream: str, values: Array, changed: Array) -> None:
    """Fill the frames of a random walk of the factors that move."""
    from factorhub.regimes.kernels.sequences import step

    space, region = of.space(base), of.inner.support(base)
    plan, free, still = factor_tables(space), of.free(base), of.still(base)
    key, numbers = randomness.key(seed, f"{stream}/walk"), np.asarray(rows, dtype=np.int64)
    if region is None:
        step(*plan, free, still, of.rate, of.stride, 1, of.steps, key, numbers, values, changed)
        return
    for t in range(1, of.steps):
        step(*plan, free, still, of.rate, of.stride, t, t + 1, key, numbers, values, changed)
        out = ~region.contains(space, values[:, t])
        values[:, t][out] = values[:, t - 1][out]
        changed[:, t] = differs(values[:, t], values[:, t - 1])


Motion = Literal["walk", "sweep", "loop"]


@dataclass(frozen=True)
class Sequence(Frames):
    """A named set of factors stays fixed over the frames (what a clip is of), the others move (what happens in it).

    Attributes:
        steps: frames, the first included.
        static: the factors that stay; categorical ones always do.
        motion: of the others: "walk" (as in `Walk`), "sweep" (once over the whole range at even speed, reflected or
            going round at the ends, up or down by chance) or "loop" (a path that returns to its start after the last
            frame: once round a circle, or to both ends of the range and back).
        rate, stride: of the walk.
        inner: where first frames come from.
    """

    stream: ClassVar[str] = "sequence"

    steps: int = 8
    static: tuple[str, ...] = ()
    motion: Motion = "walk"
    rate: float = 1.0
    stride: float = 0.03125
    inner: Regime = UNIFORM

    def __post_init__(self) -> None:
        object.__setattr__(self, "static", tuple(self.static))
        check_steps(self.steps, "sequence")
        choice("motion", self.motion, get_args(Motion), "a sequence")
        if not 0 < self.rate <= 1 or not 0 < self.stride <= 1:
            raise InputError(f"a sequence's rate and stride are above 0 and up to 1; got {self.rate:g} and {self.stride:g}")

    @remembered
    def free(self, base: FactorSpace) -> Array:
        """The positions of the factors that move."""
        still = set(columns(base, self.static, "static"))
        free = np.array([j for j in movable(base, self.inner, (), ordered=True) if j not in still], dtype=np.int64)
        if not free.size:
            raise InputError("every ordered factor is static, so nothing moves; name fewer in static=[…]")
        return free

    def frames(self, base: FactorSpace, seed: int, rows: Array, stream: str, values: Array, changed: Array) -> None:
        """Move what is not static."""
        from factorhub.regimes.kernels.sequences import travel

        if self.motion == "walk":
            walk(self, base, seed, rows, stream, values, changed)
            return
        free, still, (hops, shares) = self.free(base), self.still(base), self.path(base)
        ways = randomness.word_columns(seed, f"{stream}/ways", rows, len(free))
        travel(*factor_tables(self.space(base)), free, still, hops, shares, ways, values, changed)

    @remembered
    def path(self, base: FactorSpace) -> tuple[Array, Array]:
        """How far from the start each moving factor is in each frame of a sweep or loop (free, steps): in steps, in ranges."""
        space, loop = self.space(base), self.motion == "loop"
        moving = [space.factors[j] for j in self.free(base)]
        share = np.arange(self.steps) / (self.steps if loop else self.steps - 1)
        shares = np.array([share * (2.0 if loop and factor.kind != "circular" else 1.0) for factor in moving])
        whole = np.array([(factor.size or 1) - (factor.kind != "circular") for factor in moving])
        return np.rint(shares * whole[:, None]).astype(np.int64), shares


@dataclass(frozen=True)
class Traversal(Frames):
    """One factor goes over its range while the others keep the values of a start point.

    Attributes:
        factor: which one.
        steps: frames.
        stride: 0 spreads the frames over the whole range, whatever the start's value; else the factor starts where
            the start point has it and moves by this fraction of its range in each frame (at least one grid step),
            reflected or going round at the ends.
        inner: where start points come from. Frames go over the whole range even where `inner` is confined to a
            region; wrap the traversal in `where` to keep it inside.
    """

    stream: ClassVar[str] = "traversal"

    factor: str
    steps: int = 10
    stride: float = 0.0
    inner: Regime = UNIFORM

    def __post_init__(self) -> None:
        check_steps(self.steps, "traversal")
        if not -1 <= self.stride <= 1:
            raise InputError(f"a traversal's stride is a fraction of the range, from -1 to 1; got {self.stride:g}")

    @remembered
    def support(self, base: FactorSpace) -> None:
        """The whole space."""

    @remembered
    def free(self, base: FactorSpace) -> Array:
        """The position of the factor."""
        return np.array([base.index(self.factor)])

    def frames(self, base: FactorSpace, seed: int, rows: Array, stream: str, values: Array, changed: Array) -> None:
        """Set the factor's column, frame by frame."""
        from factorhub.regimes.kernels.sequences import place, travel

        space, still, free = self.space(base), self.still(base), self.free(base)
        factor = space[self.factor]
        if self.stride == 0.0:
            places = np.array([self._place(factor, t, _closed(base, free[0])) for t in range(self.steps)])
            place(free[0], still, places, values, changed)
            return
        step = int(np.sign(self.stride)) * max(round(abs(self.stride) * ((factor.size or 1) - 1)), 1)
        times = np.arange(self.steps)[None]
        ways = np.full((1, values.shape[0] * values.shape[2]), 2**64 - 1, dtype=np.uint64)
        travel(*factor_tables(space), free, still, step * times, self.stride * times, ways, values, changed)

    def _place(self, factor: Factor, t: int, closed: bool) -> float:
        """The factor's value in frame t of a traversal of its whole range."""
        ends = self.steps if factor.kind == "circular" and not closed else self.steps - 1
        share = t / ends
        if factor.size is None:
            return min(factor.low + share * (factor.high - factor.low), factor.high)
        last = factor.size if ends == self.steps else factor.size - 1
        return float(factor.values(int(np.floor(share * last + (0.0 if ends == self.steps else 0.5)))))


def _closed(base: FactorSpace, j: int) -> bool:
    """True where a circular factor's grid holds both ends, as in the published dSprites."""
    factor = base.factors[j]
    return factor.grid is not None and factor.grid[-1] == factor.high
