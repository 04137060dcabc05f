"""Recipes: all that the rows of a set depend on, as data, and the source of rows that each describes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from factorhub import catalog
from factorhub.errors import InputError
from factorhub.generator import Generator
from factorhub.order import Kind, Order
from factorhub.regimes.grid import Grid
from factorhub.regimes.regime import Regime
from factorhub.regimes.uniform import Uniform
from factorhub.sampled import Sampled

MOST_ROWS = 2**40
FLOAT32 = 2.0**-24  # the rounding of a float32, relative: what errors stay below unless a recipe says otherwise
MOST_UNASKED = 2**27  # rows that are written without being asked for by number


@dataclass(frozen=True)
class Recipe:
    """How to make a set: all that its rows depend on. Equal recipes give equal rows on any machine.

    Attributes:
        generator: a catalog name, or `package.module:function`.
        options: of the generator, all of them.
        version: of the generator; another version may draw other rows.
        regime: which factor vectors; None takes the grid, or uniform draws where the grid is not finite.
        seed: of the regime, the order and the splits.
        rows: how many; None takes all that the regime has.
        splits: names and shares, which add up to 1.
        order: "permuted" or "natural".
        bound: the largest measured error a row may have, where the generator's numerics are measured; None sets no limit.
    """

    generator: str
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    version: int = 1
    regime: Regime | None = None
    seed: int = 0
    rows: int | None = None
    splits: Mapping[str, float] = field(default_factory=lambda: {"train": 1.0}, hash=False)
    order: Kind = "permuted"
    bound: float | None = None

    def source(self) -> Sampled:
        """The rows of this recipe, rendered on demand.

        Raises:
            InputError: the rows, the splits or the regime do not fit the generator.
        """
        made = catalog.generator(self.generator, **self.options)
        if made.version != self.version:
            raise InputError(
                f"the recipe asks for version {self.version} of {self.generator}, this factorhub has {made.version}; "
                f"install the factorhub that wrote the recipe"
            )
        return source_of(made, self)

    def to_dict(self) -> dict[str, Any]:
        """This recipe as JSON data."""
        regime = None if self.regime is None else {"name": type(self.regime).__name__.lower(), **vars(self.regime)}
        return {
            "generator": self.generator, "version": self.version, "options": dict(self.options), "regime": regime,
            "seed": self.seed, "rows": self.rows, "splits": dict(self.splits), "order": self.order,
            "bound": self.bound,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Recipe:
        """The recipe that `to_dict` described."""
        regimes = {"grid": Grid, "uniform": Uniform}
        fields = {
            key: data[key] for key in ("generator", "version", "options", "seed", "rows", "splits", "order", "bound") if key in data
        }
        chosen = dict(data.get("regime") or {})
        return cls(**fields, regime=regimes[chosen.pop("name")](**chosen) if chosen else None)


def recipe(
    generator: str | Generator,
    *,
    rows: int | None = None,
    seed: int = 0,
    regime: Regime | None = None,
    splits: Mapping[str, float] | None = None,
    order: Kind = "permuted",
    bound: float | None = None,
    **options: Any,
) -> Recipe:
    """The recipe for a generator by name, with the defaults filled in; see `Recipe` for the arguments."""
    if isinstance(generator, Generator):
        if options:
            raise InputError(f"options are given with a generator's name; {generator.name} is already made")
        made = generator
    else:
        made = catalog.generator(generator, **options)
    if regime is None:
        regime = Grid() if made.space.enumerable else Uniform()
    if bound is None and made.quality is not None:
        bound = FLOAT32
    if bound is not None and (made.quality is None or not bound > 0):
        without = f"is for generators whose errors are measured, which those of {made.name} are not"
        what = without if made.quality is None else "is above 0"
        raise InputError(f"--bound {what}; got {bound}")
    return Recipe(made.name, dict(made.options), made.version, regime, seed, rows, splits or {"train": 1.0}, order, bound)


def source_of(made: Generator, asked: Recipe) -> Sampled:
    """The rows of a recipe, from its generator already made."""
    regime = asked.regime or (Grid() if made.space.enumerable else Uniform())
    length = regime.length(made.space)
    if asked.rows is not None and not 1 <= asked.rows <= MOST_ROWS:
        raise InputError(f"rows of {made.name} are 1 to 2**40; got {asked.rows}")
    if asked.rows is None and (length is None or length > MOST_UNASKED):
        many = "no last row" if length is None else f"{length:,} rows"
        raise InputError(f"{made.name} has {many} under this regime; say how many you want: --rows N")
    if length is not None and asked.rows is not None and asked.rows > length:
        raise InputError(
            f"{made.name} has {length} rows on its grid; got --rows {asked.rows}; ask for fewer, or for another regime"
        )
    rows = asked.rows or length
    assert rows is not None
    kind: Kind = asked.order if length is not None else "natural"
    return Sampled(made, regime, asked.seed, Order(kind, length or rows, _ends(rows, asked.splits), asked.seed))


def _ends(rows: int, splits: Mapping[str, float]) -> tuple[int, ...]:
    """Where each split ends: shares of the rows, rounded down where they meet, none of them empty."""
    shares = {name: Fraction(str(share)) for name, share in splits.items()}
    listed = ",".join(f"{name}={float(share):g}" for name, share in shares.items())
    if not shares or any(share <= 0 for share in shares.values()) or abs(float(sum(shares.values())) - 1) > 1e-6:
        raise InputError(
            f"splits are shares above 0 that add up to 1, such as train=0.7,validation=0.2,test=0.1; got {listed or 'none'}"
        )
    ends: list[int] = []
    reached = Fraction(0)
    for share in shares.values():
        reached += share
        ends.append(int(rows * reached))
    ends[-1] = rows
    for name, start, end in zip(shares, [0, *ends], ends, strict=False):
        if end == start:
            raise InputError(
                f"split {name} would be empty: {float(shares[name]):g} of {rows} rows; give it a larger share or more rows"
            )
    return tuple(ends)
