"""Pairs of near rows: every factor redrawn within a radius, or one property of one object moved by a given amount."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import Field
from factorhub.layout import layout
from factorhub.regimes.pairs import ATTEMPTS, Paired, Proposal, each_point
from factorhub.regimes.regime import Draw, Regime, distinct, remembered
from factorhub.regimes.uniform import UNIFORM
from factorhub.space import FactorSpace, Ignored


@dataclass(frozen=True)
class Radius(Paired):
    """The second row is redrawn evenly within `radius` of the first in every factor that has an order.

    Attributes:
        radius: a fraction of each factor's range; on a grid at least one step. Past the ends values reflect, or go
            round where the factor is circular.
        factors: which move; all ordered ones that vary by default.
        inner: where first members come from.
    """

    radius: float = 0.1
    factors: tuple[str, ...] = ()
    inner: Regime = UNIFORM

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", tuple(self.factors))
        if not 0 < self.radius <= 1:
            raise InputError(f"a radius is a fraction of the range, above 0 and up to 1; got {self.radius:g}")

    def propose(self, base: FactorSpace, seed: int, rows: Array, attempt: int, stream: str, first: Array) -> Proposal:
        """Move every point of the row."""
        from factorhub.regimes import motion

        free = self.free(base)
        points = first.reshape(-1, len(base.factors)).copy()
        numbers = each_point(np.asarray(rows, dtype=np.int64) * ATTEMPTS + attempt, points)
        words = randomness.words(seed, f"{stream}/within", numbers, len(free))
        motion.jitter(*layout(self.space(base)), free, self.radius, words, points)
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
    def _hidden(self, base: FactorSpace) -> list[int]:
        """The factors whose moves a symmetry may hide."""
        named = {name for item in base.symmetries for name in (item.factors if isinstance(item, Ignored) else (item.factor,))}
        return [j for j, factor in enumerate(base) if factor.name in named or factor.period is not None]

    def propose(self, base: FactorSpace, seed: int, rows: Array, attempt: int, stream: str, first: Array) -> Proposal:
        """Move one factor, the same in every point of the row."""
        from factorhub.regimes import motion

        free = self.free(base)
        points = first.reshape(-1, len(base.factors)).copy()
        words = randomness.words(seed, f"{stream}/which", np.asarray(rows, dtype=np.int64) * ATTEMPTS + attempt, 2)
        words = np.repeat(words, len(points) // max(len(words), 1), axis=0)
        kept = np.ones(len(points), dtype=bool)
        motion.nudge(*layout(self.space(base)), free, self.delta, words, points, kept)
        made = self.moved(base, first, points, free)
        if base.symmetries:  # a move that nobody can see is none
            old = first.reshape(points.shape)
            apart = np.zeros(len(points), dtype=bool)
            for j in self._hidden(base):
                apart |= points[:, j] != old[:, j]
            doubtful = np.flatnonzero(apart)
            after, before = base.canonical(points.take(doubtful, axis=0)), base.canonical(old.take(doubtful, axis=0))
            kept[doubtful] &= (after != before).any(axis=1)
        made.kept[:] &= np.logical_and.reduce(kept.reshape(first.shape[:-1]), axis=tuple(range(1, first.ndim - 1)))
        return made._replace(resampled=made.changed)

    def extend(self, base: FactorSpace, seed: int, rows: Array, stream: str, begun: Draw) -> Draw:
        """The pair, and what moved read back from it."""
        from factorhub.regimes.motion import offsets

        drawn = super().extend(base, seed, rows, stream, begun)
        fields = self.extras(base)
        names = fields[-4].meta["names"]
        moved = [_parts(name) for name in base.names]
        points = drawn.values.reshape(*drawn.values.shape[:2], math.prod(drawn.values.shape[2:-1]), len(base.factors))
        period = np.array([factor.period or 0.0 for factor in base])
        which, delta = np.empty(len(points), dtype=np.int64), np.empty(len(points))
        offsets(drawn.extras[fields[-1].name], points, period, which, delta)
        records: tuple[Array, ...] = (
            np.array([number for _, number in moved], dtype=np.int32)[which],
            np.array([names.index(name) for name, _ in moved], dtype=np.int32)[which],
            delta,
        )
        extras = dict(zip([item.name for item in fields[-5:-2]], records, strict=True))
        return Draw(drawn.values, None, {**drawn.extras, **extras})


def _parts(name: str) -> tuple[str, int]:
    """A factor's property and object: posX_2 is posX of object 2."""
    found = re.fullmatch(r"(\w+?)_(\d+)", name)
    return (found[1], int(found[2])) if found else (name, -1)
