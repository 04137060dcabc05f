"""The Lorenz system: convection in three numbers, chaotic at the classical parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from factorhub.dynamics.system import System, trajectories
from factorhub.dynamics.video import Scene
from factorhub.factors import Array, continuous

LYAPUNOV = 0.9056  # 1/s at sigma 10, rho 28, beta 8/3: horizons are best quoted in multiples of its inverse


def equations(time: Any, state: Sequence[Any], parameters: Sequence[Any]) -> Sequence[Any]:
    """x' = sigma (y - x), y' = x (rho - z) - y, z' = x y - beta z."""
    x, y, z = state
    sigma, rho, beta = parameters
    return sigma * (y - x), x * (rho - z) - y, x * y - beta * z


def _scene(states: Array, parameters: Array) -> Scene:
    """The point seen along the y axis: x to the right, z upwards."""
    return Scene((states[..., ::2] - [0.0, 27.0])[:, :, None], np.array([3.0]), (), view=30.0)


@trajectories(steps=1000, dt=0.01)
def lorenz() -> System:
    """The generator of the Lorenz system; rows whose errors grow beyond doubles are solved in pairs of doubles."""
    return System(
        name="lorenz",
        summary="the Lorenz system's three components over time, by sigma, rho, beta and start",
        source="Lorenz: Deterministic Nonperiodic Flow (1963)",
        factors=(
            continuous("sigma", 8.0, 12.0, unit="1/s", description="Prandtl number, classically 10"),
            continuous("rho", 20.0, 40.0, description="Rayleigh number over its critical value, classically 28"),
            continuous("beta", 2.0, 3.0, unit="1/s", description="shape of the rolls, classically 8/3"),
            continuous("x0", -15.0, 15.0, description="x at time 0"),
            continuous("y0", -15.0, 15.0, description="y at time 0"),
            continuous("z0", 10.0, 40.0, description="z at time 0"),
        ),
        components=(("x", ""), ("y", ""), ("z", "")),
        equations=equations,
        setup=lambda values: (values[:, 3:], values[:, :3]),
        parameters=3,
        scene=_scene,
        notes=("x' = sigma (y - x)", "y' = x (rho - z) - y", "z' = x y - beta z"),
        sensitive=True,
        planes=((0, 2),),
    )
