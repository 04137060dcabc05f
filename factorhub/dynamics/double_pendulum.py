"""The double pendulum: a pendulum hanging from a pendulum, chaotic when it swings high."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from factorhub.dynamics.solver.equations import cos, sin
from factorhub.dynamics.system import System, trajectories
from factorhub.dynamics.video import Scene
from factorhub.factors import Array, continuous

NOTES = (
    "theta1' = omega1, theta2' = omega2; both omega are 0 at time 0",
    "omega1' = (m2 c p2 - p1) / (l1 (M - m2 c²)), omega2' = (c p1 - M p2) / (l2 (M - m2 c²)), where",
    "M = m1 + m2, s = sin(theta1 - theta2), c = cos(theta1 - theta2),",
    "p1 = m2 s l2 omega2² + M g sin theta1, p2 = g sin theta2 - s l1 omega1²",
)


def equations(time: Any, state: Sequence[Any], parameters: Sequence[Any]) -> Sequence[Any]:
    """The Euler-Lagrange equations of two point masses on two massless rods, solved for the angular accelerations."""
    theta1, theta2, omega1, omega2 = state
    m1, m2, l1, l2, gravity = parameters
    s, c = sin(theta1 - theta2), cos(theta1 - theta2)
    whole = m1 + m2
    pull1 = m2 * (s * (l2 * (omega2 * omega2))) + (whole * gravity) * sin(theta1)
    pull2 = gravity * sin(theta2) - s * (l1 * (omega1 * omega1))
    weight = whole - m2 * (c * c)
    return (
        omega1,
        omega2,
        (m2 * (pull2 * c) - pull1) / (l1 * weight),
        (c * pull1 - whole * pull2) / (l2 * weight),
    )


def energy(states: Array, parameters: Array) -> tuple[Array, Array]:
    """Kinetic and potential energy (n, T), zero at rest hanging down, and the size (n,) of its terms."""
    theta1, theta2, omega1, omega2 = np.moveaxis(states, -1, 0)
    m1, m2, l1, l2, gravity = (parameters[:, i, None] for i in range(5))
    both = 2 * l1 * l2 * omega1 * omega2 * cos(theta1 - theta2)
    kinetic = m1 * (l1 * omega1) ** 2 / 2 + m2 * ((l1 * omega1) ** 2 + (l2 * omega2) ** 2 + both) / 2
    potential = (m1 + m2) * gravity * l1 * (1 - cos(theta1)) + m2 * gravity * l2 * (1 - cos(theta2))
    return kinetic + potential, ((m1 + m2) * gravity * (l1 + l2))[:, 0]


def _scene(states: Array, parameters: Array) -> Scene:
    m1, m2, l1, l2, _ = (parameters[:, i, None] for i in range(5))
    inner = np.stack([l1 * sin(states[..., 0]), -l1 * cos(states[..., 0])], axis=-1)
    outer = inner + np.stack([l2 * sin(states[..., 1]), -l2 * cos(states[..., 1])], axis=-1)
    radii = np.concatenate([np.zeros_like(m1), 0.25 * np.sqrt(m1), 0.25 * np.sqrt(m2)], axis=1)
    return Scene(np.stack([np.zeros_like(inner), inner, outer], axis=2), radii, ((0, 1), (1, 2)), view=3.5)


@trajectories(steps=500, dt=0.02)
def double_pendulum() -> System:
    """The generator of double pendulums that start at rest; every row is checked, since errors grow."""
    return System(
        name="double_pendulum",
        summary="angles and angular velocities of a double pendulum, by masses, lengths and start",
        source="Toth et al.: Hamiltonian Generative Networks (ICLR 2020); Botev et al.: Which priors matter? (2021)",
        factors=(
            continuous("m1", 0.5, 1.5, unit="kg", description="mass at the end of the inner rod"),
            continuous("m2", 0.5, 1.5, unit="kg", description="mass at the end of the outer rod"),
            continuous("l1", 0.5, 1.5, unit="m", description="length of the inner rod"),
            continuous("l2", 0.5, 1.5, unit="m", description="length of the outer rod"),
            continuous("gravity", 8.0, 13.0, unit="m/s²", description="acceleration of free fall, g below"),
            continuous("theta1_0", -math.pi / 2, math.pi / 2, unit="rad", description="angle of the inner rod at time 0"),
            continuous("theta2_0", -math.pi / 2, math.pi / 2, unit="rad", description="angle of the outer rod at time 0"),
        ),
        components=(("theta1", "rad"), ("theta2", "rad"), ("omega1", "rad/s"), ("omega2", "rad/s")),
        equations=equations,
        setup=lambda values: (np.concatenate([values[:, 5:], np.zeros((len(values), 2))], axis=1), values[:, :5]),
        parameters=5,
        invariants=lambda states, parameters: {"energy": energy(states, parameters)},
        scene=_scene,
        notes=NOTES,
        sensitive=True,
    )
