"""Figures measured on the rows of each shard: error bounds and the drift of invariants, stored with it and limited."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from factorhub.errors import InputError
from factorhub.sampled import Sampled
from factorhub.storage.manifest import Shard

SAMPLE = 32  # rows measured in each shard, spread evenly, its first and last among them


def measure(source: Sampled, bound: float | None) -> Callable[[Shard], Mapping[str, float]] | None:
    """What a writer stores with each shard: the largest of each figure over a sample of its rows; None if there are none.

    Raises:
        InputError: (from the returned function) the error of a row is above `bound`; the shard is then not written.
    """
    made = source.generator
    quality = made.quality
    if quality is None:
        return None

    def of(shard: Shard) -> Mapping[str, float]:
        rows = np.unique(np.linspace(shard.start, shard.stop - 1, SAMPLE).astype(np.int64))
        values = source.values(rows)
        flat = values.reshape(-1, values.shape[-1])
        figures = quality(flat)
        error = figures["error"]
        worst = int(np.argmax(error))
        if bound is not None and not error[worst] <= bound:
            shown = ", ".join(f"{factor.name} {value:.6g}" for factor, value in zip(made.space, flat[worst], strict=True))
            at = f"a row of {made.name} ({shown}) has a measured error of {error[worst]:.2g}"
            raise InputError(f"{at}, above the bound {bound:.2g}; raise --bound, shorten the run, or narrow the factors")
        return {name: float(np.max(found)) for name, found in figures.items()}

    return of
