"""A System: equations of motion, factors, invariants and a scene; and the generator of its trajectories."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from factorhub.dynamics import video as film
from factorhub.dynamics.plots import filmstrip, portraits
from factorhub.dynamics.tape import Equations, Tape, trace
from factorhub.errors import InputError, unknown
from factorhub.factors import Array, Factor
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace

Invariants: TypeAlias = Callable[[Array, Array], Mapping[str, tuple[Array, Array]]]
Float: TypeAlias = Literal["float32", "float64"]


def nothing(states: Array, parameters: Array) -> dict[str, tuple[Array, Array]]:
    """The invariants of a system that keeps nothing: damped or driven."""
    return {}


@dataclass(frozen=True)
class System:
    """A dynamical system with its parameters and initial state as factors.

    Attributes:
        name, summary, source: as of a Generator.
        factors: the physical factors.
        components: name and unit of each component of the state.
        equations: the right-hand side, see `factorhub.dynamics.tape`.
        setup: from factor values (n, k) to initial states (n, s) and parameters (n, p).
        parameters: how many parameters the equations take.
        scene: from states (n, T, s) and parameters (n, p) to what a video shows.
        invariants: from the same to {name: (quantity (n, T), scale (n,))}, what the motion keeps and the size that its
            drift is measured against.
        sensitive: True where rounding errors can grow without a limit known beforehand, so that every row is checked.
        plane: the two components of the phase portrait.
    """

    name: str
    summary: str
    source: str
    factors: tuple[Factor, ...]
    components: tuple[tuple[str, str], ...]
    equations: Equations
    setup: Callable[[Array], tuple[Array, Array]]
    parameters: int
    scene: Callable[[Array, Array], film.Scene]
    invariants: Invariants = nothing
    sensitive: bool = False
    plane: tuple[int, int] = (0, 1)

    @cached_property
    def tape(self) -> Tape:
        """The equations, recorded."""
        return trace(self.equations, len(self.components), self.parameters)


def grid_field(steps: int, dt: float) -> Field:
    """The field of the times k·dt.

    Raises:
        InputError: fewer than two steps, or dt is not a positive number.
    """
    if steps < 2:
        raise InputError(f"steps counts the stored states, the first at time 0, and is at least 2; got {steps}")
    if not 0 < dt < np.inf:
        raise InputError(f"dt is a positive time between stored states; got {dt}")
    return Field("t", "float64", (steps,), ("time",), description="time of each state: k·dt, exact", meta={"dt": dt})


def times(rows: int, steps: int, dt: float) -> Array:
    """k·dt for k = 0 … steps - 1, once for each row: (rows, steps)."""
    return np.broadcast_to(np.arange(steps) * dt, (rows, steps)).copy()


def state_field(name: str, dtype: str, steps: int, components: tuple[tuple[str, str], ...], description: str) -> Field:
    """A field (T, s) of named components, each with its unit.

    Raises:
        InputError: another dtype than float32 or float64.
    """
    if dtype not in ("float32", "float64"):
        raise unknown("dtype", dtype, ("float32", "float64"), "trajectories")
    names, units = zip(*components, strict=True)
    about = {"components": list(names), "units": list(units)}
    return Field(name, dtype, (steps, len(components)), ("time", "component"), description=description, meta=about)


def trajectories(system: System, *, steps: int, dt: float, dtype: str, derivative: bool, video: int, trail: int) -> Generator:
    """The generator of a system's trajectories: t, state, and on demand its derivative and a video of the same rows.

    Raises:
        InputError: steps, dt, dtype, video or trail out of range; in `render`, a trajectory that cannot be computed.
    """
    from factorhub.dynamics import solve

    count = len(system.factors)
    fields = [grid_field(steps, dt), state_field("state", dtype, steps, system.components, "the state at each time")]
    if derivative:
        rates = tuple((f"d{name}/dt", f"{unit}/s" if unit else "1/s") for name, unit in system.components)
        fields.append(state_field("derivative", dtype, steps, rates, "the right-hand side at each state, damping included"))
    if video:
        fields.append(film.video_field(steps, video))
    if trail < 0:
        raise InputError(f"trail is the number of earlier frames that a disc's trail shows; got {trail}")

    def draw(values: Array) -> Batch:
        states, parameters = solve.states(system, values[:, :count], steps, dt)
        batch: Batch = {"t": times(len(values), steps, dt), "state": states.astype(dtype)}
        if derivative:
            batch["derivative"] = solve.derivatives(system, states, parameters, dt).astype(dtype)
        if video:
            batch["video"] = film.frames(system.scene(states, parameters), values[:, count:], video, trail)
        return batch

    def quality(values: Array) -> Batch:
        return solve.quality(system, values[:, :count], steps, dt)

    return Generator(
        name=system.name,
        summary=system.summary,
        space=FactorSpace((*system.factors, *(film.visual_factors() if video else ()))),
        fields=tuple(fields),
        draw=draw,
        source=system.source,
        picture=filmstrip if video else portraits(system.components, system.plane),
        quality=quality,
    )
