"""Figures measured on the rows of each shard: error bounds and the drift of invariants, stored with it and limited."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from factorhub.build.rendered import Sampled
from factorhub.errors import InputError
from factorhub.storage.manifest import Shard

SAMPLE = 32  # rows measured in each shard, spread evenly, its first and last among them
FIRST = 4  # rows measured before any work, for bounds that no row meets


def measure(source: Sampled, bound: float | None) -> Callable[[Shard], Mapping[str, float]] | None:
    """What a writer stores with each shard: the largest of each figure over a sample of its rows; None if there are none.

    Raises:
        InputError: the error of a row is above `bound`: of a few rows at once, and of a shard's in the returned function;
            that shard is then not kept.
    """
    made = source.generator
    quality = made.quality
    if quality is None:
        return None

    def of(first: int, last: int, count: int) -> Mapping[str, float]:
        rows = np.unique(np.linspace(first, last, count).astype(np.int64))
        values = source.values(rows)
        flat = values.reshape(-1, values.shape[-1])
        figures = quality(flat)
        bad = [name for name, found in figures.items() if np.shape(found) != flat.shape[:1] or not np.isfinite(found).all()]
        if bad or "error" not in figures:
            what = f"'{bad[0]}' is not" if bad else "it has no 'error', which is"
            raise InputError(f"quality of {made.name} gives {{name: (n,)}} of finite numbers for n rows; {what} one; mend it")
        error = figures["error"]
        worst = int(np.argmax(error))
        if bound is not None and not error[worst] <= bound:
            shown = ", ".join(f"{factor.name} {value:.6g}" for factor, value in zip(made.space, flat[worst], strict=True))
            at = f"a row of {made.name} ({shown}) has a measured error of {error[worst]:.2g}"
            raise InputError(f"{at}, above the bound {bound:.2g}; raise --bound, shorten the run, or narrow the factors")
        return {name: float(np.max(found)) for name, found in figures.items()}

    if bound is not None and FIRST:
        of(0, len(source) - 1, FIRST)
    return lambda shard: of(shard.start, shard.stop - 1, SAMPLE)
