"""What a regime is: a frozen record that chooses which factor vectors to render, pure in (seed, row).

A regime never sees pixels, files or a generator; it is given a space, and works with every one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError, unknown
from factorhub.factors import Array
from factorhub.fields import Batch, Field
from factorhub.regions import Region
from factorhub.space import FactorSpace

NOTHING = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Draw:
    """Some rows of a regime.

    Attributes:
        values: (n, *axes, k) float64, inside the space.
        codes: (n, *axes, k) integers where the rows were drawn on the grid of every factor and are known; else None.
        extras: what happened, as data: {name: (n, …)}, one array for each of the regime's `extras`.
    """

    values: Array
    codes: Array | None = None
    extras: Batch = field(default_factory=dict)

    def take(self, index: Array) -> Draw:
        """The rows at `index`."""
        codes = None if self.codes is None else np.take(self.codes, index, axis=0)
        return Draw(
            np.take(self.values, index, axis=0), codes, {n: np.take(array, index, axis=0) for n, array in self.extras.items()}
        )

    def like(self, n: int) -> Draw:
        """Room for `n` rows of the same kind."""
        codes = None if self.codes is None else np.empty((n, *self.codes.shape[1:]), self.codes.dtype)
        extras = {name: np.empty((n, *array.shape[1:]), array.dtype) for name, array in self.extras.items()}
        return Draw(np.empty((n, *self.values.shape[1:])), codes, extras)

    def put(self, places: Array, other: Draw, index: Array) -> None:
        """Overwrite the rows at `places` with those of `other`, of the same regime, at `index`."""
        put(self.values, places, other.values, index)
        if self.codes is not None and other.codes is not None:
            put(self.codes, places, other.codes, index)
        for name, array in self.extras.items():
            put(array, places, other.extras[name], index)


def put(target: Array, places: Array, source: Array, index: Array | None = None) -> None:
    """The rows at `places` of `target` become those of `source`, all or at `index`: quicker than by NumPy's indexing."""
    from factorhub.regimes.kernels.shared import put_rows

    if not places.size or not target.size:
        return
    source = np.ascontiguousarray(source, dtype=target.dtype)
    if not target.flags.c_contiguous:  # another's array: words of it are not to be had
        target[places] = source if index is None else source[index]
        return
    word = f"u{math.gcd(target.nbytes // len(target), 8)}"
    old, new = source.reshape(len(source), -1).view(word), target.reshape(len(target), -1).view(word)
    put_rows(old, NOTHING if index is None else index, places, new)


@runtime_checkable
class Regime(Protocol):
    """Chooses factor vectors. Implementations are frozen dataclasses of plain data, so they serialise and compare."""

    def space(self, base: FactorSpace) -> FactorSpace:
        """The space of the rows drawn from `base`: the same, with the grid dropped of factors drawn off their grid."""
        ...

    def length(self, base: FactorSpace) -> int | None:
        """The number of rows where they are finite and distinct (a grid, a region of one); None where draws never end."""
        ...

    def axes(self, base: FactorSpace) -> tuple[tuple[str, int], ...]:
        """Names and lengths of the axes between the row and the factors: () for single rows, (("pair", 2),) for pairs."""
        ...

    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """What is recorded of each row beside its factors; shapes include the axes where they apply."""
        ...

    def support(self, base: FactorSpace) -> Region | None:
        """The region that every point drawn lies in; None for the whole space. It keeps wrappers from leaving it."""
        ...

    def __hash__(self) -> int: ...

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """The rows with these natural numbers (n,). Row r depends on (regime, base, seed, stream, r) and nothing else.

        The arrays are the caller's to change.

        Random words come from `factorhub.randomness` under `f"{stream}/{own name}"`; a wrapper hands its inner
        regime a stream of its own in the same way.

        Raises:
            InputError: the regime does not fit the space. RowError: a row past the length.
        """
        ...


T = TypeVar("T")


def remembered(method: Callable[[Any, FactorSpace], T]) -> Callable[[Any, FactorSpace], T]:
    """A method of (regime, base) whose answer is kept with the regime, since every batch asks for it again."""

    @wraps(method)
    def answer(self: Any, base: FactorSpace) -> T:
        memory = self.__dict__.setdefault("_memory", {})
        key = (method, base)
        if key not in memory:
            memory[key] = method(self, base)
        return memory[key]  # type: ignore[no-any-return]

    return answer


class Memory:
    """What lets a frozen record remember: answers are no part of its state."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_memory"}


class Single(Memory):
    """What regimes of single rows without records share: no extra axes, no extras, the base's own space."""

    def space(self, base: FactorSpace) -> FactorSpace:
        """The base's own space."""
        return base

    def length(self, base: FactorSpace) -> int | None:
        """None: draws never end."""
        return None

    def axes(self, base: FactorSpace) -> tuple[tuple[str, int], ...]:
        """No axes: single rows."""
        return ()

    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """No records."""
        return ()

    def support(self, base: FactorSpace) -> Region | None:
        """The whole space."""
        return None


class Wrapper(Memory):
    """What wrappers share: everything is the inner regime's until they say otherwise."""

    inner: Regime

    def space(self, base: FactorSpace) -> FactorSpace:
        """That of the inner regime."""
        return self.inner.space(base)

    def length(self, base: FactorSpace) -> int | None:
        """That of the inner regime."""
        return self.inner.length(base)

    def axes(self, base: FactorSpace) -> tuple[tuple[str, int], ...]:
        """Those of the inner regime."""
        return self.inner.axes(base)

    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """Those of the inner regime."""
        return self.inner.extras(base)

    def support(self, base: FactorSpace) -> Region | None:
        """That of the inner regime."""
        return self.inner.support(base)


class Extended(Wrapper):
    """What wrappers share whose rows begin with a row of the inner regime; a region can turn one away before it is finished."""

    stream: ClassVar[str]  # the name of its random words: rows depend on it, so it is never that of the class

    def begin(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """The rows of the inner regime that `rows` begin with."""
        return self.inner.draw(base, seed, rows, f"{stream}/{self.stream}/inner")

    def extend(self, base: FactorSpace, seed: int, rows: Array, stream: str, begun: Draw) -> Draw:
        """The whole rows that begin with `begun`."""
        raise NotImplementedError

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Row r begins with row r of the inner regime."""
        rows = np.asarray(rows)
        return self.extend(base, seed, rows, stream, self.begin(base, seed, rows, stream))


def join(draws: Sequence[Draw], places: Sequence[Array]) -> Draw:
    """One draw of several: row i of the result is the one whose place is i."""
    count = sum(map(len, places))

    def merged(parts: Sequence[Array]) -> Array:
        made = np.empty((count, *parts[0].shape[1:]), dtype=np.result_type(*parts))
        for part, place in zip(parts, places, strict=True):
            put(made, place, part)
        return made

    coded = [draw.codes for draw in draws if draw.codes is not None]
    codes = merged(coded) if len(coded) == len(draws) else None
    extras = {name: merged([draw.extras[name] for draw in draws]) for name in draws[0].extras}
    return Draw(merged([draw.values for draw in draws]), codes, extras)


@lru_cache(maxsize=64)
def off_grid(base: FactorSpace, on_grid: bool = False) -> FactorSpace:
    """The space of draws from whole intervals: `base` without the grids of its interval factors, unless `on_grid`."""
    return base if on_grid else base.without_grid([factor.name for factor in base if factor.interval])


def shared_space(base: FactorSpace, regimes: Iterable[Regime]) -> FactorSpace:
    """The space of rows that come from several regimes: a factor keeps its grid only where all of them do."""
    spaces = [regime.space(base) for regime in regimes]
    first = spaces[0]
    if all(space is first or space == first for space in spaces):
        return first
    loose = [factor.name for factor in base if any(space[factor.name].size is None for space in spaces)]
    return base.without_grid(name for name in loose if base[name].size is not None)


def distinct(name: str, taken: Iterable[str]) -> str:
    """`name`, or `name_2`, `name_3`, … where wrappers of one kind nest and the inner ones have taken it."""
    used, found, number = set(taken), name, 1
    while found in used:
        number += 1
        found = f"{name}_{number}"
    return found


def differs(first: Array, second: Array) -> Array:
    """A mask (n, k) of the factors that differ between two (n, *axes, k) at any of their points."""
    from factorhub.regimes.kernels.shared import fill_differing

    n, k = len(first), first.shape[-1]
    several = math.prod(first.shape[1:-1])
    if several == 1:
        return (first != second).reshape(n, k)  # type: ignore[no-any-return]
    differing = np.empty((n, k), dtype=bool)
    fill_differing(first.reshape(n, several, k), second.reshape(n, several, k), differing)
    return differing


def repeated(mask: Array, n: int) -> Array:
    """The same `mask` (k,) in n rows; Python repeats bytes several times as quickly as NumPy fills short rows."""
    return np.frombuffer(bytearray(mask.tobytes()) * n, dtype=bool).reshape(n, len(mask))


def columns(space: FactorSpace, names: Iterable[str], what: str) -> list[int]:
    """The positions of the named factors and of those in named groups, each named once."""
    found = [space.index(name) for name in space.members(names)]
    if len(set(found)) != len(found):
        raise InputError(f"{what} names a factor twice; got {', '.join(names)}")
    return found


def choice(name: str, value: Any, known: Iterable[str], where: str) -> None:
    """Raise `InputError` unless `value` is one of the `known` words."""
    if value not in tuple(known):
        raise unknown(name, value, known, where)


def again(regime: Regime, base: FactorSpace, seed: int, rows: Array, attempt: int, most: int, stream: str) -> Draw:
    """One fresh draw for each row, of the `most` that it has: what wrappers use that draw until something fits."""
    from factorhub.regimes.kernels.shared import number

    rows, numbers = np.asarray(rows, dtype=np.int64), np.empty(len(rows), dtype=np.int64)
    number(rows, np.arange(len(rows)), attempt, 1, most, numbers)
    return regime.draw(base, seed, settled(regime, base, seed, numbers, stream), stream)


def settled(regime: Regime, base: FactorSpace, seed: int, numbers: Array, stream: str) -> Array:
    """The rows that fresh draws are, numbered from 0: themselves of an endless regime, of a finite one rows at random."""
    length = regime.length(base)
    if length is None:
        return numbers
    picked = randomness.uniforms(seed, f"{stream}/pick", numbers, 1)[..., 0]
    return np.minimum((picked * length).astype(np.int64), length - 1)
