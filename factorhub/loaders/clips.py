"""Windows of time: from each trajectory or video of a batch a stretch of steps, the same stretch of all its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError, short, whole
from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.source import Column

Clip: TypeAlias = int | tuple[int, int]
AXIS, START = "time", "start"


@dataclass(frozen=True)
class Clips:
    """What is cut from a row: `length` of `steps` steps of the columns `names`, from `first` on, or from anywhere for None."""

    names: tuple[str, ...]
    steps: int
    length: int
    first: int | None

    def cut(self, batch: Batch, seed: int, epoch: int, positions: Array) -> Batch:
        """The batch at these positions (n,) of an epoch with its columns cut, and a column that says from which step on."""
        count = len(positions)
        if self.first is not None:
            starts = np.full(count, self.first, np.int64)
            cut = {name: batch[name][:, self.first : self.first + self.length] for name in self.names}
        else:
            words = randomness.words(seed, f"loaders/{epoch}/clips", positions, 1)[:, 0]
            starts = randomness.integers(words, self.steps - self.length + 1)
            cut = {name: _stretches(batch[name], starts, self.length) for name in self.names}
        return {**batch, **cut, START: starts}


def check_clip(clip: Clip, columns: Sequence[Column]) -> Clips:
    """How to cut these columns.

    Raises:
        InputError: no column lies over time, they have different lengths, or the clip does not fit.
    """
    over = [column for column in columns if column.dims[:1] == (AXIS,)]
    if not over:
        raise InputError(f"clip cuts columns over time; there are none among {', '.join(c.name for c in columns)}; leave it out")
    steps = over[0].shape[0]
    other = next((column for column in over if column.shape[0] != steps), None)
    if other is not None:
        raise InputError(
            f"clip cuts all columns over time alike; {over[0].name} has {steps} steps, {other.name} {other.shape[0]}; name fields"
        )
    first, length = None, 0
    parts = clip if isinstance(clip, (tuple, list)) else (None, clip)
    try:
        start, length = parts
        first, length = None if start is None else whole("clip", start, 0), whole("clip", length, 1)
        fits = (first or 0) + length <= steps
    except ValueError:
        fits = False
    if not fits:
        raise InputError(f"clip is a number of steps up to {steps}, or (first step, how many) within them; got {short(clip)}")
    if any(column.name == START for column in columns):
        raise InputError(f"clip adds a column '{START}', and there is one already; name fields without it")
    return Clips(tuple(column.name for column in over), steps, length, first)


def _stretches(array: Array, starts: Array, length: int) -> Array:
    """array[i, starts[i] : starts[i] + length] for every i, in new memory (n, length, …)."""
    rows, steps, *rest = array.shape
    row, step, *others = array.strides
    shape, strides = (rows, steps - length + 1, length, *rest), (row, step, step, *others)
    return np.lib.stride_tricks.as_strided(array, shape, strides, writeable=False)[np.arange(rows), starts]
