"""Trajectories of a System, and the measure of their error: the step between a system's record and the integrator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.factors import Array, Factor
from factorhub.fields import Batch

if TYPE_CHECKING:
    from factorhub.dynamics.system import System


@dataclass(frozen=True)
class Method:
    """How to integrate: the order of the polynomials, the step in radii of convergence, doubles or pairs of them."""

    order: int
    reach: float
    precise: bool = False


CHEAPEST = 0.1353352832366127  # e⁻², the step that costs least at any order; the error of a step is then e^(-2 order)
MAIN = Method(18, CHEAPEST)  # e⁻³⁶, the last bit of a double
PROBES = Method(17, CHEAPEST), Method(16, 0.12)  # louder than MAIN and in other steps: what amplifies its errors shows
PRECISE = Method(26, CHEAPEST, precise=True)
REFERENCE = Method(34, 0.1, precise=True)  # shorter steps of higher order
LONGEST = 1_000_000  # steps of one trajectory; published settings need a few hundred
SUSPECT = 2.0**-31  # the second probe is asked where the first differs by this: one alone may agree by accident
TRUSTED = 2.0**-26  # MAIN is kept where the probes agree to this, a quarter of the rounding of float32
LOST = 2.0**-5  # beyond this difference nothing is known of the amplification, and pairs are checked too


def states(system: System, values: Array, steps: int, dt: float) -> tuple[Array, Array]:
    """The states (n, T, s) at k·dt and the parameters (n, p), float64, of factor values (n, k).

    Rows of a sensitive system are solved again by other methods; where those differ, in pairs of doubles.

    Raises:
        InputError: a trajectory cannot be computed; the message names the row's factors.
    """
    starts, parameters = system.setup(values)
    found, failed = _integrate(system, starts, parameters, steps, dt, MAIN)
    if system.sensitive:
        apart = np.where(failed < 0, 1.0, np.inf)
        for probe in PROBES:
            rows = np.flatnonzero((apart > SUSPECT) & (apart < np.inf))
            other, ended = _integrate(system, starts[rows], parameters[rows], steps, dt, probe)
            seen = np.where(ended < 0, relative(other, found[rows]), np.inf)
            apart[rows] = seen if probe is PROBES[0] else np.maximum(seen, apart[rows])
        doubtful, lost = np.flatnonzero(apart > TRUSTED), np.flatnonzero(apart > LOST)
        both = np.concatenate([doubtful, lost])  # in one call, which fills the integrator's lanes
        shorter = np.repeat([1.0, 0.75], [len(doubtful), len(lost)])
        other, ended = _integrate(system, starts[both], parameters[both], steps, dt, PRECISE, shorter)
        found[doubtful], failed[doubtful], apart[doubtful] = other[: len(doubtful)], ended[: len(doubtful)], 0.0
        apart[lost] = relative(found[lost], other[len(doubtful) :])
        found[lost], failed[lost] = other[len(doubtful) :], np.maximum(failed[lost], ended[len(doubtful) :])
        for row in np.flatnonzero((apart > TRUSTED) & (failed < 0)):
            wrong = f"two solutions differ by {apart[row]:.1g} of the state, where {TRUSTED:.1g} is allowed"
            place = f"{system.name} at {named(system.factors, values[row])}"
            raise InputError(f"{place} cannot be integrated to tolerance: {wrong}; take fewer steps or leave it out")
    for row in np.flatnonzero(failed >= 0):
        place = f"{system.name} at {named(system.factors, values[row])}"
        wrong = "the steps vanish as in a collision; leave it out"
        raise InputError(f"{place} cannot be integrated past t = {failed[row]:.6g}: {wrong}")
    return found, parameters


def _integrate(
    system: System, starts: Array, parameters: Array, steps: int, dt: float, method: Method, shorter: npt.ArrayLike = 1.0
) -> tuple[Array, Array]:
    """States (n, T, s), and when each trajectory could not go on (n,), -1 where it could; steps are times `shorter` (n,)."""
    from factorhub.dynamics.taylor import integrate

    out = np.empty((len(starts), steps, starts.shape[1]))
    failed = np.empty(len(starts))
    starts, parameters = np.ascontiguousarray(starts), np.ascontiguousarray(parameters)
    tape = (*system.tape.arrays[:2], system.tape.registers, *system.tape.arrays[2:])
    reach = np.broadcast_to(method.reach * np.asarray(shorter), len(starts)).copy()
    integrate(*tape, starts, parameters, dt, method.order, reach, method.precise, LONGEST, out, failed)
    return out, failed


def named(factors: Sequence[Factor], row: Array) -> str:
    """A row's factors and values in words that give back every bit."""
    return ", ".join(f"{factor.name} = {value:.17g}" for factor, value in zip(factors, row, strict=True))


def derivatives(system: System, found: Array, parameters: Array, dt: float) -> Array:
    """The right-hand side (n, T, s) of the equations at the states (n, T, s)."""
    columns = [found[..., s] for s in range(found.shape[-1])]
    constants = [np.broadcast_to(parameters[:, p, None], found.shape[:2]) for p in range(parameters.shape[1])]
    clock = np.broadcast_to(np.arange(found.shape[1]) * dt, found.shape[:2])
    rates = system.equations(clock, columns, constants)
    return np.stack([np.broadcast_to(rate, found.shape[:2]) for rate in rates], axis=-1)


def relative(found: Array, reference: Array) -> Array:
    """The largest difference (n,) of two solutions (n, T, s), each component as a fraction of its largest size in the row."""
    from factorhub.dynamics.taylor import differences

    shares = np.empty(len(found))
    differences(found, reference, shares)
    return shares


def quality(system: System, values: Array, steps: int, dt: float) -> Batch:
    """How good rows are, each figure (n,) float64 and a fraction.

    "error" is the largest difference from a reference of higher order and shorter steps in pairs of doubles, each component
    against its largest size in the row; "drift_…" is the largest change of an invariant against its scale.
    """
    found, parameters = states(system, values, steps, dt)
    starts, _ = system.setup(values)
    measured = {"error": relative(found, _integrate(system, starts, parameters, steps, dt, REFERENCE)[0])}
    for name, (quantity, scale) in system.invariants(found, parameters).items():
        measured[f"drift_{name}"] = np.abs(quantity - quantity[:, :1]).max(axis=1) / scale
    return measured
