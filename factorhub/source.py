"""What a row consists of, and what a source of rows is: the only things storage and loaders know of one another.

A *column* is one named array of a set; a *source* has columns, a length and `read(rows)`. A set on disk is a source,
and so is a generator under a regime.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from operator import index
from os import PathLike
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, RowError, short, unknown
from factorhub.factors import Array, Factor
from factorhub.fields import Batch, Field, is_image, sampling_rate
from factorhub.space import FactorSpace
from factorhub.strings import is_text

Role: TypeAlias = Literal["index", "factor", "value", "attribute", "regime", "observation"]
LABELS: tuple[Role, ...] = ("factor", "attribute", "regime")  # of columns that say what a row is, beside its values
VALUE = "_value"  # what the column of a factor's physical values is called after the factor's name


@dataclass(frozen=True)
class Column:
    """One named array of a set: a row's part of it has `shape` and `dtype`.

    Roles: "index" is the natural row number; "factor" holds codes under the factor's name; "value" holds physical
    values under the factor's name and `_value`; "attribute" holds what follows from factors, codes where it has a grid and else
    values; "regime" says what a regime did; "observation" is a rendered field.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    dims: tuple[str, ...]
    role: Role
    attributes: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return np.dtype(self.dtype).itemsize * math.prod(self.shape)

    @property
    def is_image(self) -> bool:
        """True for pixels of an observation, of one image or several: see `factorhub.fields.is_image`."""
        return self.role == "observation" and is_image(self.dtype, self.dims, self.shape)

    @property
    def sampling_rate(self) -> int | None:
        """Samples a second of a sound, or of several; None of what is no sound."""
        return sampling_rate(self.dims, self.attributes.get("meta", {})) if self.role == "observation" else None

    @property
    def is_text(self) -> bool:
        """True of tokens with a vocabulary in the meta data: see `factorhub.strings`."""
        return self.role == "observation" and is_text(self.dims, self.attributes.get("meta", {}))

    @property
    def is_binary(self) -> bool:
        """True where the pixels are 0 and 1."""
        return bool(self.attributes.get("meta", {}).get("binary"))

    def to_dict(self) -> dict[str, Any]:
        """This column as JSON data."""
        return {**asdict(self), "shape": list(self.shape), "dims": list(self.dims), "attributes": dict(self.attributes)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Column:
        """The column that `to_dict` described."""
        lists = {"shape": tuple(data["shape"]), "dims": tuple(data["dims"]), "attributes": dict(data["attributes"])}
        return cls(**{**data, **lists})


@runtime_checkable
class Source(Protocol):
    """Anything with rows: columns, a length, and rows by number in the order asked for."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What each row consists of."""
        ...

    def __len__(self) -> int: ...

    def read(self, rows: npt.ArrayLike, columns: Sequence[str] | None = None) -> Batch:
        """The rows with these numbers, in this order: {column: (n, …)}; all columns unless some are named."""
        ...


class Labelled(Source, Protocol):
    """A source that knows the factors of its rows: a stored set, a generator under a regime, a published file."""

    @property
    def space(self) -> FactorSpace:
        """The factors of the rows."""
        ...


@runtime_checkable
class BlockSource(Source, Protocol):
    """A source whose neighbouring rows are cheap to read together, as those of a compressed chunk are."""

    def deal(self, spans: Sequence[tuple[int, int]], out: Batch, places: Array) -> None:
        """Put the rows of all `spans`, (first row, row after the last), one after another into `out[column][places]`.

        Every column of `out` is filled. Called from several threads at once, with places that do not overlap.
        """
        ...

    def prepare(self) -> bool:
        """Load what makes `deal` quick, without waiting for it; False while it is still being made.

        A stream calls it after its batches, in the thread that asked for them, until it is True.
        """
        ...


def check_source(what: str, source: object) -> None:
    """Raise `InputError` unless `source` has rows; a path or a name is answered with the call that opens or makes it.

    Args:
        what: is done with it, such as "a stream reads".
        source: what was given.
    """
    if not isinstance(source, Source):
        hint = "the rows of a generator are factorhub.recipe(generator).source()"
        if isinstance(source, str | PathLike):
            hint = f"write factorhub.open('{source}'), or factorhub.recipe(name).source() for the rows of a generator"
        elif callable(getattr(source, "source", None)):
            hint = "a recipe's rows are its source()"
        raise InputError(
            f"{what} a source of rows, such as factorhub.open(path) or factorhub.recipe(name); got {short(source)}; {hint}"
        )


def code_dtype(size: int) -> str:
    """The dtype of a code column: the smallest that torch, JAX and Arrow all take."""
    return "uint8" if size <= 2**8 else "int32" if size <= 2**31 else "int64"


def columns_of(
    space: FactorSpace,
    fields: Iterable[Field],
    axes: Sequence[tuple[str, int]] = (),
    extras: Iterable[Field] = (),
) -> tuple[Column, ...]:
    """The columns of a set, small ones first: index, codes, values, what the regime did, observations.

    Args:
        space: the factors; those with a grid get a code column, those over an interval a value column.
        fields: of the observation.
        axes: names and lengths of the axes between the row and a factor: (("pair", 2),) for pairs.
        extras: what the regime records of each row.

    Raises:
        InputError: two columns would have one name.
    """
    shape, dims = tuple(length for _, length in axes), tuple(name for name, _ in axes)
    columns = [Column("index", "int64", (), (), "index", {"long_name": "natural row number"})]
    columns += [Column(f.name, code_dtype(f.size), shape, dims, "factor", _describe(f)) for f in space if f.size is not None]
    for factor in space:
        if factor.interval:
            about = {"factor": factor.name, "factor_units": factor.unit, "long_name": f"physical value of {factor.name}"}
            columns.append(Column(factor.name + VALUE, "float64", shape, dims, "value", about))
    for item in (attribute.factor for attribute in space.attributes):
        kind = "float64" if item.size is None else code_dtype(item.size)
        columns.append(Column(item.name, kind, shape, dims, "attribute", _describe(item)))
    columns += [Column(item.name, item.dtype, item.shape, item.dims, "regime", _facts(item)) for item in extras]
    columns += [Column(f.name, f.dtype, shape + f.shape, dims + f.dims, "observation", _facts(f)) for f in fields]
    names = [column.name for column in columns]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"two columns would be called '{twice}'; rename the factor, the field or the regime's record")
    return tuple(columns)


def labels_of(column: Column, space: FactorSpace) -> tuple[str, ...] | None:
    """The names of a column's codes, where it holds those of a categorical factor or attribute."""
    return space.known(column.name).labels if column.role in ("factor", "attribute") else None


def _describe(factor: Factor) -> dict[str, Any]:
    """A code column's attributes: the factor's kind, and CF flags where its codes have names or few values."""
    about: dict[str, Any] = {"kind": factor.kind, "nuisance": factor.nuisance, "long_name": factor.description or factor.name}
    if factor.unit:
        about["factor_units"] = factor.unit
    if factor.labels is not None:
        about["flag_values"] = list(range(len(factor.labels)))
        about["flag_meanings"] = " ".join(label.replace(" ", "_") for label in factor.labels)
    elif isinstance(factor.grid, tuple) and len(factor.grid) <= 4096:
        about["values"] = list(factor.grid)
    return about


def _facts(item: Field) -> dict[str, Any]:
    about: dict[str, Any] = {"long_name": item.description or item.name}
    if item.unit:
        about["units"] = item.unit
    if item.meta:
        about["meta"] = dict(item.meta)
    return about


def select(columns: Sequence[Column], names: Sequence[str] | None, where: str = "this set") -> tuple[Column, ...]:
    """The named columns, in the order named; all of them for None."""
    if names is None:
        return tuple(columns)
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise InputError(f"columns of {where} are named in a list; got {short(names)}; write a list such as ['{columns[-1].name}']")
    found = {column.name: column for column in columns}
    for name in names:
        if name not in found:
            raise unknown("column", name, found, where)
    return tuple(found[name] for name in names)


def one_row(asked: object) -> int | None:
    """The number of a row asked for alone: an integer, or an array without axes that holds one, of any framework; else None."""
    kind = str(getattr(asked, "dtype", type(asked).__name__))
    if "bool" in kind or getattr(asked, "ndim", 0) != 0:
        return None
    try:
        return index(asked)  # type: ignore[arg-type]
    except TypeError:
        return None


def row_numbers(rows: npt.ArrayLike | slice, length: int, what: str = "this set") -> Array:
    """Any way of asking for rows as int64 numbers in [0, length): slices, masks, negative numbers, lists, arrays.

    Raises:
        RowError: a number outside the set, or a mask of another length.
        InputError: neither integers nor a mask.
    """
    if isinstance(rows, slice):
        try:
            return np.arange(*rows.indices(length), dtype=np.int64)
        except (TypeError, ValueError) as error:
            raise InputError(f"a slice of {what} has whole numbers and a step that is not 0; got {rows} ({error})") from None
    numbers = np.asarray(rows)
    if numbers.dtype == bool:
        if numbers.shape != (length,):
            raise RowError(f"a mask over {what} has shape ({length},); got {numbers.shape}")
        return np.flatnonzero(numbers)
    if numbers.size == 0:
        return np.zeros(numbers.shape, dtype=np.int64)
    if numbers.dtype.kind not in "iu":
        raise InputError(f"rows are integers, slices or masks; got {numbers.dtype}; a column is asked for by its name")
    if numbers.min() < -length or numbers.max() >= length:
        got = numbers[(numbers < -length) | (numbers >= length)].flat[0]
        raise RowError(f"row {got} is outside {what}, which has {length} rows (0 … {length - 1})")
    numbers = np.asarray(numbers, dtype=np.int64)
    return np.where(numbers < 0, numbers + length, numbers) if numbers.min() < 0 else numbers
