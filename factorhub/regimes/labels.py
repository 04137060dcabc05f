"""Labels as a learner gets them: few, noisy, coarse, partial or permuted, recorded beside the true factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import ClassVar

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array, Factor
from factorhub.fields import Field
from factorhub.numerics.factor_tables import factor_tables
from factorhub.order import Order, Permutation
from factorhub.regimes.following import Streamed, under
from factorhub.regimes.mechanisms import Target
from factorhub.regimes.pairs import each_point
from factorhub.regimes.parts import Parts
from factorhub.regimes.regime import Draw, Regime, Wrapper, columns, distinct, remembered
from factorhub.regimes.uniform import UNIFORM
from factorhub.space import FactorSpace


@dataclass(frozen=True)
class Labels(Wrapper):
    """The rows of `inner` with a budget of labels: `labels` (k) and `labelled`, whether the row has any.

    A label is the factor's value (a categorical factor's code), a bin's number with `bins`, and NaN where withheld.

    Attributes:
        fraction: the share of rows that keep their labels: exactly, rounded down, of each split of a set where the regime's
            rows are finite; by chance row by row where draws never end.
        rows: how many rows of each split of a set keep them instead, exactly: the first ones where draws never end, any of
            a finite regime. 0 for no limit.
        noise: the chance, for each factor, that a label is another draw from all values (which may be the true one).
        bins: the number of bins that labels are coarsened to; 0 for none. A factor of as many values or fewer keeps its
            codes; of more, code c of n is in bin floor(c · bins / n). Off the grid, bins are equal parts of the range.
        factors: which factors are labelled; all by default.
        permuted: give each factor's values in a random order that is the same for all rows of a seed.
        inner: where rows come from.
    """

    version: ClassVar[int] = 2
    fraction: float = 1.0
    rows: int = 0
    noise: float = 0.0
    bins: int = 0
    factors: tuple[str, ...] = ()
    permuted: bool = False
    inner: Regime = UNIFORM

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", tuple(self.factors))
        if not 0 < self.fraction <= 1 or not 0 <= self.noise <= 1:
            raise InputError(f"fraction is above 0 and noise at least 0, both up to 1; got {self.fraction:g} and {self.noise:g}")
        if self.rows < 0 or self.bins < 0 or self.bins == 1:
            raise InputError(f"rows is 0 or a number of rows, bins is 0 or at least 2; got {self.rows} and {self.bins}")
        if self.rows and self.fraction < 1:
            raise InputError(f"a budget is a fraction or a number of rows; got fraction={self.fraction:g} and rows={self.rows}")

    @remembered
    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """The inner regime's, the labels, and whether the row has any."""
        inner, axes = self.inner.extras(base), self.inner.axes(base)
        taken = [item.name for item in inner]
        shape, dims = (*(size for _, size in axes), len(base.factors)), (*(name for name, _ in axes), "factor")
        meta = {"factors": list(base.names)}
        about = "labels as the learner gets them; NaN where withheld"
        return (
            *inner,
            Field(distinct("labels", taken), "float64", shape, dims, description=about, meta=meta),
            Field(distinct("labelled", taken), "bool", (), (), description="whether the row keeps its labels"),
        )

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """The inner regime's rows, and labels made from their values."""
        return self._draw(base, seed, rows, stream, None)

    def _draw(self, base: FactorSpace, seed: int, rows: Array, stream: str, order: Order | None) -> Draw:
        """The rows of a set in `order`, or of the regime as it is."""
        from factorhub.regimes.kernels.shared import fill_labels

        rows, name = np.asarray(rows, dtype=np.int64), f"{stream}/labels"
        drawn, space = self.inner.draw(base, seed, rows, f"{name}/inner"), self.space(base)
        points, shown = np.ascontiguousarray(drawn.values.reshape(-1, len(base.factors))), self._shown(base)
        labelled, numbers = self._labelled(base, seed, rows, name, order), each_point(rows, points)
        kept = labelled if len(points) == len(rows) else np.repeat(labelled, len(points) // max(len(rows), 1))
        labels: Array = np.empty(points.shape)
        key = randomness.key(seed, f"{name}/noise")
        fill_labels(*factor_tables(space), shown, self.noise, self.bins, key, numbers, kept, points, labels)
        if self.permuted:
            here = np.flatnonzero(kept)
            for j in shown:
                labels[here, j] = self._permuted(space.factors[j], seed, f"{name}/order", j, labels[here, j])
        labels = labels.reshape(drawn.values.shape)
        return Draw(drawn.values, drawn.codes, {**drawn.extras, **dict(zip(self._names(base), (labels, labelled), strict=True))})

    def under(self, targets: Sequence[Target], base: FactorSpace) -> Regime:
        """The inner regime's rows under the interventions."""
        return Streamed(under(self.inner, targets, base), "labels/inner")

    @remembered
    def _shown(self, base: FactorSpace) -> Array:
        """The positions of the factors that are labelled."""
        return np.array(columns(base, self.factors or base.names, "factors"), dtype=np.int64)

    def _permuted(self, factor: Factor, seed: int, stream: str, j: int, column: Array) -> Array:
        size = min(self.bins or factor.size or 0, factor.size or self.bins) or None
        if size is None:
            raise InputError(f"{factor.name} was drawn off its grid, so its values have no other order; give bins too")
        order = Permutation(size, int(randomness.words(seed, stream, j, 1)[0]))
        if self.bins:
            return order.forward(column.astype(np.int64)).astype(np.float64)
        return factor.values(order.forward(factor.nearest(column)))

    def _names(self, base: FactorSpace) -> list[str]:
        return [item.name for item in self.extras(base)[-2:]]

    def _labelled(self, base: FactorSpace, seed: int, rows: Array, stream: str, order: Order | None) -> Array:
        """A mask (n,) of the rows that keep their labels: exactly so many of each split of the set, whose rows lie in `order`."""
        from factorhub.regimes.kernels.shared import fill_chosen

        length = self.length(base)
        if length is None and not self.rows:
            labelled = np.ones(len(rows), dtype=bool)
            if self.fraction < 1:
                fill_chosen(randomness.key(seed, f"{stream}/which"), rows.astype(np.uint64), self.fraction, labelled)
            return labelled
        if order is None:  # drawn from by itself: all of its rows are one split
            if length is None:
                return rows < self.rows
            order = Order("natural", length, (length,), 0)
        positions = order.positions(rows)
        split = np.searchsorted(order.ends, positions, side="right")
        labelled = np.zeros(len(rows), dtype=bool)
        for number in np.unique(split[positions >= 0]).tolist():
            start, stop = (0, *order.ends)[number], order.ends[number]
            here = np.flatnonzero((positions >= start) & (positions < stop))
            kept = self.rows or int(self.fraction * (stop - start) + 1e-9 * (stop - start))
            place = positions[here] - start
            if length is not None:
                lot = int(randomness.words(seed, f"{stream}/which", number, 1)[0])
                place = Permutation(stop - start, lot).inverse(place)
            labelled[here] = place < kept
        return labelled


class _Counted(Wrapper):
    """Labels whose budget is counted in the rows of a set."""

    inner: Labels

    def __init__(self, labels: Labels, order: Order) -> None:
        self.inner, self._order = labels, order

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """The rows of the labels' regime, so many of each split with labels."""
        return self.inner._draw(base, seed, rows, stream, self._order)


def counted(regime: Regime, order: Order) -> Regime:
    """`regime` for a set whose rows lie in `order`: a budget of labels is of the set's rows, exactly, in each of its splits.

    Raises:
        InputError: a split has fewer rows than the budget; or labels with a budget stand inside another regime, where
            rows of the set are not theirs.
    """
    if isinstance(regime, Parts):
        own = (regime.part(i, order) for i in range(len(regime.regimes)))
        return replace(regime, regimes=tuple(counted(part, rows) for part, rows in zip(regime.regimes, own, strict=True)))
    if isinstance(regime, Labels):
        _check_unbudgeted(regime.inner)
        least = min(np.diff([0, *order.ends]).tolist())
        if regime.rows > least:
            raise InputError(
                f"labels(rows={regime.rows}) keeps the labels of so many rows in each split, and the smallest has {least}; "
                f"ask for fewer labels or more rows"
            )
        return _Counted(regime, order) if type(regime) is Labels else regime
    _check_unbudgeted(regime)
    return regime


def _check_unbudgeted(regime: object) -> None:
    """Refuse labels with a budget anywhere inside `regime`."""
    if isinstance(regime, Labels) and (regime.rows or regime.fraction < 1):
        budget = f"rows={regime.rows}" if regime.rows else f"fraction={regime.fraction:g}"
        raise InputError(
            f"labels({budget}) inside another regime would count its own draws and not rows of the set; "
            f"put labels around the other regime, as in labels({budget}, inner=pairs(k=1))"
        )
    if isinstance(regime, tuple):
        for item in regime:
            _check_unbudgeted(item)
    elif is_dataclass(regime):
        for item in fields(regime):
            _check_unbudgeted(getattr(regime, item.name))
