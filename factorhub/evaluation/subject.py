"""What a model is judged on: rows with their ground truth, and those of them that a set holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.evaluation.digests import digest
from factorhub.factors import Array, Factor
from factorhub.fields import Batch
from factorhub.lookup import Store
from factorhub.order import Permutation
from factorhub.source import VALUE, Column, Labelled
from factorhub.space import FactorSpace

Lines: TypeAlias = tuple[tuple[str, int, int], ...]  # of traversals: the factor that moves, how many, values of each
STREAM = "evaluation"  # the name of the random words that rows are chosen and drawn by: scores depend on it


@dataclass(frozen=True)
class Rows:
    """Some rows to judge a model on.

    Attributes:
        values: (n, *axes, k) factor values; of a categorical factor its codes.
        look: the observations of the flat rows [start, stop), n times the axes in all: {field: (stop - start, …)}.
    """

    values: Array
    look: Callable[[int, int], Batch]


@dataclass(frozen=True)
class Subject:
    """A named source of rows with their ground truth.

    Attributes:
        name: of the generator or set.
        facts: what a record says of the set: recipe, digest, split, regime, rows.
        space: of the rows' factors.
        columns: of their observations.
        fresh: True where draws never repeat; else there is one draw.
        rows: the rows of a draw: `rows(number, n)`.
        pairs: pairs of rows that differ in one of the named factors, `pairs(number, n, factors)`; None without a generator.
        traversals: as many traversals of each of the named factors as asked for, one after another, and which they are:
            `traversals(number, count, factors)`; None without a generator.
        length: rows to choose from; None where draws never end.
        positions: positions of rows by their natural numbers, the column "index"; None where there are no such numbers.
        at: the factor values (n, k) of the rows at these positions; None where there is nothing but draws.
        notes: what a reader of the scores should know of the rows, in sentences.
    """

    name: str
    facts: Mapping[str, Any]
    space: FactorSpace
    columns: tuple[Column, ...]
    fresh: bool
    rows: Callable[[int, int], Rows]
    pairs: Callable[[int, int, Sequence[str]], Rows] | None = None
    traversals: Callable[[int, int, Sequence[str]], tuple[Rows, Lines]] | None = None
    length: int | None = None
    positions: Callable[[Array], Array] | None = None
    at: Callable[[Array], Array] | None = None
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Of all that the rows are drawn from; equal for equal rows and equal seeds."""
        return str(self.facts["digest"])

    def judged(self, asked: Sequence[str] | None) -> tuple[Factor, ...]:
        """The factors to score: those asked for, or all but nuisances and those of a single value.

        Raises:
            InputError: an unknown one, or none is left.
        """
        if asked is None:
            chosen = tuple(factor for factor in self.space if not factor.nuisance and factor.size != 1)
        else:
            wanted = self.space.members([asked] if isinstance(asked, str) else asked, self.name)
            chosen = tuple(factor for factor in self.space if factor.name in wanted)
        if not chosen:
            raise InputError(f"a model is judged by factors that vary; {self.name} has none; name some with factors=[…]")
        return chosen


def stored(source: Labelled, seed: int, name: str, facts: Mapping[str, Any], content: str = "") -> Subject:
    """The rows that a source holds, of which a draw is as many as asked for, without repetition."""
    split = facts.get("split")
    fields = [column.name for column in source.columns if column.role == "observation"]
    for column in source.columns:
        if column.role in ("factor", "value") and column.shape:
            raise InputError(f"a model is judged on single rows; those of {name} have an axis {column.dims[0]}; name another set")

    def rows(number: int, n: int) -> Rows:
        del number
        chosen = sample_of(len(source), n, seed)
        return rows_at(source, chosen, fields)

    def positions(index: Array) -> Array:
        if not isinstance(source, Store):
            return on_grid(index, len(source), name)
        base = source.order.base
        found = np.where((index >= 0) & (index < base), source.order.positions(np.clip(index, 0, base - 1)), -1)
        start = source.reader.start
        found = np.where((found >= start) & (found < source.reader.stop), found - start, -1)
        if (found < 0).any():
            where = f"split {source.split} of {name}" if source.split else name
            got = index[found < 0][0]
            raise InputError(
                f"index holds natural row numbers of {where}; it has no row {got}; give the column 'index' of its batches"
            )
        return found

    content = content or _content(source)
    kept = {
        "name": name,
        **facts,
        "digest": digest({"content": content, "split": split}),
        "split": split,
        "regime": None,
        "rows": f"split {split} as stored" if split else "rows as stored",
    }
    columns = tuple(column for column in source.columns if column.role == "observation")
    return Subject(
        name, kept, source.space, columns, False, rows, None, None, len(source), positions, lambda places: values_at(source, places)
    )  # fmt: skip


def sample_of(length: int, n: int, seed: int) -> Array:
    """The positions (m,), ascending, of at most `n` rows out of `length`, chosen by the seed; all where there are no more."""
    if n >= length:
        return np.arange(length, dtype=np.int64)
    own = int(randomness.words(seed, f"{STREAM}/rows", 0, 1)[0])  # not the seed itself, by which a set may be cut into splits
    return np.sort(Permutation(length, own).forward(np.arange(n)))


def rows_at(source: Labelled, positions: Array, fields: Sequence[str]) -> Rows:
    """The rows of a source at these positions."""
    return Rows(values_at(source, positions), lambda start, stop: source.read(positions[start:stop], fields))


def values_at(source: Labelled, positions: npt.ArrayLike) -> Array:
    """Factor values (n, k) float64 of these rows."""
    names = [factor.name if factor.size is not None else factor.name + VALUE for factor in source.space]
    batch = source.read(np.asarray(positions), names)
    values = [
        factor.values(batch[name].astype(np.int64)) if factor.size is not None else batch[name].astype(np.float64)
        for factor, name in zip(source.space, names, strict=True)
    ]
    return np.stack(values, axis=-1)


def _content(source: Labelled) -> str:
    """A digest of the factors of all rows of a source that has none of its own."""
    told = hashlib.sha256(values_at(source, np.arange(len(source))).tobytes())
    return digest({"space": source.space.to_dict(), "factors": told.hexdigest()})


def on_grid(index: Array, length: int, name: str) -> Array:
    """Natural row numbers of a grid as its positions, which they are; or `InputError` for one outside."""
    outside = (index < 0) | (index >= length)
    if outside.any():
        raise InputError(f"the grid of {name} has rows 0 … {length - 1}; got index {index[outside][0]}; give natural row numbers")
    return index
