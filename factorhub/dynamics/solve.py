"""Trajectories of a System, and the measure of their error: the step between a system's record and the integrator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import Batch

if TYPE_CHECKING:
    from factorhub.dynamics.system import System

ORDER, REACH = 20, 0.1353352832366127  # e⁻²: the cheapest step for any order; e⁻⁴⁰ is below double precision
TIGHT_ORDER, TIGHT_REACH = 24, 0.09  # shorter steps of higher order, so that no rounding is shared
LONGEST = 1_000_000  # steps of one trajectory; published settings need a few hundred
TRUSTED = 2.0**-30  # two solutions that agree to this fraction of the state's size are one trajectory


def states(system: System, values: Array, starts: Array, parameters: Array, steps: int, dt: float) -> Array:
    """The states (n, T, s) at k·dt, float64.

    Raises:
        InputError: a trajectory cannot be computed; the message names the row's factors.
    """
    found = _integrate(system, values, starts, parameters, steps, dt, ORDER, REACH)
    if system.sensitive and len(values):
        again = _integrate(system, values, starts, parameters, steps, dt, TIGHT_ORDER, TIGHT_REACH)
        apart = relative(found, again)
        if apart.max() > TRUSTED:
            worst = int(apart.argmax())
            place = _factors(system, values[worst])
            raise InputError(f"{system.name} at {place}: two solutions differ by {apart[worst]:.1g} of the state")
    return found


def _integrate(
    system: System, values: Array, starts: Array, parameters: Array, steps: int, dt: float, order: int, reach: float
) -> Array:
    from factorhub.dynamics.taylor import integrate

    operations, rates, where, constants = system.tape.arrays
    out = np.empty((len(starts), steps, starts.shape[1]))
    failed = np.empty(len(starts))
    starts, parameters = np.ascontiguousarray(starts), np.ascontiguousarray(parameters)
    integrate(operations, rates, system.tape.registers, where, constants, starts, parameters, dt, order, reach, LONGEST, out, failed)
    if (failed >= 0).any():
        row = int(np.flatnonzero(failed >= 0)[0])
        where_text = f"{system.name} at {_factors(system, values[row])}"
        raise InputError(f"{where_text} cannot be integrated past t = {failed[row]:.6g}: the steps vanish (a collision?); leave it out")
    return out


def _factors(system: System, row: Array) -> str:
    return ", ".join(f"{factor.name} = {value:.17g}" for factor, value in zip(system.factors, row, strict=True))


def derivatives(system: System, found: Array, parameters: Array, dt: float) -> Array:
    """The right-hand side (n, T, s) of the equations at the states (n, T, s)."""
    columns = [found[..., s] for s in range(found.shape[-1])]
    constants = [np.broadcast_to(parameters[:, p, None], found.shape[:2]) for p in range(parameters.shape[1])]
    clock = np.broadcast_to(np.arange(found.shape[1]) * dt, found.shape[:2])
    rates = system.equations(clock, columns, constants)
    return np.stack([np.broadcast_to(rate, found.shape[:2]) for rate in rates], axis=-1)


def relative(found: Array, reference: Array) -> Array:
    """The largest difference (n,) of two solutions (n, T, s), each component as a fraction of its largest size in the row."""
    sizes = np.abs(reference).max(axis=1)
    apart = np.abs(found - reference).max(axis=1)
    return np.where(apart > 0, apart / np.maximum(sizes, 1e-300), 0.0).max(axis=1)


def quality(system: System, values: Array, steps: int, dt: float) -> Batch:
    """Per row (n,): "error", the largest relative difference from a solution of higher order with shorter steps, and
    "drift_…", the largest change of each invariant as a fraction of its scale."""
    starts, parameters = system.setup(values)
    found = states(system, values, starts, parameters, steps, dt)
    reference = _integrate(system, values, starts, parameters, steps, dt, TIGHT_ORDER, TIGHT_REACH)
    measured = {"error": relative(found, reference)}
    for name, (quantity, scale) in system.invariants(found, parameters).items():
        measured[f"drift_{name}"] = np.abs(quantity - quantity[:, :1]).max(axis=1) / scale
    return measured
