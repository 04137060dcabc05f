"""Named splits of a set: by fractions, by regions that partition a grid exactly, or by a regime for each."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, cut, must_be, reading, short, unknown, whole
from factorhub.factors import Array
from factorhub.regimes import record
from factorhub.regimes.labels import Labels
from factorhub.regimes.regime import Regime
from factorhub.regimes.where import Where
from factorhub.regions import Region, diagram, parse
from factorhub.space import FactorSpace

FORM = "train=0.7,validation=0.2,test=0.1 or test=(shape == square & posX > 0.5); train=rest"


@dataclass(frozen=True)
class Splits:
    """How the rows of a set are split; exactly one of `fractions`, `regions` and `regimes` is given, one for each name.

    Attributes:
        names: of the splits, in order.
        fractions: shares of the rows, chosen by a seeded permutation; they add up to 1.
        regions: disjoint regions; rows in none of them are left out.
        regimes: another regime for each split, all with the same axes and records (a box and shells around it).
        rows: how many rows each split has; needed with `regimes`, and with `regions` where draws never end.

    >>> import factorhub
    >>> splits = Splits.from_text("test=shape == square & posX > 0.5; train=rest")
    >>> splits.sizes(factorhub.generator("dsprites").space)
    {'test': 122880, 'train': 614400}
    >>> str(splits)
    'test=shape == square & posX > 0.5; train=~(shape == square & posX > 0.5)'
    """

    names: tuple[str, ...]
    fractions: tuple[float, ...] = ()
    regions: tuple[Region, ...] = ()
    regimes: tuple[Regime, ...] = ()
    rows: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name in ("names", "fractions", "regions", "regimes", "rows"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "regions", tuple(parse(r) if isinstance(r, str) else r for r in self.regions))
        if reserved := [name for name in self.names if name.lower() == "all"]:
            asked = f"a split cannot be called '{reserved[0]}', which means all splits together"
            raise InputError(f"{asked}; Hugging Face datasets refuses it; choose another name, such as whole")
        given = [item for item in (self.fractions, self.regions, self.regimes) if item]
        if len(given) != 1 or len(given[0]) != len(self.names) or len(set(self.names)) != len(self.names):
            raise InputError(f"splits need distinct names and a fraction, region or regime for each, as in {FORM}")
        if self.fractions and not (min(self.fractions) > 0 and abs(sum(self.fractions) - 1) <= 1e-6):
            listed = ",".join(f"{name}={share:g}" for name, share in zip(self.names, self.fractions, strict=True))
            total = sum(self.fractions)
            if not all(map(math.isfinite, self.fractions)):
                hint = "give each split a share such as 0.8"
            elif min(self.fractions) <= 0:
                hint = "leave out what is empty"
            elif total < 1:
                hint = f"add a split for the other {1 - total:.6g}"
            else:
                hint = f"write {','.join(f'{n}={s / total:.6g}' for n, s in zip(self.names, self.fractions, strict=True))}"
            raise InputError(f"fractions of splits are above 0 and add up to 1; got {listed}; {hint}")
        if (self.rows and (len(self.rows) != len(self.names) or min(self.rows) < 1)) or (self.regimes and not self.rows):
            raise InputError(f"splits need a number of rows, at least 1, for each of {', '.join(self.names)}; got {self.rows}")

    def sizes(self, space: FactorSpace, rows: int | None = None) -> dict[str, int]:
        """The number of rows of each split, exact.

        Args:
            space: of the rows; a finite grid is counted where no `rows` say otherwise.
            rows: how many rows there are to share out, where the splits are fractions.

        Raises:
            InputError: a split is empty, two overlap, or the rows are not finite; states the sizes.
        """
        if self.rows:
            self.check(space)
            return dict(zip(self.names, self.rows, strict=True))
        if self.regions:
            self.check(space)
            return {name: len(diagram(region, space)) for name, region in zip(self.names, self.regions, strict=True)}
        total, reached, ends = len(space) if rows is None else rows, Fraction(0), [0]
        for share in self.fractions:
            reached += Fraction(str(share))
            ends.append(int(total * reached))
        ends[-1] = total
        sizes = dict(zip(self.names, np.diff(ends).tolist(), strict=True))
        for name, size in sizes.items():
            if size == 0:
                share = self.fractions[self.names.index(name)]
                raise InputError(f"split {name} would be empty: {share:g} of {total} rows; give it a larger share or more rows")
        return sizes

    def check(self, space: FactorSpace) -> None:
        """Raise `InputError` unless every region holds something of `space` and no two overlap."""
        for name, region in zip(self.names, self.regions, strict=False):
            if diagram(region, space).share == 0:
                held = f"0 of {space.grid_size} grid rows" if space.grid_size is not None else "no part of the space"
                raise InputError(f"split {name} is empty: its region '{region}' holds {held}; loosen a condition")
        for (first, a), (second, b) in combinations(zip(self.names, self.regions, strict=False), 2):
            both = diagram(a & b, space)
            if both.share:
                held = f"{both.count} grid rows" if both.count is not None else f"a share of {both.share:.3g}"
                raise InputError(f"splits {first} and {second} overlap: {held} lie in both; add ~({a}) to {second}, or use rest")

    def assign(self, space: FactorSpace, values: npt.ArrayLike) -> Array:
        """The number of the split (…), int64, that each of `values` (…, k) belongs to by its region; -1 for none."""
        if not self.regions:
            raise InputError("only splits by regions are read off factor values; fractions and regimes are given by row numbers")
        values = np.asarray(values, dtype=np.float64)
        found = np.full(values.shape[:-1], -1, dtype=np.int64)
        for number, region in enumerate(self.regions):
            found[region.contains(space, values)] = number
        return found

    def regime(self, name: str, regime: Regime) -> Regime:
        """What a split's rows are drawn from: `regime` within its region, or its own."""
        if name not in self.names:
            raise unknown("split", name, self.names)
        number = self.names.index(name)
        if self.regimes:
            return self.regimes[number]
        if not self.regions:
            return regime
        if isinstance(regime, Labels):  # outermost, so that a budget counts the rows of the split
            return replace(regime, inner=self.regime(name, regime.inner))
        return Where(self.regions[number], regime)

    def to_dict(self) -> dict[str, Any]:
        """These splits as JSON and TOML data: {name: fraction}, {name: region as text}, or {name: regime}, and the rows."""
        items: tuple[Any, ...] = self.fractions or tuple(map(str, self.regions)) or tuple(map(record.to_dict, self.regimes))
        data: dict[str, Any] = {"splits": dict(zip(self.names, items, strict=True))}
        return {**data, "rows": dict(zip(self.names, self.rows, strict=True))} if self.rows else data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, importing: bool = True) -> Splits:
        """The splits that `to_dict` described; without `importing`, no regime is imported for them."""
        names, items = tuple(data["splits"]), tuple(data["splits"].values())
        for name, item in zip(names, items, strict=True):
            kinds = (int, float, str, Mapping, Regime, Region)
            must_be(f"split {name}", item, kinds, "a share such as 0.8, a region such as 'shape == heart', or a regime")
        counts = data.get("rows") or {}
        if counts and set(counts) != set(names):
            raise InputError(f"split_rows has a number for each of {', '.join(names)}; got {short(counts)}")
        rows = tuple(whole(f"split_rows of {name}", counts[name], 1) for name in names if counts)
        if all(isinstance(item, int | float) for item in items):
            return cls(names, fractions=tuple(float(item) for item in items), rows=rows)
        if all(isinstance(item, str | Region) for item in items):
            return cls(names, regions=items, rows=rows)
        if all(isinstance(item, Mapping | Regime) for item in items):
            made = (record.from_dict(item, importing=importing) if isinstance(item, Mapping) else item for item in items)
            return cls(names, regimes=tuple(made), rows=rows)
        raise InputError(f"splits are all shares, all regions or all regimes; got {short(dict(data['splits']))}")

    @classmethod
    def from_text(cls, text: str, *, importing: bool = True) -> Splits:
        """The splits that a text describes: fractions, regions (`rest` is what the others leave), or `rows * regime` each.

        Raises:
            InputError: says which form was expected.
        """
        must_be("the text of splits", text, str, f"a text such as {FORM}")
        with reading("the splits", text):
            return cls._from_text(text, importing)

    @classmethod
    def _from_text(cls, text: str, importing: bool) -> Splits:
        parts = list(_named(text))
        named = dict(parts)
        if len(named) < len(parts):
            twice = next(name for i, (name, _) in enumerate(parts) if name in dict(parts[:i]))
            raise InputError(f"the splits '{cut(text, 200)}' name {twice} twice; give each split a name of its own")
        values = list(named.values())
        if not named or any(not value for value in values):
            raise InputError(f"cannot read the splits '{cut(text, 200)}': expected {FORM}")
        if all(re.fullmatch(r"[\d.eE+-]+", value) for value in values):
            try:
                return cls(tuple(named), fractions=tuple(map(float, values)))
            except ValueError as error:
                raise (
                    error if isinstance(error, InputError) else InputError(f"cannot read the splits '{cut(text, 200)}': {error}")
                ) from None
        counted = [re.fullmatch(r"(\d+)\s*\*\s*(.*)", value, re.DOTALL) for value in values]
        if all(counted):
            found = [match for match in counted if match]
            regimes = tuple(record.from_text(match[2], importing=importing) for match in found)
            return cls(tuple(named), regimes=regimes, rows=tuple(int(match[1]) for match in found))
        if any(counted) or any(re.match(r"\w+\(", value) for value in values):
            bare = next((name for name, match in zip(named, counted, strict=True) if not match))
            raise InputError(
                f"splits with regimes of their own are all written as rows * regime, as in {bare}=1000 * where('shape == heart'); "
                f"got {bare}={cut(named[bare])}"
            )
        rest = [name for name, value in named.items() if value == "rest"]
        others = {name: parse(value) for name, value in named.items() if value != "rest"}
        if len(rest) > 1 or not others:
            raise InputError(f"one split takes the rest of the others' regions; got {', '.join(rest)}")
        left = ~reduce(lambda a, b: a | b, others.values())
        return cls(tuple(named), regions=tuple(others.get(name, left) for name in named))

    def __str__(self) -> str:
        if self.fractions:
            return ",".join(f"{name}={share!r}" for name, share in zip(self.names, self.fractions, strict=True))
        items: tuple[str, ...] = tuple(map(str, self.regions))
        if self.regimes:
            items = tuple(f"{rows} * {record.to_text(regime)}" for rows, regime in zip(self.rows, self.regimes, strict=True))
        return "; ".join(f"{name}={item}" for name, item in zip(self.names, items, strict=True))


def _named(text: str) -> Iterator[tuple[str, str]]:
    """The `name=value` parts of a text, separated by ; or , outside brackets and quotes."""
    depth, quote, start, parts = 0, "", 0, []
    for i, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif depth == 0 and (letter == ";" or (letter == "," and re.match(r"\s*\w+\s*=(?!=)", text[i + 1 :]))):
            parts.append(text[start:i])
            start = i + 1
    for part in [*parts, text[start:]]:
        found = re.fullmatch(r"\s*(\w+)\s*=(?!=)\s*(.*?)\s*", part, re.DOTALL)
        if found:
            yield found[1], found[2]
        elif part.strip():
            raise InputError(f"cannot read the splits '{cut(text, 200)}': expected name=…, got '{cut(part.strip())}', as in {FORM}")
