"""Factors that are correlated in training: Gaussian ridges between pairs, one confounder, or a Gaussian copula."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.numerics.factor_tables import factor_tables, most_words
from factorhub.regimes.attributed import Kept, Ridge
from factorhub.regimes.regime import Draw, Regime, Single, off_grid, remembered
from factorhub.regimes.uniform import Uniform, uniform_points
from factorhub.space import FactorSpace

LARGEST = 1024  # values of a factor on a grid that a ridge sums over
TRIES = 20_000


@dataclass(frozen=True)
class Correlated(Single):
    """Density in proportion to the product of exp(-(a - b)² / (2 σ²)) over pairs of factors scaled to [0, 1].

    Scaled means between the ends of a factor's interval or grid; by code where values are only listed. A pair may name an
    attribute, whose rows are drawn again until they are kept.

    Attributes:
        pairs: of factors that rise together.
        inverse: of factors of which one falls as the other rises: (a - (1 - b))².
        confounder: a factor ridged with every other one that varies and is not a nuisance.
        sigma: the width σ of the ridges; one for all, or one for each of `pairs`, then `inverse`.
        on_grid: keep interval factors on their grids where they have one.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    inverse: tuple[tuple[str, str], ...] = ()
    confounder: str = ""
    sigma: float | tuple[float, ...] = 0.1
    on_grid: bool = False

    def __post_init__(self) -> None:
        for name in ("pairs", "inverse"):
            found = tuple(tuple(pair) for pair in getattr(self, name))
            for pair in found:
                if len(pair) != 2 or pair[0] == pair[1]:
                    raise InputError(f"{name} lists pairs of two factors, as in [[shape, scale]]; got {list(pair)}")
            object.__setattr__(self, name, found)
        several = isinstance(self.sigma, tuple | list)
        widths: tuple[float, ...] = tuple(self.sigma) if several else (self.sigma,)  # type: ignore[arg-type, assignment]
        if several:
            object.__setattr__(self, "sigma", widths)
        if not all(0 < width < math.inf for width in widths):
            raise InputError(f"sigma is a width above 0 on factors scaled to [0, 1]; got {self.sigma}")
        if several and (len(widths) != len(self.pairs) + len(self.inverse) or self.confounder):
            raise InputError(f"a list of sigma has one width for each of pairs and inverse; got {len(widths)}")
        if not (self.pairs or self.inverse or self.confounder):
            raise InputError("correlated needs pairs, inverse pairs or a confounder; got none of them")

    @remembered
    def space(self, base: FactorSpace) -> FactorSpace:
        """The base without the grids of its interval factors, unless the draws stay on them."""
        return off_grid(base, self.on_grid)

    @remembered
    def _forest(self, base: FactorSpace) -> Forest:
        return _forest(self, base)

    def ridges(self, base: FactorSpace) -> list[tuple[int, int, float, bool]]:
        """Every ridge: two factors by position, the width, and whether it is inverse."""
        named = [(*pair, False) for pair in self.pairs] + [(*pair, True) for pair in self.inverse]
        if self.confounder:
            center = base[self.confounder].name
            named += [(center, f.name, False) for f in base if f.name != center and f.size != 1 and not f.nuisance]
        widths = self.sigma if isinstance(self.sigma, tuple) else (self.sigma,) * len(named)
        return [(base.index(a), base.index(b), width, inv) for (a, b, inv), width in zip(named, widths, strict=True)]

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Factor after factor along the ridges, kept with the chance that makes the joint density exact."""
        from factorhub.regimes.kernels.correlated import ridge

        followed = following(self, base)
        if followed is not None:
            return followed.draw(base, seed, rows, f"{stream}/correlated")
        space, forest = self.space(base), self._forest(base)
        values = np.empty((len(rows), len(base.factors)))
        numbers = np.ascontiguousarray(rows, dtype=np.uint64)
        missed = ridge(factor_tables(space), randomness.key(seed, f"{stream}/correlated"), numbers, forest, TRIES, values)
        if missed:
            raise InputError(f"the ridges contradict each other: {missed} rows found no point in {TRIES} draws; use a wider sigma")
        return Draw(values)


@remembered
def following(of: Correlated, base: FactorSpace) -> Kept | None:
    """The same rows where a pair names an attribute: those under the other ridges, kept by chance; None where none does."""
    named = [(*pair, False) for pair in of.pairs] + [(*pair, True) for pair in of.inverse]
    if all(name in base for a, b, _ in named for name in (a, b)):
        return None
    widths = of.sigma if isinstance(of.sigma, tuple) else (of.sigma,) * len(named)
    ridges = [Ridge(a, b, width, inverse) for (a, b, inverse), width in zip(named, widths, strict=True)]
    plain = [ridge for ridge in ridges if ridge.first in base and ridge.second in base]
    inner: Regime = Uniform(of.on_grid)
    if plain or of.confounder:
        pairs, inverse = ([(r.first, r.second) for r in plain if r.inverse == way] for way in (False, True))
        own = tuple(ridge.sigma for way in (False, True) for ridge in plain if ridge.inverse == way)
        width = own if isinstance(of.sigma, tuple) else of.sigma
        inner = Correlated(tuple(pairs), tuple(inverse), of.confounder, width, of.on_grid)
    return Kept(inner, tuple(ridge for ridge in ridges if ridge not in plain))


class Forest(NamedTuple):
    """What the kernel `ridge` reads of the pairs; it says what each array means."""

    order: Array
    parent: Array
    sigma: Array
    flip: Array
    start: Array
    keep: Array
    other: Array
    most: Array
    extra: Array
    extra_sigma: Array
    extra_flip: Array


def _forest(of: Correlated, base: FactorSpace) -> Forest:
    """A spanning forest of the ridges, from the busiest factor of each component outwards, and what is left over."""
    space, ridges = of.space(base), of.ridges(base)
    for a, b, _, _ in ridges:
        for factor in (space.factors[a], space.factors[b]):
            if (factor.size or 0) > LARGEST:
                raise InputError(f"{factor.name} has {factor.size} values; a ridge joins factors of at most {LARGEST}")
    touching: dict[int, list[int]] = {j: [] for j in range(len(space.factors))}
    for number, (a, b, _, _) in enumerate(ridges):
        touching[a].append(number)
        touching[b].append(number)
    order: list[int] = []
    parent: list[int] = []
    edges: list[tuple[float, bool]] = []
    used: set[int] = set()
    for root in sorted(touching, key=lambda j: -len(touching[j])):
        if root in order:
            continue
        reached = len(order)
        order, parent, edges = [*order, root], [*parent, -1], [*edges, (1.0, False)]
        while reached < len(order):
            here = order[reached]
            for number in touching[here]:
                a, b, width, flip = ridges[number]
                there = b if a == here else a
                if there not in order:
                    order, parent, edges = [*order, there], [*parent, here], [*edges, (width, flip)]
                    used.add(number)
            reached += 1
    start, keep, other, most = _tables(space, order, parent, edges)
    left = [ridge for number, ridge in enumerate(ridges) if number not in used]
    return Forest(
        np.array(order), np.array(parent), np.array([width for width, _ in edges]), np.array([flip for _, flip in edges]),
        start, keep, other, most, np.array([ridge[:2] for ridge in left], dtype=np.int64).reshape(-1, 2),
        np.array([ridge[2] for ridge in left], dtype=np.float64), np.array([ridge[3] for ridge in left], dtype=bool),
    )  # fmt: skip


def _tables(
    space: FactorSpace, order: list[int], parent: list[int], edges: list[tuple[float, bool]]
) -> tuple[Array, Array, Array, Array]:
    """For each factor of the forest: where its tables start, the tables, and the most a ridge's mass can be.

    Children come first: what a child adds to the weight of each code of a parent on the grid is folded into the
    parent's own weights, so that only factors below one off the grid need rejection.
    """
    from factorhub.regimes.kernels.correlated import alias, ridge_ends, ridge_weights

    factors, table = factor_tables(space)
    mass = {j: np.ones(factor.size) for j, factor in enumerate(space) if factor.size and factor.size <= LARGEST}
    start, most = np.full(len(order), -1), np.ones(len(order))
    keeps, others, length = [np.zeros(1)], [np.zeros(1, dtype=np.int64)], 1
    for t in reversed(range(len(order))):
        j, p, (sigma, flip) = order[t], parent[t], edges[t]
        size = space.factors[j].size
        above = space.factors[p].size if p >= 0 else None
        keep, weights = np.zeros(0), np.zeros((0, 1))
        if p < 0:
            weights = mass[j][None] if j in mass and j in parent else weights
        elif not size:
            places = _places(space, p) if above else np.array([0.5])
            low, inside = np.empty(len(places)), np.empty(len(places))
            ridge_ends(places, sigma, low, inside)
            if above:
                keep, mass[p] = np.stack([low, inside], axis=1).reshape(-1), mass[p] * inside
            else:
                most[t] = inside[0]
        else:
            places = _places(space, p) if above else np.linspace(0.0, 1.0, 4097)
            sums = np.empty((len(places), size))
            for place, row in zip(places, sums, strict=True):
                ridge_weights(factors[j], table, place, sigma, flip, mass[j], row)
            if above:
                weights, mass[p] = np.diff(sums, axis=1, prepend=0.0), mass[p] * sums[:, -1]
            else:  # the largest total found, plus the most that it can rise between two of the places tried
                keep, most[t] = mass[j], sums[:, -1].max() + mass[j].sum() * 0.6065306597126334 / sigma / 8192
        other = np.zeros(keep.size, dtype=np.int64)
        if weights.size:
            keep, other = np.empty(weights.size), np.empty(weights.size, dtype=np.int64)
            for row, kept, others_ in zip(weights, keep.reshape(weights.shape), other.reshape(weights.shape), strict=True):
                alias(row, kept, others_)
        if keep.size:
            start[t], length = length, length + keep.size
            keeps.append(keep)
            others.append(other)
    return start, np.concatenate(keeps), np.concatenate(others), most


def _places(space: FactorSpace, j: int) -> Array:
    """The places in [0, 1] of a factor's grid values, as the kernels have them."""
    factor = space.factors[j]
    codes = np.arange(factor.size or 0)
    places: Array = codes / max(len(codes) - 1, 1)
    if factor.interval and len(codes) > 1:
        places = (factor.values(codes) - factor.table[0]) / (factor.table[-1] - factor.table[0])
    return places


@dataclass(frozen=True)
class Copula(Single):
    """A Gaussian copula: every factor stays uniform, and the normal scores of named pairs correlate.

    The Pearson correlation of two continuous factors comes out as (6/π) asin(ρ/2).

    Attributes:
        correlations: (factor, factor, ρ) for each pair that correlates; the others do not. Together they must be
            possible: the matrix may have no negative eigenvalue.
        on_grid: keep interval factors on their grids where they have one.
    """

    correlations: tuple[tuple[str, str, float], ...]
    on_grid: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "correlations", tuple(tuple(item) for item in self.correlations))
        if not self.correlations:
            raise InputError("a copula needs correlations, as in [[scale, posX, 0.8]]; got none")
        for item in self.correlations:
            if len(item) != 3 or item[0] == item[1] or not -1 <= item[2] <= 1:
                raise InputError(f"a correlation is two factors and a number from -1 to 1; got {list(item)}")

    @remembered
    def space(self, base: FactorSpace) -> FactorSpace:
        """The base without the grids of its interval factors, unless the draws stay on them."""
        return off_grid(base, self.on_grid)

    @remembered
    def _root(self, base: FactorSpace) -> tuple[Array, Array]:
        return _root(self, base)

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Uniform draws, the named factors then replaced by correlated ones."""
        from factorhub.regimes.kernels.causal import copula

        space = self.space(base)
        columns, root = self._root(base)
        words = randomness.word_columns(seed, f"{stream}/copula", rows, len(columns) + most_words(space))
        values, _ = uniform_points(space, words[len(columns) :])
        copula(*factor_tables(space), columns, root, words, values)
        return Draw(values)


def _root(of: Copula, base: FactorSpace) -> tuple[Array, Array]:
    """The columns that correlate, and the Cholesky root of their matrix in plain arithmetic (same bits everywhere)."""
    columns = sorted({base.index(name) for a, b, _ in of.correlations for name in (a, b)})
    place = {j: m for m, j in enumerate(columns)}
    matrix = np.eye(len(columns))
    for a, b, rho in of.correlations:
        i, j = place[base.index(a)], place[base.index(b)]
        matrix[i, j] = matrix[j, i] = rho
    root = np.zeros_like(matrix)
    for i in range(len(matrix)):
        for j in range(i + 1):
            rest = matrix[i, j] - sum(float(root[i, m] * root[j, m]) for m in range(j))
            if i == j:
                root[i, i] = math.sqrt(max(rest, 0.0))
            elif root[j, j] > 1e-7:
                root[i, j] = rest / root[j, j]
    if np.abs(root @ root.T - matrix).max() > 1e-7:
        low = float(np.linalg.eigvalsh(matrix).min())
        raise InputError(f"these correlations cannot hold together: their matrix has the eigenvalue {low:.3g}; weaken one")
    return np.array(columns, dtype=np.int64), root
