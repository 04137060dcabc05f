"""Codes and factors as users give them, checked once: shapes, numbers, labels, kinds, known labels, groups of codes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, cut, short
from factorhub.factors import Array, Factor, Kind
from factorhub.metrics.sample import Sample, recent
from factorhub.space import FactorSpace

Schema: TypeAlias = FactorSpace | Sequence[Factor] | None
Groups: TypeAlias = Sequence[Sequence[int]] | None
SHOWN = 5  # names in a warning


def sample(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    least: int = 2,
) -> Sample:
    """Check codes and factors, and put them into the form that metrics compute with.

    Args:
        codes: (N, D) real numbers, finite; (N,) is one code.
        factors: (N, K) codes of the factors' grids, values, or labels as text; (N,) is one factor. Whole numbers that are
            codes of the schema are taken as codes, other numbers as values.
        schema: the K factors, as a `FactorSpace` or a sequence of `Factor`. Without it whole numbers are ordinal, text
            and booleans categorical, and other numbers continuous.
        mask: (N, K) which labels are known; the others may be anything.
        groups: a partition of the D dimensions into blocks, slots, or pairs of cosine and sine, each of which counts as one.
        least: rows that the metric needs.

    Raises:
        InputError: a shape, a number or a label that does not fit, in one line.

    >>> made = sample([[0.1], [0.9], [0.4], [0.3]], [["a"], ["b"], ["a"], ["a"]])
    >>> made.rows, made.kinds, made.values[:, 0].tolist()
    (4, ('categorical',), [0.0, 1.0, 0.0, 0.0])
    """
    numbers = checked_codes(codes)
    rows, width = numbers.shape
    labels = _array("factors", factors)
    labels = labels[:, None] if labels.ndim == 1 else labels
    if labels.ndim != 2 or not labels.shape[1]:
        raise InputError(f"factors are an array (N, K), a column each; got shape {labels.shape}; stack at least one column")
    if len(labels) != rows:
        raise InputError(f"codes and factors have a row per observation; got {rows} and {len(labels)} rows; pass the same rows")
    if rows < least:
        raise InputError(f"this score needs at least {least} rows; got {rows}; give more rows")
    known = _known(mask, labels)
    described = _schema(schema, labels)
    columns, kinds, periods, names = [], [], [], []
    for k, factor in enumerate(described):
        name = factor.name if isinstance(factor, Factor) else f"factor{k}"
        if not known[:, k].any():
            raise InputError(f"the mask knows no label of {name}; expected at least one known row a factor; leave it out")
        column, kind = _column(labels[:, k], known[:, k], factor if isinstance(factor, Factor) else None, name)
        columns.append(column)
        kinds.append(kind)
        names.append(name)
        periods.append(factor.period or math.nan if isinstance(factor, Factor) else math.nan)
    values = np.column_stack(columns)
    varies = [bool(np.ptp(values[known[:, k], k]) > 0) for k in range(len(names))]
    if not any(varies):
        raise InputError(f"a score needs a factor that varies; {_listed(names)} never changes in these rows; draw other rows")
    dropped = tuple(k for k, moves in enumerate(varies) if not moves)
    still = np.flatnonzero(np.ptp(numbers, axis=0) == 0)
    notes = []
    if dropped:
        notes.append(f"left out, for they never vary: {_listed([names[k] for k in dropped])}")
    if len(still):
        notes.append(f"codes that never vary: {_listed([str(d) for d in still])}")
    parts = _groups(groups, width)
    made = Sample(
        numbers, values, known, tuple(names), tuple(kinds), tuple(periods), parts, dropped, mask is not None, tuple(notes)
    )
    return recent(made)


def checked_codes(codes: npt.ArrayLike) -> Array:
    """Codes as float64 (N, D), or `InputError` where they are no finite real numbers of that shape."""
    numbers = _array("codes", codes)
    numbers = numbers[:, None] if numbers.ndim == 1 else numbers
    if numbers.ndim != 2 or not numbers.shape[1] or numbers.dtype.kind not in "biuf":
        got = f"{numbers.dtype} of shape {numbers.shape}"
        raise InputError(f"codes are real numbers (N, D), a row per observation; got {got}; flatten the other axes into D")
    numbers = numbers.astype(np.float64)
    if not np.isfinite(numbers).all():
        row, column = np.argwhere(~np.isfinite(numbers))[0]
        raise InputError(
            f"codes are finite numbers; got {numbers[row, column]} in row {row}, dimension {column}; look at the model's output"
        )
    return numbers


def _array(name: str, given: npt.ArrayLike) -> Array:
    """Whatever is an array or becomes one; torch tensors that need gradients and lists of unlike rows do not."""
    try:
        return np.asarray(given)
    except (RuntimeError, TypeError, ValueError) as error:
        raise InputError(f"{name} are an array, a row per observation; got {type(given).__name__}: {cut(str(error))}") from None


def _known(mask: npt.ArrayLike | None, labels: Array) -> Array:
    if mask is None:
        known = np.ones(labels.shape, dtype=bool)
        if labels.dtype.kind == "f" and np.isnan(labels).any():
            row, column = np.argwhere(np.isnan(labels))[0]
            raise InputError(
                f"factors are known; got nan in row {row}, column {column}; mark unknown labels with mask=~np.isnan(factors)"
            )
        return known
    known = np.asarray(mask)
    known = known[:, None] if known.ndim == 1 else known
    if known.shape != labels.shape or known.dtype != bool:
        raise InputError(
            f"mask is True where a label is known, of the factors' shape {labels.shape}; got {known.dtype} of shape {known.shape}"
        )
    return known


def _schema(schema: Schema, labels: Array) -> Sequence[Factor | None]:
    if schema is None:
        return [None] * labels.shape[1]
    try:
        factors = list(schema.factors if isinstance(schema, FactorSpace) else schema)
    except TypeError:
        factors = []
    if not factors or not all(isinstance(factor, Factor) for factor in factors):
        raise InputError(f"schema is a FactorSpace or a sequence of Factor, such as generator.space; got {short(schema)}")
    if len(factors) != labels.shape[1]:
        names = cut(", ".join(factor.name for factor in factors))
        raise InputError(f"the schema has {len(factors)} factors ({names}); got {labels.shape[1]} columns; pass one a factor")
    return factors


def _column(column: Array, known: Array, factor: Factor | None, name: str) -> tuple[Array, Kind]:
    """Values (N,) float64 with NaN where unknown, and the kind."""
    values = np.full(len(column), np.nan)
    given = column[known]
    given = np.array(given.tolist()) if given.dtype == object else given  # numbers that came as objects are numbers
    if given.dtype.kind in "USO":
        distinct, where = np.unique(given.astype(str), return_inverse=True)
        numbers = np.arange(len(distinct)) if factor is None else np.array([factor.value(_plain(text)) for text in distinct])
        values[known] = numbers[where.ravel()]
        return values, "categorical" if factor is None else factor.kind
    if given.dtype.kind not in "biuf":
        raise InputError(f"{name} holds numbers or labels as text; got {given.dtype}; convert it first")
    if not np.isfinite(given).all():
        raise InputError(f"{name} holds finite numbers; got {given[~np.isfinite(given)][0]}; mark unknown labels with mask")
    if factor is None:
        values[known] = given
        return values, {"b": "categorical", "f": "continuous"}.get(given.dtype.kind, "ordinal")  # type: ignore[return-value]
    values[known] = _values(given, factor)
    return values, factor.kind


def _values(given: Array, factor: Factor) -> Array:
    """Values of what may be codes or values of a factor.

    Whole numbers in range are codes where the column is of whole numbers, values where it is of floats and all are values.
    """
    numbers = given.astype(np.float64)
    size = factor.size
    codes = size is not None and bool(((numbers == np.rint(numbers)) & (numbers >= 0) & (numbers < size)).all())
    if codes and (given.dtype.kind in "biu" or not factor.inside(numbers).all()):
        return factor.values(numbers.astype(np.int64))
    factor.check(numbers)
    return numbers


def _plain(text: str) -> object:
    try:
        return float(text) if text.lower() not in ("nan", "inf", "-inf") else text
    except ValueError:
        return text


def _groups(groups: Groups, width: int) -> tuple[tuple[int, ...], ...]:
    if groups is None:
        return tuple((d,) for d in range(width))
    try:
        parts = tuple(tuple(int(d) for d in group) for group in groups)
    except (TypeError, ValueError):
        parts = ()
    if not all(parts) or sorted(d for part in parts for d in part) != list(range(width)):
        raise InputError(
            f"groups name each of the {width} dimensions once, as in [(0, 1), (2,)]; got {short(groups)}; add the missing ones"
        )
    return parts


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names if len(names) <= SHOWN else [*names[:SHOWN], f"and {len(names) - SHOWN} more"])
