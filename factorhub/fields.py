"""A Field: one named array of an observation, as data. A Batch: such arrays with one common first axis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from factorhub.errors import InputError, short
from factorhub.factors import Array

Batch: TypeAlias = dict[str, Array]


@dataclass(frozen=True)
class Field:
    """One named array of an observation.

    Attributes:
        name: the column it becomes in a set, such as "image" or "tokens".
        dtype: a NumPy name, such as "uint8".
        shape: of one row's array.
        dims: a name for each axis of `shape`: ("y", "x"), ("y", "x", "channel"), ("time", "component").
        unit: of the numbers; empty when they have none.
        description: one line for tables and dataset cards.
        meta: further facts a reader needs, as JSON data, such as a vocabulary, the names of components, or the
            "sampling_rate" of a sound, in samples a second.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    dims: tuple[str, ...]
    unit: str = ""
    description: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise InputError(f"a field's name is a Python identifier; got '{self.name}'")
        if len(self.shape) != len(self.dims):
            raise InputError(f"field {self.name} needs a dimension name for each axis of {self.shape}; got {self.dims}")
        object.__setattr__(self, "dtype", np.dtype(self.dtype).name)

    @property
    def sampling_rate(self) -> int | None:
        """Samples a second of a sound, as `meta` has it; None of what is no sound."""
        return sampling_rate(self.dims, self.meta)

    @property
    def is_image(self) -> bool:
        """True for uint8 pixels (y, x) or (y, x, channel) with 1, 3 or 4 channels."""
        return is_image(self.dtype, self.dims, self.shape) and self.dims[0] == "y"


def is_image(dtype: str, dims: tuple[str, ...], shape: tuple[int, ...]) -> bool:
    """True for uint8 pixels (…, y, x) or (…, y, x, channel) with 1, 3 or 4 channels; axes such as "pair" may come before."""
    channels = dims[-1:] == ("channel",) and shape[-1] in (1, 3, 4)
    return dtype == "uint8" and (dims[:-1] if channels else dims)[-2:] == ("y", "x")


def sampling_rate(dims: tuple[str, ...], meta: Mapping[str, Any]) -> int | None:
    """Samples a second of a sound (…, time) whose `meta` has "sampling_rate"; None of anything else."""
    found = meta.get("sampling_rate") if dims[-1:] == ("time",) else None
    return found if isinstance(found, int) and found > 0 else None


def check_batch(what: str, fields: Iterable[Field], batch: object, lead: tuple[int, ...]) -> None:
    """Raise `InputError` unless `batch` holds each of `fields` as an array (*lead, *field.shape) of the field's dtype.

    A cast in its place would store 0.9 as 0 and 300 as 44. Only shapes and dtypes are looked at, so that it costs
    microseconds, however large the arrays.

    Args:
        what: made the batch, such as "draw of dsprites".
        fields: that were declared.
        batch: {field: array}; other names are left alone.
        lead: lengths of the axes before those of a field: (n,) for rows, (n, 2) for pairs of rows.
    """
    if not isinstance(batch, Mapping):
        raise InputError(f"{what} returns {{field: array}}; got {short(batch)}")
    for item in fields:
        if item.name not in batch:
            given = ", ".join(map(str, batch)) or "nothing"
            raise InputError(f"{what} returns the field '{item.name}' that it declares; got {given}; return it too")
        got, shape = batch[item.name], (*lead, *item.shape)
        if not isinstance(got, np.ndarray):
            raise InputError(f"{what} returns '{item.name}' as a NumPy array; got {type(got).__name__}; convert it")
        if got.shape != shape:
            raise InputError(f"{what} returns '{item.name}' with shape {shape}; got {got.shape}; return or declare another")
        if got.dtype != np.dtype(item.dtype):
            hint = " (0 … 255)" if item.is_image else ""
            raise InputError(
                f"{what} returns '{item.name}' as {item.dtype}{hint}; got {got.dtype}; nothing is cast in silence: "
                f"scale and round it there, or declare {got.dtype}"
            )
