"""Three bodies in a plane, from a published start that leads them through close encounters."""

from __future__ import annotations

import numpy as np

from factorhub.dynamics import gravity
from factorhub.dynamics.system import System, trajectories
from factorhub.factors import continuous

START = (1.0, -1.0, -1.0, -1.0, 0.0, 1.0, 0.0, 0.5, 0.5, -0.5, -0.5, 0.0)


@trajectories(steps=1000, dt=0.01)
def three_body() -> System:
    """The generator of three attracting bodies; K1 is 1, and every row is checked, since encounters amplify errors.

    Presets: three-body-fotiadis.
    """
    return System(
        name="three_body",
        summary="places and velocities of three attracting bodies in a plane, by their masses and time scale",
        source="Fotiadis et al.: Disentangled Generative Models for Robust Prediction of System Dynamics (ICML 2023)",
        factors=(
            continuous("K2", 1.85, 2.15, description="scale of time: places change at K2 times the velocities"),
            *(continuous(f"m{i + 1}", 1.85, 2.15, description=f"mass of body {i}") for i in range(3)),
        ),
        components=gravity.components(3),
        equations=gravity.equations(3),
        setup=lambda values: (np.tile(START, (len(values), 1)), np.insert(values, 0, 1.0, axis=1)),
        parameters=5,
        invariants=gravity.invariants,
        notes=gravity.notes(
            3, "", "K2 ", "places at time 0 (1, -1), (-1, -1), (0, 1), velocities (0, 0.5), (0.5, -0.5), (-0.5, 0)"
        ),
        planes=gravity.planes(3),
        scene=lambda states, parameters: gravity.scene(states, parameters, view=2.5),
        sensitive=True,
    )
