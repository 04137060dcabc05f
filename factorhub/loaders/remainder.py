"""What is left of an epoch, as runs of its positions: how a stream goes on with other ranks or another batch size.

The order of an epoch depends on neither, so what some ranks have not given out can be shared among any others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Runs: TypeAlias = tuple[tuple[int, int], ...]  # positions from the first of each pair up to the one before the second


def count(runs: Runs) -> int:
    """How many positions there are."""
    return sum(stop - start for start, stop in runs)


def between(runs: Runs, first: int, last: int) -> Runs:
    """Of the positions, one after another, those from number `first` to number `last` - 1.

    >>> between(((0, 10), (40, 50)), 8, 13)
    ((8, 10), (40, 43))
    """
    found, passed = [], 0
    for start, stop in runs:
        low, high = max(first - passed, 0), min(last - passed, stop - start)
        if low < high:
            found.append((start + low, start + high))
        passed += stop - start
    return tuple(found)


def left(runs: Runs, world: int, each: int) -> Runs:
    """What is left of `runs` where `world` ranks shared them and each has given out `each` rows of its share.

    >>> left(((0, 100),), world=2, each=30)
    ((30, 50), (80, 100))
    """
    share = count(runs) // world
    return _joined(run for rank in range(world) for run in between(runs, rank * share + min(each, share), (rank + 1) * share))


def _joined(runs: Iterable[tuple[int, int]]) -> Runs:
    """The runs, those that touch made one."""
    found: list[tuple[int, int]] = []
    for start, stop in runs:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], stop)
        else:
            found.append((start, stop))
    return tuple(found)
