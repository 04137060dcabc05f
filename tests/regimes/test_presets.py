"""Presets: every published protocol fits the generator it is for, and has the published sizes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import h5py
import numpy as np
import pytest

import factorhub
from factorhub.build.protocols import asked
from factorhub.errors import InputError
from factorhub.exchange.layouts import MPI3D, shapes3d_space
from factorhub.factors import Array
from factorhub.regimes import Grid
from factorhub.regimes.presets import PRESETS, PUBLISHED, preset
from factorhub.regimes.splits import Splits
from factorhub.space import FactorSpace
from factorhub.testing import check_regime


def space_of(name: str, options: Mapping[str, str] = MappingProxyType({})) -> FactorSpace:
    if name in factorhub.generators() or not name:
        return factorhub.generator(name or "dsprites", **options).space
    return {"shapes3d": shapes3d_space(), "mpi3d": MPI3D(), PUBLISHED: MPI3D()}[name]


@pytest.mark.parametrize("name", [item.name for item in PRESETS])
def test_a_preset_fits_its_generator(name: str) -> None:
    found = preset(name)
    space = space_of(found.generator, {} if found.generator == PUBLISHED else dict(found.options))
    assert found.description
    assert found.source
    assert found.regime or found.splits
    if found.regime is not None:
        check_regime(found.regime, space, rows=8)
    if found.splits is not None:
        sizes = found.splits.sizes(space)
        assert Splits.from_text(str(found.splits)) == found.splits
        if (
            space.enumerable and not found.splits.rows and name != "mpi3d-montero-extrapolation"
        ):  # whose middle is in neither part, as published
            assert sum(sizes.values()) == len(space)
        for regime in found.splits.regimes:
            check_regime(regime, space, rows=8)


def test_names_are_distinct_and_suggested() -> None:
    assert len({item.name for item in PRESETS}) == len(PRESETS)
    with pytest.raises(InputError, match="no preset named 'dmelodies-70-20'; .*did you mean dmelodies-70-20-10\\?"):
        preset("dmelodies-70-20")
    with pytest.raises(InputError, match=r"`factorhub presets` lists all \d+; did you mean dsprites-montero-extrapolation, d"):
        preset("dsprites-montero")


def test_the_data_sets_of_traeuble_are_all_there() -> None:
    """A to E at three strengths, by the indices in the code of the paper."""
    pairs = {"shapes3d-a": (3, 5), "dsprites-b": (3, 4), "mpi3d-c": (5, 6), "shapes3d-d": (2, 3), "shapes3d-e": (2, 5)}
    for case, (first, second) in pairs.items():
        generator, letter = case.split("-")
        for sigma in (0.2, 0.4, 0.7):
            regime = preset(f"{generator}-traeuble-{letter}-{sigma}").regime
            names = space_of(generator).names
            assert regime.pairs == ((names[first], names[second]),)
            assert (regime.sigma, regime.on_grid) == (sigma, True)


def test_the_ends_of_published_ranges_are_on_the_grid_and_out() -> None:
    sizes = preset("dsprites-montero-recombination-to-element").splits.sizes(space_of("dsprites"))
    assert sizes["test"] == 4 * 12 * 11 * 11  # 0.6 and exactly 120° and 240° are grid values, and not above or below themselves


def test_in_domain_splits_train_on_about_a_third_and_see_every_value() -> None:
    for generator in ("dsprites", "shapes3d"):
        space = space_of(generator)
        for case in ("random", "composition", "interpolation", "extrapolation"):
            splits = preset(f"{generator}-in-domain-{case}").splits
            share = splits.sizes(space)["train"] / len(space)
            assert 0.29 < share < 0.35, (generator, case)
        splits = preset(f"{generator}-in-domain-composition").splits
        train = splits.regime("train", Grid())
        codes = train.draw(space, 0, np.arange(train.length(space))).codes
        assert all(len(np.unique(codes[:, j])) == size for j, size in enumerate(space.sizes))


TEST_ROWS = {  # rows of the test split, and its first grid rows, as the published filters give them on the published grid
    "dsprites-montero-extrapolation": (368_640, [512, 513, 514]),
    "dsprites-montero-recombination-to-range": (122_880, [512, 513, 514]),
    "dsprites-montero-recombination-to-element": (5_808, [342709, 342710, 342711]),
    "shapes3d-montero-extrapolation": (240_000, [240000, 240001, 240002]),
    "shapes3d-montero-recombination-to-range": (28_800, [3840, 3841, 3842]),
    "shapes3d-montero-recombination-to-range-shape-object-hue": (60_000, [2445, 2446, 2447]),
    "shapes3d-montero-recombination-to-range-shape-floor-hue": (60_000, [240045, 240046, 240047]),
    "shapes3d-montero-recombination-to-element": (72, [426567, 426568, 426569]),
    "mpi3d-montero-extrapolation": (492_480, [840, 841, 842]),
    "mpi3d-montero-extrapolation-object-color": (345_600, [691200, 691201, 691202]),
    "mpi3d-montero-recombination-to-range": (86_400, [57600, 57601, 57602]),
    "mpi3d-montero-recombination-to-range-object-color": (86_400, [345600, 345601, 345602]),
    "mpi3d-montero-recombination-to-element": (16, [943876, 943877, 943878]),
}


def published_test(name: str, v: Array) -> Array:
    """The filter of the published code, on columns of values with classes from 0."""
    kind, case = name.split("-montero-")
    if kind == "dsprites":
        _, shape, scale, turn, x, y = v
        return {
            "extrapolation": x > 0.5,
            "recombination-to-range": (shape == 0) & (x > 0.5),
            "recombination-to-element": (shape == 1) & (scale > 0.6) & (turn > 2 * np.pi / 3) & (turn < 4 * np.pi / 3)
            & (x > 0.66) & (y > 0.66),
        }[case]  # fmt: skip
    if kind == "shapes3d":
        floor, wall, hue, scale, shape, turn = v
        return {
            "extrapolation": floor >= 0.5,
            "recombination-to-range": (hue >= 0.8) & (wall <= 0.2),
            "recombination-to-range-shape-object-hue": (shape == 3) & (hue >= 0.5),
            "recombination-to-range-shape-floor-hue": (shape == 3) & (floor >= 0.5),
            "recombination-to-element": (hue >= 0.8) & (wall >= 0.8) & (floor >= 0.8) & (scale >= 1.1) & (shape == 1) & (turn > 20),
        }[case]
    color, shape, size, height, ground, x, y = v
    return {
        "extrapolation": x > 20,
        "extrapolation-object-color": color > 3,
        "recombination-to-range": (x < 20) & (shape == 2),
        "recombination-to-range-object-color": (x < 20) & (color == 2),
        "recombination-to-element": (color == 5) & (shape == 2) & (size == 1) & (height == 1) & (ground == 1) & (x > 35) & (y > 35),
    }[case]


@pytest.mark.parametrize("name", [item.name for item in PRESETS if "-montero-" in item.name])
def test_withheld_rows_are_those_of_the_published_filters(name: str) -> None:
    found = preset(name)
    space = space_of(name.split("-")[0])
    values = space.values(space.codes(np.arange(len(space))))
    number = list(found.splits.names).index("test")
    got = found.splits.assign(space, values) == number
    wanted = published_test(name, values.T)
    rows, first = TEST_ROWS[name]
    assert np.array_equal(got, wanted)
    assert got.sum() == rows
    assert np.flatnonzero(got)[:3].tolist() == first
    if name == "mpi3d-montero-extrapolation":
        assert (found.splits.assign(space, values) == -1).sum() == len(space) // 40
    if name.startswith("shapes3d"):
        assert space_of("shapes3d").names == factorhub.generator("shapes3d").space.names
        assert factorhub.generator("shapes3d").space.names == shapes3d_space().names


@pytest.fixture(scope="module")
def mpi3d_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published MPI3D file whose pictures take no room: none is ever written."""
    path = tmp_path_factory.mktemp("mpi3d") / "mpi3d_real.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("images", (1_036_800, 64, 64, 3), np.uint8, chunks=(64, 64, 64, 3))
    return path


@pytest.mark.parametrize("name", [item.name for item in PRESETS])
def test_a_preset_works_on_the_generator_it_names(name: str, mpi3d_file: Path) -> None:
    found = preset(name)
    options = {"file": str(mpi3d_file)} if found.generator == PUBLISHED else {}
    recipe = asked(None if found.generator else "dsprites", name, rows=None, options=options)
    assert recipe.regime == (found.regime or recipe.regime)
    made = factorhub.generator(recipe.generator, **recipe.options)
    if recipe.regime.length(made.space) is None and not recipe.splits.rows:
        recipe = asked(None if found.generator else "dsprites", name, rows=2000, options=options)
    source = recipe.source()
    labels = [column.name for column in source.columns if column.role != "observation"]
    batch = source.read([0, len(source) - 1], labels)
    assert all(len(column) == 2 for column in batch.values())


def test_presets_of_published_files_say_what_they_need(mpi3d_file: Path) -> None:
    name = "mpi3d-correlated-single-1"
    with pytest.raises(InputError, match="a published file is named by the option file; none was given: add --set file=PATH"):
        asked(None, name, rows=9, options={})
    with pytest.raises(
        InputError, match=rf"preset {name} does not fit dsprites as it was asked for: no factor named 'camera_height'"
    ):
        asked("dsprites", name, rows=9, options={})
    with pytest.raises(InputError, match=r"preset dsprites-confounded-1 is for dsprites, and .*published has no color, shape"):
        asked(PUBLISHED, "dsprites-confounded-1", rows=9, options={"file": str(mpi3d_file)})


def test_a_preset_claims_only_what_it_has() -> None:
    both = asked("dsprites", "locatello-pairs-exactly", rows=100, splits="train=0.8,test=0.2", options={})
    assert str(both.splits) == "train=0.8,test=0.2"
    assert both.regime == preset("locatello-pairs-exactly").regime
    other = asked("dsprites", "dsprites-montero-extrapolation", rows=None, regime="grid", options={"grid": "clean"})
    assert other.options["grid"] == "clean"
    assert str(other.splits) == str(preset("dsprites-montero-extrapolation").splits)
    with pytest.raises(InputError, match=r"has splits of its own, 'train=rest; test=posX > 0.5'; got --splits train=1; leave one"):
        asked("dsprites", "dsprites-montero-extrapolation", rows=None, splits="train=1", options={})
    with pytest.raises(InputError, match=r"has regime of its own, .*; got --regime grid; leave one"):
        asked("dsprites", "locatello-pairs-exactly", rows=9, regime="grid", options={})
