"""The splits of published experiments on dynamical systems, as data: a training box and shells around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from factorhub.space import FactorSpace

Box: TypeAlias = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Split:
    """One split: uniform draws from the box grown by `away_max`, at least one factor outside the box grown by `away_min`.

    A split with no `away_max` is the box itself. Factors that the box does not name keep their whole range; a pair of
    equal numbers holds a factor fixed. Distances are counted from the box, which all splits of an experiment share.

    Attributes:
        rows: the published number of rows.
        box: the training interval of each domain factor, in its unit.
        away_min, away_max: how far each factor's interval is grown (below, above); not grown where it is not named.

    A regime draws it: `factorhub.regimes.shell.Shell(**split.shell(space))`.

    >>> Split(1000, {"a": (1.0, 2.0)}, away_max={"a": (0.0, 0.5)}).outer
    {'a': (1.0, 2.5)}
    """

    rows: int
    box: Box
    away_min: Box = field(default_factory=dict)
    away_max: Box = field(default_factory=dict)

    @property
    def inner(self) -> dict[str, tuple[float, float]]:
        """The box grown by `away_min`: a row has at least one factor outside it, if there is an `away_max`."""
        return _grown(self.box, self.away_min)

    @property
    def outer(self) -> dict[str, tuple[float, float]]:
        """The box grown by `away_max`: what rows are drawn from."""
        return _grown(self.box, self.away_max)

    def shell(self, space: FactorSpace) -> dict[str, tuple[tuple[str | float, ...], ...]]:
        """The arguments of the regime `Shell` that draws this split, for the factors that `space` has."""
        here = [name for name in self.box if name in space]
        nothing = (0.0, 0.0)
        return {
            "box": tuple((name, *self.box[name]) for name in here),
            "away_min": tuple(tuple(self.away_min.get(name, nothing)) for name in here),
            "away_max": tuple(tuple(self.away_max.get(name, nothing)) for name in here),
        }


def _grown(box: Box, by: Box) -> dict[str, tuple[float, float]]:
    sides = {name: by.get(name, (0.0, 0.0)) for name in box}
    return {name: (low - sides[name][0], high + sides[name][1]) for name, (low, high) in box.items()}


def splits(box: Box, rows: tuple[int, int, int], easy: float, hard: float, names: tuple[str, ...]) -> dict[str, Split]:
    """The four usual splits, with shells of `easy` and then `hard` thickness on both sides of each named factor."""
    near, far = dict.fromkeys(names, (easy, easy)), dict.fromkeys(names, (hard, hard))
    return {
        "train": Split(rows[0], box),
        "test": Split(rows[1], box),
        "ood_easy": Split(rows[1], box, away_max=near),
        "ood_hard": Split(rows[2], box, away_min=near, away_max=far),
    }
