"""Pairs of near rows: every factor redrawn within a radius, or one property of one object moved by a given amount."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import Field
from factorhub.numerics.factor_tables import factor_tables
from factorhub.regimes.pairs import ATTEMPTS, Paired, Proposal, each_point
from factorhub.regimes.regime import Draw, Regime, distinct, remembered
from factorhub.regimes.uniform import UNIFORM
from factorhub.space import FactorSpace, Fold, Ignored, Symmetry

FAR = 1e6  # turns from 0: so far that canonical values are not exact enough to be told without being compared


@dataclass(frozen=True)
class Radius(Paired):
    """The second row is redrawn evenly within `radius` of the first in every factor that has an order.

    Attributes:
        radius: a fraction of each factor's range; on a grid at least one step. Past the ends values reflect, or go
            round where the factor is circular.
        factors: which move; all ordered ones that vary by default.
        inner: where first members come from.
    """

    stream: ClassVar[str] = "radius"

    radius: float = 0.1
    factors: tuple[str, ...] = ()
    inner: Regime = UNIFORM

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", tuple(self.factors))
        if not 0 < self.radius <= 1:
            raise InputError(f"a radius is a fraction of the range, above 0 and up to 1; got {self.radius:g}")

    def propose(self, base: FactorSpace, seed: int, rows: Array, attempt: int, stream: str, first: Array) -> Proposal:
        """Move every point of the row."""
        from factorhub.regimes.kernels import nearby as motion

        free = self.free(base)
        points = first.reshape(-1, len(base.factors)).copy()
        numbers = each_point(np.asarray(rows, dtype=np.int64) * ATTEMPTS + attempt, points)
        words = randomness.word_columns(seed, f"{stream}/within", numbers, len(free))
        motion.jitter(*factor_tables(self.space(base)), free, self.radius, words, points)
        return self.moved(base, first, points, free)


@dataclass(frozen=True)
class Perturbation(Paired):
    """The second row is the first with one property of one object moved up or down by `delta`.

    Recorded with each row: the `object` (the number at the end of the factor's name, as in posX_2; -1 where there is
    none), the `property` (a number into the field's list of names) and the signed offset `delta` in the factor's unit.
    Factors that a declared symmetry hides (an absent object's place) are not chosen.

    Attributes:
        delta: a fraction of the factor's range; on a grid at least one step. Circular factors go round.
        factors: which may move; all ordered ones that vary by default.
        inner: where first members come from.
    """

    stream: ClassVar[str] = "perturbation"

    delta: float = 0.1
    factors: tuple[str, ...] = ()
    inner: Regime = UNIFORM

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", tuple(self.factors))
        if not 0 < self.delta < 1:
            raise InputError(f"delta is a fraction of the range, above 0 and below 1; got {self.delta:g}")

    @remembered
    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """Those of pairs, then which property of which object moved, and how far."""
        found = super().extras(base)
        taken = [item.name for item in found]
        names = list(dict.fromkeys(_parts(name)[0] for name in base.names))
        return (
            *found[:-2],
            Field(distinct("object", taken), "int32", (), (), description="the object that moved; -1 where factors have no number"),
            Field(distinct("property", taken), "int32", (), (), description="what of it moved", meta={"names": names}),
            Field(distinct("delta", taken), "float64", (), (), description="signed offset, in the factor's unit"),
            *found[-2:],
        )

    @remembered
    def turns(self, base: FactorSpace) -> tuple[Array, Array]:
        """Which turns of a factor nobody can see: by the codes of which other (k,), or of none, -1, and how far (k, codes).

        A turn is infinite where every move shows, and 0 where it takes `FactorSpace.canonical` to tell.
        """
        named = [name for item in base.symmetries for name in _affected(item)]
        folds = {item.factor: item for item in base.symmetries if isinstance(item, Fold)}
        by, found = np.full(len(base.factors), -1), [[math.inf]] * len(base.factors)
        for j, factor in enumerate(base if base.symmetries else ()):
            whole, fold = factor.high - factor.low, folds.get(factor.name)
            if factor.name not in named:
                found[j] = [whole if factor.kind == "circular" else math.inf]
            elif (
                fold
                and named.count(fold.factor) == 1
                and fold.by not in named
                and len(base[fold.by].labels or ()) == len(fold.folds)
            ):
                by[j], found[j] = base.index(fold.by), [whole / count if count else 0.0 for count in fold.folds]
            else:
                found[j] = [0.0]
            if max(abs(factor.low), abs(factor.high)) > FAR * min(filter(None, found[j]), default=math.inf):  # rounding hides moves
                by[j], found[j] = -1, [0.0]
        turns = np.zeros((len(found), max(map(len, found))))
        for row, several in zip(turns, found, strict=True):
            row[: len(several)] = several
        return by, turns

    def propose(self, base: FactorSpace, seed: int, rows: Array, attempt: int, stream: str, first: Array) -> Proposal:
        """Move one factor, the same in every point of the row."""
        from factorhub.regimes.kernels import nearby as motion

        free = self.free(base)
        points = first.reshape(-1, len(base.factors)).copy()
        words = randomness.words(seed, f"{stream}/which", np.asarray(rows, dtype=np.int64) * ATTEMPTS + attempt, 2)
        if len(words) < len(points):
            words = np.repeat(words, len(points) // len(words), axis=0)
        kept, doubtful = np.empty(len(points), dtype=bool), np.empty(len(points), dtype=bool)
        motion.nudge(*factor_tables(self.space(base)), free, self.delta, *self.turns(base), words, points, kept, doubtful)
        made = self.moved(base, first, points, free)
        asked = np.flatnonzero(doubtful)
        if asked.size:  # a move that nobody can see is none
            both = np.stack((first.reshape(points.shape).take(asked, axis=0), points.take(asked, axis=0)))
            before, after = base.canonical(both)
            kept[asked] &= (after != before).any(axis=1)
        made.kept[:] &= kept if len(kept) == len(first) else kept.reshape(len(first), -1).all(axis=1)
        return made._replace(resampled=made.changed)

    def extend(self, base: FactorSpace, seed: int, rows: Array, stream: str, begun: Draw) -> Draw:
        """The pair, and what moved read back from it."""
        from factorhub.regimes.kernels.nearby import offsets

        drawn = super().extend(base, seed, rows, stream, begun)
        values, n = drawn.values, len(drawn.values)
        *names, _, changed = [item.name for item in self.extras(base)[-5:]]
        thing, kind, delta = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32), np.empty(n)
        points = values.reshape(n, 2, math.prod(values.shape[2:-1]), len(base.factors))
        offsets(drawn.extras[changed], points, *self.records(base), thing, kind, delta)
        return Draw(values, None, {**drawn.extras, **dict(zip(names, (thing, kind, delta), strict=True))})

    @remembered
    def records(self, base: FactorSpace) -> tuple[Array, Array, Array]:
        """Of each factor: its period, 0 where it has none, the number of its object, and of its property."""
        parts = [_parts(name) for name in base.names]
        properties = self.extras(base)[-4].meta["names"]
        return (
            np.array([factor.period or 0.0 for factor in base]),
            np.array([number for _, number in parts]),
            np.array([properties.index(name) for name, _ in parts]),
        )


def _affected(symmetry: Symmetry) -> tuple[str, ...]:
    """The factors that a symmetry changes."""
    return symmetry.factors if isinstance(symmetry, Ignored) else (symmetry.factor,)


def _parts(name: str) -> tuple[str, int]:
    """A factor's property and object: posX_2 is posX of object 2."""
    found = re.fullmatch(r"(\w+?)_(\d+)", name)
    return (found[1], int(found[2])) if found else (name, -1)
