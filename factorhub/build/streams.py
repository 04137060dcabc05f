"""Streams straight from a generator: no disk, no end, the rows of a set of the same recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factorhub import catalog
from factorhub.build.recipes import MOST_ROWS, recipe
from factorhub.generator import Generator
from factorhub.loaders.stream import Stream
from factorhub.order import Kind
from factorhub.regimes import Regime


def stream(
    generator: str | Generator,
    regime: Regime | Mapping[str, Any] | str | None = None,
    seed: int = 0,
    batch_size: int = 256,
    *,
    rows: int | None = None,
    order: Kind = "permuted",
    options: Mapping[str, Any] | None = None,
    **loading: Any,
) -> Stream:
    """Batches of a generator under a regime, rendered as they are asked for, without end.

    The rows are those of `factorhub.generate` with the same arguments, told apart by "index". A regime with a last row
    is visited again and again, each time in another order; one whose draws never end goes on to rows that were never
    seen, in the order of their numbers.

    Args:
        generator: a name, or a Generator that was made by name.
        regime: a record, its data, or its text such as "pairs(k=2)"; the grid by default where it is finite.
        seed: of the regime, the order and the shuffling.
        batch_size: rows of a batch.
        rows: how many there are; all that the regime has by default.
        order: as for `generate`.
        options: of the generator.
        loading: of `factorhub.loaders.Stream`: fields, shuffle, transform, rank, world, threads, channels, …

    Raises:
        InputError: something asked for does not exist or does not fit.

    >>> import factorhub
    >>> pairs = factorhub.stream("dsprites", "pairs(k=1)", seed=7, batch_size=64)
    >>> next(iter(pairs))["image"].shape
    (64, 2, 64, 64)
    """
    made = catalog.generator(generator, **(options or {})) if isinstance(generator, str) else generator
    asked = recipe(made, regime=regime, seed=seed, rows=rows, order=order, options=None if isinstance(generator, str) else options)
    length = asked.regime.length(made.space)
    if rows is None:
        asked = recipe(made, regime=asked.regime, seed=seed, rows=min(length or MOST_ROWS, MOST_ROWS), order=order)
    loading = {"endless": True, "shuffle": length is not None, **loading}
    return Stream(asked, batch_size, seed=seed, **loading)
