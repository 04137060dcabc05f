"""Lotka-Volterra: a population of prey and one of predators, turning around their equilibrium."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from factorhub.dynamics.system import System, trajectories
from factorhub.dynamics.video import Scene
from factorhub.factors import Array, continuous

START = (5.0, 3.0)
CENTRES = {
    "a": (2.0, "growth of prey without predators"),
    "b": (1.0, "prey taken for each meeting of the two"),
    "c": (4.0, "death of predators without prey"),
    "d": (1.0, "predators gained for each prey taken"),
}
REACH = 0.07  # of each factor about its centre: the published 0.05 and the shells around it


def equations(time: Any, state: Sequence[Any], parameters: Sequence[Any]) -> Sequence[Any]:
    """u' = a u - b u v, v' = -c v + d b u v."""
    u, v = state
    a, b, c, d = parameters
    met = b * (u * v)
    return a * u - met, d * met - c * v


def constant(states: Array, parameters: Array) -> tuple[Array, Array]:
    """V = d b u - c ln u + b v - a ln v (n, T), and the largest size of its terms (n,)."""
    u, v = states[..., 0], states[..., 1]
    a, b, c, d = (parameters[:, i, None] for i in range(4))
    terms = (d * b * u, -c * np.log(u), b * v, -a * np.log(v))
    return sum(terms), np.max([np.abs(term).max(axis=1) for term in terms], axis=0)  # type: ignore[return-value]


def _scene(states: Array, parameters: Array) -> Scene:
    """One disc per population: to the right as it grows, prey above predators."""
    heights = np.broadcast_to(np.array([2.0, -2.0]), states.shape)
    return Scene(np.stack([states - 5.0, heights], axis=-1), np.array([0.8, 0.8]), (), view=6.0)


@trajectories(steps=1000, dt=0.01)
def lotka_volterra() -> System:
    """The generator of Lotka-Volterra trajectories from (5, 3); presets: lotka-volterra-fotiadis."""
    return System(
        name="lotka_volterra",
        summary="prey and predators over time, by their four rates",
        source="Fotiadis et al.: Disentangled Generative Models for Robust Prediction of System Dynamics (ICML 2023)",
        factors=tuple(
            continuous(name, centre - REACH, centre + REACH, description=about) for name, (centre, about) in CENTRES.items()
        ),
        components=(("u", ""), ("v", "")),
        equations=equations,
        setup=lambda values: (np.tile(START, (len(values), 1)), values),
        parameters=4,
        invariants=lambda states, parameters: {"constant": constant(states, parameters)},
        scene=_scene,
        notes=(
            "u' = a u - b u v, v' = d b u v - c v: prey u and predators v, at time 0 5 and 3",
            "as published, d multiplies b: the d of the textbooks' v' = d u v - c v is d b here",
        ),
    )
