"""A System: equations of motion, factors, invariants and a scene; and the generator of its trajectories."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from factorhub.dynamics.motion import Motion, Options
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

    @property
    def motion(self) -> Motion:
        """The motion that its equations lead to."""
        return Motion(
            name=self.name,
            summary=self.summary,
            source=self.source,
            factors=self.factors,
            components=self.components,
            solve=lambda values, steps, dt: solve.states(self, values, steps, dt),
            rates=lambda states, parameters, dt: solve.derivatives(self, states, parameters, dt),
            scene=self.scene,
            quality=lambda values, steps, dt: solve.quality(self, values, steps, dt),
            planes=self.planes,
            notes=self.notes,
        )


def trajectories(**defaults: Any) -> Callable[[Callable[..., System | Motion]], Callable[..., Generator]]:
    """Turns a function of a system's own options into one that makes the generator of its trajectories.

    The options of every trajectory (`Options`) follow the system's own, with these `defaults`.

    >>> @trajectories(steps=100, dt=0.1)
    ... def fall(*, gravity: float = 9.8) -> System: ...
    >>> list(inspect.signature(fall).parameters)
    ['gravity', 'steps', 'dt', 'dtype', 'derivative', 'video', 'trail', 'noise']
    """
    shared = {field.name: field.default for field in dataclasses.fields(Options)} | defaults

    def made_of(function: Callable[..., System | Motion]) -> Callable[..., Generator]:
        own = inspect.signature(function).parameters
        kinds = {**typing.get_type_hints(function), **typing.get_type_hints(Options), "return": Generator}

        def make(**given: Any) -> Generator:
            asked = inspect.signature(make).bind(**given).arguments
            found = function(**{name: value for name, value in asked.items() if name in own})
            motion = found.motion if isinstance(found, System) else found
            return motion.generator(Options(**{name: asked.get(name, value) for name, value in shared.items()}))

        parameters = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kinds[name])
            for name, default in {**{name: item.default for name, item in own.items()}, **shared}.items()
        ]
        make.__name__ = make.__qualname__ = function.__name__
        make.__doc__, make.__module__ = function.__doc__, function.__module__
        make.__annotations__ = kinds
        make.__signature__ = inspect.Signature(parameters, return_annotation=Generator)  # type: ignore[attr-defined]
        return make

    return made_of
