"""Published files that a user has, read as a source with full factor labels, or as a generator that looks rows up.

A file is recognised by the names and shapes of its arrays, and the labels in it are checked against the grid that its
rows are said to run through. What labels mean comes from `layouts`: nothing is unpickled.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub.dmelodies.dmelodies import dmelodies
from factorhub.errors import InputError, StoreError
from factorhub.exchange.layouts import Layout, layouts
from factorhub.exchange.members import Members, open_members
from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.generator import Generator
from factorhub.source import VALUE, Column, columns_of, row_numbers, select
from factorhub.space import FactorSpace

NAME = "factorhub.exchange.published:published"  # how recipes call a published file; its option is `file`
BLOCK = 1 << 16  # rows checked at once


class Published:
    """A published dSprites, 3D Shapes, MPI3D or dMelodies file as a source: columns, a length, rows in grid order.

    Opening checks sizes and labels. Pictures that are compressed in the file are unpacked, once, when the first is
    asked for, into a temporary file (TMPDIR says where) of the size of the raw pictures: 3 GB for dSprites.

    Args:
        path: an npz or HDF5 file as it was published.

    Raises:
        InputError: no file that is known. StoreError: its labels are not those of its grid, or it is damaged.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._members = open_members(self.path)
        self.layout = _recognised(self._members)
        self._lock = threading.Lock()
        self._check_labels()

    def __reduce__(self) -> tuple[Any, ...]:
        return Published, (self.path,)

    def __len__(self) -> int:
        return len(self.space)

    @cached_property
    def space(self) -> FactorSpace:
        """The factors of the rows."""
        return self.layout.space()

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """What each row consists of."""
        return columns_of(self.space, [self.layout.field])

    def read(self, rows: npt.ArrayLike, columns: Sequence[str] | None = None) -> Batch:
        """The rows with these numbers, in this order; all columns unless some are named."""
        chosen = select(self.columns, columns, str(self.path))
        numbers = row_numbers(rows, len(self), str(self.path))
        codes = self.space.codes(numbers)
        batch: Batch = {}
        for column in chosen:
            if column.role == "index":
                found = numbers
            elif column.role == "observation":
                found = self._observations(numbers)
            else:
                factor = self.space[column.name.removesuffix(VALUE) if column.role == "value" else column.name]
                found = codes[..., self.space.index(factor.name)]
                found = factor.values(found) if column.role == "value" else found
            batch[column.name] = np.asarray(found, dtype=column.dtype)
        return batch

    def generator(self) -> Generator:
        """This file as a generator on its grid, so that regimes, `generate` and loaders work with it as with any other."""

        def draw(values: Array) -> Batch:
            return {self.layout.field.name: self._observations(self.space.rows(self.space.codes_of(values)))}

        return Generator(
            name=NAME,
            summary=self.layout.summary,
            space=self.space,
            fields=(self.layout.field,),
            draw=draw,
            source=self.layout.source,
            options={"file": str(self.path)},
            picture=dmelodies().picture if self._is_melody else None,
        )

    @property
    def _is_melody(self) -> bool:
        return self.layout.name == "dmelodies"

    @cached_property
    def _loaded(self) -> Array:
        return self._members.load(self.layout.observations)

    def _observations(self, rows: Array) -> Array:
        with self._lock:
            loaded = self._loaded
        found = loaded[rows]
        return self._tokens[found] if self._is_melody else found

    @cached_property
    def _tokens(self) -> Array:
        """Our token for each integer of a dMelodies file, whose dictionary is pickled: found by comparing all melodies.

        The integers follow the order in which its author's run met the notes. Every melody must come out right.
        """
        ours = dmelodies()
        tokens = np.full(256, 255, dtype=np.uint8)
        for start in range(0, len(self), BLOCK):
            rows = np.arange(start, min(start + BLOCK, len(self)))
            theirs = self._loaded[rows]
            right = ours.render(self.space.values(self.space.codes(rows)), check=False)["tokens"]
            if theirs.min() < 0 or theirs.max() > 255:
                raise StoreError(f"{self.path} has tokens outside 0 … 255; get the file again")
            fresh = tokens[theirs] == 255
            tokens[theirs[fresh]] = right[fresh]
            wrong = (tokens[theirs] != right).any(axis=1)
            if wrong.any():
                raise StoreError(f"{self.path}: row {rows[wrong][0]} is not the melody of its factors; get the file again")
        known = tokens[tokens != 255]
        if len(np.unique(known)) != len(known):
            raise StoreError(f"{self.path} has two tokens for one note; get the file again")
        return tokens

    def _check_labels(self) -> None:
        """Raise `StoreError` unless each row has the labels of its place in the grid."""
        classes, values = self.layout.classes, self.layout.values
        for name in filter(None, (classes, values)):
            labels = self._members.load(name)
            for start in range(0, len(self), BLOCK):
                rows = np.arange(start, min(start + BLOCK, len(self)))
                right = self.space.codes(rows)
                found = labels[rows]
                if name == values:
                    first = 0.0 if classes is None else 1.0  # dSprites counts shapes and colours from 1
                    right = self.space.values(right) + [first if factor.labels else 0.0 for factor in self.space]
                wrong = ~np.isclose(found, right, rtol=0, atol=1e-5).all(axis=1)
                if wrong.any():
                    row = int(rows[wrong][0])
                    got, wanted = found[wrong][0].tolist(), right[wrong][0].tolist()
                    raise StoreError(f"{self.path}: row {row} has the labels {got} where the grid has {wanted}; get the file again")
        if self._is_melody:
            self._tokens  # noqa: B018 - checks every melody


def _recognised(members: Members) -> Layout:
    """The layout that a file has."""
    near = None
    for layout in layouts():
        found = {name: members.shapes[name][0] for name in layout.arrays if name in members.shapes}
        if found == layout.arrays and members.shapes[layout.observations][1].kind in "iu":
            return layout
        if len(found) == len(layout.arrays):
            near = layout
    listed = ", ".join(f"{name} {shape}" for name, (shape, _) in list(members.shapes.items())[:8]) or "no plain arrays"
    if near is not None:
        wanted = ", ".join(f"{name} {shape}" for name, shape in near.arrays.items())
        what = f"{members.path} is not {near.summary}"
        raise InputError(f"{what}: it has {listed}, expected {wanted}; name the whole file, unchanged")
    known = ", ".join(dict.fromkeys(layout.summary.split(",")[0] for layout in layouts()))
    raise InputError(f"{members.path} holds none of the published sets ({known}): it has {listed}; name a file as it was published")


def published(*, file: str = "") -> Generator:
    """The generator of a published file, for recipes: `factorhub.exchange.published:published` with the option `file`."""
    if not file:
        raise InputError("a published file is named by the option file; none was given: add --set file=PATH")
    return Published(file).generator()
