"""Both peers' calls over grids: any order of a set and the generator agree, counts are exact, and a metric runs."""

from __future__ import annotations

import inspect
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import factorhub
from factorhub.adapters.disent import GroundTruth, ground_truth_data
from factorhub.adapters.disentanglement_lib import GroundTruthData
from factorhub.errors import InputError, MissingExtra, StoreError
from factorhub.factors import categorical, continuous, ordinal
from factorhub.fields import Field
from factorhub.generator import Generator
from factorhub.lookup import Store
from factorhub.regimes.uniform import Uniform
from factorhub.space import FactorSpace


def bar(values: np.ndarray) -> dict[str, np.ndarray]:
    x, y = np.arange(4), np.arange(5)[:, None]
    column = (x == values[:, 1, None, None]) * (y < 1 + values[:, 2, None, None])
    shade = 50 * (1 + values[:, 3, None, None])
    return {"image": (column * shade).astype(np.uint8), "sums": values[:, :3].cumsum(axis=1)}


SPACE = FactorSpace(
    (
        categorical("kind", ["bar"]),
        ordinal("x", range(4)),
        continuous("height", 0, 4, grid=3),
        ordinal("seed", range(3), nuisance=True),
    )
)
FIELDS = (Field("image", "uint8", (5, 4), ("y", "x")), Field("sums", "float64", (3,), ("component",)))
BARS_NAME = f"{__name__}:bars"
BARS = Generator("bars", "A bar of some height at some place.", SPACE, FIELDS, bar, "none")


def bars() -> Generator:
    return BARS


@pytest.fixture(scope="module", params=["generator", "natural", "permuted"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store | Generator:
    if request.param == "generator":
        return BARS
    return factorhub.generate(
        BARS_NAME, tmp_path_factory.mktemp("bars") / "set", order=request.param, splits={"train": 0.5, "test": 0.5}
    )


def test_disentanglement_lib_draws_what_it_would_draw(source: Store | Generator) -> None:
    data = GroundTruthData(source)
    assert (data.num_factors, data.factors_num_values, data.factor_names) == (2, [4, 3], ["x", "height"])
    assert data.observation_shape == (5, 4, 1)
    state = np.random.RandomState(3)
    want = np.stack([state.randint(4, size=7), state.randint(3, size=7)], axis=1)
    hidden = state.randint(3, size=7)
    factors, seen = data.sample(7, np.random.RandomState(3))
    assert factors.dtype == np.int64
    assert np.array_equal(factors, want)
    values = np.stack([np.zeros(7), want[:, 0], 2.0 * want[:, 1], hidden], axis=1)
    assert seen.dtype == np.float32
    assert np.array_equal(seen, bar(values)["image"][..., None] / np.float32(255))
    assert np.array_equal(data.sample_observations(7, np.random.RandomState(3)), seen)
    sums = GroundTruthData(source, field="sums")
    assert sums.observation_shape == (3,)
    found = sums.sample_observations_from_factors(want, np.random.RandomState(0))
    assert np.array_equal(found, bar(values)["sums"])


def test_binary_images_reach_one_and_255() -> None:
    sprites = factorhub.generator("dsprites")
    data = GroundTruthData(sprites)
    assert data.observation_shape == (64, 64, 1)
    assert set(np.unique(data.sample_observations(3, np.random.RandomState(0)))) == {0, 1}
    assert set(np.unique(GroundTruth(sprites)[[5, 6]])) == {0, 255}


@pytest.mark.parametrize(
    ("call", "names"),
    [
        ("sample_factors", ["num", "random_state"]),
        ("sample_observations_from_factors", ["factors", "random_state"]),
        ("sample", ["num", "random_state"]),
        ("sample_observations", ["num", "random_state"]),
    ],
)
def test_calls_are_named_as_in_disentanglement_lib(call: str, names: list[str]) -> None:
    assert list(inspect.signature(getattr(GroundTruthData, call)).parameters) == ["self", *names]


@pytest.mark.parametrize(
    ("call", "names"),
    [
        ("pos_to_idx", ["positions"]),
        ("idx_to_pos", ["indices"]),
        ("sample_indices", ["size"]),
        ("sample_factors", ["size", "f_idxs"]),
        ("sample_missing_factors", ["known_factors", "f_idxs"]),
        ("resample_other_factors", ["factors", "f_idxs"]),
        ("resample_given_factors", ["factors", "f_idxs"]),
        ("iter_traversal_indices", ["f_idx", "base_factors"]),
        ("sample_random_factor_traversal", ["f_idx", "base_factors", "num", "mode", "start_index", "return_indices"]),
    ],
)
def test_calls_are_named_as_in_disent(call: str, names: list[str]) -> None:
    assert list(inspect.signature(getattr(GroundTruth, call)).parameters) == ["self", *names]


def test_disent_numbers_the_grid(source: Store | Generator) -> None:
    data = GroundTruth(source)
    assert (data.name, len(data), data.size, data.num_factors) == (BARS_NAME if isinstance(source, Store) else "bars", 36, 36, 3)
    assert (data.factor_names, data.factor_sizes) == (("x", "height", "seed"), (4, 3, 3))
    assert data.factor_multipliers.tolist() == [36, 9, 3, 1]
    every = np.arange(36).reshape(6, 6)
    positions = data.idx_to_pos(every)
    assert np.array_equal(positions, np.moveaxis(np.unravel_index(every, (4, 3, 3)), 0, -1))
    assert np.array_equal(data.pos_to_idx(positions), every)
    steps = data.factor_multipliers
    assert np.array_equal(positions, every[..., None] % steps[:-1] // steps[1:])
    assert (data.img_shape, data.x_shape) == ((5, 4, 1), (1, 5, 4))
    seen = data[np.arange(36)]
    flat = positions.reshape(-1, 3)
    values = np.column_stack([np.zeros(36), flat[:, 0], 2.0 * flat[:, 1], flat[:, 2]])
    assert seen.dtype == np.uint8
    assert np.array_equal(seen, bar(values)["image"][..., None])
    assert np.array_equal(data[17], seen[17])
    with pytest.raises(IndexError):
        data[36]


def test_disent_resamples_what_it_is_asked_to() -> None:
    data = GroundTruth(BARS, seed=4)
    positions = data.sample_factors(500)
    assert (positions.shape, data.sample_factors().shape, data.sample_factors((2, 3), ["seed", 0]).shape) == (
        (500, 3),
        (3,),
        (2, 3, 2),
    )
    assert (positions >= 0).all()
    assert (positions.max(axis=0) == [3, 2, 2]).all()
    kept = data.resample_other_factors(positions, "height")
    assert np.array_equal(kept[:, 1], positions[:, 1])
    assert (kept != positions)[:, [0, 2]].any(axis=0).all()
    changed = data.resample_given_factors(positions, ["height"])
    assert np.array_equal(changed[:, [0, 2]], positions[:, [0, 2]])
    assert (changed[:, 1] != positions[:, 1]).any()
    known = data.sample_missing_factors([[2, 1], [0, 3]], ["seed", "x"])
    assert known[:, [2, 0]].tolist() == [[2, 1], [0, 3]]
    assert np.array_equal(data.invert_factor_idxs("height"), [0, 2])
    assert data.sample_indices(9).shape == (9,)
    before = np.random.get_state()[1].copy()  # noqa: NPY002  # that it is left alone is the law
    assert np.array_equal(GroundTruth(BARS, seed=4).sample_factors(500), positions)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_a_traversal_holds_all_but_one_factor() -> None:
    data = GroundTruth(BARS)
    positions, indices = data.sample_random_factor_traversal(f_idx=0, base_factors=[3, 1, 2], return_indices=True)
    assert positions.tolist() == [[0, 1, 2], [1, 1, 2], [2, 1, 2], [3, 1, 2]]
    assert indices.tolist() == list(data.iter_traversal_indices(0, [3, 1, 2])) == data.pos_to_idx(positions).tolist()
    steps: Callable[..., list[int]] = lambda *a: data.sample_random_factor_traversal(0, [0, 0, 0], *a)[:, 0].tolist()  # noqa: E731
    assert steps(7) == [0, 0, 1, 2, 2, 2, 3]  # a half is rounded to even
    assert steps(4, "interval", 2) == [2, 3, 0, 1]
    assert steps(7, "cycle") == [0, 1, 2, 3, 2, 2, 0]
    assert steps(8, "cycle_from_start", 1) == [1, 2, 3, 3, 2, 1, 0, 0]
    assert steps(6, "cycle_from_start_ends", 1) == [1, 2, 3, 2, 1, 0]
    assert (data.sample_random_factor_traversal() >= 0).all()
    with pytest.raises(InputError, match="no mode of traversal named 'cycles'; there are interval, cycle"):
        steps(4, "cycles")
    with pytest.raises(InputError, match="a cycle starts from value 0; got start_index 1"):
        steps(4, "cycle", 1)


def test_the_mutual_information_gap_tells_factors_from_mixtures(source: Store | Generator) -> None:
    """The gap of Chen et al. 2018, written for disentanglement_lib's calls: 1 for the factors, 0 for both in one."""

    def information(a: np.ndarray, b: np.ndarray) -> float:
        joint = np.histogram2d(a, b, bins=(len(set(a)), len(set(b))))[0] / len(a)
        apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
        return float((joint[joint > 0] * np.log(joint[joint > 0] / apart[joint > 0])).sum())

    def gap(data: GroundTruthData, represent: Callable[[np.ndarray], np.ndarray]) -> float:
        factors, seen = data.sample(4000, np.random.RandomState(0))
        codes = represent(seen)
        table = np.array([[information(code, factor) for code in codes.T] for factor in factors.T])
        best = np.sort(table, axis=1)
        return float(np.mean((best[:, -1] - best[:, -2]) / [information(factor, factor) for factor in factors.T]))

    def place_and_height(images: np.ndarray) -> np.ndarray:
        lit = images[..., 0] > 0
        return np.stack([lit.any(axis=1).argmax(axis=1), lit.sum(axis=(1, 2))], axis=1)

    data = GroundTruthData(source)
    assert gap(data, place_and_height) == pytest.approx(1, abs=0.01)
    assert gap(data, lambda images: np.repeat(place_and_height(images) @ [[10], [1]], 2, axis=1)) == pytest.approx(0, abs=1e-9)


def test_what_no_metric_can_use_is_refused(sprites: Store, tunes: Store, tmp_path: Path) -> None:
    with pytest.raises(
        StoreError, match=r"any of the 737280 grid points of dsprites; .* does not hold them all; adapt the whole set"
    ):
        GroundTruth(sprites)
    with pytest.raises(StoreError, match="does not hold them all"):
        GroundTruthData(factorhub.open(tunes.folder, "train"))
    loose = factorhub.generate("dsprites", tmp_path / "loose", rows=10, regime=Uniform())
    with pytest.raises(InputError, match="without a grid: scale, orientation, posX, posY; give these a grid"):
        GroundTruthData(loose)
    with pytest.raises(InputError, match="no field named 'picture' in bars; it has image, sums"):
        GroundTruth(BARS, field="picture")
    data = GroundTruth(BARS)
    with pytest.raises(InputError, match="no factor named 'y' in bars"):
        data.sample_factors(3, "y")
    with pytest.raises(InputError, match="are numbered 0 … 2; got 3"):
        data.sample_factors(3, 3)
    with pytest.raises(InputError, match="a factor is named once"):
        data.sample_factors(3, [0, "x"])
    with pytest.raises(InputError, match=r"positions have 3 factors \(x, height, seed\) on their last axis; got shape \(2,\)"):
        data.pos_to_idx([1, 2])
    with pytest.raises(InputError, match=r"known factors have the 1 named ones on their last axis; got shape \(2,\)"):
        data.sample_missing_factors([1, 2], "x")
    with pytest.raises(InputError, match=r"factors are codes \(n, 2\) of x, height; got shape \(3,\)"):
        GroundTruthData(BARS).sample_observations_from_factors(np.zeros(3, int), np.random.RandomState(0))
    with pytest.raises(InputError, match="codes of x run from 0 to 3; got 4"):
        GroundTruthData(BARS).sample_observations_from_factors(np.array([[4, 0]]), np.random.RandomState(0))


def test_a_whole_set_of_tunes_reads_as_the_generator_renders(tunes: Store) -> None:
    made, stored = GroundTruth(factorhub.generator("dmelodies")), pickle.loads(pickle.dumps(GroundTruth(tunes)))
    asked = np.random.default_rng(0).integers(0, len(made), 50)
    assert len(stored) == len(made) == 1_354_752
    assert np.array_equal(stored[asked], made[asked])


def test_without_disent_its_class_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "disent.dataset.data", None)
    with pytest.raises(MissingExtra, match=r"needs disent, which is not installed: pip install 'factorhub\[disent\]'"):
        ground_truth_data(BARS)


def test_disents_own_class_counts_and_travels_alike() -> None:
    """Against the package itself, where it is installed: its class, its dataset, and one of its metrics."""
    theirs = pytest.importorskip("disent.dataset.data", exc_type=ImportError)
    from disent.dataset import DisentDataset
    from disent.dataset.transform import ToImgTensorF32
    from disent.metrics import metric_mig

    data = ground_truth_data(factorhub.generator("dsprites"))
    assert isinstance(data, theirs.GroundTruthData)

    class Own(theirs.GroundTruthData):  # type: ignore[misc, name-defined]
        name = "own"
        factor_names, factor_sizes, img_shape = data.factor_names, data.factor_sizes, data.img_shape

        def _get_observation(self, idx: int) -> np.ndarray:
            return data[idx]

    own, idx = Own(), np.arange(0, 737_280, 1999)
    assert np.array_equal(own.idx_to_pos(idx), data.idx_to_pos(idx))
    assert np.array_equal(own.factor_multipliers, data.factor_multipliers)
    for mode, start in (("interval", 2), ("cycle", 0), ("cycle_from_start", 3), ("cycle_from_start_ends", 3)):
        for num in (None, 7):
            asked = {"f_idx": 3, "base_factors": own.idx_to_pos(1234), "num": num, "mode": mode, "start_index": start}
            assert np.array_equal(own.sample_random_factor_traversal(**asked), data.sample_random_factor_traversal(**asked))
    pictures = DisentDataset(data, transform=ToImgTensorF32())
    scores = metric_mig(pictures, lambda x: x[:, 0].sum(dim=1)[:, ::8], num_train=200)
    assert 0 <= scores["mig.discrete_score"] <= 1


def test_a_whole_grid_split_by_regions_is_a_grid(tmp_path: Path) -> None:
    plain = GroundTruthData(BARS)
    split = factorhub.generate(BARS_NAME, tmp_path / "set", splits="test=x > 2; train=rest")
    data = GroundTruthData(split)
    codes = plain.sample_factors(50, np.random.RandomState(0))
    found = [g.sample_observations_from_factors(codes, np.random.RandomState(1)) for g in (plain, data)]
    assert np.array_equal(*found)
    assert np.array_equal(GroundTruth(split)[np.arange(36)], GroundTruth(BARS)[np.arange(36)])
    part = factorhub.generate(BARS_NAME, tmp_path / "part", splits="test=x > 2; train=x < 1")
    with pytest.raises(StoreError, match="metrics draw any of the 36 grid points of .*bars"):
        GroundTruthData(part)
    pairs = factorhub.generate(BARS_NAME, tmp_path / "pairs", regime="pairs(inner=grid)", rows=36)
    with pytest.raises(StoreError, match="does not hold them all"):
        GroundTruthData(pairs)
