"""Published files that a user has, read as a source with full factor labels, or as a generator that looks rows up.

A file is recognised by the names, shapes and dtypes of its arrays, and the labels in it are checked against the grid that
its rows are said to run through. Where two sets have such arrays, and no labels to tell them apart, the user says which it
is. What labels mean comes from `layouts`: nothing is unpickled.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub.dmelodies.dmelodies import dmelodies
from factorhub.errors import InputError, StoreError, unknown
from factorhub.exchange.layouts import PublishedFile, layouts
from factorhub.exchange.members import Members, open_members
from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.generator import Generator
from factorhub.paths import local_path
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
        layout: which set it is, by the name of its layout; needed where the arrays of several sets are alike.

    Raises:
        InputError: no file that is known, or one that may be of several sets. StoreError: its labels are not those of its
            grid, or it is damaged.
    """

    def __init__(self, path: str | Path, layout: str = "") -> None:
        self.path, self._asked = local_path("an import", path, "a file"), layout
        self._members = open_members(self.path)
        self.layout = _recognised(self._members, layout)
        self._lock = threading.Lock()
        self._check_labels()

    def __reduce__(self) -> tuple[Any, ...]:
        return Published, (self.path, self._asked)

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
            options={"file": str(self.path), **({"layout": self._asked} if self._asked else {})},
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


def _recognised(members: Members, asked: str) -> PublishedFile:
    """The layout that a file has, which is the one called `asked` if any is."""
    known = layouts()
    names = list(dict.fromkeys(layout.name for layout in known))
    if asked and asked not in names:
        raise unknown("layout", asked, names)
    fitting = [layout for layout in known if _likeness(layout, members) is None]
    most = max((len(layout.arrays) for layout in fitting), default=0)  # labels in the file say more than its size
    chosen = [layout for layout in fitting if layout.name == (asked or layout.name) and len(layout.arrays) == most]
    if len({layout.name for layout in chosen}) > 1:
        listed = " or ".join(f"{layout.name} ({layout.summary})" for layout in chosen)
        hint = "say which, by --layout or --set layout=, or layout= in Python"
        raise InputError(f"{members.path} may be {listed}: their arrays are alike, their factors are not; {hint}")
    if chosen:
        return chosen[0]
    had = [f"{name} {shape} {dtype}" for name, (shape, dtype) in list(members.shapes.items())[:8]]
    listed = ", ".join(had) or "no plain arrays"
    near = max(known, key=lambda layout: (layout.name == asked, _likeness(layout, members) or (9,)))
    if asked or any(name in members.shapes for name in near.arrays):
        wanted = ", ".join(f"{name} {shape}" for name, shape in near.arrays.items())
        what = f"{members.path} is not {near.summary}"
        hint = f"it has the arrays of {fitting[0].name}" if fitting else "name the whole file, unchanged"
        raise InputError(f"{what}: it has {listed}, expected {wanted}, of {near.dtypes}; {hint}")
    sets = ", ".join(dict.fromkeys(layout.summary.split(",")[0] for layout in known))
    raise InputError(f"{members.path} holds none of the published sets ({sets}): it has {listed}; name a file as it was published")


def _likeness(layout: PublishedFile, members: Members) -> tuple[float, ...] | None:
    """How near a file's arrays come to a layout's, the greater the nearer; None where they are the layout's."""
    wanted = layout.arrays
    found = {name: members.shapes[name] for name in wanted if name in members.shapes}
    same = sum(found[name][0] == wanted[name] for name in found)
    kind = layout.observations in found and layout.takes(found[layout.observations][1])
    if same == len(wanted) and kind:
        return None
    rows = wanted[layout.observations][0]
    alike = sum(found[name][0][1:] == wanted[name][1:] for name in found)
    away = max((abs(math.log((found[name][0][:1] or (0,))[0] + 1) - math.log(rows + 1)) for name in found), default=math.inf)
    return (len(found) == len(wanted), len(found), alike, same, kind, -away)


def published(*, file: str = "", layout: str = "") -> Generator:
    """The generator of a published file, for recipes: `factorhub.exchange.published:published` with the option `file`.

    The option `layout` says which set it is, where the arrays of several are alike.
    """
    if not file:
        raise InputError("a published file is named by the option file; none was given: add --set file=PATH")
    return Published(file, layout).generator()
