"""Where a stream puts the channels of images."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from factorhub.factors import Array
from factorhub.source import Column

Channels: TypeAlias = Literal["first", "last"]


def pictured(column: Column) -> bool:
    """True where a column's rows lie over y and x, with or without channels, whatever comes before."""
    return column.role == "observation" and (column.dims[-2:] == ("y", "x") or column.dims[-3:] == ("y", "x", "channel"))


def with_channels(array: Array, column: Column, channels: Channels) -> Array:
    """Images (n, …, y, x) or (n, …, y, x, channel) as a view with the channels first or last, one channel where there was none."""
    if column.dims[-1] != "channel":
        array = array[..., None]
    return np.moveaxis(array, -1, -3) if channels == "first" else array
