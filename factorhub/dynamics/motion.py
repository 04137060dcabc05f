"""A Motion: how states over time follow from factors, however they are computed; and the generator of its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from factorhub.dynamics import noise as noise_of
from factorhub.dynamics import video as film
from factorhub.dynamics.plots import Panels, Planes, filmstrip, portraits
from factorhub.errors import InputError, unknown
from factorhub.factors import Array, Factor
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace

Float: TypeAlias = Literal["float32", "float64"]


@dataclass(frozen=True)
class Options:
    """What every generator of trajectories lets its users choose.

    Attributes:
        steps: how many states are stored, the first at time 0.
        dt: the time between them.
        dtype: of the stored states.
        derivative: store the right-hand side at each state too.
        video: the side in pixels of a video of the motion; 0 for none.
        trail: how many earlier frames the trail of a disc shows.
        noise: standard deviation of noise on what is observed, as a share of each component's largest size; 0 for none.
    """

    steps: int
    dt: float
    dtype: Float = "float32"
    derivative: bool = False
    video: int = 0
    trail: int = 0
    noise: float = 0.0


@dataclass(frozen=True)
class Motion:
    """A system whose states are known at every k·dt.

    Attributes:
        name, summary, source: as of a Generator.
        factors: the physical factors, k of them.
        components: name and unit of each component of the state.
        solve: from factor values (n, k), steps and dt to states (n, T, s) and whatever `rates` and `scene` need of them.
        scene: from the two to what a video shows.
        quality: as of a Generator, with steps and dt.
        rates: from the two and dt to derivatives (n, T, s); None where there are none to give.
        planes: pairs of components, each of which the phase portrait shows the second over the first of.
        panels: as of `portraits`.
        notes: as of a Generator: the equations of motion.
    """

    name: str
    summary: str
    source: str
    factors: tuple[Factor, ...]
    components: tuple[tuple[str, str], ...]
    solve: Callable[[Array, int, float], tuple[Array, Any]]
    scene: Callable[[Array, Any], film.Scene]
    quality: Callable[[Array, int, float], Batch]
    rates: Callable[[Array, Any, float], Array] | None = None
    planes: Planes = ((0, 1),)
    panels: Panels = ()
    notes: tuple[str, ...] = ()

    def generator(self, options: Options) -> Generator:
        """The generator of its trajectories: t, state, and on demand the derivative, a video and noise of the same rows.

        Noise adds a field "observed", the state and normal numbers, and the nuisance factor that they come from.

        Raises:
            InputError: steps, dt, dtype, video, trail or noise out of range; in `render`, a trajectory that cannot be computed.
        """
        steps, dt, dtype = options.steps, options.dt, options.dtype
        derivative, video, trail, noise = options.derivative, options.video, options.trail, options.noise
        count = len(self.factors)
        fields = [grid_field(steps, dt), state_field("state", dtype, steps, self.components, "the state at each time")]
        if derivative:
            rates = tuple((f"d{name}/dt", f"{unit or 1}/s".replace("/s/s", "/s²")) for name, unit in self.components)
            fields.append(state_field("derivative", dtype, steps, rates, "the right-hand side at each state, damping included"))
        if video:
            fields.append(film.video_field(steps, video))
        if trail < 0:
            raise InputError(f"trail is the number of earlier frames that a disc's trail shows; got {trail}")

        if not 0 <= noise < np.inf:
            raise InputError(
                f"noise is its standard deviation as a share of each component's largest size, at least 0; got {noise}"
            )
        if noise:
            fields.append(state_field("observed", dtype, steps, self.components, "the state with noise"))

        def draw(values: Array) -> Batch:
            states, aside = self.solve(values[:, :count], steps, dt)
            batch: Batch = {"t": times(len(values), steps, dt), "state": states.astype(dtype)}
            if derivative and self.rates is not None:
                batch["derivative"] = self.rates(states, aside, dt).astype(dtype)
            if video:
                batch["video"] = film.frames(self.scene(states, aside), values[:, count : count + 4], video, trail)
            if noise:
                normal = noise_of.normals(values[:, -1], states[0].size, f"{self.name}/noise").reshape(states.shape)
                batch["observed"] = (states + noise * np.abs(states).max(axis=1, keepdims=True) * normal).astype(dtype)
            return batch

        seeds = [noise_of.seed("noise_seed", "of the noise on what is observed")] if noise else []
        return Generator(
            name=self.name,
            summary=self.summary,
            space=FactorSpace((*self.factors, *(film.visual_factors() if video else ()), *seeds)),
            fields=tuple(fields),
            draw=draw,
            source=self.source,
            notes=self.notes,
            picture=filmstrip if video else portraits(self.components, self.planes, panels=self.panels),
            quality=lambda values: self.quality(values[:, :count], steps, dt),
        )


def grid_field(steps: int, dt: float) -> Field:
    """The field of the times k·dt.

    Raises:
        InputError: fewer than two steps, or dt is not a positive number.
    """
    if steps < 2:
        raise InputError(f"steps counts the stored states, the first at time 0, and is at least 2; got {steps}")
    if not 0 < dt < np.inf:
        raise InputError(f"dt is a positive time between stored states; got {dt}")
    return Field("t", "float64", (steps,), ("time",), "s", "time of each state: k·dt, exact", meta={"dt": dt})


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
    listed = ", ".join(f"{name} [{unit}]" if unit else name for name, unit in components)
    description = f"{description}: {listed}"
    return Field(name, dtype, (steps, len(components)), ("time", "component"), description=description, meta=about)
