"""The Van der Pol oscillator: friction that pushes when the swing is small and brakes when it is large; one limit cycle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from factorhub.dynamics.system import System, trajectories
from factorhub.dynamics.video import Scene
from factorhub.factors import Array, continuous


def equations(time: Any, state: Sequence[Any], parameters: Sequence[Any]) -> Sequence[Any]:
    """x' = v, v' = mu (1 - x²) v - x."""
    x, v = state
    return v, parameters[0] * (v - (x * x) * v) - x


def _scene(states: Array, parameters: Array) -> Scene:
    """The oscillator on a horizontal line."""
    x = states[..., 0]
    return Scene(np.stack([x, np.zeros_like(x)], axis=-1)[:, :, None], np.array([0.35]), (), view=3.0)


@trajectories(steps=1000, dt=0.02)
def van_der_pol() -> System:
    """The generator of the Van der Pol oscillator x'' = mu (1 - x²) x' - x."""
    return System(
        name="van_der_pol",
        summary="the self-sustained oscillator of Van der Pol, by its damping and start",
        source="Van der Pol: On relaxation-oscillations (1926)",
        factors=(
            continuous("mu", 0.1, 5.0, unit="1/s", description="strength of the friction, which is negative for |x| < 1"),
            continuous("x0", -3.0, 3.0, description="x at time 0"),
            continuous("v0", -3.0, 3.0, unit="1/s", description="v at time 0"),
        ),
        components=(("x", ""), ("v", "1/s")),
        equations=equations,
        setup=lambda values: (values[:, 1:], values[:, :1]),
        parameters=1,
        scene=_scene,
        notes=("x' = v", "v' = mu (1 - x²) v - x"),
    )
