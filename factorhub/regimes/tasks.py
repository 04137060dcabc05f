"""Sparse multi-task targets: each task reads a few factors through a random linear, logistic or rule head."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array, Factor
from factorhub.fields import Field
from factorhub.numerics.factor_tables import factor_tables
from factorhub.regimes.pairs import each_point
from factorhub.regimes.regime import Draw, Regime, Wrapper, choice, columns, distinct, remembered
from factorhub.regimes.uniform import UNIFORM
from factorhub.space import FactorSpace

Head = Literal["linear", "logistic", "rule"]
PARTS = 4  # of a factor's interval that rules tell apart
MOST_PARTS = 2**16  # combinations in the table of a rule


@dataclass(frozen=True)
class Tasks(Wrapper):
    """The rows of `inner` with the answers of `tasks` random tasks, each of which depends on `reads` factors only.

    A task's score is the sum of weight · (2 u - 1) over its factors, u being the factor's place in [0, 1]. Linear
    heads answer with the score plus normal noise, logistic ones with 1 or 0 by chance 1 / (1 + exp(-sharpness · score)).
    The weights are in the field's meta data. A rule gives every combination of what its factors can be (a label, a listed value,
    a quarter of an interval) one of `classes`, all equally often: concept models learn such labels from concepts. Its table is
    in the meta data.

    Attributes:
        tasks: how many.
        reads: how many factors each reads.
        head: "linear", "logistic" or "rule".
        noise: of linear answers, a standard deviation.
        sharpness: of logistic answers.
        heads: the seed of the weights, apart from the rows' own, so that sets of other rows share their tasks.
        factors: that tasks may read, attributes too; all factors that vary and are no nuisance by default.
        classes: of rules.
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
    classes: int = 4

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", tuple(self.factors))
        choice("head", self.head, get_args(Head), "tasks")
        if self.tasks < 1 or self.reads < 1 or self.noise < 0 or not self.sharpness > 0 or not 2 <= self.classes <= 256:
            raise InputError(
                f"tasks and reads are at least 1, noise at least 0, sharpness above 0, classes 2 to 256; got {self.tasks}, "
                f"{self.reads}, {self.noise:g}, {self.sharpness:g}, {self.classes}"
            )

    @remembered
    def read(self, base: FactorSpace) -> FactorSpace:
        """The factors of the rows, and after them the attributes that tasks may read, as factors."""
        space = self.space(base)
        named = [space.known(name) for name in self.factors if name not in space and name not in space.groups]
        return FactorSpace((*space.factors, *named), space.symmetries, groups=space.groups) if named else space

    @remembered
    def weights(self, base: FactorSpace) -> Array:
        """The heads (tasks, k): zero but for the factors each task reads."""
        return _weights(self, self.read(base))

    @remembered
    def rules(self, base: FactorSpace) -> tuple[tuple[Array, Array], ...]:
        """Of each task with a rule, the positions (m,) of the factors it reads, and the class (parts, …) of each combination."""
        return tuple(_rule(self, self.read(base), task, row) for task, row in enumerate(self.weights(base)))

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
        meta: dict[str, Any] = {"factors": list(self.read(base).names)}
        if self.head == "rule":
            meta["rules"] = [{"reads": at.tolist(), "classes": classes.tolist()} for at, classes in self.rules(base)]
        else:
            meta["weights"] = self.weights(base).tolist()
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
        space = self.read(base)
        if len(space.factors) > points.shape[1]:
            follow = [self.space(base).column(points, name) for name in space.names[points.shape[1] :]]
            points = np.column_stack([points, *follow])
        asked = (*factor_tables(space), *self.reading(base))
        answers: Array = np.empty((len(points), self.tasks), dtype=self.extras(base)[-1].dtype)
        if self.head == "rule":
            for task, (at, classes) in enumerate(self.rules(base)):
                answers[:, task] = classes[tuple(_part(space.factors[j], points[:, j]) for j in at)]
        elif self.head == "logistic":
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


def _part(factor: Factor, values: Array) -> Array:
    """Which of the parts that rules tell apart values (n,) lie in: a factor's code, or a quarter of its interval."""
    if factor.interval:
        return np.minimum((factor.to_unit(values) * PARTS).astype(np.int64), PARTS - 1)
    return factor.nearest(values)


def _rule(of: Tasks, space: FactorSpace, task: int, weights: Array) -> tuple[Array, Array]:
    at = np.flatnonzero(weights)
    sizes = [PARTS if space.factors[j].interval else space.factors[j].size or 1 for j in at]
    parts = math.prod(sizes)
    if not of.classes <= parts <= MOST_PARTS:
        named = ", ".join(space.names[j] for j in at)
        raise InputError(f"a rule of {of.classes} classes has {of.classes} to {MOST_PARTS:,} combinations; {named} have {parts:,}")
    order = np.argsort(randomness.uniforms(of.heads, "tasks/rules", np.array([task]), parts)[0], kind="stable")
    classes = np.empty(parts, dtype=np.uint8)
    classes[order] = np.arange(parts) * of.classes // parts
    return at, classes.reshape(sizes)


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
