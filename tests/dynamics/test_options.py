"""Options, fields and errors that all systems share."""

from __future__ import annotations

import numpy as np
import pytest

import factorhub
from factorhub.dynamics import lotka_volterra, pendulum, three_body
from factorhub.dynamics.splits import Split
from factorhub.errors import InputError
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
        ({"dt": float("nan")}, "dt is a positive time between stored states; got nan"),
        ({"video": 4}, "video is the side of a frame, 8 to 1024 pixels, or 0 for none; got 4"),
        ({"trail": -1}, "trail is the number of earlier frames that a disc's trail shows; got -1"),
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


SPLITS = [
    ("pendulum", pendulum.SPLITS),
    ("pendulum", pendulum.VIDEO_SPLITS),
    ("lotka_volterra", lotka_volterra.SPLITS),
    ("three_body", three_body.SPLITS),
]


@pytest.mark.parametrize(("name", "splits"), SPLITS)
def test_factors_cover_the_published_shells(name: str, splits: dict[str, Split]) -> None:
    space = factorhub.generator(name).space
    assert list(splits) == ["train", "test", "ood_easy", "ood_hard"]
    for split in splits.values():
        for factor, (low, high) in split.outer.items():
            if factor in space:
                assert space[factor].inside([low, high]).all()
                assert split.inner[factor][0] >= low
                assert split.inner[factor][1] <= high
    assert splits["train"].outer == dict(splits["train"].box)
    assert all(splits[name].outer != splits[name].inner for name in ("ood_easy", "ood_hard"))


def test_published_ranges() -> None:
    assert pendulum.SPLITS["ood_easy"].outer["length"] == (0.9, 1.5)
    assert pendulum.SPLITS["ood_hard"].outer["length"] == (1.0, 1.6)
    assert pendulum.SPLITS["train"].box["gravity"] == (9.81, 9.81)
    assert pendulum.VIDEO_SPLITS["ood_hard"].inner["gravity"] == (8.0, 12.5)
    assert three_body.SPLITS["ood_hard"].outer["m1"] == pytest.approx((1.85, 2.15))
    assert lotka_volterra.SPLITS["ood_hard"].rows == 10_000


@pytest.mark.parametrize(("name", "splits"), SPLITS)
def test_a_regime_draws_the_splits(name: str, splits: dict[str, Split]) -> None:
    shell = pytest.importorskip("factorhub.regimes.shell").Shell
    space = factorhub.generator(name).space
    for kind, split in splits.items():
        drawn = shell(**split.shell(space)).draw(space, 0, np.arange(200))
        assert space.inside(drawn.values).all()
        assert (drawn.extras["outside_count"] > 0).all() == kind.startswith("ood")
