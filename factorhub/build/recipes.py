"""Recipes: all that the rows of a set depend on, as data, and the source of rows that each describes."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from types import NoneType
from typing import Any, TypeAlias, get_args

import numpy as np

from factorhub import catalog, html, regimes
from factorhub.build.rendered import Sampled
from factorhub.derived import check_rules
from factorhub.errors import InputError, must_be, unknown, whole
from factorhub.generator import Generator
from factorhub.order import Kind, Order
from factorhub.paths import local_path
from factorhub.printable import quoted
from factorhub.randomness import SEEDS
from factorhub.regimes import Grid, Regime, Splits, Uniform
from factorhub.regimes.parts import Parts
from factorhub.regimes.splits import FORM

AskedSplits: TypeAlias = Splits | Mapping[str, Any] | str
MOST_ROWS = 2**40
FLOAT32 = 2.0**-24  # the rounding of a float32, relative: what errors stay below unless a recipe says otherwise
MOST_UNASKED = 2**27  # rows that are written without being asked for by number
ONE = Splits(("train",), fractions=(1.0,))
SETTINGS = ("rows", "workers", "shard_rows", "compression", "level", "overwrite", "progress")  # what options are mistaken for
REMARKS = ("source", "notes")  # what a set's recipe says for people
NAMES = ("generator", "version", "options", "regime", "seed", "rows", "splits", "split_rows", "order", "bound")


@dataclass(frozen=True)
class Recipe:
    """How to make a set: all that its rows depend on. Equal recipes give equal rows on any machine.

    Attributes:
        generator: a catalog name, or `package.module:function`.
        options: of the generator, all of them.
        version: of the generator; another version may draw other rows.
        regime: which factor vectors.
        seed: of the regime, the order and the splits.
        rows: how many; None takes all that the regime has.
        splits: names with shares that add up to 1, with regions, or with a regime each; see `factorhub.regimes.Splits`.
        order: "permuted" or "natural".
        bound: the largest measured error a row may have, where the generator's numerics are measured; None sets no limit.
    """

    generator: str
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    version: int = 1
    regime: Regime = field(default_factory=Grid)
    seed: int = 0
    rows: int | None = None
    splits: Splits = ONE
    order: Kind = "permuted"
    bound: float | None = None

    def __post_init__(self) -> None:
        if self.rows is not None:
            object.__setattr__(self, "rows", whole("rows", self.rows, 1, MOST_ROWS))
        object.__setattr__(self, "seed", whole("a seed", self.seed, 0, SEEDS - 1))
        if self.order not in get_args(Kind):
            raise unknown("order", self.order, get_args(Kind))
        drawn = None if isinstance(self.regime, type) else self.regime
        must_be("regime", drawn, Regime, "a regime of factorhub.regimes, its data, or its text such as 'pairs(k=2)'")
        must_be("splits", self.splits, Splits, f"factorhub.regimes.Splits, {{name: share}}, or text such as {FORM}")

    @cached_property
    def made(self) -> Generator:
        """The generator, made once for each recipe: that of a published file checks every label of the file."""
        return catalog.generator(self.generator, **self.options)

    def __getstate__(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(self)}  # another process makes the generator itself

    @html.never_raises
    def _repr_html_(self) -> str:
        return html.page(f"recipe of {self.generator}", html.code(toml(self.to_dict())))

    def source(self) -> Sampled:
        """The rows of this recipe, rendered on demand.

        Raises:
            InputError: the rows, the splits or the regime do not fit the generator.
        """
        made = self.made
        if made.version != self.version:
            raise InputError(
                f"the recipe asks for version {self.version} of {self.generator}, this factorhub has {made.version}; "
                f"install the factorhub that wrote the recipe"
            )
        return source_of(made, self)

    def to_dict(self) -> dict[str, Any]:
        """This recipe as JSON and TOML data; what is None is left out."""
        splits = self.splits.to_dict()
        data = {
            "generator": self.generator, "version": self.version, "options": dict(self.options),
            "regime": regimes.to_dict(self.regime), "seed": self.seed, "rows": self.rows, "splits": splits["splits"],
            "split_rows": splits.get("rows"), "order": self.order, "bound": self.bound,
        }  # fmt: skip
        return {name: value for name, value in data.items() if value is not None}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, generator: str | None = None) -> Recipe:
        """The recipe that `to_dict` described; what is left out takes its default, and `source` and `notes` are remarks.

        A recipe is data: a generator outside the catalog is imported only where `generator` repeats its name, and a regime
        outside factorhub comes only from a module that is imported already.

        Raises:
            InputError: an unknown entry, no generator, or one outside the catalog that `generator` does not repeat.
        """
        must_be("a recipe", data, Mapping, "a dictionary such as {'generator': 'dsprites'}")
        for name in data:
            if name not in (*NAMES, *REMARKS):
                raise unknown("entry", name, NAMES, "a recipe")
        if "generator" not in data:
            raise InputError('a recipe names its generator; got none: add generator = "NAME"')
        catalog.check_leave(data["generator"], generator)
        options = data.get("options", {})
        if isinstance(options, Mapping) and "derive" in options:
            check_rules(options["derive"])
        asked = {name: value for name, value in data.items() if name in NAMES and name not in ("generator", "options", "version")}
        asked["regime"] = _regime(asked.get("regime"), importing=False)
        asked["splits"] = _splits(asked.get("splits"), asked.get("split_rows"), importing=False)
        made = recipe(data["generator"], **asked, options=options)
        version = data.get("version", made.version)
        return made if version == made.version else replace(made, version=version)

    @classmethod
    def from_toml(cls, path: str | Path, *, generator: str | None = None) -> Recipe:
        """The recipe in a TOML file, as `factorhub info PATH` prints it; `generator` as for `from_dict`.

        Raises:
            InputError: no such file, not TOML, or not a recipe.
        """
        file = local_path("a recipe", path, "a TOML file")
        try:
            data = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(f"cannot read the recipe {path}: {error.strerror}; name a TOML file") from None
        except (ValueError, RecursionError) as error:
            raise InputError(f"the recipe {path} is not TOML: {error}; write it as factorhub info PATH prints it") from None
        return cls.from_dict(data, generator=generator)


def toml(data: Mapping[str, Any]) -> str:
    """Plain data as TOML, one entry a line, nested tables inline."""
    names = [key if re.fullmatch("[A-Za-z0-9_-]+", key) else quoted(key) for key in data]
    return "\n".join(f"{name} = {_toml(value)}" for name, value in zip(names, data.values(), strict=True))


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{quoted(key)} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return quoted(value)
    return repr(value) if isinstance(value, float) else json.dumps(value)


def recipe(
    generator: str | Generator,
    *,
    rows: int | None = None,
    seed: int = 0,
    regime: Regime | Mapping[str, Any] | str | None = None,
    splits: AskedSplits | None = None,
    split_rows: Mapping[str, int] | None = None,
    order: Kind = "permuted",
    bound: float | None = None,
    options: Mapping[str, Any] | None = None,
    **more: Any,
) -> Recipe:
    """The recipe for a generator, with the defaults filled in; see `Recipe` for what each argument means.

    Args:
        generator: a name, or a Generator that was made by name.
        regime: a record, its data, or its text such as "pairs(k=2)"; the grid by default where it is finite.
        splits: {"train": 0.7, "test": 0.3}, {"test": "shape == heart", "train": "shape != heart"}, or the text of either.
        split_rows: {name: rows}, for splits by regions or regimes whose draws never end.
        options: of the generator; `more` keywords are options too.

    Raises:
        InputError: something asked for does not exist or does not fit.
    """
    must_be("options", options, (Mapping, NoneType), "a dictionary such as {'size': 32}")
    chosen = {**(options or {}), **more}
    if isinstance(generator, Generator):
        if chosen:
            raise InputError(
                f"options are given with a generator's name; {generator.name} is already made; leave out {', '.join(chosen)}"
            )
        made = generator
    else:
        known = catalog.defaults(generator) if more else {}
        for name in more:
            if name not in known and name != "derive":
                raise unknown("option", name, [*known, *SETTINGS], generator)
        made = catalog.generator(generator, **chosen)
    drawn: Regime = (Grid() if made.space.enumerable else Uniform()) if regime is None else _regime(regime)
    parts = _splits(splits, split_rows)
    if bound is None and made.quality is not None:
        bound = FLOAT32
    must_be("bound", bound, (int, float, NoneType), "a number above 0")
    if bound is not None and (made.quality is None or not bound > 0):
        without = f"is for generators whose errors are measured, which those of {made.name} are not"
        what = without if made.quality is None else "is above 0"
        raise InputError(f"--bound {what}; got {bound}")
    found = Recipe(made.name, dict(made.options), made.version, drawn, seed, rows, parts or ONE, order, bound)
    vars(found)["made"] = made
    return found


def _regime(asked: Any, importing: bool = True) -> Any:
    if isinstance(asked, Mapping):
        return regimes.from_dict(asked, importing=importing)
    return regimes.from_text(asked, importing=importing) if isinstance(asked, str) else asked


def _splits(asked: Any, rows: Any, importing: bool = True) -> Any:
    if isinstance(asked, Mapping):
        return Splits.from_dict({"splits": asked, "rows": rows}, importing=importing)
    return Splits.from_text(asked, importing=importing) if isinstance(asked, str) else asked


def source_of(made: Generator, asked: Recipe) -> Sampled:
    """The rows of a recipe, from its generator already made."""
    if not asked.splits.fractions:
        return _parted(made, asked)
    length = asked.regime.length(made.space)
    if asked.rows is None and (length is None or length > MOST_UNASKED):
        if length is None:
            raise InputError(f"this regime never ends for {made.name}; say how many rows you want: --rows N (rows=N in Python)")
        raise InputError(f"{made.name} has {length:,} rows under this regime; say how many you want: --rows N (rows=N in Python)")
    if length is not None and asked.rows is not None and asked.rows > length:
        raise InputError(f"{made.name} has {length} rows under this regime; got --rows {asked.rows}; ask for fewer rows")
    rows = asked.rows or length or 0
    ends = np.cumsum(list(asked.splits.sizes(made.space, rows).values())).tolist()
    kind: Kind = asked.order if length is not None else "natural"
    # endless draws are independent, so their splits are simply one after the other
    bases = () if length is not None else tuple(np.diff([0, *ends]).tolist())
    return Sampled(made, asked.regime, asked.seed, Order(kind, length or rows, ends, asked.seed, bases))


def _counted(asked: Recipe, rows: int) -> str:
    """The text of the same splits with `rows` rows each."""
    parts = (f"{name}={rows} * {regimes.to_text(asked.splits.regime(name, asked.regime))}" for name in asked.splits.names)
    return f'--splits "{"; ".join(parts)}"'


def _parted(made: Generator, asked: Recipe) -> Sampled:
    """The rows of a set whose splits have regions or regimes of their own."""
    splits = asked.splits
    if asked.rows is not None:
        raise InputError(
            f"splits by region or regime have numbers of rows of their own; got --rows {asked.rows} beside them; "
            f"leave it out, or give each split rows: {_counted(asked, 100)}"
        )
    splits.check(made.space)
    parts = [splits.regime(name, asked.regime) for name in splits.names]
    lengths = [part.length(made.space) for part in parts]
    if splits.rows:
        sizes = list(splits.rows)
    elif None not in lengths:
        sizes = [length or 0 for length in lengths]
    else:
        raise InputError(
            f"these draws never end (within a region, only those from the grid do), "
            f"so each split needs rows: {_counted(asked, 1000)}"
        )
    for name, size, length in zip(splits.names, sizes, lengths, strict=True):
        if length is not None and size > length:
            raise InputError(f"split {name} has {length} rows under its regime; got {size}; ask for fewer")
    bases = tuple(size if length is None else length for size, length in zip(sizes, lengths, strict=True))
    regime = Parts(splits.names, tuple(parts), bases)
    regime.check(made.space)
    kind: Kind = asked.order if None not in lengths else "natural"
    return Sampled(made, regime, asked.seed, Order(kind, sum(bases), np.cumsum(sizes).tolist(), asked.seed, bases))
