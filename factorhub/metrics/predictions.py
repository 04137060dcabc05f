"""Arrays that are compared entry by entry: predictions, readings and what they should be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.factors import Array, Factor
from factorhub.space import FactorSpace


def alike(name: str, axes: str, **given: npt.ArrayLike) -> list[Array]:
    """Finite arrays of one shape with these axes, as float64.

    Raises:
        InputError: another number of axes, shapes that differ, nothing in them, or numbers that are not finite.
    """
    arrays = {key: np.asarray(array) for key, array in given.items()}
    shapes = ", ".join(f"{key} {array.shape}" for key, array in arrays.items())
    number = axes.count(",") + 1 if axes != "(…)" else None
    same = len({array.shape for array in arrays.values()}) == 1
    if not same or any(number not in (None, array.ndim) or not array.size for array in arrays.values()):
        raise InputError(f"{name} compares arrays {axes} of one shape; got {shapes}; bring them to it")
    made = []
    for key, array in arrays.items():
        if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
            raise InputError(f"{name} compares finite numbers; got {array.dtype} with others in {key}; look at where it comes from")
        made.append(array.astype(np.float64))
    return made


def factors_of(schema: FactorSpace | Sequence[Factor] | None, width: int, name: str) -> list[Factor | None]:
    """The factors of K columns, or None for each without a schema.

    Raises:
        InputError: another number of factors.
    """
    if schema is None:
        return [None] * width
    found = list(schema.factors if isinstance(schema, FactorSpace) else schema)
    if len(found) != width:
        raise InputError(f"{name}: the schema has {len(found)} factors; got {width} columns; pass one a factor")
    return list(found)


def names_of(factors: Sequence[Factor | None]) -> list[str]:
    """The names of factors; factor0, factor1, … without a schema."""
    return [f"factor{k}" if factor is None else factor.name for k, factor in enumerate(factors)]


def share(hits: Array) -> float:
    """The share of True, or 0 of nothing."""
    return float(hits.mean()) if hits.size else 0.0
