"""The integrator: agreement with an independent one, independence of the batch, and refusal of what it cannot do."""

from __future__ import annotations

import decimal
import threading

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import factorhub
from factorhub.dynamics import gravity
from factorhub.dynamics.solver import solve
from factorhub.dynamics.solver.equations import cos, inverse_cube, sin, trace
from factorhub.dynamics.solver.solve import MAIN, PRECISE, REFERENCE, relative
from factorhub.dynamics.system import System
from factorhub.errors import InputError
from factorhub.factors import continuous
from factorhub.testing import sample


def right_hand_sides():
    def pendulum(t, y, length, gravity, theta0, omega0):
        return [y[1], -gravity / length * np.sin(y[0])]

    def lotka_volterra(t, y, a, b, c, d):
        return [a * y[0] - b * y[0] * y[1], -c * y[1] + d * b * y[0] * y[1]]

    def bodies(y, pull, scale, masses):
        count = len(masses)
        r, out = y[: 2 * count].reshape(count, 2), np.zeros(4 * count)
        out[: 2 * count] = scale * y[2 * count :]
        for i in range(count):
            for j in range(count):
                if i != j:
                    force = pull * masses[j] * (r[j] - r[i]) / np.linalg.norm(r[j] - r[i]) ** 3
                    out[2 * (count + i) : 2 * (count + i) + 2] += force
        return out

    def three_body(t, y, scale, *masses):
        return bodies(y, 1.0, scale, masses)

    def two_body(t, y, m1, m2, pull, *orbit):
        return bodies(y, pull, 1.0, (m1, m2))

    def lagrange_three_body(t, y, m1, m2, m3, *triangle):
        return bodies(y, 1.0, 1.0, (m1, m2, m3))

    def mass_spring(t, y, mass, stiffness, q0, p0):
        return [y[1] / mass, -stiffness * y[0]]

    def duffing(t, y, alpha, beta, delta, gamma, omega, phase, x0, v0):
        return [y[1], gamma * np.cos(omega * t + phase) - delta * y[1] - alpha * y[0] - beta * y[0] ** 3]

    def van_der_pol(t, y, mu, x0, v0):
        return [y[1], mu * (1 - y[0] ** 2) * y[1] - y[0]]

    def lorenz(t, y, sigma, rho, beta, *start):
        return [sigma * (y[1] - y[0]), y[0] * (rho - y[2]) - y[1], y[0] * y[1] - beta * y[2]]

    def double_pendulum(t, y, m1, m2, l1, l2, g, *start):
        """The mass matrix of the Lagrangian, solved numerically."""
        delta = y[0] - y[1]
        inertia = [[(m1 + m2) * l1**2, m2 * l1 * l2 * np.cos(delta)], [m2 * l1 * l2 * np.cos(delta), m2 * l2**2]]
        torque = [
            -m2 * l1 * l2 * y[3] ** 2 * np.sin(delta) - (m1 + m2) * g * l1 * np.sin(y[0]),
            m2 * l1 * l2 * y[2] ** 2 * np.sin(delta) - m2 * g * l2 * np.sin(y[1]),
        ]
        return [y[2], y[3], *np.linalg.solve(inertia, torque)]

    return {name: value for name, value in locals().items() if callable(value) and name != "bodies"}


AGREEMENT = [("pendulum", 400, 1e-10), ("lotka_volterra", 400, 1e-10), ("three_body", 100, 1e-9)]
AGREEMENT += [
    (name, 150, 1e-9)
    for name in ("mass_spring", "duffing", "van_der_pol", "lorenz", "double_pendulum", "two_body", "lagrange_three_body")
]


@pytest.mark.parametrize(("name", "steps", "within"), AGREEMENT)
def test_states_agree_with_scipy(name: str, steps: int, within: float) -> None:
    made = factorhub.generator(name, steps=steps, dtype="float64")
    values = sample(made.space, 3, seed=5)
    got = made.render(values)
    for i in range(len(values)):
        clock = got["t"][i]
        found = solve_ivp(
            right_hand_sides()[name], (0, clock[-1]), got["state"][i, 0], "DOP853", clock, rtol=1e-12, atol=1e-13, args=values[i]
        )
        assert np.abs(found.y.T - got["state"][i]).max() < within


def test_the_time_grid_is_exact() -> None:
    made = factorhub.generator("lotka_volterra", steps=37, dt=0.1)
    clock = made.render(sample(made.space, 2))["t"]
    assert clock.dtype == np.float64
    assert all(clock[1, k] == k * 0.1 for k in range(37))


def test_bits_depend_on_neither_batch_nor_threads() -> None:
    made = factorhub.generator("three_body", steps=200, dtype="float64")
    values = sample(made.space, 21, seed=3)
    whole = made.render(values)["state"]
    assert np.array_equal(whole[::-1], made.render(values[::-1])["state"])
    for i in (0, 13, 20):
        assert np.array_equal(whole[i], made.render(values[i])["state"])
    parts: dict[int, np.ndarray] = {}
    workers = [threading.Thread(target=lambda k=k: parts.update({k: made.render(values[k::3])["state"]})) for k in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for k in range(3):
        assert np.array_equal(parts[k], whole[k::3])


def test_a_longer_run_begins_with_the_shorter_one() -> None:
    made = [factorhub.generator("lotka_volterra", steps=steps, dtype="float64") for steps in (50, 300)]
    values = sample(made[0].space, 4)
    short, long = (one.render(values)["state"] for one in made)
    assert np.abs(long[:, :50] - short).max() < 1e-13


def everything(time, state, parameters):
    """Every operation of a tape: u' = cos(k t) - sin(u) / (2 + v u), v' = (1 + u u)^-3/2 - v k."""
    u, v = state
    return cos(parameters[0] * time) - sin(u) / (2.0 + v * u), inverse_cube(1.0 + u * u) - v * parameters[0]


def one(equations, states: int = 2, parameters: int = 1, setup=None) -> System:
    components = tuple((f"c{i}", "") for i in range(states))
    return System("test", "", "", (continuous("k", 0.0, 3.0),), components, equations, setup, parameters, None)


def rows(values):
    return np.stack([0.3 + 0 * values[:, 0], -0.2 * values[:, 0]], axis=1), values


@pytest.mark.parametrize("method", [MAIN, PRECISE])
def test_every_operation_has_its_series(method) -> None:
    equations, system = everything, one(everything)
    values = np.array([[0.5], [1.0], [2.5]])
    starts, parameters = rows(values)
    got = solve._integrate(system, starts, parameters, 60, 0.1, method)[0]
    for i, value in enumerate(values):
        clock = np.arange(60) * 0.1

        def right(t, y, k):
            return [float(rate) for rate in equations(np.float64(t), y, [k])]

        found = solve_ivp(right, (0, clock[-1]), starts[i], "DOP853", clock, rtol=1e-13, atol=1e-14, args=value)
        assert np.abs(found.y.T - got[i]).max() < 1e-11


def test_pairs_have_thirty_digits() -> None:
    """Close encounters in pairs of doubles: other orders and other steps give the same states."""
    made = factorhub.generator("three_body")
    values = sample(made.space, 64, seed=1)
    system = one(gravity.equations(3), 12, 5)
    starts = np.tile([1.0, -1.0, -1.0, -1.0, 0.0, 1.0, 0.0, 0.5, 0.5, -0.5, -0.5, 0.0], (64, 1))
    parameters = np.insert(values, 0, 1.0, axis=1)
    a, b = (solve._integrate(system, starts, parameters, 1000, 0.01, method)[0] for method in (PRECISE, REFERENCE))
    assert relative(a, b).max() < 1e-12
    doubles = solve._integrate(system, starts, parameters, 1000, 0.01, MAIN)[0]
    assert relative(doubles, b).max() > 1e-9  # the same in doubles is not good enough, which is why pairs exist


def test_a_trajectory_that_ends_is_an_error_that_names_the_row() -> None:
    """u' = u² ends at t = 1 / u(0)."""
    system = one(lambda time, state, parameters: (state[0] * state[0] * parameters[0],), 1, setup=lambda v: (1 + 0 * v, v))
    assert np.allclose(solve.states(system, np.array([[0.5]]), 11, 0.1)[0][0, -1], 2.0, rtol=1e-13)
    with pytest.raises(
        InputError, match=r"test at k = 2 cannot be integrated past t = 0\.5: the steps vanish as in a collision; leave it out"
    ):
        solve.states(system, np.array([[0.5], [2.0]]), 11, 0.1)


def test_a_row_that_is_not_solved_to_tolerance_is_an_error(monkeypatch) -> None:
    made = factorhub.generator("three_body", steps=20)
    values = sample(made.space, 2)
    for limit in ("DOUBTFUL", "LOST", "TRUSTED"):
        monkeypatch.setattr(solve, limit, -1.0)
    with pytest.raises(
        InputError, match=r"three_body at K2 = .*, m1 = .* cannot be integrated to tolerance: two solutions differ by"
    ):
        made.render(values)


def test_sines_in_pairs_have_thirty_digits() -> None:
    from factorhub.dynamics.solver.series import _pair_sincos
    from factorhub.dynamics.solver.vector_operations import LANES

    angles = [0.1, 1.0, -3.0, 7.5, -20.0, 0.0, 0.785398, 100.0]
    half = 8 * LANES
    series = np.zeros(2 * half)
    series[: len(angles)] = angles
    _pair_sincos(series, half, 0, LANES, 2 * LANES, 3 * LANES)
    with decimal.localcontext(prec=80):
        for i, angle in enumerate(angles):
            term = sine = x = decimal.Decimal(angle)
            for k in range(1, 600, 2):
                term *= -x * x / ((k + 1) * (k + 2))
                sine += term
            cosine = (1 - sine * sine).sqrt() * (1 if np.cos(angle) > 0 else -1)
            for place, exact in ((LANES, sine), (2 * LANES, cosine)):
                got = decimal.Decimal(series[place + i]) + decimal.Decimal(series[half + place + i])
                assert abs(got - exact) < decimal.Decimal("1e-30")


def test_close_encounters_are_solved_again_in_pairs() -> None:
    """The published three-body range: doubles alone lose all digits of some rows; what is returned never does."""
    made = factorhub.generator("three_body", dtype="float64")
    values = sample(made.space, 96, seed=2)
    assert made.quality is not None
    measured = made.quality(values)
    assert measured["error"].max() < 2.0**-25
    assert max(measured[name].max() for name in measured if name.startswith("drift")) < 1e-9


def test_equations_are_recorded_without_repeats() -> None:
    def equations(time, state, parameters):
        return (sin(state[0]) * cos(state[0]) + sin(state[0]),)

    assert len(trace(equations, 1, 0).operations) == 3
