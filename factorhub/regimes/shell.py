"""In and out of distribution: a box of parameter values, and shells around it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import MATCH, Array
from factorhub.fields import Field
from factorhub.regimes.regime import Draw, Regime, Wrapper, distinct, remembered
from factorhub.regimes.uniform import UNIFORM
from factorhub.regions import And, Condition, Not, Region
from factorhub.space import FactorSpace


@dataclass(frozen=True)
class Shell(Wrapper):
    """Uniform draws from a box grown by `away_max`, at least one factor lying outside the box grown by `away_min`.

    With `away_max` 0 the draws fill the box itself: training data, with the same records. Recorded with each row:
    `outside` (factors of the box), `outside_count`, and `distance`, the length of the vector of how far each factor
    lies outside, in widths of its interval. All are counted from the box, not from the grown ones.

    Attributes:
        box: (factor, low, high) for each factor of the box; equal numbers hold a factor fixed.
        away_min, away_max: how far the box is grown, in the factors' units: one number for both sides of all, or a
            (below, above) for each factor of the box.
        inner: where the other factors come from.
    """

    box: tuple[tuple[str, float, float], ...]
    away_min: float | tuple[tuple[float, float], ...] = 0.0
    away_max: float | tuple[tuple[float, float], ...] = 0.0
    inner: Regime = UNIFORM

    def __post_init__(self) -> None:
        object.__setattr__(self, "box", tuple((item[0], float(item[1]), float(item[2])) for item in self.box))
        if not self.box or not all(low <= high for _, low, high in self.box):
            raise InputError(f"a box lists factors with low <= high, as in [[length, 1.0, 1.5]]; got {list(self.box)}")
        for name in ("away_min", "away_max"):
            away = getattr(self, name)
            if isinstance(away, tuple | list):
                object.__setattr__(self, name, tuple((float(below), float(above)) for below, above in away))
                if len(away) != len(self.box):
                    raise InputError(f"{name} has a (below, above) for each of {len(self.box)} factors; got {len(away)}")
        if (self.grown("away_max") < self.grown("away_min")).any() or (self.grown("away_min") < 0).any():
            raise InputError(f"away_max is at least away_min, which is at least 0; got {self.away_max} and {self.away_min}")
        if self.grown("away_max").any() and not (self.grown("away_max") > self.grown("away_min")).any():
            raise InputError(f"a shell has room between away_min and away_max; got {self.away_min} and {self.away_max}")

    def grown(self, by: str) -> Array:
        """How far each factor's interval is grown (factors, 2) by `away_min` or `away_max`."""
        away = getattr(self, by)
        return np.array(away if isinstance(away, tuple) else [(away, away)] * len(self.box), dtype=np.float64)

    def _bounds(self, by: str = "") -> Array:
        """(low, high) of each factor of the box, grown."""
        box = np.array([item[1:] for item in self.box])
        return box + self.grown(by) * np.array([-1.0, 1.0]) if by else box

    @remembered
    def space(self, base: FactorSpace) -> FactorSpace:
        """The inner regime's, without the grids of the box's factors."""
        return self.inner.space(base).without_grid(name for name, _, _ in self.box)

    @remembered
    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """The inner regime's, then what lies outside and how far."""
        inner = self.inner.extras(base)
        taken, names = [item.name for item in inner], [name for name, _, _ in self.box]
        about = "which factors of the box lie outside it"
        return (
            *inner,
            Field(distinct("outside", taken), "bool", (len(names),), ("box",), description=about, meta={"factors": names}),
            Field(distinct("outside_count", taken), "int32", (), (), description="how many factors lie outside the box"),
            Field(distinct("distance", taken), "float64", (), (), description="how far outside, in widths of the box"),
        )

    @remembered
    def support(self, base: FactorSpace) -> Region | None:
        """The grown box without the one inside it. What the inner regime's region says of other factors is not kept."""
        outer = _region(self.box, self._bounds("away_max"))
        return outer if not self.grown("away_max").any() else outer & Not(_region(self.box, self._bounds("away_min")))

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Row r's point of the shell, exact: which factor is the first one outside, then on which side, then where."""
        from factorhub.regimes.kernels.shared import fill_shell

        name, plan = f"{stream}/shell", self._plan(base)
        drawn = self.inner.draw(base, seed, rows, f"{name}/inner")
        numbers, values = np.ascontiguousarray(rows, dtype=np.uint64), np.ascontiguousarray(drawn.values)
        n, points = len(numbers), values.reshape(len(values), math.prod(values.shape[1:-1]), values.shape[-1])
        outside, count, distance = np.empty((n, len(self.box)), dtype=bool), np.empty(n, dtype=np.int32), np.empty(n)
        fill_shell(*plan, randomness.key(seed, name), numbers, points, outside, count, distance)
        names = [item.name for item in self.extras(base)[-3:]]
        records = (outside, count, distance)
        return Draw(values, None, {**drawn.extras, **dict(zip(names, records, strict=True))})

    @remembered
    def _plan(self, base: FactorSpace) -> tuple[Array, Array, Array, Array, Array, Array]:
        """What `fill_shell` needs: inner, outer and own bounds, widths, shares, and the positions of the box's factors."""
        columns = [base.index(factor) for factor, _, _ in self.box]
        inner, outer, box = self._bounds("away_min"), self._bounds("away_max"), self._bounds()
        for (factor, _, _), (low, high) in zip(self.box, outer, strict=True):
            found = base[factor]
            reach = MATCH * (found.high - found.low)
            if not found.interval or low < found.low - reach or high > found.high + reach:
                raise InputError(f"the shell asks for {factor} from {low:g} to {high:g}; it takes {found.range_text()}")
        low, high = (np.array([getattr(base.factors[j], end) for j in columns]) for end in ("low", "high"))
        inner, outer = np.clip(inner, low[:, None], high[:, None]), np.clip(outer, low[:, None], high[:, None])
        width = np.where(box[:, 1] > box[:, 0], box[:, 1] - box[:, 0], high - low)
        upto = np.zeros(0)
        if self.grown("away_max").any():
            core, whole = inner[:, 1] - inner[:, 0], outer[:, 1] - outer[:, 0]
            inside = np.divide(core, whole, out=np.ones_like(core), where=whole > 0)
            upto = np.cumsum(np.cumprod([1.0, *inside[:-1]]) * (1.0 - inside))
        return inner, outer, box, width, upto, np.array(columns, dtype=np.int64)


def _region(box: tuple[tuple[str, float, float], ...], bounds: Array) -> Region:
    parts = [Condition(name, "between", tuple(ends)) for (name, _, _), ends in zip(box, bounds.tolist(), strict=True)]
    return parts[0] if len(parts) == 1 else And(tuple(parts))
