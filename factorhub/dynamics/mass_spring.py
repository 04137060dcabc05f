"""A mass on a spring: the harmonic oscillator, with friction as an option."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from factorhub.dynamics.system import System, nothing, trajectories
from factorhub.dynamics.video import Scene
from factorhub.factors import Array, continuous


def equations(time: Any, state: Sequence[Any], parameters: Sequence[Any]) -> Sequence[Any]:
    """q' = p / mass, p' = -stiffness q - friction p / mass."""
    q, p = state
    mass, stiffness, friction = parameters
    return p / mass, -stiffness * q - (friction / mass) * p


def energy(states: Array, parameters: Array) -> tuple[Array, Array]:
    """The Hamiltonian p² / 2 mass + stiffness q² / 2 (n, T), and its own size (n,)."""
    q, p = states[..., 0], states[..., 1]
    total = p**2 / (2 * parameters[:, 0, None]) + parameters[:, 1, None] * q**2 / 2
    return total, np.maximum(total[:, 0], 1e-300)


def _scene(states: Array, parameters: Array) -> Scene:
    """The mass on a horizontal line, joined to a wall at -3; its area is in proportion to it, as in the Hamiltonian suite."""
    q = states[..., 0]
    mass = np.stack([q, np.zeros_like(q)], axis=-1)
    wall = np.broadcast_to(np.array([-3.0, 0.0]), mass.shape)
    radii = np.sqrt(parameters[:, 0] / np.pi)
    return Scene(np.stack([wall, mass], axis=2), np.stack([np.zeros_like(radii), radii], axis=1), ((0, 1),), view=2.5)


@trajectories(steps=256, dt=0.05)
def mass_spring(*, damped: bool = False) -> System:
    """The generator of a mass on a spring, on request `damped` by friction; q and p are position and momentum."""
    factors = (
        continuous("mass", 0.2, 1.0, unit="kg", description="of the body on the spring"),
        continuous("stiffness", 0.5, 4.0, unit="kg/s²", description="force of the spring per length"),
        continuous("q0", -1.0, 1.0, unit="m", description="position at time 0"),
        continuous("p0", -1.0, 1.0, unit="kg m/s", description="momentum at time 0"),
        *([continuous("friction", 0.0, 0.2, unit="kg/s", description="force per velocity")] if damped else []),
    )

    def setup(values: Array) -> tuple[Array, Array]:
        friction = values[:, 4:] if damped else np.zeros((len(values), 1))
        return values[:, 2:4], np.concatenate([values[:, :2], friction], axis=1)

    return System(
        name="mass_spring",
        summary="a mass on a spring: position and momentum over time, by mass, stiffness and start",
        source="Toth et al.: Hamiltonian Generative Networks (ICLR 2020); Botev et al.: Which priors matter? (2021)",
        factors=factors,
        components=(("q", "m"), ("p", "kg m/s")),
        equations=equations,
        setup=setup,
        parameters=3,
        invariants=nothing if damped else lambda states, parameters: {"energy": energy(states, parameters)},
        scene=_scene,
        notes=("q' = p / mass", "p' = -stiffness q" + (" - friction p / mass" if damped else "")),
    )
