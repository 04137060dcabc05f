"""Two bodies that attract each other, on ellipses about their centre of mass."""

from __future__ import annotations

import numpy as np

from factorhub.dynamics import gravity
from factorhub.dynamics.solver.equations import cos, sin
from factorhub.dynamics.system import System, trajectories
from factorhub.factors import Array, circular, continuous


def _setup(values: Array) -> tuple[Array, Array]:
    """At the pericentre of an ellipse, turned by `angle`, the centre of mass at rest in the origin."""
    m1, m2, strength, semi_axis, eccentricity, angle = values.T
    whole = m1 + m2
    distance = semi_axis * (1 - eccentricity)
    speed = np.sqrt(strength * whole / semi_axis * (1 + eccentricity) / (1 - eccentricity))
    along, across = np.stack([cos(angle), sin(angle)], axis=1), np.stack([-sin(angle), cos(angle)], axis=1)
    parts = (m2 / whole, -m1 / whole)
    places = [(part * distance)[:, None] * along for part in parts]
    velocities = [(part * speed)[:, None] * across for part in parts]
    return np.concatenate(places + velocities, axis=1), np.stack([strength, np.ones_like(m1), m1, m2], axis=1)


@trajectories(steps=256, dt=0.05)
def two_body() -> System:
    """The generator of two attracting bodies by masses, strength of gravity, semi-axis, eccentricity and direction."""
    return System(
        name="two_body",
        summary="places and velocities of two attracting bodies in a plane, by masses and orbit",
        source="Toth et al.: Hamiltonian Generative Networks (ICLR 2020); Botev et al.: Which priors matter? (2021)",
        factors=(
            continuous("m1", 0.5, 2.0, description="mass of body 0"),
            continuous("m2", 0.5, 2.0, description="mass of body 1"),
            continuous("strength", 0.5, 2.0, description="the constant of gravity"),
            continuous("semi_axis", 0.5, 1.5, description="of the relative orbit"),
            continuous("eccentricity", 0.0, 0.8, description="of the orbit: 0 is a circle"),
            circular("angle", 2 * np.pi, unit="rad", description="direction of the pericentre, where the motion starts"),
        ),
        components=gravity.components(2),
        equations=gravity.equations(2),
        setup=_setup,
        parameters=4,
        invariants=gravity.invariants,
        notes=gravity.notes(
            2,
            "strength ",
            "",
            "at time 0 nearest to each other, semi_axis (1 - eccentricity) apart; the centre of mass rests in the origin",
        ),
        planes=gravity.planes(2),
        scene=lambda states, parameters: gravity.scene(states, parameters, view=2.5),
    )
