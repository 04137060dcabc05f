"""Trajectories of a system, and the measure of their error: the step between a system's record and the integrator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from factorhub.dynamics.solver.equations import Equations, Tape
from factorhub.dynamics.solver.operations import Steps
from factorhub.errors import InputError
from factorhub.factors import Array, Factor
from factorhub.fields import Batch

Invariants: TypeAlias = Callable[[Array, Array], Mapping[str, tuple[Array, Array]]]


class Problem(Protocol):
    """What the integrator asks of a system; `factorhub.dynamics.system.System` says what each of these is."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def factors(self) -> tuple[Factor, ...]: ...  # noqa: D102
    @property
    def equations(self) -> Equations: ...  # noqa: D102
    @property
    def tape(self) -> Tape: ...  # noqa: D102
    @property
    def setup(self) -> Callable[[Array], tuple[Array, Array]]: ...  # noqa: D102
    @property
    def invariants(self) -> Invariants: ...  # noqa: D102
    @property
    def sensitive(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True)
class Method:
    """How to integrate.

    Attributes:
        order: of the polynomials.
        reach: the step in radii of convergence.
        pairs: how many orders, from 0 on, are computed in pairs of doubles.
        coarse: how many bits are cut off the state after every step.
    """

    order: int
    reach: float
    pairs: int = 0
    coarse: int = 0


CHEAPEST = 0.1353352832366127  # e⁻², the step that costs least at any order; the error of a step is then e^(-2 order)
MAIN = Method(18, CHEAPEST)  # e⁻³⁶, the last bit of a double
PROBES = Method(16, 0.23, coarse=17), Method(14, 0.19, coarse=18)  # wrong by a known amount: what amplifies errors shows
PRECISE = Method(26, CHEAPEST, pairs=8)  # e⁻⁵²; a coefficient of order n in doubles is wrong by 2⁻⁵³ e⁻²ⁿ of the state
REFERENCE = Method(34, 0.1, pairs=34)  # shorter steps of higher order
LONGEST = 1_000_000  # steps of one trajectory; published settings need a few hundred
SUSPECT = 2.0**-20  # the second probe is asked where the first differs by this: one alone may agree by accident
TRUSTED = 2.0**-26  # a quarter of the rounding of float32, which two solutions in pairs may differ by
DOUBTFUL = 2.0**-12  # MAIN is kept where the probes agree to this
LOST = 2.0**-5  # where MAIN and pairs differ by more, nothing is known of the amplification, and pairs are checked too


def states(system: Problem, values: Array, steps: int, dt: float) -> tuple[Array, Array]:
    """The states (n, T, s) at k·dt and the parameters (n, p), float64, of factor values (n, k).

    Rows of a sensitive system are solved again by other methods; where those differ, in pairs of doubles.

    Raises:
        InputError: a trajectory cannot be computed; the message names the row's factors.
    """
    starts, parameters = system.setup(values)
    found, failed = _integrate(system, starts, parameters, steps, dt, MAIN)
    if system.sensitive:
        doubtful = np.flatnonzero(doubts(system, starts, parameters, dt, found, failed) > DOUBTFUL)
        if len(doubtful):
            first, ended = found[doubtful], failed[doubtful]
            found[doubtful], failed[doubtful] = _integrate(system, starts[doubtful], parameters[doubtful], steps, dt, PRECISE)
            apart = np.where(ended < 0, relative(first, found[doubtful]), np.inf)
            lost = doubtful[(apart > LOST) & (failed[doubtful] < 0)]
            if len(lost):
                other, ended = _integrate(system, starts[lost], parameters[lost], steps, dt, PRECISE, shorter=0.75)
                failed[lost] = np.maximum(failed[lost], ended)
                apart = relative(found[lost], other)
                for i in np.flatnonzero((apart > TRUSTED) & (failed[lost] < 0)):
                    wrong = f"two solutions differ by {apart[i]:.1g} of the state, where {TRUSTED:.1g} is allowed"
                    place = f"{system.name} at {named(system.factors, values[lost[i]])}"
                    raise InputError(f"{place} cannot be integrated to tolerance: {wrong}; take fewer steps or leave it out")
    for row in np.flatnonzero(failed >= 0):
        place = f"{system.name} at {named(system.factors, values[row])}"
        wrong = "the steps vanish as in a collision; leave it out"
        raise InputError(f"{place} cannot be integrated past t = {failed[row]:.6g}: {wrong}")
    return found, parameters


def doubts(system: Problem, starts: Array, parameters: Array, dt: float, found: Array, failed: Array) -> Array:
    """How far the probes come out from the solutions `found` (n, T, s), as fractions (n,); infinite for those that failed."""
    from factorhub.dynamics.solver.taylor import largest

    sizes = np.empty((len(found), found.shape[2]))
    largest(found, sizes)
    apart = np.where(failed < 0, 1.0, np.inf)
    for probe in PROBES:
        rows = np.flatnonzero((apart > SUSPECT) & (apart < np.inf))
        out = found if len(rows) == len(found) else found[rows]
        ended, seen = _run(system, starts[rows], parameters[rows], dt, probe, 1.0, out, sizes[rows])
        seen[ended >= 0] = np.inf
        apart[rows] = seen if probe is PROBES[0] else np.maximum(seen, apart[rows])
    return apart


def _integrate(
    system: Problem, starts: Array, parameters: Array, steps: int, dt: float, method: Method, shorter: float = 1.0
) -> tuple[Array, Array]:
    """States (n, T, s), and when each trajectory could not go on (n,), -1 where it could; steps are times `shorter`."""
    out = np.empty((len(starts), steps, starts.shape[1]))
    failed, _ = _run(system, starts, parameters, dt, method, shorter, out, np.empty((0, starts.shape[1])))
    return out, failed


def _run(
    system: Problem, starts: Array, parameters: Array, dt: float, method: Method, shorter: float, out: Array, sizes: Array
) -> tuple[Array, Array]:
    from factorhub.dynamics.solver.taylor import integrate

    failed, apart = np.empty(len(starts)), np.empty(len(starts))
    starts, parameters = np.ascontiguousarray(starts), np.ascontiguousarray(parameters)
    coarse = 2.0**method.coarse + 1.0 if method.coarse else 0.0
    steps = Steps(method.order, method.reach * shorter, method.pairs, coarse, LONGEST)
    integrate(system.tape.arrays, steps, starts, parameters, dt, out, sizes, failed, apart)
    return failed, apart


def named(factors: Sequence[Factor], row: Array) -> str:
    """A row's factors and values in words that give back every bit."""
    return ", ".join(f"{factor.name} = {value:.17g}" for factor, value in zip(factors, row, strict=True))


def derivatives(system: Problem, found: Array, parameters: Array, dt: float) -> Array:
    """The right-hand side (n, T, s) of the equations at the states (n, T, s)."""
    columns = [found[..., s] for s in range(found.shape[-1])]
    constants = [np.broadcast_to(parameters[:, p, None], found.shape[:2]) for p in range(parameters.shape[1])]
    clock = np.broadcast_to(np.arange(found.shape[1]) * dt, found.shape[:2])
    rates = system.equations(clock, columns, constants)
    return np.stack([np.broadcast_to(rate, found.shape[:2]) for rate in rates], axis=-1)


def relative(found: Array, reference: Array) -> Array:
    """The largest difference (n,) of two solutions (n, T, s), each component as a fraction of its largest size in the row."""
    from factorhub.dynamics.solver.taylor import differences

    shares = np.empty(len(found))
    differences(found, reference, shares)
    return shares


def quality(system: Problem, values: Array, steps: int, dt: float) -> Batch:
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
