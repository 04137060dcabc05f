"""The space that factors span: its grid, the maps between rows, codes, values and u, and its symmetries.

A *row* is an index into the grid of all combinations, the first factor slowest (C order); the other coordinates are
those of `factorhub.factors`. In every array the last axis is the factors and the leading axes are free.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub import html
from factorhub.attributes import Attribute
from factorhub.errors import InputError, RowError, unknown
from factorhub.factors import Array, Factor
from factorhub.symmetries import SYMMETRIES, Fold, Ignored, Symmetry, within_period

__all__ = ["FactorSpace", "Fold", "Ignored", "Symmetry", "within_period"]
MOST_SHOWN = 8  # factors in the repr of a space

MOST_SHOWN = 8  # factors in the repr of a space


@dataclass(frozen=True)
class FactorSpace:
    """The product of factors: names, sizes, and the vectorised maps between rows, codes, values and u.

    In every array the last axis is the factors (k of them) and the leading axes are free.

    Attributes:
        factors: slowest first.
        symmetries: where two labels draw one observation.
        attributes: what follows from factors and is stored beside them.
        groups: names for several factors together, such as `identity`, {name: factors}; they stand for them in lists of factors.

    >>> from factorhub.factors import categorical, continuous
    >>> space = FactorSpace((categorical("shape", ["square", "heart"]), continuous("scale", 0.5, 1.0, grid=6)))
    >>> len(space), space.codes(7).tolist(), space.values([1, 1]).tolist(), space.rows([1, 1]).item()
    (12, [1, 1], [1.0, 0.6], 7)
    """

    factors: tuple[Factor, ...]
    symmetries: tuple[Symmetry, ...] = field(default=())
    attributes: tuple[Attribute, ...] = field(default=())
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("factors", "symmetries", "attributes"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "groups", {name: tuple(members) for name, members in self.groups.items()})
        if not self.factors:
            raise InputError("a factor space needs at least one factor; got none")
        names = (*self.names, *(attribute.name for attribute in self.attributes), *self.groups)
        if len(set(names)) != len(names):
            raise InputError(f"factor names are distinct; got {', '.join(names)}")
        for name in (name for reads in (*(item.reads for item in self.attributes), *self.groups.values()) for name in reads):
            self.index(name)
        for symmetry in self.symmetries:
            affected = symmetry.factors if isinstance(symmetry, Ignored) else (symmetry.factor,)
            for name in (*affected, symmetry.by):
                self.index(name)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The factors' names, slowest first."""
        return tuple(factor.name for factor in self.factors)

    @cached_property
    def sizes(self) -> tuple[int | None, ...]:
        """The number of grid values of each factor; None where a factor has no grid."""
        return tuple(factor.size for factor in self.factors)

    @cached_property
    def grid_size(self) -> int | None:
        """The number of grid points, exact however large; None when a factor has no grid."""
        return None if None in self.sizes else math.prod(size for size in self.sizes if size is not None)

    @property
    def enumerable(self) -> bool:
        """True when the grid's rows can be numbered in 64 bits."""
        return self.grid_size is not None and self.grid_size < 2**62

    def __len__(self) -> int:
        """The number of grid points; an error when the grid is not finite or its rows do not fit 64 bits."""
        if self.grid_size is None:
            loose = [factor.name for factor in self.factors if factor.size is None]
            verb = "has" if len(loose) == 1 else "have"
            raise InputError(f"{', '.join(loose)} {verb} no grid, so the space has no length; draw rows instead")
        if not self.enumerable:
            raise InputError(f"the grid has {self.grid_size:.3g} points, too many to number in 64 bits; draw rows instead")
        return self.grid_size

    def __repr__(self) -> str:
        shown = [f"{factor.name} {factor.size or 'interval'}" for factor in self.factors]
        shown = shown if len(shown) <= MOST_SHOWN else [*shown[: MOST_SHOWN - 1], f"and {len(shown) - MOST_SHOWN + 1} more"]
        rows = f": {self.grid_size:,} rows" if self.enumerable else ""
        return f"FactorSpace({', '.join(shown)}){rows}"

    @html.never_raises
    def _repr_html_(self) -> str:
        return html.page(repr(self), html.factor_table(self))

    def __bool__(self) -> bool:
        return True

    @cached_property
    def _hash(self) -> int:
        return hash((self.factors, self.symmetries))

    def __hash__(self) -> int:
        return self._hash  # spaces are keys of caches that every draw asks

    def __getstate__(self) -> dict[str, Any]:
        # without the hash: those of strings differ between processes
        return {"factors": self.factors, "symmetries": self.symmetries, "attributes": self.attributes, "groups": self.groups}

    def __iter__(self) -> Iterator[Factor]:
        return iter(self.factors)

    def __getitem__(self, name: str) -> Factor:
        return self.factors[self.index(name)]

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def index(self, name: str) -> int:
        """The position of the factor called `name`."""
        if name not in self.names:
            raise unknown("factor", name, self.names, "this space")
        return self.names.index(name)

    def members(self, names: Iterable[str], where: str = "this space") -> tuple[str, ...]:
        """Factors' names, with those of a group in the place of the group's: what lists of factors are read by.

        Recipes keep what a person wrote, "identity"; whose factors these are follows from the generator's version.

        Raises:
            InputError: neither a factor nor a group.
        """
        found: list[str] = []
        for name in names:
            if name not in self.groups and name not in self.names:
                raise unknown("factor", name, (*self.names, *self.groups), where)
            found += self.groups.get(name, (name,))
        return tuple(found)

    def known(self, name: str) -> Factor:
        """The factor called `name`, or the attribute of that name as a factor describes it."""
        found = {attribute.name: attribute.factor for attribute in self.attributes}.get(name)
        if found is None and name not in self.names:
            raise unknown("factor", name, (*self.names, *(attribute.name for attribute in self.attributes)), "this space")
        return found or self[name]

    def column(self, values: Array, name: str) -> Array:
        """The values (…) of a factor, or of an attribute, at `values` (…, k)."""
        for attribute in self.attributes:
            if attribute.name == name:
                return attribute.values({read: values[..., self.index(read)] for read in attribute.reads})
        return values[..., self.index(name)]

    @cached_property
    def _strides(self) -> Array:
        sizes = [1 if size is None else size for size in self.sizes]
        return np.array([math.prod(sizes[i + 1 :]) for i in range(len(sizes))], dtype=np.int64)

    def codes(self, rows: npt.ArrayLike) -> Array:
        """The codes (…, k), int64, of grid `rows` (…)."""
        rows = np.asarray(rows)
        if rows.dtype.kind not in "iu":
            raise InputError(f"rows are integers; got {rows.dtype}")
        if rows.size and (rows.min() < 0 or rows.max() >= len(self)):
            got = rows[(rows < 0) | (rows >= len(self))].flat[0]
            raise RowError(f"rows of this grid run from 0 to {len(self) - 1}; got {got}")
        sizes = np.array([size or 1 for size in self.sizes], dtype=np.int64)
        codes: Array = rows[..., None].astype(np.int64) // self._strides % sizes
        return codes

    def rows(self, codes: npt.ArrayLike) -> Array:
        """The grid rows (…), int64, of `codes` (…, k)."""
        codes = self._last_axis(codes, "codes")
        len(self)
        for i, factor in enumerate(self.factors):
            factor.check_codes(codes[..., i])
        rows: Array = (codes.astype(np.int64) * self._strides).sum(axis=-1)
        return rows

    def values(self, codes: npt.ArrayLike) -> Array:
        """The values (…, k), float64, of `codes` (…, k)."""
        codes = self._last_axis(codes, "codes")
        return np.stack([factor.values(codes[..., i]) for i, factor in enumerate(self.factors)], axis=-1)

    def codes_of(self, values: npt.ArrayLike) -> Array:
        """The codes (…, k), int64, of grid `values` (…, k): the exact inverse of `values`."""
        values = self._last_axis(values, "values")
        return np.stack([factor.codes_of(values[..., i]) for i, factor in enumerate(self.factors)], axis=-1)

    def from_unit(self, u: npt.ArrayLike) -> Array:
        """The values (…, k) at points `u` (…, k) of the unit cube."""
        u = self._last_axis(u, "u")
        return np.stack([factor.from_unit(u[..., i]) for i, factor in enumerate(self.factors)], axis=-1)

    def to_unit(self, values: npt.ArrayLike) -> Array:
        """The points (…, k) of the unit cube at `values` (…, k)."""
        values = self._last_axis(values, "values")
        return np.stack([factor.to_unit(values[..., i]) for i, factor in enumerate(self.factors)], axis=-1)

    def point(self, **named: npt.ArrayLike) -> Array:
        """The values (…, k) of these factors by name, as labels or numbers or arrays of either; the others have their first value.

        >>> from factorhub.factors import categorical, continuous
        >>> space = FactorSpace((categorical("shape", ["square", "heart"]), continuous("scale", 0.5, 1.0, grid=6)))
        >>> space.point(shape=["heart", "square"], scale=0.8).tolist(), space.point().tolist()
        ([[1.0, 0.8], [0.0, 0.8]], [0.0, 0.5])
        """
        for name in named:
            self.index(name)
        columns = []
        for factor in self.factors:
            asked = np.asarray(named.get(factor.name, factor.low if factor.grid is None else factor.values(0)))
            texts = asked.dtype.kind not in "biuf"  # labels, or numbers as text
            columns.append(np.vectorize(factor.value, otypes=[np.float64])(asked) if texts else asked.astype(np.float64))
        return np.stack(np.broadcast_arrays(*columns), axis=-1)

    def inside(self, values: npt.ArrayLike) -> Array:
        """A mask (…) of which `values` (…, k) lie in the space."""
        values = self._last_axis(values, "values")
        inside: Array = np.logical_and.reduce([factor.inside(values[..., i]) for i, factor in enumerate(self.factors)])
        return inside

    def check(self, values: npt.ArrayLike) -> Array:
        """`values` (…, k) as float64, or `InputError` naming the first factor and value that do not fit."""
        values = np.asarray(self._last_axis(values, "values"), dtype=np.float64)
        for i, factor in enumerate(self.factors):
            factor.check(values[..., i])
        return values

    def canonical(self, values: npt.ArrayLike) -> Array:
        """One representative of all `values` (…, k) that give the same observation: turns removed, symmetries applied."""
        values = np.array(self._last_axis(values, "values"), dtype=np.float64)
        for i, factor in enumerate(self.factors):
            if factor.period is not None:
                values[..., i] = factor.low + np.mod(values[..., i] - factor.low, factor.period)
        for symmetry in self.symmetries:
            symmetry.apply(self, values)
        return values

    def without_grid(self, names: Iterable[str]) -> FactorSpace:
        """This space with the grids of the named interval factors dropped: what a set drawn off the grid has."""
        loose = set(names)
        drop = {name for name in loose if self[name].interval and self[name].low < self[name].high}
        return replace(self, factors=tuple(replace(f, grid=None) if f.name in drop else f for f in self.factors))

    def to_dict(self) -> dict[str, Any]:
        """This space as JSON data; `FactorSpace.from_dict` gives back an equal one."""
        kinds = {kind: name for name, kind in SYMMETRIES.items()}
        symmetries = [{"symmetry": kinds[type(s)], **vars(s)} for s in self.symmetries]
        attributes = {"attributes": [attribute.to_dict() for attribute in self.attributes]} if self.attributes else {}
        groups = {"groups": {name: list(members) for name, members in self.groups.items()}} if self.groups else {}
        return {"factors": [factor.to_dict() for factor in self.factors], "symmetries": symmetries, **attributes, **groups}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FactorSpace:
        """The space that `to_dict` described."""
        symmetries = []
        for item in data["symmetries"]:
            fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in item.items() if k != "symmetry"}
            symmetries.append(SYMMETRIES[item["symmetry"]](**fields))
        attributes = tuple(Attribute.from_dict(item) for item in data.get("attributes", ()))
        factors = tuple(Factor.from_dict(item) for item in data["factors"])
        return cls(factors, tuple(symmetries), attributes, data.get("groups", {}))

    def _last_axis(self, array: npt.ArrayLike, what: str) -> Array:
        array = np.asarray(array)
        if array.dtype.kind not in "biuf":
            raise InputError(
                f"{what} are numbers, of categorical factors their codes; got {array.dtype}; see Factor.code for labels"
            )
        if array.ndim == 0 or array.shape[-1] != len(self.factors):
            names = ", ".join(self.names)
            raise InputError(f"{what} have {len(self.factors)} factors ({names}) on their last axis; got shape {array.shape}")
        return array
