"""What a stream scales to float32 on the way: images of bytes to [0, 1], numbers to mean 0 and deviation 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, short
from factorhub.factors import Array
from factorhub.loaders.memory import aligned
from factorhub.loaders.pixels import pictured
from factorhub.source import Column, Source, select

Normalise: TypeAlias = Sequence[str] | Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]]
MEASURED = 1024  # rows that mean and deviation are taken over


class Scale(NamedTuple):
    """What a column's numbers become: (number - mean) / deviation. Each is float64, () or one for each component (c,)."""

    mean: Array
    deviation: Array


def scale_of(source: Source, name: str, rows: int = MEASURED) -> Scale:
    """Mean and deviation of a column of numbers over `rows` rows of a source, evenly spaced.

    One for each component where the column's last axis is "component", else one for all. A constant has deviation 1.
    Measure the training rows once, and give the result to the streams of all splits.

    >>> import factorhub
    >>> from factorhub.loaders import Stream, scale_of
    >>> train = factorhub.recipe("pendulum", regime="uniform", rows=100, options={"steps": 10}).source()
    >>> scale = scale_of(train, "state")
    >>> batch = next(iter(Stream(train, 100, normalise={"state": scale})))
    >>> scale.mean.shape, batch["state"].dtype, bool(abs(batch["state"].mean()) < 1e-6)
    ((2,), dtype('float32'), True)
    """
    (column,) = select(source.columns, [name], "this source")
    chosen = np.unique(np.linspace(0, len(source) - 1, min(rows, len(source))).astype(np.int64))
    numbers = source.read(chosen, [name])[name].astype(np.float64)
    axes = tuple(range(numbers.ndim - (column.dims[-1:] == ("component",))))
    deviation = numbers.std(axis=axes)
    return Scale(numbers.mean(axis=axes), np.where(deviation > 0, deviation, 1.0))


def scales(asked: Normalise, columns: Sequence[Column], source: Source) -> dict[str, Scale]:
    """The scale of each column to be scaled: that given with it, that of its bytes, or that measured on the source.

    Raises:
        InputError: an unknown column, one that is neither an image of bytes nor numbers, or a scale that does not fit it.
    """
    if isinstance(asked, str) or not isinstance(asked, Mapping | Sequence):
        name = asked if isinstance(asked, str) else next((c.name for c in columns if pictured(c)), columns[-1].name)
        form = "a list of fields, or {field: (mean, deviation)}"
        raise InputError(f"normalise takes {form}; got {short(asked)}; write normalise=['{name}']")
    found: dict[str, Scale] = {}
    for column in select(columns, list(asked), "the fields of this stream"):
        if isinstance(asked, Mapping):
            found[column.name] = _given(asked[column.name], column)
        elif not _scalable(column):
            able = ", ".join(c.name for c in columns if _scalable(c)) or "none"
            what = f"{column.name} is {column.dtype} {column.dims}"
            raise InputError(f"normalise takes images of uint8 and observations of floats; {what}; there are: {able}")
        elif pictured(column) and column.dtype == "uint8":
            white = 1 if column.attributes.get("meta", {}).get("binary") else 255  # binary images hold 0 and 1
            found[column.name] = Scale(np.zeros(()), np.full((), white, np.float64))
        else:
            found[column.name] = scale_of(source, column.name)
    return found


def _scalable(column: Column) -> bool:
    return column.role == "observation" and (column.dtype.startswith("float") or (pictured(column) and column.dtype == "uint8"))


def _given(asked: object, column: Column) -> Scale:
    try:
        mean, deviation = (np.asarray(part, dtype=np.float64) for part in asked)  # type: ignore[attr-defined]
        np.broadcast_to(mean, column.shape), np.broadcast_to(deviation, column.shape)
        fits = bool(np.isfinite(mean).all() and np.isfinite(deviation).all() and (deviation > 0).all())
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise InputError(
            f"the scale of {column.name} is (mean, deviation), finite, the deviation above 0, of a shape that fits {column.shape}; "
            f"got {short(asked)}; factorhub.loaders.scale_of measures one"
        )
    return Scale(mean, deviation)


def scaled(array: Array, scale: Scale) -> Array:
    """The numbers as float32 at their scale, in new memory."""
    out = aligned(array.shape, np.float32)
    if not scale.mean.any():
        return np.divide(array, scale.deviation.astype(np.float32), out=out)
    np.subtract(array, scale.mean, out=out, casting="same_kind")
    return np.divide(out, scale.deviation.astype(np.float32), out=out)
