"""Sequences whose next frame is caused by the one before, with random interventions on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import Field
from factorhub.layout import layout
from factorhub.regimes.causal import Causal, Mechanism, Model, compile_model, intervened
from factorhub.regimes.pairs import each_point
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
        rows, name = np.asarray(rows, dtype=np.int64), f"{stream}/temporal"
        drawn = self.inner.draw(base, seed, rows, f"{name}/inner")
        values = np.empty((len(rows), self.steps, *drawn.values.shape[1:]))
        targets = np.zeros((len(rows), self.steps, len(base.factors)), dtype=bool)
        frames = self._frames(base, seed, rows, name, drawn.values)
        for t, (frame, mask) in enumerate(frames):
            values[:, t], targets[:, t] = frame, mask
        return Draw(values, None, {**drawn.extras, self.extras(base)[-1].name: targets})

    @remembered
    def _plan(self, base: FactorSpace) -> tuple[list[int], Model, list[int]]:
        """The factors that vary, the transition, and the factors that stay as they are."""
        varying = [j for j, factor in enumerate(base) if factor.size != 1]
        named = {item.factor for item in self.mechanisms}
        keep = float(np.sqrt(1 - self.inertia**2))
        drift = tuple(
            Mechanism(factor.name, (factor.name,), (self.inertia,), noise=keep)
            for factor in base
            if factor.name not in named and factor.kind != "categorical" and factor.size != 1
        )
        model = compile_model(Causal((*self.mechanisms, *drift)), self.space(base), lagged=True)
        still = [j for j, factor in enumerate(base) if factor.name not in named and factor.kind == "categorical"]
        return varying, model, still

    def _frames(self, base: FactorSpace, seed: int, rows: Array, stream: str, first: Array) -> Iterator[tuple[Array, Array]]:
        """Each frame (n, *axes, k) and the mask (n, k) of its targets, which all points of a row share."""
        from factorhub.regimes.scores import assign, scores_of

        k, plan, frame = len(base.factors), layout(self.space(base)), first.reshape(-1, len(base.factors))
        varying, model, still = self._plan(base)
        rate = 1.0 / (len(varying) + 1) if self.rate == -1 else self.rate
        points, several = each_point(rows, frame), len(frame) // max(len(rows), 1)
        scores = np.empty_like(frame)
        scores_of(*plan, model.read, model.start, model.levels, frame, scores)
        yield first, np.zeros((len(rows), k), dtype=bool)
        for t in range(1, self.steps):
            mask = np.zeros((len(rows), k), dtype=bool)
            mask[:, varying] = _chances(seed, f"{stream}/targets", rows * self.steps + t, len(varying)) < rate * 2**32
            targets = mask if several == 1 else np.repeat(mask, several, axis=0)
            words = randomness.words(seed, f"{stream}/noise", points * self.steps + t, k)
            after, later = np.empty_like(frame), np.empty_like(frame)
            assign(*plan, *model, words, scores, targets, after, later)
            for j in still:
                after[:, j] = np.where(targets[:, j], after[:, j], frame[:, j])
                later[:, j] = np.where(targets[:, j], later[:, j], scores[:, j])
            frame, scores = after, later
            yield frame.reshape(first.shape), mask


def _chances(seed: int, stream: str, numbers: Array, count: int) -> Array:
    """Random numbers (n, count) below 2**32, two from each word."""
    words = randomness.words(seed, stream, numbers, (count + 1) // 2)
    return np.concatenate([words >> np.uint64(32), words & np.uint64(2**32 - 1)], axis=1)[:, :count]
