"""The Duffing oscillator: a damped, driven spring whose force has a cubic term; two wells where the linear one repels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from factorhub.dynamics.solver.equations import cos
from factorhub.dynamics.system import System, trajectories
from factorhub.dynamics.video import Scene
from factorhub.factors import Array, circular, continuous


def equations(time: Any, state: Sequence[Any], parameters: Sequence[Any]) -> Sequence[Any]:
    """x' = v, v' = gamma cos(omega t + phase) - delta v - alpha x - beta x³."""
    x, v = state
    alpha, beta, delta, gamma, omega, phase = parameters
    return v, gamma * cos(omega * time + phase) - delta * v - x * (alpha + beta * (x * x))


def _scene(states: Array, parameters: Array) -> Scene:
    """The oscillator on a horizontal line."""
    x = states[..., 0]
    return Scene(np.stack([x, np.zeros_like(x)], axis=-1)[:, :, None], np.array([0.3]), (), view=2.5)


@trajectories(steps=1000, dt=0.02)
def duffing() -> System:
    """The generator of the Duffing oscillator x'' + delta x' + alpha x + beta x³ = gamma cos(omega t + phase)."""
    return System(
        name="duffing",
        summary="the driven, damped double-well oscillator of Duffing, by its five parameters, phase and start",
        source="Duffing: Erzwungene Schwingungen bei veränderlicher Eigenfrequenz (1918)",
        factors=(
            continuous("alpha", -1.0, 1.0, unit="1/s²", description="linear stiffness; below 0 there are two wells"),
            continuous("beta", 0.5, 1.5, unit="1/s²", description="cubic stiffness"),
            continuous("delta", 0.1, 0.5, unit="1/s", description="friction"),
            continuous("gamma", 0.0, 0.5, unit="1/s²", description="strength of the drive"),
            continuous("omega", 0.8, 1.6, unit="rad/s", description="angular frequency of the drive"),
            circular("phase", 2 * math.pi, unit="rad", description="of the drive at time 0"),
            continuous("x0", -1.5, 1.5, description="x at time 0"),
            continuous("v0", -1.0, 1.0, unit="1/s", description="v at time 0"),
        ),
        components=(("x", ""), ("v", "1/s")),
        equations=equations,
        setup=lambda values: (values[:, 6:], values[:, :6]),
        parameters=6,
        scene=_scene,
        notes=("x' = v", "v' = gamma cos(omega t + phase) - delta v - alpha x - beta x³"),
        sensitive=True,
    )
