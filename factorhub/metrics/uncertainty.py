"""Standard errors of scores of stored arrays, by a block jackknife.

With a generator, rather score fresh draws: mean and standard deviation of five or more. A bootstrap is no substitute for
either: rows drawn with repetition make independent codes look dependent, and its intervals miss the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, whole
from factorhub.metrics.inputs import checked_codes
from factorhub.metrics.metric import Metric

BLOCKS = 20


@dataclass(frozen=True)
class StandardError:
    """How far a score may be off because of the rows it was computed on.

    Attributes:
        value: the standard error.
        score: on all rows: the centre; the jackknife is not used to correct it.
        per_factor: the standard error of each factor's score.
        method: how it was estimated.
        blocks: the number of blocks.
        seed: of the blocks.
    """

    value: float
    score: float
    per_factor: dict[str, float]
    method: str
    blocks: int
    seed: int


def jackknife(
    metric: Metric | str,
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    mask: npt.ArrayLike | None = None,
    seed: int = 0,
    blocks: int = BLOCKS,
    **settings: Any,
) -> StandardError:
    """The standard error of a score of codes against factors, from scores that each leave one block of rows out.

    Args:
        metric: or its name.
        codes, factors, mask: as the metric takes them.
        seed: of the blocks, and of the metric.
        blocks: of rows, in a seeded random order; the metric is computed once for each.
        settings: of the metric.

    Raises:
        InputError: fewer rows than blocks, or what the metric refuses.

    Tukey's jackknife over groups: the error² is (B - 1)/B times the sum of squared distances from the mean.

    >>> rng = np.random.default_rng(0)
    >>> factors = rng.integers(0, 4, (2000, 2))
    >>> made = jackknife("mig", factors + 0.3 * rng.normal(size=factors.shape), factors)
    >>> 0.001 < made.value < 0.02
    True
    """
    if not isinstance(metric, Metric):
        from factorhub.metrics.catalog import metric as named

        metric = named(metric)
    whole("blocks", blocks, 2)
    z, v = checked_codes(codes), np.asarray(factors)
    if len(z) < 2 * blocks:
        raise InputError(f"a jackknife over {blocks} blocks needs {2 * blocks} rows; got {len(z)}; give more rows or fewer blocks")
    if len(v) != len(z):
        raise InputError(f"codes and factors have a row per observation; got {len(z)} and {len(v)} rows; pass the same rows")
    known = None if mask is None else np.asarray(mask)
    score = metric(z, v, mask=known, seed=seed, **settings)
    block = np.random.default_rng([seed, 3]).permutation(np.arange(len(z)) % blocks)
    less = []
    for b in range(blocks):
        rows = block != b
        less.append(metric(z[rows], v[rows], mask=None if known is None else known[rows], seed=seed, **settings))
    each = {name: _spread([part.per_factor[name] for part in less if name in part.per_factor]) for name in score.per_factor}
    return StandardError(_spread([float(part) for part in less]), float(score), each, "block jackknife", blocks, seed)


def _spread(parts: list[float]) -> float:
    return float(np.sqrt((len(parts) - 1) * np.var(parts))) if len(parts) > 1 else float("nan")
