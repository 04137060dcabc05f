"""A regime restricted to a region: enumerated exactly on a grid, drawn exactly from uniform, redrawn from anything else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.regimes.following import under
from factorhub.regimes.grid import Grid, check_rows
from factorhub.regimes.mechanisms import Target
from factorhub.regimes.regime import Draw, Extended, Regime, Single, Wrapper, again, remembered, settled
from factorhub.regimes.uniform import UNIFORM, Uniform
from factorhub.regions import Diagram, Region, diagram, enumerable, parse
from factorhub.space import FactorSpace

ATTEMPTS = 2**18  # redraws of one row before giving up
VALUES = 2**21  # numbers drawn at once where rows are tried several times over
LEAST = 2**11  # rows expected to fit among those drawn at once, where so many are wanted: a round costs as much as drawing them
PROBE = 2**14  # draws that measure a region's share
FRAMES = 32  # points of a row up to which a pass over all rows for each is quicker than one row after the other
FEWEST = 8  # of them must fall into it: ATTEMPTS then miss with a chance of about exp(-128)


@dataclass(frozen=True)
class Where(Wrapper):
    """The rows of `inner` that lie in `region` with every point of theirs (both of a pair, all frames of a sequence).

    On a grid the rows are the region's members in grid order, each found in a few steps and none rejected; from
    uniform the draws are exact too. From any other regime a row is drawn again until it fits, with a bound.

    Attributes:
        region: a `Region`, or its text.
        inner: where points come from.
    """

    region: Region
    inner: Regime = UNIFORM

    def __post_init__(self) -> None:
        if isinstance(self.region, str):
            object.__setattr__(self, "region", parse(self.region))

    def length(self, base: FactorSpace) -> int | None:
        """The exact number of members on a grid; None otherwise."""
        _, inner = self._merged()
        members = self.members(base) if isinstance(inner, Grid) else None
        return None if members is None else members.count

    @remembered
    def support(self, base: FactorSpace) -> Region | None:
        """The region, within that of the inner regime."""
        within = self.inner.support(base)
        return self.region if within is None else self.region & within

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Members by rank on a grid, else draws from the region."""
        region, inner = self._merged()
        members = self.members(base)
        if members is None:
            return _redraw(region, inner, base, seed, rows, f"{stream}/where", self.share(base))
        if isinstance(inner, Grid):
            return Draw(*members.points(check_rows(rows, len(members), "the region '{}'", region)))
        return Draw(members.draw(randomness.word_columns(seed, f"{stream}/where", rows, len(base.factors))))

    def under(self, targets: Sequence[Target], base: FactorSpace) -> Regime:
        """The rows under the interventions, from the draws that lay in the region without them."""
        return _Fitting(self, targets)

    @remembered
    def members(self, base: FactorSpace) -> Diagram | None:
        """The points of the region in a grid or in uniform; None for other regimes, and off the grid for regions of attributes.

        Raises:
            InputError: there are none; states the size.
        """
        region, inner = self._merged()
        if not isinstance(inner, Grid | Uniform):
            return None
        space = inner.space(base)
        if isinstance(inner, Uniform) and not enumerable(region, space):
            return None
        found = diagram(region, space)
        if found.share == 0.0:
            size = f"0 of {space.grid_size} grid rows" if isinstance(inner, Grid) else "no part of the space"
            raise InputError(f"the region '{region}' is empty: it holds {size}; loosen a condition")
        return found

    @remembered
    def share(self, base: FactorSpace) -> float:
        """The part of the inner regime's rows that lie in the region, from a fixed probe.

        Raises:
            InputError: so few that drawing would not end; states how many.
        """
        region, inner = self._merged()
        inside = within(region, inner.space(base), again(inner, base, 0, np.arange(PROBE), 0, 1, "where/probe").values)
        if inside.sum() < FEWEST:
            raise InputError(
                f"the region '{region}' may be empty: {inside.sum()} of {PROBE} draws of its regime lie in it, too few to draw "
                f"from; loosen a condition, or restrict the grid or uniform, where members are found without redrawing"
            )
        return float(inside.mean())

    def _merged(self) -> tuple[Region, Regime]:
        """Regions of regions are one region."""
        region, inner = self.region, self.inner
        while isinstance(inner, Where):
            region, inner = inner.region & region, inner.inner
        return region, inner


class _Fitting(Single):
    """What the draws of a region would have been under interventions, in the region or out of it."""

    def __init__(self, where: Where, targets: Sequence[Target]) -> None:
        self._where, self._targets = where, targets

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Each row's first attempt that lies in the region, drawn again under the interventions."""
        region, inner = self._where._merged()
        numbers = _redraw(region, _Numbered(inner), base, seed, rows, f"{stream}/where", self._where.share(base)).extras["number"]
        return under(inner, self._targets, base).draw(base, seed, numbers, f"{stream}/where")


class _Numbered(Wrapper):
    """The rows of a regime with their own numbers beside them."""

    def __init__(self, inner: Regime) -> None:
        self.inner = inner

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """The inner regime's rows under its own stream, and `number`."""
        return replace(self.inner.draw(base, seed, rows, stream), extras={"number": np.asarray(rows, dtype=np.int64)})


def uniform_members(regime: Regime, base: FactorSpace) -> Diagram | None:
    """The points that a regime draws with equal chance: a grid, uniform, or a region of one; None for other regimes."""
    if isinstance(regime, Where):
        return regime.members(base)
    return diagram(None, regime.space(base)) if isinstance(regime, Grid | Uniform) else None


def within(region: Region | None, space: FactorSpace, values: Array) -> Array:
    """A mask (n,) of the rows of `values` (n, *axes, k) that lie in the region with every point."""
    if region is None:
        return np.ones(len(values), dtype=bool)
    inside = region.contains(space, values)
    inside = inside.reshape(len(inside), math.prod(inside.shape[1:]))
    if inside.shape[1] > FRAMES:
        return np.logical_and.reduce(inside, axis=1)  # type: ignore[no-any-return]
    found = inside[:, 0].copy()
    for point in range(1, inside.shape[1]):
        found &= inside[:, point]
    return found


def _redraw(region: Region, inner: Regime, base: FactorSpace, seed: int, rows: Array, stream: str, share: float) -> Draw:
    """The first attempt of each row that lies in the region; how many are tried at once changes nothing."""
    from factorhub.regimes.kernels.shared import number, sift

    rows, waiting, start = np.asarray(rows, dtype=np.int64), np.arange(len(rows)), 0
    kept: Draw | None = None
    most = VALUES // (len(base.factors) * math.prod(size for _, size in inner.axes(base)))
    while waiting.size or kept is None:
        if start >= ATTEMPTS:
            raise InputError(f"the region '{region}' (share {share:.2g}) was missed by {ATTEMPTS} draws of row {rows[waiting[0]]}")
        wanted = min(4, LEAST / max(len(waiting), 1)) / share
        width = min(max(round(min(wanted, most / max(len(waiting), 1))), 1), 1024, ATTEMPTS - start)
        numbers = np.empty(len(waiting) * width, dtype=np.int64)
        number(rows, waiting, start, width, ATTEMPTS, numbers)
        drawn, made, inside = _draws(region, inner, base, seed, settled(inner, base, seed, numbers, stream), stream)
        picked, places = np.empty((2, len(waiting) + 1), dtype=np.int64)
        hits = sift(made, inside, width, waiting, picked, places)
        kept = drawn.like(len(rows)) if kept is None else kept
        kept.put(places[:hits], drawn, picked[:hits])
        waiting, start = waiting[: len(waiting) - hits], start + width
    return kept


def _draws(region: Region, inner: Regime, base: FactorSpace, seed: int, numbers: Array, stream: str) -> tuple[Draw, Array, Array]:
    """Rows of `inner`, a mask of the `numbers` (n,) whose rows these are, the others having begun outside the region, and one of
    which of them (m,) lie in it."""
    space = inner.space(base)
    if not isinstance(inner, Extended):
        drawn = inner.draw(base, seed, numbers, stream)
        return drawn, np.ones(len(numbers), dtype=bool), within(region, space, drawn.values)
    begun = inner.begin(base, seed, numbers, stream)
    promising = within(region, space, begun.values)
    index = np.flatnonzero(promising)
    drawn = inner.extend(base, seed, np.take(numbers, index), stream, begun.take(index))
    return drawn, promising, within(region, space, drawn.values[:, 1:])  # they begin inside
