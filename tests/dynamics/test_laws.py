"""Closed forms and conserved quantities of the dynamical systems, against the stored states."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ellipk

import factorhub
from factorhub.testing import sample


def test_period_of_the_pendulum() -> None:
    """From rest at theta0, after a quarter of 4 √(l/g) K(sin(theta0 / 2)) the angle is zero, after a whole one theta0."""
    for length, gravity, theta0 in [(1.0, 9.81, 0.3), (1.5, 8.0, 2.0), (0.9, 13.0, 2.9)]:
        period = 4 * math.sqrt(length / gravity) * ellipk(math.sin(theta0 / 2) ** 2)
        made = factorhub.generator("pendulum", steps=13, dt=period / 4, dtype="float64")
        state = made.render([length, gravity, theta0, 0.0])["state"]
        assert np.abs(state[1::2, 0]).max() < 1e-11
        assert np.abs(state[::4] - [theta0, 0.0]).max() < 1e-11
        assert np.abs(state[2::4] - [-theta0, 0.0]).max() < 1e-11


def test_damping_takes_energy() -> None:
    made = factorhub.generator("pendulum", damped=True, steps=500, dtype="float64")
    values = sample(made.space, 16)
    values[:, 4] = np.maximum(values[:, 4], 0.05)
    state = made.render(values)["state"]
    length, gravity = values[:, :1], values[:, 1:2]
    energy = length**2 * state[..., 1] ** 2 / 2 + gravity * length * (1 - np.cos(state[..., 0]))
    assert (np.diff(energy) <= 1e-13).all()
    assert (energy[:, -1] < 0.95 * energy[:, 0]).all()


def test_no_damping_is_the_undamped_pendulum() -> None:
    plain, damped = (factorhub.generator("pendulum", damped=damped, steps=300, dtype="float64") for damped in (False, True))
    values = sample(plain.space, 8)
    with_none = np.concatenate([values, np.zeros((8, 1))], axis=1)
    assert np.abs(plain.render(values)["state"] - damped.render(with_none)["state"]).max() < 1e-11


def test_the_constant_of_lotka_volterra() -> None:
    made = factorhub.generator("lotka_volterra", dtype="float64")
    values = sample(made.space, 16)
    u, v = np.moveaxis(made.render(values)["state"], -1, 0)
    a, b, c, d = values.T[:, :, None]
    constant = d * b * u - c * np.log(u) + b * v - a * np.log(v)
    assert np.ptp(constant, axis=1).max() < 1e-13


INVARIANT = [("pendulum", 1e-12), ("lotka_volterra", 1e-14), ("three_body", 1e-9)]


@pytest.mark.parametrize(("name", "within"), INVARIANT)
def test_quality_is_measured(name: str, within: float) -> None:
    made = factorhub.generator(name, steps=200)
    assert made.quality is not None
    measured = made.quality(sample(made.space, 8))
    assert "error" in measured
    assert any(key.startswith("drift_") for key in measured)
    assert all(figure.shape == (8,) for figure in measured.values())
    assert max(figure.max() for figure in measured.values()) < within


@pytest.mark.parametrize("name", [name for name, _ in INVARIANT])
def test_derivatives_are_those_of_the_states(name: str) -> None:
    """Against central differences of fourth order."""
    made = factorhub.generator(name, steps=40, dt=1e-3, dtype="float64", derivative=True)
    batch = made.render(sample(made.space, 4))
    x, slope = batch["state"], batch["derivative"]
    numeric = (x[:, :-4] - 8 * x[:, 1:-3] + 8 * x[:, 3:-1] - x[:, 4:]) / 12e-3
    assert np.abs(numeric - slope[:, 2:-2]).max() < 1e-7 * max(1.0, np.abs(slope).max())
