"""Bodies in a plane that attract one another: the equations, invariants and scene that several systems share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from factorhub.dynamics.plots import Planes
from factorhub.dynamics.solver.equations import Equations, inverse_cube
from factorhub.dynamics.video import Scene
from factorhub.factors import Array


def components(bodies: int) -> tuple[tuple[str, str], ...]:
    """x0, y0, x1, y1, … and then the velocities in the same order, without units."""
    return tuple((f"{axis}{i}", "") for kind in ("", "v") for i in range(bodies) for axis in (f"{kind}x", f"{kind}y"))


def notes(bodies: int, pull: str, speed: str, more: str = "") -> tuple[str, ...]:
    """The equations of motion in words; bodies are numbered from 0 in the state, and their masses from 1."""
    masses = ", ".join(f"m{i + 1}" for i in range(bodies))
    return (
        f"(x_i, y_i)' = {speed}(vx_i, vy_i) for bodies i = 0 … {bodies - 1}, whose masses m_i are {masses}",
        f"(vx_i, vy_i)' = {pull}Σ_j≠i m_j (r_j - r_i) / |r_j - r_i|³, with r_i = (x_i, y_i)",
        *([more] if more else []),
    )


def planes(bodies: int) -> Planes:
    """x and y of each body, for the phase portrait."""
    return tuple((2 * i, 2 * i + 1) for i in range(bodies))


def equations(bodies: int) -> Equations:
    """r_i' = K2 v_i, v_i' = K1 Σ_j m_j (r_j - r_i) / |r_j - r_i|³, with the parameters K1, K2, m_0, m_1, …"""

    def rates(time: Any, state: Sequence[Any], parameters: Sequence[Any]) -> Sequence[Any]:
        pull, speed, masses = parameters[0], parameters[1], parameters[2:]
        weights = [pull * mass for mass in masses]
        forces: list[list[Any]] = [[0.0, 0.0] for _ in range(bodies)]
        for i in range(bodies):
            for j in range(i + 1, bodies):
                apart = [state[2 * j + axis] - state[2 * i + axis] for axis in (0, 1)]
                weight = inverse_cube(apart[0] * apart[0] + apart[1] * apart[1])
                for axis in (0, 1):
                    along = weight * apart[axis]
                    forces[i][axis] = weights[j] * along + forces[i][axis]
                    forces[j][axis] = forces[j][axis] - weights[i] * along
        return [*(speed * velocity for velocity in state[2 * bodies :]), *(part for force in forces for part in force)]

    return rates


def invariants(states: Array, parameters: Array) -> dict[str, tuple[Array, Array]]:
    """Energy K2/2 Σ m v² - K1 Σ m_i m_j / r_ij, momentum Σ m v (both axes) and angular momentum Σ m (r × v)."""
    n, steps, size = states.shape
    bodies = size // 4
    pull, speed, masses = parameters[:, 0, None], parameters[:, 1, None], parameters[:, None, 2:]
    places = states[..., : 2 * bodies].reshape(n, steps, bodies, 2)
    velocities = states[..., 2 * bodies :].reshape(n, steps, bodies, 2)
    kinetic = speed / 2 * (masses * (velocities**2).sum(axis=-1)).sum(axis=-1)
    potential = np.zeros((n, steps))
    for i in range(bodies):
        for j in range(i + 1, bodies):
            distance = np.sqrt(((places[:, :, i] - places[:, :, j]) ** 2).sum(axis=-1))
            potential -= pull * masses[..., i] * masses[..., j] / distance
    momenta = masses[..., None] * velocities
    flow = np.abs(momenta).sum(axis=2).max(axis=(1, 2))
    torques = places[..., 0] * momenta[..., 1] - places[..., 1] * momenta[..., 0]
    lever = (np.abs(places).max(axis=-1) * np.abs(momenta).sum(axis=-1)).sum(axis=-1).max(axis=1)
    return {
        "energy": (kinetic + potential, (kinetic - potential).max(axis=1)),
        "momentum_x": (momenta[..., 0].sum(axis=-1), flow),
        "momentum_y": (momenta[..., 1].sum(axis=-1), flow),
        "angular_momentum": (torques.sum(axis=-1), lever),
    }


def scene(states: Array, parameters: Array, view: float) -> Scene:
    """A disc for each body, its area in proportion to its mass."""
    n, steps, size = states.shape
    places = states[..., : size // 2].reshape(n, steps, size // 4, 2)
    masses = parameters[:, 2:]
    return Scene(places, 0.09 * view * np.sqrt(masses / masses.mean(axis=1, keepdims=True)), (), view)
