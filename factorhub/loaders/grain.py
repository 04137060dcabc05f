"""A source of rows, or of blocks of rows, as grain wants it: a length, items by number, pickling, a stable name.

Grain itself shuffles, batches and keeps its place, so this needs no grain.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from factorhub.errors import whole
from factorhub.fields import Batch
from factorhub.loaders.stream import Recipe
from factorhub.source import Source, check_source, select


class GrainSource:
    """Random access for `grain.MapDataset.source`: an item is a row, or a block of neighbouring rows.

    Grain asks for one item at a time, so single rows cost a decoded chunk each. With `block`, an item is a whole batch
    of that many rows, which is many times faster, and in a set of permuted order as random as any: grain then
    shuffles batches, whose rows stay together. The last block may be short.

    Args:
        source: `factorhub.open(path)`, a recipe, or any source of rows.
        fields: the columns to load, all by default.
        block: rows of an item; None gives single rows without the first axis.

    >>> import factorhub
    >>> from factorhub.loaders.grain import GrainSource
    >>> blocks = GrainSource(factorhub.recipe("dsprites", rows=1000), ["image"], block=256)
    >>> len(blocks), blocks[3]["image"].shape
    (4, (232, 64, 64))
    """

    def __init__(self, source: Source | Recipe, fields: Sequence[str] | None = None, block: int | None = None) -> None:
        block = None if block is None else whole("block (rows of an item)", block, 1)
        self.source = source.source() if isinstance(source, Recipe) else source
        check_source("GrainSource reads", self.source)
        self.fields = [column.name for column in select(self.source.columns, fields, "this source")]
        self.block = block

    def __len__(self) -> int:
        return -(-len(self.source) // (self.block or 1))

    def __getitem__(self, item: int) -> Batch:
        """One row {column: (…)}, or one block {column: (block, …)}."""
        if not 0 <= item < len(self):
            raise IndexError(f"items are 0 to {len(self) - 1}; got {item}")
        if self.block is None:
            return {name: array[0] for name, array in self.source.read(np.array([item]), self.fields).items()}
        start = item * self.block
        return self.source.read(np.arange(start, min(start + self.block, len(self.source))), self.fields)

    def __repr__(self) -> str:
        return f"GrainSource({self.source!r}, {self.fields!r}, block={self.block!r})"
