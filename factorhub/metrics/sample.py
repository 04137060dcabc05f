"""Codes and factors as metrics see them, after the checks of `factorhub.metrics.inputs`."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.factors import Array, Kind
from factorhub.metrics.discretise import MOST_EXACT, Classes, binned, joined
from factorhub.metrics.score import Score

MOST_KEPT = 2**21  # numbers in codes, 16 MB: larger samples are not kept
_recent: dict[tuple[Any, ...], Sample] = {}
_lock = threading.Lock()


@dataclass(frozen=True, eq=False)
class Sample:
    """N codes and the factors behind them, checked; `factorhub.metrics.inputs.sample` makes one.

    Attributes:
        codes: (N, D) float64, finite.
        values: (N, K) float64; of a categorical factor its codes, and where a label is unknown a NaN.
        known: (N, K) which labels are known.
        names, kinds: of the factors.
        periods: of the circular factors; NaN for the others.
        groups: dimensions of the codes that count as one; each by itself unless told otherwise.
        dropped: indices of the factors that never vary.
        masked: True when a mask was given.
        notes: warnings so far.
    """

    codes: Array
    values: Array
    known: Array
    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    periods: tuple[float, ...]
    groups: tuple[tuple[int, ...], ...]
    dropped: tuple[int, ...]
    masked: bool
    notes: tuple[str, ...]

    @cached_property
    def tables(self) -> dict[Any, Any]:
        """Tables of mutual information that were counted already, by how."""
        return {}

    @property
    def rows(self) -> int:
        """N."""
        return len(self.codes)

    @property
    def varying(self) -> Array:
        """Indices of the factors that vary: the others have no score."""
        return np.setdiff1d(np.arange(len(self.names)), self.dropped)

    @cached_property
    def moving(self) -> Array:
        """(D,) which codes vary. A standard deviation alone does not tell: that of a constant 0.3 is not exactly 0."""
        return np.asarray((np.ptp(self.codes, axis=0) > 0) & (self.codes.std(axis=0) > 0))

    @cached_property
    def known_together(self) -> tuple[tuple[Array, list[int]], ...]:
        """The factors that vary, by the rows on which they are known: (rows, factors)."""
        alike: dict[bytes, list[int]] = {}
        for k in self.varying:
            alike.setdefault(self.known[:, k].tobytes() if self.masked else b"", []).append(int(k))
        return tuple((np.flatnonzero(self.known[:, factors[0]]), factors) for factors in alike.values())

    @property
    def grouped(self) -> bool:
        """True when some group has more than one dimension."""
        return any(len(group) > 1 for group in self.groups)

    @cached_property
    def classes(self) -> tuple[Classes, ...]:
        """Each factor in classes: one for each of its values, or 20 of equal width where an interval has more than 100.

        Raises:
            InputError: there are fewer than two rows a class, from which no entropy can be read.
        """
        made = []
        for k, name in enumerate(self.names):
            known = self.known[:, k]
            exact = MOST_EXACT if self.kinds[k] in ("continuous", "circular") else self.rows
            classes = binned(self.values[:, k], known=known, exact=exact)
            if k not in self.dropped and known.sum() < 2 * classes.size:
                got = f"{int(known.sum())} rows for {classes.size} classes"
                raise InputError(f"factor {name} needs two rows a class on average; got {got}; give more rows or coarser labels")
            made.append(classes)
        return tuple(made)

    @cached_property
    def lonely(self) -> tuple[str, ...]:
        """A warning for each factor that has classes of a single row."""
        found = []
        for k in self.varying:
            counts = self.classes[k].counts
            if alone := int((counts == 1).sum()):
                found.append(f"{alone} of the {len(counts)} classes of {self.names[k]} have a single row")
        return tuple(found)

    def code_classes(self, bins: int, exact: int) -> tuple[Classes, ...]:
        """Each group of codes in classes; a group of several dimensions has one for each combination that occurs."""
        each = [binned(column, bins=bins, exact=exact) for column in self.codes.T]
        return tuple(joined([each[d] for d in group]) for group in self.groups)

    def score(
        self,
        name: str,
        per_factor: npt.ArrayLike | None = None,
        value: float | None = None,
        *,
        parts: Mapping[str, float] | None = None,
        relation: Array | None = None,
        warnings: Iterable[str] = (),
        **settings: Any,
    ) -> Score:
        """A `Score` of this sample.

        Args:
            name: of the metric.
            per_factor: (K,) or (varying,) a score for each factor; those that do not vary are left out.
            value: the score; the mean over the factors that vary where it is left out.
            parts, relation, warnings, settings: as in `Score`.
        """
        each: dict[str, float] = {}
        if per_factor is not None:
            column = np.asarray(per_factor, dtype=np.float64)
            column = column[self.varying] if len(column) == len(self.names) else column
            each = {self.names[k]: float(x) for k, x in zip(self.varying, column, strict=True)}
        mean = float(np.mean(list(each.values()))) if value is None else float(value)
        sizes: dict[str, Any] = {"N": self.rows, "D": self.codes.shape[1], "K": len(self.names)}
        if self.masked:
            sizes["known"] = {name: int(n) for name, n in zip(self.names, self.known.sum(axis=0), strict=True)}
        if self.grouped:
            sizes["groups"] = [list(group) for group in self.groups]
        return Score(mean, name, each, parts, relation, {**sizes, **settings}, (*self.notes, *warnings))


def recent(made: Sample) -> Sample:
    """The sample of the same content that was made just before, with what was computed of it; else the given one.

    A panel asks several metrics about the same arrays, and most of them want the same classes and tables. Arrays are known
    again by a digest of what they hold, never by which object they are.
    """
    from xxhash import xxh3_128_digest

    if made.codes.size > MOST_KEPT:
        return made
    facts = (made.names, made.kinds, repr(made.periods), made.groups, made.dropped, made.masked, made.codes.shape)
    key = (*facts, *(xxh3_128_digest(array.tobytes()) for array in (made.codes, made.values, made.known)))
    with _lock:  # threads may score several models at once
        kept = _recent.pop(key, made)
        _recent[key] = kept
        while len(_recent) > 2:
            del _recent[next(iter(_recent))]
    return kept
