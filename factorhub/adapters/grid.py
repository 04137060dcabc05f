"""A whole grid as both peers see it: integer codes of every factor in, observations out."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from factorhub.errors import InputError, StoreError, must_be, unknown
from factorhub.factors import Array
from factorhub.fields import Field
from factorhub.generator import Generator
from factorhub.lookup import Store

GridSource: TypeAlias = Store | Generator


class WholeGrid:
    """The observations of every combination of factor codes, read from a set or rendered by a generator.

    Factors with a single value vary nothing: they are left out of `varying`, and so of what metrics see, as both peers do.

    Args:
        source: a set that holds its whole grid, in any order, or a generator whose factors all have a grid.
        name: the field to observe; the first one by default.

    Raises:
        InputError: a factor without a grid, an unknown field. StoreError: a set that lacks part of its grid.
    """

    def __init__(self, source: GridSource, name: str | None = None) -> None:
        must_be(
            "metrics' data",
            source,
            (Store, Generator),
            "an open set or a generator: factorhub.open(path), factorhub.generator(name)",
        )
        self.source, self.space = source, source.space
        self.title = source.name if isinstance(source, Generator) else source.plan.title.partition(": ")[0]
        if None in self.space.sizes:
            loose = [factor.name for factor in self.space if factor.size is None]
            raise InputError(
                f"metrics draw codes of every factor of {self.title}; without a grid: {', '.join(loose)}; give these a grid"
            )
        self._rows: Array | None = None  # of each grid point, where the order of the set does not tell
        if isinstance(source, Store) and not (source.plan.grid and len(source) == self.space.grid_size):
            self._rows = _rows_of_grid(source)
        if self._rows is not None and (self._rows < 0).any():
            raise StoreError(
                f"metrics draw any of the {self.space.grid_size} grid points of {self.title}; {source!r} does not hold them all; "
                "adapt the whole set without a split, or the generator, which renders them"
            )
        fields = source.fields if isinstance(source, Generator) else _fields(source)
        found = {item.name: item for item in fields}
        if name is not None and name not in found:
            raise unknown("field", name, found, self.title)
        self.field = found[name] if name is not None else fields[0]
        self.varying = tuple(i for i, size in enumerate(self.space.sizes) if size != 1)

    def observe(self, codes: Array) -> Array:
        """The field (n, *shape) at codes (n, k) of all factors; grey images get a channel axis, (n, y, x, 1)."""
        if isinstance(self.source, Generator):
            found = self.source.render(self.space.values(codes), check=False)[self.field.name]
        else:
            points = self.space.rows(codes)
            rows = self.source.order.positions(points) if self._rows is None else self._rows[points]
            found = self.source.read(rows, [self.field.name])[self.field.name]
        return found.reshape(-1, *self.shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one observation: (y, x, channel) for images."""
        return (*self.field.shape, 1) if self.field.is_image and len(self.field.shape) == 2 else self.field.shape

    @property
    def white(self) -> int:
        """The pixel value that stands for 1 in an image: binary ones hold 0 and 1."""
        return 1 if self.field.meta.get("binary") else 255


def _rows_of_grid(store: Store) -> Array:
    """The row (grid size,) of each grid point of a set drawn in another way, such as one split by regions; -1 for none."""
    rows = np.full(store.space.grid_size or 0, -1, np.int64)
    codes = store.codes() if len(store) >= len(rows) else np.zeros((0, len(store.space.factors)), np.int64)
    if codes.ndim == 2:  # pairs and sequences are no single points
        rows[store.space.rows(codes)] = np.arange(len(codes))
    return rows


def _fields(store: Store) -> tuple[Field, ...]:
    return tuple(
        Field(c.name, c.dtype, c.shape, c.dims, meta=c.attributes.get("meta", {})) for c in store.columns if c.role == "observation"
    )
