"""The pendulum: a mass on a rod of some length, swinging or turning over, with damping as an option."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from factorhub.dynamics.solver.equations import cos, sin
from factorhub.dynamics.system import System, nothing, trajectories
from factorhub.dynamics.video import Scene
from factorhub.factors import Array, continuous


def equations(time: Any, state: Sequence[Any], parameters: Sequence[Any]) -> Sequence[Any]:
    """theta' = omega, omega' = -(gravity / length) sin theta - damping omega."""
    theta, omega = state
    length, gravity, damping = parameters
    return omega, -(gravity / length) * sin(theta) - damping * omega


def undamped(time: Any, state: Sequence[Any], parameters: Sequence[Any]) -> Sequence[Any]:
    """The same without the last term."""
    theta, omega = state
    length, gravity = parameters
    return omega, -(gravity / length) * sin(theta)


def energy(states: Array, parameters: Array) -> tuple[Array, Array]:
    """Energy per mass (n, T), length² omega² / 2 + gravity length (1 - cos theta), and the scale gravity length (n,)."""
    length, gravity = parameters[:, 0, None], parameters[:, 1, None]
    total = length**2 * states[..., 1] ** 2 / 2 + gravity * length * (1 - cos(states[..., 0]))
    return total, np.maximum(total.max(axis=1), (gravity * length)[:, 0])


def _setup(values: Array) -> tuple[Array, Array]:
    return values[:, 2:4], values[:, [0, 1, *range(4, values.shape[1])]]


def _scene(states: Array, parameters: Array) -> Scene:
    theta, length = states[..., 0], parameters[:, 0, None]
    bob = np.stack([length * sin(theta), -length * cos(theta)], axis=-1)
    return Scene(np.stack([np.zeros_like(bob), bob], axis=2), np.array([0.0, 0.22]), ((0, 1),), view=2.0)


@trajectories(steps=2000, dt=0.01)
def pendulum(*, damped: bool = False) -> System:
    """The generator of pendulum trajectories, on request `damped`; `video` is the side of its frames in pixels.

    Lengths and gravity cover the published ranges and the shells around them: presets pendulum-fotiadis and
    pendulum-video-fotiadis.
    """
    factors = (
        continuous("length", 0.9, 1.6, unit="m", description="of the rod"),
        continuous("gravity", 8.0, 13.0, unit="m/s²", description="acceleration of free fall"),
        continuous("theta0", math.radians(10), math.radians(170), unit="rad", description="angle at time 0, from hanging down"),
        continuous("omega0", -2.0, 2.0, unit="rad/s", description="angular velocity at time 0"),
        *([continuous("damping", 0.0, 0.5, unit="1/s", description="friction per angular velocity")] if damped else []),
    )
    return System(
        name="pendulum",
        summary="a pendulum's angle and angular velocity over time, by length, gravity and start",
        source="Fotiadis et al.: Disentangled Generative Models for Robust Prediction of System Dynamics (ICML 2023)",
        factors=factors,
        components=(("theta", "rad"), ("omega", "rad/s")),
        equations=equations if damped else undamped,
        setup=_setup,
        parameters=3 if damped else 2,
        invariants=nothing if damped else lambda states, parameters: {"energy": energy(states, parameters)},
        scene=_scene,
        notes=("theta' = omega", "omega' = -(gravity / length) sin theta" + (" - damping omega" if damped else "")),
    )
