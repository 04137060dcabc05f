"""Symmetries: where two labels draw the same observation, as data that a factor space holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from factorhub.factors import Array, Factor


class Named(Protocol):
    """What a symmetry asks of a factor space: its factors by name, and their places on the last axis."""

    def __getitem__(self, name: str) -> Factor: ...

    def index(self, name: str) -> int:
        """The position of the factor called `name`."""
        ...


def within_period(values: Array, period: Array) -> Array:
    """`values` turned back into [0, period); what a rounding error keeps from the end of a period is its start."""
    turned = np.mod(values, period)
    return np.where(period - turned < 1e-9 * period, 0.0, turned)


@dataclass(frozen=True)
class Fold:
    """Symmetry: under code c of `by`, `factor` has the period of the whole circle (or `period`) divided by folds[c].

    A square turned by 90° is the same picture: `Fold("orientation", by="shape", folds=(4, 2, 1))`.
    folds[c] = 0 says that the factor does not matter at all there (a disc has no orientation).
    """

    factor: str
    by: str
    folds: tuple[int, ...]

    def apply(self, space: Named, values: Array) -> None:
        """Reduce the factor's column of `values` (…, k), in place."""
        factor = space[self.factor]
        folds = np.asarray(self.folds)[values[..., space.index(self.by)].astype(np.int64)]
        column = values[..., space.index(self.factor)]
        period = (factor.high - factor.low) / np.maximum(folds, 1)
        turned = within_period(column - factor.low, period)
        values[..., space.index(self.factor)] = np.where(folds == 0, factor.low, factor.low + turned)

    def text(self, space: Named) -> str:
        """The symmetry in words, for the factor table."""
        labels = space[self.by].labels or tuple(str(code) for code in range(len(self.folds)))
        parts = [f"{label} any" if fold == 0 else f"{label} {fold}-fold" for label, fold in zip(labels, self.folds, strict=True)]
        return ", ".join(parts)


@dataclass(frozen=True)
class Ignored:
    """Symmetry: while the code of `by` is one of `codes`, the listed factors change nothing (an absent object's place)."""

    factors: tuple[str, ...]
    by: str
    codes: tuple[int, ...]

    def apply(self, space: Named, values: Array) -> None:
        """Set the ignored columns of `values` (…, k) to their first value, in place."""
        hidden = np.isin(space[self.by].nearest(values[..., space.index(self.by)]), self.codes)
        for name in self.factors:
            first = space[name].low if space[name].grid is None else space[name].values(0)
            column = values[..., space.index(name)]
            values[..., space.index(name)] = np.where(hidden, first, column)

    def text(self, space: Named) -> str:
        """The symmetry in words, for the factor table."""
        labels = space[self.by].labels
        shown = [labels[code] if labels else f"{space[self.by].values(np.array(code)):g}" for code in self.codes]
        return f"no effect while {self.by} is {' or '.join(shown)}"


Symmetry: TypeAlias = Fold | Ignored
SYMMETRIES: dict[str, type[Fold] | type[Ignored]] = {"fold": Fold, "ignored": Ignored}
