"""Lagrange's solution: three bodies at the corners of an equilateral triangle that turns, for any masses."""

from __future__ import annotations

import numpy as np

from factorhub.dynamics import gravity
from factorhub.dynamics.solver.equations import cos, sin
from factorhub.dynamics.system import System, trajectories
from factorhub.factors import Array, circular, continuous

TURN = 2 * np.pi / 3


def _setup(values: Array) -> tuple[Array, Array]:
    """Corners at `side` from one another, the centre of mass at rest in the origin, turning at √(M / side³)."""
    masses, side, angle = values[:, :3], values[:, 3], values[:, 4]
    whole = masses.sum(axis=1)
    turns = angle[:, None] + TURN * np.arange(3)
    corners = (side / np.sqrt(3.0))[:, None, None] * np.stack([cos(turns), sin(turns)], axis=2)
    places = corners - (masses[:, :, None] * corners).sum(axis=1, keepdims=True) / whole[:, None, None]
    rate = np.sqrt(whole / side**3)[:, None, None]
    velocities = rate * np.stack([-places[..., 1], places[..., 0]], axis=2)
    n = len(values)
    starts = np.concatenate([places.reshape(n, 6), velocities.reshape(n, 6)], axis=1)
    return starts, np.concatenate([np.ones((n, 2)), masses], axis=1)


@trajectories(steps=200, dt=0.02)
def lagrange_three_body() -> System:
    """The generator of Lagrange's turning triangles; unstable for near-equal masses, so every row is checked."""
    return System(
        name="lagrange_three_body",
        summary="three bodies on Lagrange's turning triangle, by masses, side and direction",
        source="Lagrange: Essai sur le problème des trois corps (1772)",
        factors=(
            continuous("m1", 0.5, 2.0, description="mass of body 0"),
            continuous("m2", 0.5, 2.0, description="mass of body 1"),
            continuous("m3", 0.5, 2.0, description="mass of body 2"),
            continuous("side", 0.8, 1.5, description="of the triangle"),
            circular("angle", 2 * np.pi, unit="rad", description="direction of the first corner at time 0"),
        ),
        components=gravity.components(3),
        equations=gravity.equations(3),
        setup=_setup,
        parameters=5,
        invariants=gravity.invariants,
        notes=gravity.notes(3, "", "", "the triangle turns about the centre of mass, in the origin, at √((m1 + m2 + m3) / side³)"),
        planes=gravity.planes(3),
        scene=lambda states, parameters: gravity.scene(states, parameters, view=1.8),
        sensitive=True,
    )
