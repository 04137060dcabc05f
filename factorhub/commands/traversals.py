"""What a traversal shows: even steps through one factor, at a row where the factor matters."""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array, Factor
from factorhub.space import FactorSpace, Fold, Ignored

ABOUT = 10  # steps where nothing says how many
MOST_CODES = 4096  # of a factor that decides about another, looked through for one under which the other matters


def steps(factor: Factor, most: int | None = None) -> Array:
    """Values of a factor in even steps from end to end, on a circle without the end: `most`, or about 10.

    An interval has any number of steps; listed values are no more than there are, and fewer where only so they are even.
    """
    size = factor.size
    if factor.interval and factor.low < factor.high:
        if most is None and size is not None and 1 < size <= ABOUT:
            grid = factor.values(np.arange(size))
            if np.ptp(np.diff(grid)) < 1e-9 * (factor.high - factor.low):
                return grid
        return np.linspace(factor.low, factor.high, most or ABOUT, endpoint=factor.period is None)
    assert size is not None
    count = min(most or ABOUT, size)
    if factor.kind == "ordinal" and size - 1 < 5 * (count - 1):  # whole steps would differ by more than a fifth
        one_length = [n for n in range(count, max(count // 2, 2) - 1, -1) if (size - 1) % (n - 1) == 0]
        if not one_length:  # steps of one length from the first value on, which end before the last one
            return factor.values(np.arange(count, dtype=np.int64) * ((size - 1) // (count - 1)))
        count = one_length[0]
    gaps = max(count - 1, 1)
    return factor.values(np.array([(2 * i * (size - 1) + gaps) // (2 * gaps) for i in range(count)], dtype=np.int64))


def effective(space: FactorSpace, name: str, values: Array, kept: frozenset[str] = frozenset()) -> Array:
    """A copy of `values` (n, k) where the factor `name` matters as much as the space's symmetries allow.

    Other factors are changed for it, and only where they must be: a shape that turns fully for an orientation, enough
    objects for a property of the last one. Those `kept`, and the factor itself, stay as they are.
    """
    values, kept = values.copy(), kept | {name}
    decisive: dict[str, Array] = {}  # for each factor that decides about this one, how little it matters under each code
    for symmetry in space.symmetries:
        if name not in (symmetry.factors if isinstance(symmetry, Ignored) else (symmetry.factor,)) or symmetry.by in kept:
            continue
        cost = decisive.setdefault(symmetry.by, np.zeros(min(space[symmetry.by].size or 0, MOST_CODES)))
        if isinstance(symmetry, Fold):
            folds = np.array(symmetry.folds[: len(cost)], dtype=np.float64)
            cost[: len(folds)] += np.where(folds == 0, np.inf, folds)
        else:
            cost[[code for code in symmetry.codes if code < len(cost)]] = np.inf
    for by, cost in decisive.items():
        best = np.flatnonzero(cost == cost.min(initial=np.inf))
        column = values[:, space.index(by)]
        codes = space[by].nearest(column)
        if len(best):
            nearest = best[np.abs(best - codes[:, None]).argmin(axis=1)]
            column[:] = np.where(np.isin(codes, best), column, space[by].values(nearest))
        values = effective(space, by, values, kept)
    return values
