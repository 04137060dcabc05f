"""Factors read back from pictures by drawing them again: analysis by synthesis, for what no exact reader reads."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, whole
from factorhub.factors import Array
from factorhub.space import FactorSpace

Render: TypeAlias = Callable[[Array], Array]
POOL = 2**14  # points of the grid among which the first guesses are sought
STARTS = 16  # guesses that are refined, one factor at a time
PAIRED = 3  # of these, the best that are refined two factors at a time
MOST = 1500  # combinations of two factors that are tried at once
BLOCK = 2**24  # numbers in the pictures that are held at a time


def read_back(
    render: Render, space: FactorSpace, images: npt.ArrayLike, *, seed: int = 0, pool: int = POOL, starts: int = STARTS
) -> tuple[Array, Array]:
    """The grid point of `space` whose picture is nearest to each image, and how far it is.

    First guesses are the nearest among `pool` random points; then one factor after another takes its best value, and two at a
    time where one does not help, until nothing improves. Nothing guarantees that the nearest point is found: measure
    `accuracy` and give it to `factorhub.metrics.traversal`, which refuses readers that are right in less than 0.99.

    Args:
        render: values (n, K) to pictures (n, …), pure, such as `lambda v: generator.render(v)["image"]`.
        space: the factors; every one has a grid.
        images: (N, …) pictures in the units of `render`, or probabilities of a binary one.
        seed: of the pool.
        pool: points of the grid.
        starts: guesses that are refined for each image.

    Returns:
        Codes (N, K), int64, and squared errors (N,) as shares of the image's own sum of squares.

    Raises:
        InputError: a factor without a grid, or images of another shape than `render` makes.

    >>> import factorhub
    >>> g = factorhub.generator("dsprites")
    >>> codes = g.space.codes([300_000, 700_000])
    >>> picture = lambda values: g.render(values)["image"]
    >>> found, error = read_back(picture, g.space, picture(g.space.values(codes)), pool=1000)
    >>> (g.space.canonical(g.space.values(found)) == g.space.canonical(g.space.values(codes))).all(), error.tolist()
    (np.True_, [0.0, 0.0])
    """
    whole("pool", pool, 1)
    whole("starts", starts, 1)
    sizes = [factor.size or 0 for factor in space.factors]
    if loose := [factor.name for factor in space.factors if factor.size is None]:
        raise InputError(f"reading back needs a grid of every factor; got {', '.join(loose)} without one; give these a grid")
    target = np.asarray(images)
    drawn = render(space.values(np.zeros((1, len(sizes)), dtype=np.int64)))
    if target.ndim != np.ndim(drawn) or target.shape[1:] != np.shape(drawn)[1:] or not np.isfinite(target).all():
        raise InputError(f"images are finite pictures (N, …) like render's {np.shape(drawn)[1:]}; got shape {target.shape}")
    flat = target.reshape(len(target), -1).astype(np.float32)
    rng = np.random.default_rng([seed, 5])
    guesses = np.column_stack([rng.integers(0, size, pool) for size in sizes])
    near, apart = np.zeros((len(flat), 0), dtype=np.int64), np.zeros((len(flat), 0), dtype=np.float32)
    step = max(BLOCK // flat.shape[1], 1)
    for begin in range(0, pool, step):
        pictures = _drawn(render, space, guesses[begin : begin + step])
        apart = np.hstack([apart, (pictures**2).sum(axis=1) - 2 * flat @ pictures.T])
        near = np.hstack([near, np.broadcast_to(np.arange(begin, begin + len(pictures)), (len(flat), len(pictures)))])
        kept = np.argsort(apart, axis=1, kind="stable")[:, :starts]
        near, apart = np.take_along_axis(near, kept, axis=1), np.take_along_axis(apart, kept, axis=1)
    codes, errors = guesses[near], np.full(near.shape, np.inf)
    for start in range(near.shape[1]):
        rows = np.flatnonzero(errors.min(axis=1) > 0)
        codes[rows, start], errors[rows, start] = _refined(render, space, flat[rows], codes[rows, start], sizes, pairs=False)
    for rank in range(min(PAIRED, near.shape[1])):
        rows = np.flatnonzero(errors.min(axis=1) > 0)
        nth = np.argsort(errors[rows], axis=1, kind="stable")[:, rank]
        codes[rows, nth], errors[rows, nth] = _refined(render, space, flat[rows], codes[rows, nth], sizes, pairs=True)
    least = errors.argmin(axis=1)
    best, error = codes[np.arange(len(flat)), least], errors[np.arange(len(flat)), least]
    power = np.maximum((flat.astype(np.float64) ** 2).sum(axis=1), 1e-30)
    return best, error / power


def accuracy(
    render: Render, space: FactorSpace, *, rows: int = 200, seed: int = 0, pool: int = POOL, starts: int = STARTS
) -> float:
    """The share of true observations, drawn evenly from the grid, of which every factor is read right.

    Right is up to the symmetries of the space, and up to pictures that are equal in every pixel, as those of small sprites at
    two angles may be: nothing could tell them apart.

    >>> import factorhub
    >>> g = factorhub.generator("dsprites")
    >>> accuracy(lambda values: g.render(values)["image"], g.space, rows=5, pool=1000)
    1.0
    """
    rng = np.random.default_rng([seed, 6])
    codes = np.column_stack([rng.integers(0, factor.size or 1, rows) for factor in space.factors])
    values = space.values(codes)
    found, error = read_back(render, space, render(values), seed=seed, pool=pool, starts=starts)
    same = (space.canonical(space.values(found)) == space.canonical(values)).all(axis=1)
    return float((same | (error == 0)).mean())


def _refined(
    render: Render, space: FactorSpace, flat: Array, codes: Array, sizes: list[int], *, pairs: bool
) -> tuple[Array, Array]:
    """Codes (n, K) and squared errors (n,) after one factor, or two at once, take their best values until nothing improves."""
    codes, moving = codes.copy(), [k for k, size in enumerate(sizes) if size > 1]
    error = ((_drawn(render, space, codes) - flat) ** 2).sum(axis=1, dtype=np.float64)
    single = [(k,) for k in moving]
    double = [pair for pair in itertools.combinations(moving, 2) if sizes[pair[0]] * sizes[pair[1]] <= MOST]
    for sets in (double, single) if pairs else (single,):
        active = np.flatnonzero(error > 0)
        while len(active):
            before = error[active].copy()
            for factors in sets:
                rows = active[error[active] > 0]
                if len(rows):
                    _best_of(render, space, flat, codes, error, rows, factors, sizes)
            active = active[(error[active] < before) & (error[active] > 0)]
    return codes, error


def _best_of(
    render: Render,
    space: FactorSpace,
    flat: Array,
    codes: Array,
    error: Array,
    rows: Array,
    factors: tuple[int, ...],
    sizes: list[int],
) -> None:
    """Give `factors` of `rows` the values of least error, in place."""
    choices = np.array(list(itertools.product(*(range(sizes[k]) for k in factors))))
    step = max(BLOCK // (len(choices) * flat.shape[1]), 1)
    for begin in range(0, len(rows), step):
        part = rows[begin : begin + step]
        tried = np.repeat(codes[part], len(choices), axis=0)
        tried[:, list(factors)] = np.tile(choices, (len(part), 1))
        pictures = _drawn(render, space, tried).reshape(len(part), len(choices), -1)
        away = ((pictures - flat[part, None]) ** 2).sum(axis=2, dtype=np.float64)
        least = away.argmin(axis=1)
        better = away[np.arange(len(part)), least] < error[part]
        codes[np.ix_(part[better], list(factors))] = choices[least[better]]
        error[part[better]] = away[np.arange(len(part)), least][better]


def _drawn(render: Render, space: FactorSpace, codes: Array) -> Array:
    pictures = np.asarray(render(space.values(codes)), dtype=np.float32)
    return pictures.reshape(len(codes), int(np.prod(pictures.shape[1:])))
