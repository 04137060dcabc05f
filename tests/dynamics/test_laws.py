"""Closed forms and conserved quantities of the dynamical systems, against the stored states."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ellipk

import factorhub
from factorhub.dynamics import gravity as attraction
from factorhub.dynamics.solver import solve
from factorhub.dynamics.system import System
from factorhub.factors import continuous
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


def test_mass_spring_in_closed_form() -> None:
    made = factorhub.generator("mass_spring", dtype="float64")
    values = sample(made.space, 16)
    batch = made.render(values)
    mass, stiffness, q0, p0 = values.T[:, :, None]
    rate = np.sqrt(stiffness / mass)
    turn = rate * batch["t"]
    assert np.abs(batch["state"][..., 0] - q0 * np.cos(turn) - p0 / (mass * rate) * np.sin(turn)).max() < 1e-13
    assert np.abs(batch["state"][..., 1] - p0 * np.cos(turn) + q0 * mass * rate * np.sin(turn)).max() < 1e-13


def test_damped_mass_spring_in_closed_form() -> None:
    made = factorhub.generator("mass_spring", damped=True, dtype="float64")
    values = sample(made.space, 16)
    batch = made.render(values)
    mass, stiffness, q0, p0, friction = values.T[:, :, None]
    decay = friction / (2 * mass)
    rate = np.sqrt(stiffness / mass - decay**2)
    turn = rate * batch["t"]
    exact = np.exp(-decay * batch["t"]) * (q0 * np.cos(turn) + (p0 / mass + decay * q0) / rate * np.sin(turn))
    assert np.abs(batch["state"][..., 0] - exact).max() < 1e-13


def test_two_bodies_return_after_a_period() -> None:
    """Kepler: 2 π √(a³ / (G M)), by rows, since the period is a factor's function."""
    for values in sample(factorhub.generator("two_body").space, 4):
        m1, m2, strength, semi_axis, eccentricity, _ = values
        period = 2 * math.pi * math.sqrt(semi_axis**3 / (strength * (m1 + m2)))
        made = factorhub.generator("two_body", steps=5, dt=period / 4, dtype="float64")
        state = made.render(values)["state"]
        assert np.abs(state[4] - state[0]).max() < 1e-10
        apart = np.linalg.norm(state[::2, :2] - state[::2, 2:4], axis=1)
        assert np.abs(apart - semi_axis * (1 + eccentricity * np.array([-1, 1, -1]))).max() < 1e-12


def test_the_triangle_of_lagrange_turns_for_any_masses() -> None:
    """Side L turning at √(M / L³), over two and a half periods."""
    for values in sample(factorhub.generator("lagrange_three_body").space, 4):
        rate = math.sqrt(values[:3].sum() / values[3] ** 3)
        made = factorhub.generator("lagrange_three_body", steps=101, dt=5 * math.pi / rate / 100, dtype="float64")
        state = made.render(values)["state"].reshape(101, 2, 3, 2)
        turn = rate * np.arange(101) * 5 * math.pi / rate / 100
        turns = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        assert np.abs(state - np.einsum("xyt,kby->tkbx", turns, state[0])).max() < 1e-9
        sides = np.linalg.norm(state[:, 0] - np.roll(state[:, 0], 1, axis=1), axis=-1)
        assert np.abs(sides - values[3]).max() < 1e-9


def test_the_figure_eight_closes() -> None:
    """Equal masses from the published start: period 6.32591398, through the equations that three_body uses."""
    x, v = (0.97000436, -0.24308753), (-0.93240737, -0.86473146)
    half = (-v[0] / 2, -v[1] / 2)
    start = [*x, -x[0], -x[1], 0.0, 0.0, *half, *half, *v]
    eight = System(
        "eight", "", "", (continuous("k", 0.5, 2.0),), attraction.components(3), attraction.equations(3),
        lambda values: (np.tile(start, (len(values), 1)), np.ones((len(values), 5))), 5, None, sensitive=True,
    )  # fmt: skip
    states, _ = solve.states(eight, np.ones((1, 1)), 2, 6.32591398)
    assert np.abs(states[0, 1] - states[0, 0]).max() < 1e-7


def test_the_limit_cycle_of_van_der_pol() -> None:
    """Its largest x is 2.0086 at mu = 1, from any start, and its period 6.6633."""
    made = factorhub.generator("van_der_pol", steps=5000, dt=0.01, dtype="float64")
    for start in ([0.1, 0.0], [-3.0, 2.0]):
        x = made.render([1.0, *start])["state"][3000:, 0]
        crossings = np.flatnonzero((x[:-1] < 0) & (x[1:] >= 0))
        times = crossings + x[crossings] / (x[crossings] - x[crossings + 1])
        assert x.max() == pytest.approx(2.0086, abs=1e-4)
        assert np.diff(times).mean() * 0.01 == pytest.approx(6.6633, abs=1e-3)


INVARIANT = [("pendulum", 1e-12), ("lotka_volterra", 1e-14), ("three_body", 1e-9), ("mass_spring", 1e-13)]
INVARIANT += [("double_pendulum", 1e-9), ("two_body", 1e-11), ("lagrange_three_body", 1e-10)]
OTHERS = ["duffing", "van_der_pol", "lorenz"]


@pytest.mark.parametrize(("name", "within"), INVARIANT)
def test_quality_is_measured(name: str, within: float) -> None:
    made = factorhub.generator(name, steps=200)
    assert made.quality is not None
    measured = made.quality(sample(made.space, 8))
    assert "error" in measured
    assert any(key.startswith("drift_") for key in measured)
    assert all(figure.shape == (8,) for figure in measured.values())
    assert max(figure.max() for figure in measured.values()) < within


@pytest.mark.parametrize("name", [*(name for name, _ in INVARIANT), *OTHERS])
def test_derivatives_are_those_of_the_states(name: str) -> None:
    """Against central differences of fourth order."""
    made = factorhub.generator(name, steps=40, dt=1e-3, dtype="float64", derivative=True)
    batch = made.render(sample(made.space, 4))
    x, slope = batch["state"], batch["derivative"]
    numeric = (x[:, :-4] - 8 * x[:, 1:-3] + 8 * x[:, 3:-1] - x[:, 4:]) / 12e-3
    assert np.abs(numeric - slope[:, 2:-2]).max() < 1e-7 * max(1.0, np.abs(slope).max())
