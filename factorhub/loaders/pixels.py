"""What a stream may do to images on the way: where their channels stand, and scaling to float32."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import numpy as np

from factorhub.errors import InputError, short
from factorhub.factors import Array
from factorhub.loaders.memory import aligned
from factorhub.source import Column, select

Channels: TypeAlias = Literal["first", "last"]


def pictured(column: Column) -> bool:
    """True where a column's rows lie over y and x, with or without channels, whatever comes before."""
    return column.role == "observation" and (column.dims[-2:] == ("y", "x") or column.dims[-3:] == ("y", "x", "channel"))


def with_channels(array: Array, column: Column, channels: Channels) -> Array:
    """Images (n, …, y, x) or (n, …, y, x, channel) as a view with the channels first or last, one channel where there was none."""
    if column.dims[-1] != "channel":
        array = array[..., None]
    return np.moveaxis(array, -1, -3) if channels == "first" else array


def check_normalise(names: Sequence[str], columns: Sequence[Column]) -> tuple[str, ...]:
    """The names of columns to scale, all of them images of bytes.

    Raises:
        InputError: an unknown column, or one that is no image of bytes.
    """
    if isinstance(names, str) or not isinstance(names, Iterable):
        name = names if isinstance(names, str) else next((c.name for c in columns if pictured(c)), "image")
        raise InputError(f"normalise takes a list of fields; got {short(names)}; write normalise=['{name}']")
    for column in select(columns, names, "the fields of this stream"):
        if not pictured(column) or column.dtype != "uint8":
            able = ", ".join(c.name for c in columns if pictured(c) and c.dtype == "uint8") or "none"
            raise InputError(f"normalise takes images of uint8; {column.name} is {column.dtype} {column.dims}; there are: {able}")
    return tuple(names)


def scaled(array: Array, column: Column) -> Array:
    """uint8 pixels as float32 in [0, 1], in new memory: divided by 255, but for binary images, which hold 0 and 1."""
    out = aligned(array.shape, np.float32)
    binary = bool(column.attributes.get("meta", {}).get("binary"))
    return np.divide(array, np.float32(1 if binary else 255), out=out)
