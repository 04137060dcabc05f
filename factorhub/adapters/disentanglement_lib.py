"""disentanglement_lib's `GroundTruthData` over any whole grid, so that metrics written for it run unchanged.

The calls are those of Locatello et al., "Challenging Common Assumptions in the Unsupervised Learning of Disentangled
Representations", ICML 2019. The library does not have to be installed: it asks for these calls, not for a class of its own.
"""

from __future__ import annotations

import numpy as np

from factorhub.adapters.grid import GridSource, WholeGrid
from factorhub.errors import InputError
from factorhub.factors import Array


class GroundTruthData:
    """What `compute_mig`, `compute_dci`, `compute_factor_vae` and the others draw factors and observations from.

    Randomness comes from the `random_state` (a `numpy.random.RandomState`) of each call, drawn in the library's own order:
    one state gives the factors it would give there. Nuisance factors are not among the factors of metrics; each
    observation draws them anew. Factors of a single value are left out too.

    Args:
        source: a set that holds its whole grid, or a generator whose factors all have a grid.
        field: what to observe; the first field by default.

    Raises:
        InputError: a factor without a grid, an unknown field. StoreError: a set that lacks part of its grid.

    >>> import factorhub
    >>> data = GroundTruthData(factorhub.generator("dsprites"))
    >>> data.factor_names, data.factors_num_values
    (['shape', 'scale', 'orientation', 'posX', 'posY'], [3, 6, 40, 32, 32])
    >>> data.sample_observations(2, np.random.RandomState(0)).shape
    (2, 64, 64, 1)
    """

    def __init__(self, source: GridSource, *, field: str | None = None) -> None:
        self._grid = WholeGrid(source, field)
        factors = self._grid.space.factors
        self._seen = [i for i in self._grid.varying if not factors[i].nuisance]
        self._hidden = [i for i in self._grid.varying if factors[i].nuisance]

    @property
    def num_factors(self) -> int:
        """How many factors metrics see."""
        return len(self._seen)

    @property
    def factors_num_values(self) -> list[int]:
        """The number of values of each factor."""
        return [self._size(i) for i in self._seen]

    @property
    def factor_names(self) -> list[str]:
        """The names of the factors, in order."""
        return [self._grid.space.names[i] for i in self._seen]

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """The shape of one observation: (height, width, channels) for images."""
        return self._grid.shape

    def sample_factors(self, num: int, random_state: np.random.RandomState) -> Array:
        """Codes (num, num_factors), int64, uniform over the grid."""
        factors = [random_state.randint(self._size(i), size=num, dtype=np.int64) for i in self._seen]
        return np.stack(factors, axis=1)

    def sample_observations_from_factors(self, factors: Array, random_state: np.random.RandomState) -> Array:
        """Observations (n, *observation_shape) at codes (n, num_factors): images float32 in [0, 1], other fields as they are."""
        factors = np.asarray(factors)
        if factors.ndim != 2 or factors.shape[1] != self.num_factors:
            names = ", ".join(self.factor_names)
            raise InputError(f"factors are codes (n, {self.num_factors}) of {names}; got shape {factors.shape}")
        codes = np.zeros((len(factors), len(self._grid.space.factors)), np.int64)
        for column, i in enumerate(self._seen):
            codes[:, i] = self._grid.space.factors[i].check_codes(factors[:, column])
        for i in self._hidden:
            codes[:, i] = random_state.randint(self._size(i), size=len(factors), dtype=np.int64)
        found = self._grid.observe(codes)
        return found / np.float32(self._grid.white) if self._grid.field.is_image else found

    def sample(self, num: int, random_state: np.random.RandomState) -> tuple[Array, Array]:
        """Factors (num, num_factors) and their observations."""
        factors = self.sample_factors(num, random_state)
        return factors, self.sample_observations_from_factors(factors, random_state)

    def sample_observations(self, num: int, random_state: np.random.RandomState) -> Array:
        """Observations (num, *observation_shape) of factors drawn uniformly."""
        return self.sample(num, random_state)[1]

    def _size(self, i: int) -> int:
        return self._grid.space.sizes[i] or 1
