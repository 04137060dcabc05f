"""Sparse multi-task targets: each task reads a few factors through a random linear or logistic head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import Field
from factorhub.numerics.factor_tables import factor_tables
from factorhub.regimes.pairs import each_point
from factorhub.regimes.regime import Draw, Regime, Wrapper, choice, columns, distinct, remembered
from factorhub.regimes.uniform import UNIFORM
from factorhub.space import FactorSpace

Head = Literal["linear", "logistic"]


@dataclass(frozen=True)
class Tasks(Wrapper):
    """The rows of `inner` with the answers of `tasks` random tasks, each of which depends on `reads` factors only.

    A task's score is the sum of weight · (2 u - 1) over its factors, u being the factor's place in [0, 1]. Linear
    heads answer with the score plus normal noise, logistic ones with 1 or 0 by chance 1 / (1 + exp(-sharpness · score)).
    The weights are in the field's meta data.

    Attributes:
        tasks: how many.
        reads: how many factors each reads.
        head: "linear" or "logistic".
        noise: of linear answers, a standard deviation.
        sharpness: of logistic answers.
        heads: the seed of the weights, apart from the rows' own, so that sets of other rows share their tasks.
        factors: that tasks may read; all that vary and are no nuisance by default.
        inner: where rows come from.
    """

    tasks: int = 16
    reads: int = 2
    head: Head = "linear"
    noise: float = 0.0
    sharpness: float = 4.0
    heads: int = 0
    factors: tuple[str, ...] = ()
    inner: Regime = UNIFORM

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", tuple(self.factors))
        choice("head", self.head, get_args(Head), "tasks")
        if self.tasks < 1 or self.reads < 1 or self.noise < 0 or not self.sharpness > 0:
            raise InputError(
                f"tasks and reads are at least 1, noise at least 0, sharpness above 0; got {self.tasks}, {self.reads}, "
                f"{self.noise:g}, {self.sharpness:g}"
            )

    @remembered
    def weights(self, base: FactorSpace) -> Array:
        """The heads (tasks, k): zero but for the factors each task reads."""
        return _weights(self, base)

    @remembered
    def reading(self, base: FactorSpace) -> tuple[Array, Array, Array, Array]:
        """The factors that any task reads, where each task's begin among those of all tasks, and these with their weights."""
        heads = self.weights(base)
        tasks, reads = np.nonzero(heads)
        return np.unique(reads), np.searchsorted(tasks, np.arange(self.tasks + 1)), reads, heads[tasks, reads]

    @remembered
    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """The inner regime's, and the answers."""
        inner, axes = self.inner.extras(base), self.inner.axes(base)
        name = distinct("targets", (item.name for item in inner))
        shape, dims = (*(size for _, size in axes), self.tasks), (*(axis for axis, _ in axes), "task")
        meta = {"factors": list(base.names), "weights": self.weights(base).tolist()}
        dtype = "float64" if self.head == "linear" else "uint8"
        return (*inner, Field(name, dtype, shape, dims, description=f"answers of {self.head} tasks", meta=meta))

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """The inner regime's rows, and the answers of every task to them."""
        from factorhub.numerics.normal import probits
        from factorhub.regimes.kernels.tasks import fill_answers, fill_decisions

        rows, name = np.asarray(rows, dtype=np.int64), f"{stream}/tasks"
        drawn = self.inner.draw(base, seed, rows, f"{name}/inner")
        points = drawn.values.reshape(-1, len(base.factors))
        numbers = each_point(rows, points)
        asked = (*factor_tables(self.space(base)), *self.reading(base))
        answers: Array = np.empty((len(points), self.tasks), dtype=self.extras(base)[-1].dtype)
        if self.head == "logistic":
            numbers = np.ascontiguousarray(numbers).view(np.uint64)
            fill_decisions(*asked, self.sharpness, randomness.key(seed, name), numbers, points, answers)
        else:
            fill_answers(*asked, points, answers)
            if self.noise > 0:
                noise = np.empty(answers.size)
                probits(randomness.uniforms(seed, name, numbers, self.tasks).reshape(-1), noise)
                answers += self.noise * noise.reshape(answers.shape)
        answers = answers.reshape(*drawn.values.shape[:-1], self.tasks)
        return Draw(drawn.values, drawn.codes, {**drawn.extras, self.extras(base)[-1].name: answers})


def _weights(of: Tasks, base: FactorSpace) -> Array:
    names = of.factors or tuple(factor.name for factor in base if factor.size != 1 and not factor.nuisance)
    free = columns(base, names, "factors")
    if of.reads > len(free):
        raise InputError(f"each task reads {of.reads} factors; this space has {len(free)} to read; lower reads")
    u = randomness.uniforms(of.heads, "tasks/heads", np.arange(of.tasks), 2 * len(free))
    heads = np.zeros((of.tasks, len(base.factors)))
    for task, row in enumerate(u):
        for m in np.argsort(row[: len(free)], kind="stable")[: of.reads]:
            draw = row[len(free) + m]
            heads[task, free[m]] = (0.5 + draw) if draw < 0.5 else -draw
    heads.setflags(write=False)
    return heads
