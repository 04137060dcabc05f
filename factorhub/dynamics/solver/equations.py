"""Equations of motion written once: traced into a tape for the integrator, or evaluated on arrays.

A system's equations are a plain Python function `equations(time, state, parameters) -> rates` in + - * / and the
functions of this module. Called with `Term`s it records what it computes; called with arrays it computes it. So the
integrated system and the stored derivatives cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from factorhub.dynamics.solver.operations import ADD, DIVIDE, INVERSE_CUBE, MULTIPLY, SCALE, SINCOS, SUBTRACT, Recording
from factorhub.factors import Array

Equations: TypeAlias = Callable[[Any, Sequence[Any], Sequence[Any]], Sequence[Any]]


@dataclass(frozen=True)
class Tape:
    """A system's right-hand side as a straight line of operations on registers, data for `factorhub.dynamics.solver.taylor`.

    Registers hold, in this order: the state, the time, the parameters, then constants and what the operations make.

    Attributes:
        states, parameters: how many there are.
        registers: how many registers there are altogether.
        constants: (register, number) pairs.
        operations: (m, 5) int64 rows: operation, target, first and second operand, and 1 where it does not change with time.
        rates: the register of each state's rate.
    """

    states: int
    parameters: int
    registers: int
    constants: tuple[tuple[int, float], ...]
    operations: tuple[tuple[int, int, int, int, int], ...]
    rates: tuple[int, ...]

    @cached_property
    def arrays(self) -> Recording:
        """The same as arrays, for the integrator."""
        where, numbers = zip(*self.constants, strict=True) if self.constants else ((), ())
        return Recording(
            np.array(self.operations, dtype=np.int64).reshape(-1, 5),
            np.array(self.rates, dtype=np.int64),
            self.registers,
            np.array(where, dtype=np.int64),
            np.array(numbers, dtype=np.float64),
        )


@dataclass
class _Recorder:
    registers: int
    constants: dict[float, int] = field(default_factory=dict)
    operations: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    known: dict[tuple[int, int, int], int] = field(default_factory=dict)

    def constant(self, number: float) -> Term:
        if number not in self.constants:
            self.constants[number] = self.registers
            self.registers += 1
        return Term(self, self.constants[number], True)

    def term(self, operation: int, a: Term, b: Term, width: int = 1) -> Term:
        """The register that holds the result, an old one where the same was computed before."""
        fixed = a.fixed and b.fixed
        if operation == MULTIPLY and (a.fixed or b.fixed):
            operation = SCALE
            a, b = (a, b) if a.fixed else (b, a)
        asked = (operation, a.register, b.register)
        if asked not in self.known:
            self.known[asked] = self.registers
            self.operations.append((operation, self.registers, a.register, b.register, int(fixed)))
            self.registers += width
        return Term(self, self.known[asked], fixed)


@dataclass(frozen=True)
class Term:
    """A quantity while its equations are recorded: a register, and whether it stays the same along a trajectory."""

    recorder: _Recorder
    register: int
    fixed: bool

    def _other(self, other: Any) -> Term:
        return other if isinstance(other, Term) else self.recorder.constant(float(other))

    def __add__(self, other: Any) -> Term:
        if not isinstance(other, Term) and other == 0:
            return self
        return self.recorder.term(ADD, self, self._other(other))

    def __sub__(self, other: Any) -> Term:
        return self.recorder.term(SUBTRACT, self, self._other(other))

    def __rsub__(self, other: Any) -> Term:
        difference: Term = self._other(other) - self
        return difference

    def __mul__(self, other: Any) -> Term:
        return self.recorder.term(MULTIPLY, self, self._other(other))

    def __truediv__(self, other: Any) -> Term:
        other = self._other(other)
        if other.fixed and not self.fixed:
            inverse: Term = 1.0 / other
            return self * inverse
        return self.recorder.term(DIVIDE, self, other)

    def __rtruediv__(self, other: Any) -> Term:
        quotient: Term = self._other(other) / self
        return quotient

    def __neg__(self) -> Term:
        return self * -1.0

    __radd__ = __add__
    __rmul__ = __mul__


def trace(equations: Equations, states: int, parameters: int) -> Tape:
    """The tape of `equations`, which are given the time, `states` states and `parameters` parameters."""
    recorder = _Recorder(states + 1 + parameters)
    terms = [Term(recorder, i, i > states) for i in range(recorder.registers)]
    rates = equations(terms[states], terms[:states], terms[states + 1 :])
    registers = [terms[0]._other(rate).register for rate in rates]
    constants = tuple((register, number) for number, register in recorder.constants.items())
    return Tape(states, parameters, recorder.registers, constants, tuple(recorder.operations), tuple(registers))


def sin(x: Any) -> Any:
    """Sine [x in rad] of a term or an array."""
    return x.recorder.term(SINCOS, x, x, 3) if isinstance(x, Term) else _sincos(x)[0]


def cos(x: Any) -> Any:
    """Cosine [x in rad] of a term or an array."""
    if isinstance(x, Term):
        sine = x.recorder.term(SINCOS, x, x, 3)
        return Term(x.recorder, sine.register + 1, sine.fixed)
    return _sincos(x)[1]


def inverse_cube(square: Any) -> Any:
    """1 / r³ of a term or an array that holds r², as forces between bodies need it."""
    if isinstance(square, Term):
        return square.recorder.term(INVERSE_CUBE, square, square, 2)
    return 1.0 / (square * np.sqrt(square))


def _sincos(x: Array) -> tuple[Array, Array]:
    from factorhub.dynamics.solver.taylor import sincos_of

    flat = np.ascontiguousarray(x, dtype=np.float64).reshape(-1)
    out = np.empty((2, flat.size))
    sincos_of(flat, out)
    return out[0].reshape(np.shape(x)), out[1].reshape(np.shape(x))
