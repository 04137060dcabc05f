"""disent's `StateSpace` and `GroundTruthData` over any whole grid, so that its datasets, samplers and metrics run unchanged.

The calls are those of Michlo, "Disent: A modular disentangled representation learning framework for PyTorch", 2021.
`GroundTruth` needs nothing installed; `ground_truth_data` makes it an instance of disent's own class too, which disent asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from factorhub.adapters.grid import GridSource, WholeGrid
from factorhub.errors import InputError, MissingExtra, unknown
from factorhub.factors import Array

Size: TypeAlias = int | Sequence[int] | None
Index: TypeAlias = int | str
Indices: TypeAlias = Sequence[Index] | Index | Array | None
MODES = ("interval", "cycle", "cycle_from_start", "cycle_from_start_ends")


class GroundTruth:
    """A grid by disent's names: an *idx* is a grid row in natural order, a *position* the codes of its factors.

    Factors of a single value are left out; nuisance factors are kept, since every idx is one observation. Sampling draws
    from a generator of this object's own, seeded here: never from NumPy's global state.

    Args:
        source: a set that holds its whole grid, in any order, or a generator whose factors all have a grid.
        field: what to observe; the first field by default.
        seed: of everything this object samples.

    Raises:
        InputError: a factor without a grid, an unknown field. StoreError: a set that lacks part of its grid.

    >>> import factorhub
    >>> data = GroundTruth(factorhub.generator("dsprites"))
    >>> len(data), data.factor_sizes, data.idx_to_pos(1025).tolist()
    (737280, (3, 6, 40, 32, 32), [0, 0, 1, 0, 1])
    >>> data[1025].shape, data[1025].max().item()
    ((64, 64, 1), 255)
    """

    def __init__(self, source: GridSource, *, field: str | None = None, seed: int = 0) -> None:
        self._grid = WholeGrid(source, field)
        self._arguments = (source, field, seed)
        self._random = np.random.default_rng(seed)
        self._size = len(self._grid.space)

    @property
    def name(self) -> str:
        """What the data are called."""
        return self._grid.title

    @property
    def size(self) -> int:
        """The number of grid points."""
        return self._size

    def __len__(self) -> int:
        return self._size

    @property
    def num_factors(self) -> int:
        """The number of factors that vary."""
        return len(self._grid.varying)

    @property
    def factor_names(self) -> tuple[str, ...]:
        """The names of the factors, slowest first."""
        return tuple(self._grid.space.names[i] for i in self._grid.varying)

    @property
    def factor_sizes(self) -> tuple[int, ...]:
        """The number of values of each factor."""
        return tuple(self._grid.space.sizes[i] or 1 for i in self._grid.varying)

    @property
    def factor_multipliers(self) -> Array:
        """How far apart two idx are that differ by one in a factor, (k + 1,): the size first, the factors' steps after it."""
        return np.append(np.cumprod(self.factor_sizes[::-1], dtype=np.int64)[::-1], 1)

    @property
    def img_shape(self) -> tuple[int, ...]:
        """The shape of one observation: (height, width, channels) for images."""
        return self._grid.shape

    @property
    def x_shape(self) -> tuple[int, ...]:
        """The shape of an image as a tensor: (channels, height, width)."""
        return (*self.img_shape[2:], *self.img_shape[:2])

    def __getitem__(self, idx: npt.ArrayLike) -> Array:
        """The observation at an idx, or at each of many: images uint8 in 0 … 255, height, width, channels; others as they are."""
        codes = self._grid.space.codes(idx)
        found = self._grid.observe(codes.reshape(-1, codes.shape[-1])).reshape(*codes.shape[:-1], *self.img_shape)
        return found * np.uint8(255 // self._grid.white) if self._grid.field.is_image else found

    def pos_to_idx(self, positions: npt.ArrayLike) -> Array:
        """The idx (…) of positions (…, k)."""
        positions = self._check(positions)
        codes = np.zeros((*positions.shape[:-1], len(self._grid.space.factors)), np.int64)
        codes[..., self._grid.varying] = positions
        return self._grid.space.rows(codes)

    def idx_to_pos(self, indices: npt.ArrayLike) -> Array:
        """The positions (…, k) of idx (…)."""
        positions: Array = self._grid.space.codes(indices)[..., self._grid.varying]
        return positions

    def normalise_factor_idx(self, factor: Index) -> int:
        """The number of a factor given by number or name."""
        if isinstance(factor, str):
            if factor not in self.factor_names:
                raise unknown("factor", factor, self.factor_names, self.name)
            return self.factor_names.index(factor)
        if not 0 <= factor < self.num_factors:
            raise InputError(f"the factors of {self.name} are numbered 0 … {self.num_factors - 1}; got {factor}")
        return int(factor)

    def normalise_factor_idxs(self, f_idxs: Indices) -> Array:
        """The numbers (m,) of distinct factors given by numbers or names; of all for None."""
        if f_idxs is None:
            return np.arange(self.num_factors)
        several = [f_idxs] if isinstance(f_idxs, (int, str, np.integer)) else f_idxs
        numbers = [self.normalise_factor_idx(factor) for factor in several]
        if len(set(numbers)) != len(numbers):
            raise InputError(f"a factor is named once; got {several}")
        return np.array(numbers, dtype=np.int64)

    def invert_factor_idxs(self, f_idxs: Indices) -> Array:
        """The numbers of all other factors."""
        return np.setdiff1d(np.arange(self.num_factors), self.normalise_factor_idxs(f_idxs))

    def sample_indices(self, size: Size = None) -> Array:
        """Random idx, of shape `size`."""
        return self._random.integers(0, self._size, size=size)

    def sample_factors(self, size: Size = None, f_idxs: Indices = None) -> Array:
        """Random positions (*size, m) of all factors, or of some, in the order named."""
        sizes = np.array(self.factor_sizes)[self.normalise_factor_idxs(f_idxs)]
        lead = () if size is None else tuple(np.atleast_1d(np.asarray(size, np.int64)))
        return self._random.integers(0, sizes, size=(*lead, len(sizes)))

    def sample_missing_factors(self, known_factors: npt.ArrayLike, f_idxs: Indices) -> Array:
        """Positions (…, k) that have the known codes (…, m) of the factors `f_idxs`, and random codes of all others."""
        known, numbers = np.asarray(known_factors), self.normalise_factor_idxs(f_idxs)
        if known.ndim == 0 or known.shape[-1] != len(numbers):
            raise InputError(f"known factors have the {len(numbers)} named ones on their last axis; got shape {known.shape}")
        positions = self.sample_factors(known.shape[:-1])
        positions[..., numbers] = known
        return positions

    def resample_other_factors(self, factors: npt.ArrayLike, f_idxs: Indices) -> Array:
        """Positions (…, k) with all factors drawn anew but `f_idxs`."""
        return self.resample_given_factors(factors, self.invert_factor_idxs(f_idxs))

    def resample_given_factors(self, factors: npt.ArrayLike, f_idxs: Indices) -> Array:
        """Positions (…, k) with the factors `f_idxs` drawn anew."""
        positions, numbers = self._check(factors).copy(), self.normalise_factor_idxs(f_idxs)
        positions[..., numbers] = self.sample_factors(positions.shape[:-1], numbers)
        return positions

    def iter_traversal_indices(self, f_idx: int, base_factors: npt.ArrayLike) -> Iterator[int]:
        """The idx of a position with one factor at each of its values in turn."""
        positions = np.repeat(self._check(base_factors)[None], self.factor_sizes[f_idx], axis=0)
        positions[:, f_idx] = np.arange(self.factor_sizes[f_idx])
        yield from self.pos_to_idx(positions).tolist()

    def sample_random_factor_traversal(
        self,
        f_idx: int | None = None,
        base_factors: npt.ArrayLike | None = None,
        num: int | None = None,
        mode: str = "interval",
        start_index: int = 0,
        return_indices: bool = False,
    ) -> Any:
        """Positions (num, k) along one factor, all others held: which one, and where, at random unless given.

        Args:
            f_idx: the number of the factor.
            base_factors: the position to start from.
            num: how many; by default one for each value.
            mode: "interval" goes from the first value to the last, "cycle" and its kin there and back.
            start_index: the value to start from.
            return_indices: True adds the idx (num,).
        """
        number = int(self._random.integers(self.num_factors)) if f_idx is None else self.normalise_factor_idx(f_idx)
        base = self.sample_factors() if base_factors is None else self._check(base_factors).reshape(-1)
        count = self.factor_sizes[number] if num is None else num
        positions = np.repeat(base[None], count, axis=0)
        positions[:, number] = _frames(self.factor_sizes[number], count, mode, start_index)
        return (positions, self.pos_to_idx(positions)) if return_indices else positions

    def _check(self, positions: npt.ArrayLike) -> Array:
        positions = np.asarray(positions)
        if positions.ndim == 0 or positions.shape[-1] != self.num_factors:
            names = ", ".join(self.factor_names)
            raise InputError(f"positions have {self.num_factors} factors ({names}) on their last axis; got shape {positions.shape}")
        return positions


def ground_truth_data(source: GridSource, *, field: str | None = None, seed: int = 0) -> Any:
    """A `GroundTruth` that is an instance of disent's `GroundTruthData` too, as `DisentDataset` and its metrics ask for.

    Raises:
        MissingExtra: disent is not installed. InputError, StoreError: as for `GroundTruth`.
    """
    try:
        from disent.dataset.data import GroundTruthData
    except ImportError:
        raise MissingExtra("disent", "disent", "factorhub.adapters.disent.ground_truth_data") from None

    class FactorhubData(GroundTruth, GroundTruthData):  # type: ignore[misc]  # disent has no types
        def __init__(self) -> None:
            GroundTruth.__init__(self, source, field=field, seed=seed)
            GroundTruthData.__init__(self)

        def __reduce__(self) -> tuple[Any, ...]:
            return _again, self._arguments

    return FactorhubData()


def _again(source: GridSource, field: str | None, seed: int) -> Any:
    return ground_truth_data(source, field=field, seed=seed)


def _frames(size: int, count: int, mode: str, start: int) -> Array:
    """The codes (count,) that a traversal of a factor of `size` values passes, spread evenly and rounded, as disent does."""

    def spread(length: int) -> Array:
        return np.rint(np.linspace(0, length - 1, count)).astype(np.int64)

    if mode not in MODES:
        raise unknown("mode of traversal", mode, MODES)
    if mode == "interval":
        return (start + spread(size)) % size
    if mode == "cycle":
        if start:
            raise InputError(f"a cycle starts from value 0; got start_index {start}; use mode 'cycle_from_start'")
        steps = spread(size)
        return np.concatenate([steps[::2], steps[1::2][::-1]])
    ends = int(mode == "cycle_from_start_ends")  # 1: both ends are passed once, not twice
    path = np.r_[start : size - ends, size - 1 : -1 : -1, ends:start]
    found: Array = path[spread(len(path))]
    return found
