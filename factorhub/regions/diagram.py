"""A region over a space, compiled: its exact size, its members by rank, and draws that never miss.

A region reads factor by factor as a decision diagram (`factorhub.regions.cases`). The number of nodes depends on the region
and never on the grid, which is why a region of 10^15 points costs as little to enumerate as one of ten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, RowError
from factorhub.factors import Array
from factorhub.numerics.factor_tables import factor_tables
from factorhub.regions.cases import Cases, Runs
from factorhub.regions.region import Region
from factorhub.space import FactorSpace


@dataclass(frozen=True, eq=False)
class Diagram:
    """The members of a region in one space. Make it with `diagram(region, space)`.

    Attributes:
        count: how many grid points belong, exact however many; None where a factor has no grid.
        share: the part of the space that belongs, under independent uniform factors.
        runs: of the nodes, in the order of the factors that they decide, so that the root is node 0.
        levels: the nodes of factor j are those from levels[j] to levels[j + 1]; the last node of all decides none.
        bound: which factors the region has conditions on.
    """

    space: FactorSpace
    count: int | None
    share: float
    runs: Runs = field(repr=False)
    levels: Array = field(repr=False)
    bound: Array = field(repr=False)

    def __len__(self) -> int:
        """The number of members; an error where they are not finite, or too many to number in 64 bits."""
        if self.count is None or self.count >= 2**62:
            length = len(self.space)  # raises unless the grid's rows can be numbered
            raise InputError(f"the region has no length over a grid of {length} points")
        return self.count

    def codes(self, ranks: npt.ArrayLike) -> Array:
        """The codes (…, k), int64, of the members with these ranks (…), in grid order."""
        ranks = np.asarray(ranks)
        if ranks.dtype.kind not in "iu":
            raise InputError(f"rows are integers; got {ranks.dtype}")
        if ranks.size and (ranks.min() < 0 or ranks.max() >= len(self)):
            got = ranks[(ranks < 0) | (ranks >= len(self))].flat[0]
            raise RowError(f"rows of this region run from 0 to {len(self) - 1}; got {got}")
        _, codes = self.points(np.ascontiguousarray(ranks.reshape(-1), dtype=np.int64))
        return codes.reshape(*ranks.shape, len(self.space.factors))

    def points(self, ranks: Array) -> tuple[Array, Array]:
        """The values and the codes (n, k) of the members with these `ranks` (n,), contiguous int64 and known to be in range."""
        from factorhub.regions.ranks import unrank

        values = np.empty((ranks.size, len(self.space.factors)))
        codes = np.empty(values.shape, dtype=np.int64)
        unrank(*factor_tables(self.space), self.runs, self.levels, self._halvings, ranks, values, codes)
        return values, codes

    def ranks(self, codes: npt.ArrayLike) -> Array:
        """The ranks (…), int64, of grid `codes` (…, k) among the members; -1 for those that do not belong."""
        from factorhub.regions.ranks import rank

        codes = np.asarray(codes)
        self.space.rows(codes)
        len(self)
        flat = np.ascontiguousarray(codes.reshape(-1, codes.shape[-1]), dtype=np.int64)
        ranks = np.empty(len(flat), dtype=np.int64)
        rank(self.runs, flat, ranks)
        return ranks.reshape(codes.shape[:-1])

    def varying(self) -> tuple[str, ...]:
        """The names of the factors that take more than one value among the members."""
        found, nodes = [], {0} if self.share else set()
        for factor in self.space:
            runs = [run for node in nodes for run in range(self.runs.first[node], self.runs.first[node + 1])]
            reached = {(self.runs.low[run], self.runs.high[run]) for run in runs}
            if len(reached) > 1 or any(factor.size is None or high - low > 1 for low, high in reached):
                found.append(factor.name)
            nodes = {int(self.runs.child[run]) for run in runs}
        return tuple(found)

    def draw(self, words: Array) -> Array:
        """The values (n, k) of independent uniform draws from the region, one from each column of `words` (k, n).

        Raises:
            InputError: the region is empty.
        """
        from factorhub.regions.ranks import draw

        if self.share == 0.0:
            raise InputError("nothing can be drawn from an empty region; loosen a condition")
        values = np.empty((words.shape[1], len(self.space.factors)))
        draw(*factor_tables(self.space), self.runs, self.levels, self._halvings, *self._shares, words, values)
        return values

    @cached_property
    def _halvings(self) -> Array:
        """How often (k,) the runs of a level's longest node are halved until one is left."""
        sizes = np.diff(self.runs.first)
        longest = [int(sizes[low:high].max(initial=1)) for low, high in zip(self.levels[:-2], self.levels[1:-1], strict=True)]
        return np.array([(size - 1).bit_length() for size in longest], dtype=np.int64)

    @cached_property
    def _shares(self) -> tuple[Array, Array, Array]:
        """Where each run's share of its node begins, how large it is, and the highest value off the grid."""
        runs, begins = self.runs, np.concatenate([[0.0], self.runs.upto[:-1]])
        begins[runs.first[: int(self.levels[-2])]] = 0.0  # of every node but the last, which has no runs
        return begins, runs.upto - begins, np.nextafter(runs.high, runs.low)


@lru_cache(maxsize=64)
def diagram(region: Region | None, space: FactorSpace) -> Diagram:
    """The members of `region` (None for everything) in `space`; made once for each pair in use.

    Raises:
        InputError: the space lacks a factor or value the region names, or the region is too tangled to enumerate.

    >>> import factorhub
    >>> from factorhub.regions import parse
    >>> members = diagram(parse("shape == heart & scale > 0.6"), factorhub.generator("dsprites").space)
    >>> len(members), members.codes([0]).tolist(), round(members.share, 3)
    (163840, [[0, 2, 2, 0, 0, 0]], 0.222)
    """
    if region is not None:
        region.check(space)
    return Diagram(space, *Cases(region, space).build())
