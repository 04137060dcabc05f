"""Presets: every published protocol fits the generator it is for, and has the published sizes."""

from __future__ import annotations

import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError
from factorhub.exchange.layouts import MPI3D, shapes3d_space
from factorhub.regimes import Grid
from factorhub.regimes.presets import PRESETS, preset
from factorhub.regimes.splits import Splits
from factorhub.space import FactorSpace
from factorhub.testing import check_regime


def space_of(name: str) -> FactorSpace:
    if name in factorhub.generators() or not name:
        return factorhub.generator(name or "dsprites").space
    return {"shapes3d": shapes3d_space(), "mpi3d": MPI3D()}[name]


@pytest.mark.parametrize("name", [item.name for item in PRESETS])
def test_a_preset_fits_its_generator(name: str) -> None:
    found = preset(name)
    space = space_of(found.generator)
    assert found.description
    assert found.source
    assert found.regime or found.splits
    if found.regime is not None:
        check_regime(found.regime, space, rows=8)
    if found.splits is not None:
        sizes = found.splits.sizes(space)
        assert Splits.from_text(str(found.splits)) == found.splits
        if space.enumerable:
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
