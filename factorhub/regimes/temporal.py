"""Sequences whose next frame is caused by the one before, with random interventions on the way."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import Field
from factorhub.numerics.factor_tables import factor_tables
from factorhub.regimes.causal import intervened
from factorhub.regimes.mechanisms import Mechanism, Model, compile_model
from factorhub.regimes.regime import Draw, Regime, Wrapper, distinct, remembered
from factorhub.regimes.sequences import check_steps
from factorhub.regimes.uniform import UNIFORM
from factorhub.regions import Region
from factorhub.space import FactorSpace


@dataclass(frozen=True)
class Temporal(Wrapper):
    """Frame after frame from a structural causal model whose parents are the factors of the frame before.

    In each frame after the first every factor is, with chance `rate`, intervened on: it is drawn anew from its whole
    range instead of from its parents. Recorded with each row: `intervened` (steps, k).

    Attributes:
        mechanisms: as in `causal`, but parents are read from the frame before, so that a factor may be its own.
        steps: frames, the first included.
        rate: the chance of an intervention; -1 for 1/(n + 1), n being the number of factors that vary.
        inertia: how a factor without a mechanism moves: its score is `inertia` times its last one plus normal noise
            that keeps it uniform over time. Categorical factors without a mechanism stay as they are.
        inner: where first frames come from.
    """

    mechanisms: tuple[Mechanism, ...] = ()
    steps: int = 10
    rate: float = -1.0
    inertia: float = 0.9
    inner: Regime = UNIFORM

    def __post_init__(self) -> None:
        object.__setattr__(self, "mechanisms", tuple(self.mechanisms))
        check_steps(self.steps, "temporal sequence")
        if self.rate != -1 and not 0 <= self.rate <= 1:
            raise InputError(f"the rate of interventions is a chance from 0 to 1, or -1 for 1/(n + 1); got {self.rate:g}")
        if not 0 <= self.inertia < 1:
            raise InputError(f"inertia is at least 0 and below 1; got {self.inertia:g}")

    @remembered
    def support(self, base: FactorSpace) -> Region | None:
        """The whole space."""
        return None

    @remembered
    def axes(self, base: FactorSpace) -> tuple[tuple[str, int], ...]:
        """Time, then the inner regime's axes."""
        inner = self.inner.axes(base)
        return ((distinct("time", (name for name, _ in inner)), self.steps), *inner)

    @remembered
    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """The inner regime's (of the first frame), and the targets in each frame."""
        inner = self.inner.extras(base)
        name = distinct("intervened", (item.name for item in inner))
        made = intervened(base, self.mechanisms, self.axes(base)[:1])
        return (*inner, Field(name, made.dtype, made.shape, made.dims, "", made.description, made.meta))

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Row r's first frame is row r of the inner regime."""
        from factorhub.regimes.kernels.temporal import evolve

        rows, name, k = np.asarray(rows, dtype=np.int64), f"{stream}/temporal", len(base.factors)
        drawn = self.inner.draw(base, seed, rows, f"{name}/inner")
        values = np.empty((len(rows), self.steps, *drawn.values.shape[1:]))
        values[:, 0] = drawn.values
        targets = np.zeros((len(rows), self.steps, k), dtype=bool)
        varying, model, still = self._plan(base)
        rate = 1.0 / (len(varying) + 1) if self.rate == -1 else self.rate
        keys = randomness.key(seed, f"{name}/targets"), randomness.key(seed, f"{name}/noise")
        frames = values.reshape(len(rows), self.steps, math.prod(drawn.values.shape[1:-1]), k)
        evolve(factor_tables(self.space(base)), model, still, varying, rate * 2**32, keys, rows, frames, targets)
        return Draw(values, None, {**drawn.extras, self.extras(base)[-1].name: targets})

    @remembered
    def _plan(self, base: FactorSpace) -> tuple[Array, Model, Array]:
        """The factors that vary, the transition, and a mask of those that stay as they are."""
        varying = np.array([j for j, factor in enumerate(base) if factor.size != 1], dtype=np.int64)
        named = {item.factor for item in self.mechanisms}
        keep = float(np.sqrt(1 - self.inertia**2))
        drift = tuple(
            Mechanism(factor.name, (factor.name,), (self.inertia,), noise=keep)
            for factor in base
            if factor.name not in named and factor.kind != "categorical" and factor.size != 1
        )
        model = compile_model((*self.mechanisms, *drift), (), self.space(base), lagged=True)
        still = [factor.name not in named and factor.kind == "categorical" for factor in base]
        return varying, model, np.array(still)
