"""Scaling while loading: images of bytes to [0, 1], numbers to mean 0 and deviation 1, by a scale that can be shared."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import factorhub
from factorhub.build.rendered import Sampled
from factorhub.errors import InputError
from factorhub.loaders import Stream, scale_of


@pytest.fixture(scope="module")
def paths() -> Sampled:
    return factorhub.recipe("pendulum", regime="uniform", rows=300, options={"steps": 12}).source()


def states(source: Sampled, **options) -> np.ndarray:
    return next(iter(Stream(source, len(source), fields=["state"], shuffle=False, **options)))["state"]


def test_components_have_mean_0_and_deviation_1(paths: Sampled) -> None:
    plain, scaled = states(paths), states(paths, normalise=["state"])
    assert scaled.dtype == np.float32
    assert np.abs(scaled.mean(axis=(0, 1))).max() < 1e-5
    assert np.abs(scaled.std(axis=(0, 1)) - 1).max() < 1e-5
    mean, deviation = scale_of(paths, "state")
    assert np.allclose(scaled * deviation + mean, plain, atol=1e-5)
    assert np.allclose(mean, plain.mean(axis=(0, 1), dtype=np.float64))


def test_a_given_scale_is_used_as_it_is(paths: Sampled) -> None:
    plain = states(paths)
    assert np.allclose(states(paths, normalise={"state": (1.0, 2.0)}), (plain - 1) / 2, atol=1e-6)
    assert np.allclose(states(paths, normalise={"state": ([1.0, 0.0], [2.0, 4.0])}), (plain - [1, 0]) / [2, 4], atol=1e-6)
    scale = scale_of(paths, "state", rows=50)
    stream = Stream(paths, 100, normalise={"state": scale})
    assert np.array_equal(next(iter(pickle.loads(pickle.dumps(stream))))["state"], next(iter(stream))["state"])


def test_a_constant_is_not_divided_by_zero() -> None:
    one = factorhub.recipe("pendulum", regime="uniform", rows=20, options={"steps": 2}).source()
    assert np.isfinite(states(one, normalise={"state": scale_of(one, "state", rows=1)})).all()


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (["t_"], "no column named 't_' in the fields of this stream"),
        (
            {"state": 3},
            "the scale of state is (mean, deviation), finite, the deviation above 0, of a shape that fits (12, 2)",
        ),
        ({"state": (0, 0)}, "got (0, 0); factorhub.loaders.scale_of measures one"),
        ({"state": (0, -1)}, "got (0, -1)"),
        ({"state": (np.nan, 1)}, "got (nan, 1)"),
        ({"state": ([0, 0, 0], 1)}, "got ([0, 0, 0], 1)"),
        ({"state": ("a", 1)}, "got ('a', 1)"),
        (["index"], "normalise takes images of uint8 and observations of floats; index is int64 (); there are: state"),
    ],
)
def test_a_scale_that_does_not_fit_is_refused(paths: Sampled, asked, text: str) -> None:
    with pytest.raises(InputError) as caught:
        Stream(paths, 10, fields=["index", "state"], normalise=asked)
    assert text in str(caught.value)
