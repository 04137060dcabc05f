"""A System: equations of motion, factors, invariants and a scene; and the generator of its trajectories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from factorhub.dynamics.motion import Float as Float
from factorhub.dynamics.motion import Motion
from factorhub.dynamics.plots import Planes
from factorhub.dynamics.solver import solve
from factorhub.dynamics.solver.equations import Equations, Tape, trace
from factorhub.dynamics.video import Scene
from factorhub.factors import Array, Factor
from factorhub.generator import Generator


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
        equations: the right-hand side, see `factorhub.dynamics.solver.equations`.
        setup: from factor values (n, k) to initial states (n, s) and parameters (n, p).
        parameters: how many parameters the equations take.
        scene: from states (n, T, s) and parameters (n, p) to what a video shows.
        invariants: from the same to {name: (quantity (n, T), scale (n,))}, what the motion keeps and the size that its
            drift is measured against.
        sensitive: True where rounding errors can grow without a limit known beforehand, so that every row is checked.
        planes, notes: as of a Motion.
    """

    name: str
    summary: str
    source: str
    factors: tuple[Factor, ...]
    components: tuple[tuple[str, str], ...]
    equations: Equations
    setup: Callable[[Array], tuple[Array, Array]]
    parameters: int
    scene: Callable[[Array, Array], Scene]
    invariants: solve.Invariants = nothing
    sensitive: bool = False
    planes: Planes = ((0, 1),)
    notes: tuple[str, ...] = ()

    @cached_property
    def tape(self) -> Tape:
        """The equations, recorded."""
        return trace(self.equations, len(self.components), self.parameters)


def trajectories(
    system: System, *, steps: int, dt: float, dtype: str, derivative: bool, video: int, trail: int, noise: float
) -> Generator:
    """The generator of a system's trajectories; see `Motion.generator` for the options and errors."""
    motion = Motion(
        name=system.name,
        summary=system.summary,
        source=system.source,
        factors=system.factors,
        components=system.components,
        solve=lambda values, steps, dt: solve.states(system, values, steps, dt),
        rates=lambda states, parameters, dt: solve.derivatives(system, states, parameters, dt),
        scene=system.scene,
        quality=lambda values, steps, dt: solve.quality(system, values, steps, dt),
        planes=system.planes,
        notes=system.notes,
    )
    return motion.generator(steps=steps, dt=dt, dtype=dtype, derivative=derivative, video=video, trail=trail, noise=noise)
