"""Normal random numbers as a pure function of seeds, for generators whose noise is a labelled nuisance."""

from __future__ import annotations

import numpy as np

from factorhub import randomness
from factorhub.factors import Array, Factor, ordinal

SEEDS = range(2**31)


def seed(name: str, description: str) -> Factor:
    """A nuisance factor whose values are seeds."""
    return ordinal(name, SEEDS, nuisance=True, description=description)


def uniforms(seeds: Array, count: int, stream: str) -> Array:
    """Uniform numbers (n, count) in [0, 1) for each of the seeds (n,)."""
    return randomness.uniforms(0, stream, seeds.astype(np.uint64), count)


def normals(seeds: Array, count: int, stream: str) -> Array:
    """Standard normal numbers (n, count) for each of the seeds (n,), by Box and Muller; more of them begin like fewer."""
    even = count + count % 2
    both = uniforms(seeds, even, stream).reshape(len(seeds), even // 2, 2)
    radius = np.sqrt(-2 * np.log1p(-both[..., 0]))
    turn = 2 * np.pi * both[..., 1]
    return np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=-1).reshape(len(seeds), even)[:, :count]
