"""What a regime recorded of each row, as factors that can be asked for: `environment == 1`, `changed_shape == true`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from factorhub.factors import Array, Factor, categorical, continuous, ordinal
from factorhub.source import Column


def recorded(column: Column, read: Callable[[], Array]) -> Iterator[tuple[Factor, Array]]:
    """The factors that a column of records can be asked for by, and their codes (n,), or values where there is no grid.

    One number a row is asked for under the column's name, yes or no for each factor under `column_factor`, such as
    `changed_shape`; `true` and `false` are labels. Other records cannot be asked for.

    Args:
        column: of the role "regime".
        read: gives the column (n, …).
    """
    names = column.attributes.get("meta", {}).get("factors", [])
    if column.dtype == "bool" and column.shape == ():
        yield categorical(column.name, ("false", "true")), read().astype(np.uint8)
    elif column.dtype == "bool" and column.dims == ("factor",) and column.shape == (len(names),):
        for name, part in zip(names, np.moveaxis(read(), -1, 0), strict=True):
            yield categorical(f"{column.name}_{name}", ("false", "true")), part.astype(np.uint8)
    elif column.shape == () and column.dtype.startswith(("int", "uint")):
        numbers = read().astype(np.int64)
        low = int(numbers.min())
        yield ordinal(column.name, range(low, int(numbers.max()) + 1)), numbers - low
    elif column.shape == () and column.dtype.startswith("float"):
        values = read().astype(np.float64)
        if np.isfinite(values).all():
            yield continuous(column.name, float(values.min()), float(values.max())), values
