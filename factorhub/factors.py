"""Ground-truth factors: names, kinds, values, units, and the maps between one factor's coordinates.

Three coordinates, three words. A *code* is an integer on a factor's grid, from 0. A *value* is what the renderer
gets: a number with a unit, or, for a categorical factor, its code (whose meaning is its label). *u* is a number in
[0, 1). `factorhub.space` puts factors together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, cut, short, unit_hint, unknown

Kind: TypeAlias = Literal["categorical", "ordinal", "continuous", "circular"]
Array: TypeAlias = npt.NDArray[Any]
KINDS: tuple[Kind, ...] = ("categorical", "ordinal", "continuous", "circular")
MATCH = 1e-6  # a value is on the grid when it lies within this fraction of the factor's range: float32 labels match


@dataclass(frozen=True, repr=False)
class Factor:
    """One ground-truth factor of variation: what it is called, which values it takes, and on what grid.

    Make one with `categorical`, `ordinal`, `continuous` or `circular`.

    Attributes:
        name: the field's usual name; a Python identifier.
        kind: how its values relate. Categorical values have labels; ordinal values are an increasing list;
            continuous values fill the interval [low, high]; circular values fill one period from low to high.
        grid: labels (categorical), increasing numbers, or a `range` where there are too many to list; None when the
            factor is continuous without a grid.
        low, high: the interval of allowed values, in `unit`.
        unit: of the values; empty when they have none.
        nuisance: True for what should not matter to a representation (noise, texture seeds); it is still a label.
        description: one line for the factor table.
    """

    name: str
    kind: Kind
    grid: tuple[str, ...] | tuple[float, ...] | range | None
    low: float
    high: float
    unit: str = ""
    nuisance: bool = False
    description: str = ""

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise InputError(f"a factor's name is a Python identifier; got '{self.name}'")
        if self.kind not in KINDS:
            raise unknown("kind", self.kind, KINDS, f"factor {self.name}")
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise InputError(f"{self.name} needs finite low <= high; got {self.low} and {self.high}")
        if self.grid is None:
            if self.kind in ("categorical", "ordinal") or self.low == self.high:
                raise InputError(f"{self.name} is {self.kind} and needs a list of at least one value")
        elif len(self.grid) == 0:
            raise InputError(f"{self.name} has an empty grid; give it at least one value")
        elif self.kind == "categorical":
            if len(set(self.grid)) != len(self.grid) or not all(isinstance(label, str) for label in self.grid):
                raise InputError(f"the labels of {self.name} are distinct strings; got {self.grid}")
        else:
            steps = (self.grid.step,) if isinstance(self.grid, range) else np.diff(np.asarray(self.grid, np.float64))
            if not (np.asarray(steps) > 0).all():
                raise InputError(f"the values of {self.name} must increase; got {self.grid}")
            if self.grid[0] < self.low or self.grid[-1] > self.high:  # type: ignore[operator]
                raise InputError(f"the grid of {self.name} must lie in [{self.low:g}, {self.high:g}]; got {self.grid}")

    @property
    def size(self) -> int | None:
        """The number of grid values; None for a continuous factor without a grid."""
        return None if self.grid is None else len(self.grid)

    @property
    def labels(self) -> tuple[str, ...] | None:
        """The names of a categorical factor's codes; None for the other kinds."""
        return self.grid if self.kind == "categorical" else None  # type: ignore[return-value]

    @property
    def period(self) -> float | None:
        """The period of a circular factor, in its unit; None for the other kinds."""
        return self.high - self.low if self.kind == "circular" else None

    @property
    def interval(self) -> bool:
        """True when every number between low and high is a value, on the grid or off it."""
        return self.kind in ("continuous", "circular")

    @cached_property
    def table(self) -> Array:
        """The grid values as float64 (size,), a categorical factor's being its codes. Not for `range` grids of seeds."""
        if self.grid is None:
            raise InputError(f"{self.name} has no grid; its values fill [{self.low:g}, {self.high:g}]")
        numbers = range(len(self.grid)) if self.kind == "categorical" else self.grid
        return np.asarray(numbers, dtype=np.float64)

    @cached_property
    def _borders(self) -> Array:
        return (self.table[1:] + self.table[:-1]) / 2

    def values(self, codes: npt.ArrayLike, *, check: bool = True) -> Array:
        """The values (float64) at integer `codes`, which must be in range; `check=False` believes that they are."""
        codes = self.check_codes(codes) if check else np.asarray(codes)
        if self.kind == "categorical":
            return codes.astype(np.float64)
        if isinstance(self.grid, range):
            return np.float64(self.grid.start) + codes * np.float64(self.grid.step)
        return self.table.take(codes)

    def nearest(self, values: npt.ArrayLike) -> Array:
        """The codes (int64) of the grid values nearest to `values`; circular factors wrap."""
        values = np.asarray(values, dtype=np.float64)
        if self.kind == "categorical" or isinstance(self.grid, range):
            start, step = (self.grid.start, self.grid.step) if isinstance(self.grid, range) else (0, 1)
            return np.clip(np.rint((values - start) / step), 0, len(self.grid or ()) - 1).astype(np.int64)
        if self.period is None:
            return np.searchsorted(self._borders, values).astype(np.int64)
        kept = (values == self.high) & (self.table[-1] == self.high)  # a grid may hold both ends of the circle
        turned = np.where(kept, values, self.low + np.mod(values - self.low, self.period))
        codes = np.searchsorted(self._borders, turned)
        first = ~kept & (self.distance(self.table[0], turned) < self.distance(self.table[codes], turned))
        return np.where(first, 0, codes).astype(np.int64)

    def distance(self, a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
        """How far values lie apart, in the factor's unit: the shorter way round on a circle, 0 or 1 between labels."""
        apart = np.abs(np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64))
        if self.kind == "categorical":
            return (apart > 0).astype(np.float64)
        return apart if self.period is None else np.minimum(apart, np.abs(self.period - apart))

    def codes_of(self, values: npt.ArrayLike) -> Array:
        """The codes (int64) of `values`, the exact inverse of `values()`; a value that is not on the grid is an error."""
        values = np.asarray(values, dtype=np.float64)
        self.check(values)
        codes = self.nearest(values)
        if self.interval:
            reach = MATCH * ((self.high - self.low) or 1.0)
            off = self.distance(self.values(codes), values) > reach
            if off.any():
                got = float(values[off].flat[0])
                near = float(self.values(codes)[off].flat[0])
                raise InputError(f"{self.name} = {got:g} is not on its grid of {self.size} values; the nearest is {near:g}")
        return codes

    def from_unit(self, u: npt.ArrayLike) -> Array:
        """The values at `u` in [0, 1): equal shares for each grid value, or even over the interval when it has one."""
        u = np.asarray(u, dtype=np.float64)
        if self.interval:
            return self.low + u * (self.high - self.low)
        return self.values(np.minimum((u * float(self.size or 1)).astype(np.int64), (self.size or 1) - 1))

    def to_unit(self, values: npt.ArrayLike) -> Array:
        """The inverse of `from_unit`; a grid value maps to the middle of its share."""
        values = np.asarray(values, dtype=np.float64)
        if self.interval:
            return (values - self.low) / (self.high - self.low) if self.high > self.low else np.zeros_like(values)
        return (self.nearest(values) + 0.5) / float(self.size or 1)

    def inside(self, values: npt.ArrayLike) -> Array:
        """A mask of which `values` this factor can take."""
        values = np.asarray(values, dtype=np.float64)
        if self.interval:
            return (values >= self.low) & (values <= self.high)
        codes = self.nearest(np.where(np.isfinite(values), values, -1.0))
        known: Array = self.values(codes) == values
        return known

    def check(self, values: Array) -> None:
        """Raise `InputError` unless every value is one this factor can take."""
        inside = self.inside(values)
        if not inside.all():
            got = float(np.asarray(values)[~inside].flat[0])
            hint = unit_hint(got, self.unit, self.low, self.high) * self.interval
            raise InputError(f"{self.name} takes {self.range_text()}; got {got:g}{hint}")

    def code(self, asked: object) -> int:
        """The code of one label or value given by a person: 'heart', 4, 0.5, or the same as text."""
        if self.labels is not None and asked in self.labels:
            return self.labels.index(str(asked))
        if self.labels is not None and isinstance(asked, str) and not asked.lstrip("-").isdigit():
            raise unknown("value", asked, self.labels, self.name)
        return int(self.codes_of(np.float64(self._number(asked))))

    def value(self, asked: object) -> float:
        """The value of one label or number given by a person, on the grid or off it; 'heart' gives its code."""
        return float(self.code(asked)) if self.labels is not None else self._number(asked)

    def _number(self, asked: object) -> float:
        try:
            return float(asked)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise InputError(f"{self.name} takes {self.range_text()}; got {short(asked)}") from None

    def __repr__(self) -> str:
        size = "no grid" if self.size is None else f"{self.size:,} values"
        return cut(f"Factor({self.name!r}, {self.kind}: {self.range_text()}, {size}{', nuisance' * self.nuisance})", 160)

    def range_text(self) -> str:
        """The allowed values in words, for error messages and tables."""
        unit = f" {self.unit}" if self.unit else ""
        if self.interval:
            return f"{self.low:g} … {self.high:g}{unit}"
        if isinstance(self.grid, range):
            return f"the whole numbers {self.grid[0]} … {self.grid[-1]}{unit}"
        assert self.grid is not None
        texts = [value if isinstance(value, str) else f"{value:g}" for value in self.grid]
        shown = texts if len(texts) <= 12 else [*texts[:5], "…", *texts[-2:]]
        codes = f" (or codes 0 … {len(texts) - 1})" if self.labels else ""
        return ", ".join(shown) + unit + codes

    def check_codes(self, codes: npt.ArrayLike) -> Array:
        """`codes` as an array, or `InputError` unless they are integers on the grid."""
        codes = np.asarray(codes)
        if codes.dtype.kind not in "iu":
            raise InputError(f"codes of {self.name} are integers; got {codes.dtype} (values go to codes_of)")
        size = self.size
        if size is None:
            raise InputError(f"{self.name} is continuous without a grid, so it has no codes; use its values")
        if codes.size and (codes.min() < 0 or codes.max() >= size):
            got = codes[(codes < 0) | (codes >= size)].flat[0]
            raise InputError(f"codes of {self.name} run from 0 to {size - 1}; got {got}")
        return codes

    def to_dict(self) -> dict[str, Any]:
        """This factor as JSON data; `Factor.from_dict` gives back an equal one."""
        grid: Any = self.grid
        if isinstance(grid, range):
            grid = {"range": [grid.start, grid.stop, grid.step]}
        elif grid is not None:
            grid = list(grid)
        return {
            "name": self.name, "kind": self.kind, "grid": grid, "low": self.low, "high": self.high,
            "unit": self.unit, "nuisance": self.nuisance, "description": self.description,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Factor:
        """The factor that `to_dict` described."""
        grid = data["grid"]
        if isinstance(grid, Mapping):
            grid = range(*grid["range"])
        elif grid is not None:
            grid = tuple(grid)
        return cls(**{**data, "grid": grid})


def categorical(name: str, labels: Iterable[str], *, nuisance: bool = False, description: str = "") -> Factor:
    """A factor whose values have names and no order, such as a shape."""
    grid = tuple(labels)
    return Factor(name, "categorical", grid, 0.0, float(max(len(grid) - 1, 0)), "", nuisance, description)


def ordinal(name: str, values: Sequence[float] | range, *, unit: str = "", nuisance: bool = False, description: str = "") -> Factor:
    """A factor that takes only the listed, increasing numbers. A `range` may be huge: seeds are `range(2**32)`."""
    grid = values if isinstance(values, range) else tuple(values)
    low, high = (float(grid[0]), float(grid[-1])) if len(grid) else (0.0, 0.0)
    return Factor(name, "ordinal", grid, low, high, unit, nuisance, description)


def continuous(
    name: str,
    low: float,
    high: float,
    *,
    grid: int | Sequence[float] | None = None,
    unit: str = "",
    nuisance: bool = False,
    description: str = "",
) -> Factor:
    """A factor that takes every number in [low, high]; `grid` gives a number of even steps (both ends included) or the values."""
    return Factor(name, "continuous", _steps(low, high, grid, True), float(low), float(high), unit, nuisance, description)


def circular(
    name: str,
    period: float,
    *,
    low: float = 0.0,
    grid: int | Sequence[float] | None = None,
    endpoint: bool = False,
    unit: str = "",
    nuisance: bool = False,
    description: str = "",
) -> Factor:
    """A factor on a circle: low and low + period are the same point. A numbered `grid` leaves the end out unless `endpoint`."""
    high = low + period
    return Factor(name, "circular", _steps(low, high, grid, endpoint), float(low), float(high), unit, nuisance, description)


def _steps(low: float, high: float, grid: int | Sequence[float] | None, endpoint: bool) -> tuple[float, ...] | None:
    if isinstance(grid, int):
        return tuple(np.linspace(low, high, grid, endpoint=endpoint).tolist())
    return None if grid is None else tuple(float(value) for value in grid)
