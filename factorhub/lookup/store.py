"""A stored set: its rows, its ground truth, and rows that it does not hold, rendered by the generator that made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from factorhub import html
from factorhub.errors import InputError, StoreError
from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.generator import Generator
from factorhub.lookup.pages import rows_page, set_page
from factorhub.lookup.query import changed
from factorhub.lookup.truth import By, Truth
from factorhub.order import Order
from factorhub.printable import printable
from factorhub.regions import Region
from factorhub.source import Column, row_numbers
from factorhub.space import FactorSpace
from factorhub.storage.manifest import Manifest, Plan
from factorhub.storage.reader import Reader, reopened
from factorhub.storage.shard import OpenShards
from factorhub.strings import strings

Make: TypeAlias = Callable[[Mapping[str, Any]], Generator]  # from a recipe
Follow: TypeAlias = Callable[[Mapping[str, Any], int, Mapping[str, Any]], Array | None]  # (recipe, natural row, changes): values


class Store:
    """A set on disk, or one split of it: what `factorhub.open` returns.

    Row numbers are counted within the split where one was opened. A store may be used by several threads, survives a fork, and
    pickles as its path, so that spawned workers open it themselves.

    Attributes:
        reader: its rows, as `factorhub.storage.reader.Reader` gives them.
        truth: their factors, as `factorhub.lookup.Truth` knows them of any source; the calls of both are calls of this.
    """

    def __init__(self, reader: Reader, *, make: Make | None = None, follow: Follow | None = None) -> None:
        self.reader, self._make, self._follow = reader, make, follow

    @cached_property
    def truth(self) -> Truth:
        """What is known of the rows' factors."""
        of, order = self.reader, self.plan.order

        def positions(natural: Array) -> Array:
            of.prove()
            return order.positions(natural)

        return Truth(
            of.entire(), str(of.folder), title=self.plan.title.partition(": ")[0], start=of.start, stop=of.stop,
            positions=positions if self.plan.grid else None,
        )  # fmt: skip

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (self.folder, self.split, self.manifest.content, self._make, self._follow)

    def __repr__(self) -> str:
        split = f", split={self.split!r}" if self.split else ""
        return f"Store({str(self.folder)!r}{split}): {len(self)} rows of {printable(self.plan.title)}"

    @html.never_raises
    def _repr_html_(self) -> str:
        return set_page(self)

    def show(self, rows: npt.ArrayLike | slice) -> html.Shown:
        """Rows as a notebook shows them: pictures or texts with their factors, up to a few dozen.

        Raises:
            RowError: a row outside the set.
        """
        return rows_page(self, np.atleast_1d(row_numbers(rows, len(self), str(self.folder))))

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.reader.folder

    @property
    def split(self) -> str | None:
        """The split that was opened; None for all rows."""
        return self.reader.split

    @property
    def manifest(self) -> Manifest:
        """What the set says of itself."""
        return self.reader.manifest

    @property
    def plan(self) -> Plan:
        """What it holds, and where."""
        return self.reader.plan

    @property
    def start(self) -> int:
        """The position in the whole set of the first row."""
        return self.reader.start

    @property
    def stop(self) -> int:
        """The position in the whole set after the last row."""
        return self.reader.stop

    @property
    def shard(self) -> OpenShards:
        """The files that are open: `shard(number)` opens one."""
        return self.reader.shard

    @property
    def columns(self) -> tuple[Column, ...]:
        """What each row consists of."""
        return self.plan.columns

    @property
    def order(self) -> Order:
        """Which natural row stands at which position of the whole set."""
        return self.plan.order

    @property
    def space(self) -> FactorSpace:
        """The factors of the rows."""
        return self.plan.space

    @property
    def splits(self) -> dict[str, int]:
        """The number of rows of each split of the whole set."""
        return {name: stop - start for name, (start, stop) in self.plan.ranges.items()}

    @property
    def recipe(self) -> Mapping[str, Any]:
        """How to make the set again, as JSON data; `factorhub.build.recipes.Recipe.from_dict` reads it."""
        return self.plan.recipe

    def __len__(self) -> int:
        return len(self.reader)

    def __getitem__(self, asked: Any) -> Any:
        """A column by name, a row by number (its arrays without the first axis), or rows by slice, list, array or mask."""
        return self.reader[asked]

    def __iter__(self) -> Iterator[Batch]:
        return iter(self.reader)

    def read(self, rows: npt.ArrayLike | slice, columns: Sequence[str] | None = None) -> Batch:
        """The rows with these numbers, in this order: {column: (…, *shape)}; all columns unless some are named."""
        return self.reader.read(rows, columns)

    def deal(self, spans: Sequence[tuple[int, int]], out: Batch, places: Array) -> None:
        """Put the rows of all `spans` into `out[column][places]`: what a shuffled stream asks for."""
        self.reader.deal(spans, out, places)

    def prepare(self) -> bool:
        """Load what makes `deal` quick; False while that is still being made."""
        return self.reader.prepare()

    @cached_property
    def generator(self) -> Generator:
        """The generator that made the set, with its options.

        Raises:
            InputError: it is none of the catalog, and was not named when the set was opened.
        """
        if self._make is None:
            raise StoreError(f"{self.folder} was opened without its generator; open it with factorhub.open")
        return self._make(self.plan.recipe)

    def values(self, name: str) -> Array:
        """The physical values of one factor for all rows: float64, or labels (strings) where the factor is categorical."""
        return self.truth.values(name)

    def codes(self, rows: npt.ArrayLike | slice = slice(None)) -> Array:
        """The codes (…, k) of all factors of these rows, from memory: the quick way from a row to its ground truth."""
        return self.truth.codes(rows)

    def text(self, rows: npt.ArrayLike | slice, column: str = "") -> Any:
        """The texts (…) of rows, of the first column of tokens with a vocabulary unless one is named; a string of a single row.

        Raises:
            InputError: the set has no text, or not under this name.
        """
        found = self.text_column(column)
        spelled = strings(self.read(rows, [found.name])[found.name], found.attributes["meta"])
        return spelled if spelled.ndim else spelled.item()

    def text_column(self, name: str = "") -> Column:
        """The column of tokens with a vocabulary that has this name; the first for none."""
        for column in self.columns:
            if column.is_text and name in ("", column.name):
                return column
        had = ", ".join(column.name for column in self.columns if column.role == "observation")
        raise InputError(f"{name or 'a text'} is a column of tokens with a vocabulary; {self.folder} has {had}")

    def factors(self, row: int) -> dict[str, Any]:
        """The ground-truth factors of one row: labels and numbers by factor name."""
        return self.truth.factors(row)

    def lookup(self, conditions: Mapping[str, Any] | None = None, /, *, by: By = "value", **more: Any) -> Array:
        """The numbers (m,), int64 ascending, of the rows that have all these ground-truth factors."""
        return self.truth.lookup(conditions, by=by, **more)

    def where(self, region: Region | str) -> Array:
        """The numbers (m,), int64 ascending, of the rows in a region such as "shape == heart & scale > 0.6"."""
        return self.truth.where(region)

    def nearest(self, conditions: Mapping[str, Any] | None = None, count: int = 1, **more: Any) -> Array:
        """The `count` rows nearest to the given factor values, nearest first, (count,) int64; ties by row number."""
        return self.truth.nearest(conditions, count, **more)

    def pairs_differing_in(self, name: str, count: int | None = None, *, seed: int = 0) -> Array:
        """Pairs of rows (m, 2), int64, that agree in every factor but `name`, and differ in it."""
        return self.truth.pairs_differing_in(name, count, seed=seed)

    def traverse(self, row: int, name: str) -> Array:
        """The rows (size,), int64, that share all other factors with `row`, one for each value of `name`; -1 where absent."""
        return self.truth.traverse(row, name)

    def with_factors(self, row: int, **changes: Any) -> Batch:
        """The observation of `row` with some factors set to other values, all else equal.

        Taken from the set where it holds that combination, rendered by the set's generator otherwise.

        Returns:
            The fields, each without a row axis, one code per factor with a grid, and `row`: where the observation
            stands in the set, -1 if it was rendered.

        Raises:
            InputError: an unknown factor or a value out of range. StoreError: the generator is not to be had.
        """
        self.truth.check_single("with_factors", changes)
        return self._observed(changed(self.space, self.factors(row), changes))

    def counterfactual(self, row: int, **changes: Any) -> Batch:
        """The observation of `row` as it would have been, had some factors been set to other values.

        In a set drawn from a causal model, what the changed factors cause follows them, with the row's own noise; in any
        other set this is `with_factors`, all else equal.

        Raises:
            InputError: as `with_factors`; or the rows come from a model in a way that cannot be followed.
            StoreError: the generator or the model is not to be had.
        """
        self.truth.check_single("counterfactual", changes)
        shown = self.factors(row)
        values = changed(self.space, shown, changes)
        if changes and self._follow is not None:
            natural = int(self.read(row, ["index"])["index"])
            actual, followed = (self._follow(self.plan.recipe, natural, given) for given in ({}, changes))
            if actual is not None and not np.allclose(actual, changed(self.space, shown, {}), rtol=0, atol=1e-12):
                what = f"the causal model in the recipe of {self.folder} does not give its row {row}"
                raise StoreError(f"{what}; factorhub verify {self.folder} checks the set")
            values = values if followed is None else followed
        return self._observed(values)

    def _observed(self, values: Array) -> Batch:
        """The observation at these values (k,), read where the set holds it."""
        fields = [column.name for column in self.columns if column.role == "observation"]
        grid = [f.size is not None and bool(f.values(f.nearest(v)) == v) for f, v in zip(self.space, values, strict=True)]
        if all(grid):
            codes = self.space.codes_of(values)
            rows = self.lookup({f.name: int(code) for f, code in zip(self.space, codes, strict=True)}, by="code")
            if len(rows):
                batch = self.read(int(rows[0]), fields)
                return {**batch, **dict(zip(self.space.names, codes, strict=True)), "row": rows[:1].reshape(())}
        batch = self.generator.render(values)
        named: Batch = {f.name: f.codes_of(v) for f, v in zip(self.space, values, strict=True) if not f.interval}
        return {**batch, **named, "row": np.asarray(-1)}


def _reopened(folder: Path, split: str | None, content: str, make: Make | None, follow: Follow | None) -> Store:
    return Store(reopened(folder, split, content), make=make, follow=follow)
