"""A Field: one named array of an observation, as data. A Batch: such arrays with one common first axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from factorhub.errors import InputError
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
        meta: further facts a reader needs, as JSON data, such as a vocabulary or the names of components.
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
    def is_image(self) -> bool:
        """True for uint8 pixels (y, x) or (y, x, channel) with 1, 3 or 4 channels."""
        picture = self.dims[:2] == ("y", "x") and self.dtype == "uint8"
        return picture and (self.dims[2:] == () or (self.dims[2:] == ("channel",) and self.shape[2] in (1, 3, 4)))
