"""Ground truth of any source of labelled rows: factor values to rows, rows to factors, neighbours, traversals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, must_be, unknown, whole
from factorhub.factors import Array, Factor
from factorhub.lookup.label_index import Labels
from factorhub.lookup.neighbours import distances, kept, partners
from factorhub.lookup.query import joined, near
from factorhub.regions import Region, parse
from factorhub.source import VALUE, Labelled, row_numbers
from factorhub.space import FactorSpace

By: TypeAlias = Literal["value", "code"]
FEW = 256  # grid points that are found by arithmetic; more are found sooner by the index


class Truth:
    """What is known of the factors of a source's rows: a stored set, a recipe's rows, a published file, a set elsewhere.

    Factor columns are read when first asked for and kept; observations are never touched. Row numbers are counted within the
    part of the source that `start` and `stop` bound. Rows of pairs and sequences have a factor when all their members have it.

    Args:
        source: the rows, with their factors as columns.
        name, title: what messages call the rows, and what was made.
        start, stop: the part that is asked about; all rows by default.
        positions: where the rows are a whole grid, from natural numbers (n,) of grid points to positions in the source (n,), -1
            for those it has not: single points are found by arithmetic then.

    >>> import factorhub
    >>> rows = factorhub.recipe("dsprites", rows=1000).source()  # nothing is rendered below
    >>> truth = Truth(rows, "dsprites")
    >>> len(truth.lookup(shape="heart")), truth.factors(7)["shape"], len(truth.where("scale > 0.6 & posX < 0.5"))
    (319, 'square', 340)
    """

    def __init__(
        self, source: Labelled, name: str = "the source", *, title: str = "", start: int = 0, stop: int | None = None,
        positions: Callable[[Array], Array] | None = None,
    ) -> None:  # fmt: skip
        self.source, self.name, self.title, self.space = source, name, title or name, source.space
        self.start, self.stop = start, len(source) if stop is None else stop
        self._positions = positions

    def __len__(self) -> int:
        return self.stop - self.start

    @cached_property
    def _labels(self) -> Labels:
        return Labels(self.source)

    def values(self, name: str) -> Array:
        """The physical values of one factor for all rows: float64, or labels (strings) where the factor is categorical.

        Observations are not touched. Shape (n,), or (n, *axes) for pairs and sequences.
        """
        factor = self.factor(name)
        column = self._labels.column(name)[self.start : self.stop]
        if factor.size is None:
            return column.copy()
        return np.asarray(factor.labels)[column] if factor.labels is not None else factor.values(column)

    def codes(self, rows: npt.ArrayLike | slice = slice(None)) -> Array:
        """The codes (…, k) of all factors of these rows, from memory: the quick way from a row to its ground truth."""
        matrix = self._matrix
        if type(rows) is int and -len(matrix) <= rows < len(matrix):
            return matrix[rows].copy()
        return matrix[row_numbers(rows, len(self), self.name)]

    def factors(self, row: int) -> dict[str, Any]:
        """The ground-truth factors of one row: labels and numbers by factor name."""
        names = [f.name if f.size is not None else f.name + VALUE for f in self.space]
        batch = self.source.read(int(row_numbers(row, len(self), self.name)) + self.start, names)
        shown: dict[str, Any] = {}
        for factor, name in zip(self.space, names, strict=True):
            found = batch[name]
            if factor.labels is not None:
                shown[factor.name] = np.asarray(factor.labels)[found].tolist()
            else:
                shown[factor.name] = (factor.values(found) if factor.size is not None else found).tolist()
        return shown

    def lookup(self, conditions: Mapping[str, Any] | None = None, /, *, by: By = "value", **more: Any) -> Array:
        """The numbers (m,), int64 ascending, of the rows that have all these ground-truth factors.

        Args:
            conditions: by the name of a factor, or of what the regime recorded (environment, changed_shape): a label, a
                value, or a list of them, any of which will do. Numbers are values in the factor's unit; for a
                categorical factor, which has labels, a number is a code.
            by: "code" takes every number as a code.
            more: further conditions, as keywords.

        Raises:
            InputError: an unknown factor or value; a value off the grid.
        """
        asked_for = joined("lookup", conditions, more)
        wanted = {name: self._codes_of(name, asked, by) for name, asked in asked_for.items()}
        by_grid = self._positions is not None and all(name in self.space for name in wanted)
        points = self.space.grid_size if by_grid else None
        if points is not None:
            for name, codes in wanted.items():
                points = points // (self.space[name].size or 1) * len(codes)
        if points is not None and points <= FEW:
            found = self._grid_rows([wanted.get(f.name, np.arange(f.size or 1)) for f in self.space])
            return np.sort(found[found >= 0])
        return self._labels.select(wanted, self.start, self.stop)

    def where(self, region: Region | str) -> Array:
        """The numbers (m,), int64 ascending, of the rows in a region such as "shape == heart & scale > 0.6".

        What the regime recorded can be asked for too: "environment == 1", "labelled == true", "changed_shape == true".
        Conditions on factors with a grid are answered by the index, others by comparing the stored values.

        Raises:
            InputError: the text is not a region, or names what the set has not.
        """
        must_be(
            "what where looks for",
            region,
            (Region, str),
            'a region, such as "shape == heart & scale > 0.6" (rows by mask: s[mask])',
        )
        region = parse(region) if isinstance(region, str) else region
        for condition in region.conditions():
            self._known(condition.factor)
        region.check(self._labels.space)
        return self._labels.where(region, self.start, self.stop)

    def _grid_rows(self, codes: Iterable[Array]) -> Array:
        """The row of each grid point in the product of these codes, by arithmetic; -1 where the rows have none."""
        assert self._positions is not None
        natural = np.zeros(1, dtype=np.int64)
        for factor, here in zip(self.space, codes, strict=True):
            natural = (natural[:, None] * (factor.size or 1) + here).reshape(-1)
        found = self._positions(natural)
        return np.where((found >= self.start) & (found < self.stop), found - self.start, -1)

    def nearest(self, conditions: Mapping[str, Any] | None = None, count: int = 1, **more: Any) -> Array:
        """The `count` rows nearest to the given factor values, nearest first, (count,) int64; ties by row number.

        Distance is Euclidean over the given factors, each scaled by its range; circular factors wrap, and a
        different label counts as the whole range. Values need not be on the grid. Single rows only. Factors are given as
        in `lookup`, one value each.

        Raises:
            InputError: no factor or an unknown one; a value out of range; more rows than there are.
        """
        count = whole("the count of nearest rows", count, 1, len(self))
        wanted = joined("nearest", conditions, more)
        if not wanted:
            raise InputError("nearest needs the value of at least one factor; got none; write it as in nearest(scale=0.55)")
        self.check_single("nearest")
        for name in wanted:
            self.factor(name)
        total = distances(self.space, wanted, lambda name: self._labels.column(name)[self.start : self.stop])
        closest = np.argpartition(total, count - 1)[:count] if count < len(self) else np.arange(count)
        limit = total[closest].max()
        ties = np.flatnonzero(total <= limit)
        return ties[np.argsort(total[ties], kind="stable")][:count]

    def pairs_differing_in(self, name: str, count: int | None = None, *, seed: int = 0) -> Array:
        """Pairs of rows (m, 2), int64, that agree in every factor but `name`, and differ in it.

        Each row that has such a partner in the set is paired with one of them, chosen at random under `seed`; `count`
        of these pairs are kept, chosen at random, in the order of their first rows.
        """
        count = None if count is None else whole("count", count, 0)
        self.check_single("pairs_differing_in")
        pairs = partners(self._labels.codes()[self.start : self.stop], self.space, self.factor(name).name, seed, self.start)
        if count is not None:
            if count > len(pairs):
                raise InputError(f"the set has {len(pairs)} rows with a partner that differs in {name} alone; got count {count}")
            pairs = kept(pairs, count, seed)
        return pairs

    def traverse(self, row: int, name: str) -> Array:
        """The rows (size,), int64, that share all other factors with `row`, one for each value of `name`; -1 where absent."""
        factor = self.factor(name)
        if factor.size is None:
            raise InputError(f"{name} was drawn without a grid, so there is no list of values to go through")
        self.check_single("traverse")
        codes = self.codes(int(row_numbers(row, len(self), self.name)))
        if self._positions is not None:
            every = np.arange(factor.size)
            return self._grid_rows([every if f.name == name else codes[i : i + 1] for i, f in enumerate(self.space)])
        wanted = {f.name: np.atleast_1d(codes[..., i]) for i, f in enumerate(self.space) if f.name != name}
        rows = self._labels.select(wanted, self.start, self.stop)
        found = np.full(factor.size, -1, dtype=np.int64)
        found[self._labels.column(name)[rows[::-1] + self.start]] = rows[::-1]  # of several, the first
        return found

    @cached_property
    def _matrix(self) -> Array:
        """The codes of all rows."""
        for factor in self.space:
            if factor.size is None:
                name = factor.name
                raise InputError(f"{name} was drawn without a grid, so rows have no code of it; use store.values('{name}')")
        return self._labels.codes()[self.start : self.stop]

    def _codes_of(self, name: str, asked: Any, by: str) -> Array:
        factor = self._known(name)
        if factor.size is None:
            raise InputError(
                f"{name} was drawn without a grid, so it has no exact values to match; ask for a range, "
                f"as in '{near(factor, asked)}' (in Python, store.where takes it)"
            )
        if by not in ("value", "code"):
            raise unknown("way to look up", by, ("value", "code"))
        if by == "code" and type(asked) is int and 0 <= asked < factor.size:
            return np.array([asked])
        if callable(given := getattr(asked, "tolist", None)):  # an array or tensor, of any framework
            asked = given()
        several = isinstance(asked, Iterable) and not isinstance(asked, (str, bytes))
        items: list[Any] = list(asked) if several else [asked]
        if by == "code":
            return np.unique(factor.check_codes(np.asarray(items, dtype=None if items else np.int64)))
        return np.unique(np.array([factor.code(item) for item in items], dtype=np.int64))

    def check_single(self, what: str, factors: Iterable[str] = ()) -> None:
        """Refuse rows that hold several points, and names that are no factors."""
        list(map(self.factor, factors))
        axes = next((column.dims for column in self.source.columns if column.role in ("factor", "value")), ())
        if axes:
            raise InputError(
                f"{what} is for sets of single rows; each row of this one is a {' × '.join(axes)}; read and compare rows"
            )

    def _known(self, name: str) -> Factor:
        return self._named(self._labels.know(name), name)

    def factor(self, name: str) -> Factor:
        """The factor of this name, or `InputError`."""
        return self._named(self.space, name)

    def _named(self, space: FactorSpace, name: str) -> Factor:
        if name not in space:
            raise unknown("factor", name, space.names, self.title)
        return space[name]
