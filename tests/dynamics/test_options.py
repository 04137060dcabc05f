"""Options, fields and errors that all systems share."""

from __future__ import annotations

import numpy as np
import pytest

import factorhub
from factorhub.build import quality
from factorhub.build.protocols import asked
from factorhub.dynamics import pendulum
from factorhub.errors import InputError
from factorhub.regimes.presets import preset
from factorhub.regimes.uniform import Uniform
from factorhub.testing import check_generator, sample

SYSTEMS = ["pendulum", "lotka_volterra", "three_body", "double_pendulum", "mass_spring", "duffing", "van_der_pol", "lorenz"]
SYSTEMS += ["two_body", "lagrange_three_body"]


@pytest.mark.parametrize("name", SYSTEMS)
def test_small_variants_keep_the_contract(name: str) -> None:
    check_generator(factorhub.generator(name, steps=12, dtype="float64", derivative=True), rows=8)
    check_generator(factorhub.generator(name, steps=6, video=16, trail=3), rows=8)


@pytest.mark.parametrize("name", SYSTEMS)
def test_components_are_named_and_have_units(name: str) -> None:
    made = factorhub.generator(name, steps=5, derivative=True)
    for field in (made.field("state"), made.field("derivative")):
        assert len(field.meta["components"]) == len(field.meta["units"]) == field.shape[1]
    assert made.field("t").meta == {"dt": factorhub.generator(name).options["dt"]}


@pytest.mark.parametrize("name", SYSTEMS)
def test_single_precision_is_double_precision_rounded(name: str) -> None:
    one, two = (factorhub.generator(name, steps=50, dtype=dtype) for dtype in ("float32", "float64"))
    values = sample(one.space, 4)
    assert np.array_equal(one.render(values)["state"], two.render(values)["state"].astype(np.float32))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 1}, "steps counts the stored states, the first at time 0, and is at least 2; got 1"),
        ({"dt": 0.0}, "dt is a positive time between stored states; got 0"),
        ({"dt": float("nan")}, "option dt of pendulum is a finite number; got nan"),
        ({"video": 4}, "video is the side of a frame, 8 to 1024 pixels, or 0 for none; got 4"),
        ({"trail": -1}, "trail is the number of earlier frames that a disc's trail shows; got -1"),
        ({"noise": -0.1}, "noise is its standard deviation as a share of each component's largest size, at least 0; got -0.1"),
        ({"dtype": "float16"}, "no value named 'float16' in option dtype of pendulum; it has float32, float64"),
    ],
)
def test_bad_options_are_refused_before_any_work(options, message: str) -> None:
    with pytest.raises(InputError, match=message):
        factorhub.generator("pendulum", **options)


def test_a_dtype_given_to_the_function_is_checked_too() -> None:
    with pytest.raises(InputError, match="no dtype named 'int8' in trajectories; it has float32, float64"):
        pendulum.pendulum(dtype="int8")


def test_parameters_outside_the_domain_are_refused() -> None:
    with pytest.raises(InputError, match=r"length takes 0\.9 … 1\.6 m; got 0"):
        factorhub.generator("pendulum").render([0.0, 9.81, 1.0, 0.0])
    with pytest.raises(InputError, match=r"m1 takes 1\.85 … 2\.15; got -1"):
        factorhub.generator("three_body").render([2.0, -1.0, 2.0, 2.0])


def test_noise_is_a_labelled_nuisance() -> None:
    made, clean = (factorhub.generator("pendulum", steps=2000, noise=noise, dtype="float64", video=8) for noise in (0.1, 0.0))
    values = sample(made.space, 2)
    assert made.space["noise_seed"].nuisance
    batch, without = made.render(values), clean.render(values[:, :-1])
    assert all(np.array_equal(batch[name], without[name]) for name in without)
    share = (batch["observed"] - batch["state"]) / np.abs(batch["state"]).max(axis=1, keepdims=True)
    assert share.std(axis=1) == pytest.approx(0.1, rel=0.1)
    values[:, -1] += 1
    assert not np.array_equal(made.render(values)["observed"], batch["observed"])


def test_a_preset_brings_its_options() -> None:
    made = asked(None, "pendulum-video-fotiadis", options={"video": "16"})
    assert (made.options["steps"], made.options["dt"], made.options["video"]) == (1000, 0.05, 16)
    assert sum(made.splits.rows) == 10_000 + 3 * 1_296


def test_a_bound_that_no_row_meets_is_refused_before_any_work(tmp_path) -> None:
    wrong = r"a row of three_body \(K2 .*, m1 .*\) has a measured error of .*, above the bound 1e-18; raise --bound, shorten"
    with pytest.raises(InputError, match=wrong):
        factorhub.generate("three_body", tmp_path / "set", rows=8, bound=1e-18)
    assert not (tmp_path / "set").exists()


def test_a_shard_above_the_bound_is_not_kept(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(quality, "FIRST", 0)
    with pytest.raises(InputError, match="above the bound 1e-18"):
        factorhub.generate("lotka_volterra", tmp_path / "set", rows=8, bound=1e-18)
    assert not list((tmp_path / "set" / "data").iterdir())


@pytest.mark.parametrize("name", ["pendulum-fotiadis", "pendulum-video-fotiadis", "lotka-volterra-fotiadis", "three-body-fotiadis"])
def test_factors_cover_the_published_shells(name: str) -> None:
    published = preset(name)
    space = factorhub.generator(published.generator).space
    assert published.splits is not None
    for split in published.splits.names:
        drawn = published.splits.regime(split, Uniform()).draw(space, 0, np.arange(300))
        assert space.inside(drawn.values).all()
        assert (drawn.extras["outside_count"] > 0).all() == split.startswith("ood")
