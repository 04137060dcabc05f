"""Mechanisms of structural causal models and interventions on them, and what kernels read of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.formulas import Formula
from factorhub.numerics.factor_tables import factor_tables
from factorhub.regimes.regime import choice
from factorhub.space import FactorSpace

LARGEST = 65536  # grid values whose scores are kept in a table
FORMS = ("linear", "tanh", "relu", "absolute", "quadratic", "step")


@dataclass(frozen=True)
class Mechanism:
    """How one factor comes about: form(Σ weight · parent's score + bias) + noise · a standard normal number.

    Scores are normal: the factor's value is where its score stands in the standard normal distribution, carried over
    to the factor's range or its grid; so a factor without parents is uniform. On a grid a parent's score is that of
    its value (the middle of its share), so that children depend on nothing but values.

    Attributes:
        factor: which one.
        parents, weights: what it depends on, and how strongly.
        form: linear (x), tanh, relu (max(x, 0)), absolute (|x|), quadratic (x² - 1) or step (the sign of x).
        bias, noise: the shift of x, and the share of the factor's own noise.
    """

    factor: str
    parents: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    form: str = "linear"
    bias: float = 0.0
    noise: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "parents", tuple(self.parents))
        object.__setattr__(self, "weights", tuple(float(weight) for weight in self.weights))
        choice("form", self.form, FORMS, f"the mechanism of {self.factor}")
        if len(self.parents) != len(self.weights) or len(set(self.parents)) != len(self.parents):
            raise InputError(
                f"{self.factor} needs one weight for each of its distinct parents; got {self.parents} and {self.weights}"
            )
        if not self.noise >= 0:
            raise InputError(f"the noise of {self.factor} is at least 0; got {self.noise:g}")


@dataclass(frozen=True)
class Do:
    """A hard intervention: the factor no longer listens to its parents.

    Attributes:
        factor: which one.
        value: what it is set to, a value or label; None draws it anew from its whole range.
    """

    factor: str
    value: float | str | None = None


# A mechanism or formula in the place of another is a soft intervention; several targets at once are a tuple.
Rule: TypeAlias = Mechanism | Formula
Target: TypeAlias = Do | Rule


def effective(mechanisms: Iterable[Rule], do: Iterable[Target], space: FactorSpace) -> list[Rule]:
    """The mechanisms after the soft interventions and with what hard ones cut removed."""
    model = {item.factor: item for item in mechanisms}
    for target in do:
        model[target.factor] = Mechanism(target.factor) if isinstance(target, Do) else target
    for item in model.values():
        for name in (item.factor, *item.parents):
            space.index(name)
    return list(model.values())


def formulas(rules: Iterable[Rule], space: FactorSpace) -> tuple[Formula, ...]:
    """The formulas among `effective` rules, parents before children."""
    left = {item.factor: item for item in rules if isinstance(item, Formula)}
    ordered: list[Formula] = []
    while left:
        if not (ready := [name for name, item in left.items() if not left.keys() & set(item.parents)]):
            raise InputError(f"these factors follow each other in a circle: {', '.join(left)}; remove a formula")
        ordered += [left.pop(name) for name in ready]
    for item in ordered:
        if space[item.factor].grid is not None:
            raise InputError(f"a formula gives any number, and {item.factor} stays on its grid; leave out the formula or on_grid")
    return tuple(ordered)


class Model(NamedTuple):
    """What the kernels `assign` and `evolve` read: the mechanisms of all factors, of one model or of several, one after another."""

    order: Array
    first: Array
    parents: Array
    weights: Array
    form: Array
    bias: Array
    noise: Array
    fixed: Array
    value: Array
    level: Array
    read: Array
    start: Array
    levels: Array


def compile_model(mechanisms: Iterable[Rule], do: Sequence[Target], space: FactorSpace, lagged: bool = False) -> Model:
    """The mechanisms of all factors as arrays, in causal order (in any order where parents are read from a frame before)."""
    from factorhub.regimes.kernels.causal import scores_of

    rules = effective(mechanisms, do, space)
    named = {item.factor: item for item in rules if isinstance(item, Mechanism)}
    model = [named.get(name, Mechanism(name)) for name in space.names]
    late = {item.factor for item in formulas(rules, space)}
    for child, name in ((item.factor, parent) for item in model for parent in item.parents if parent in late):
        raise InputError(f"{child} has the parent {name}, which follows a formula; give {child} a formula too")
    parents = [[space.index(name) for name in item.parents] for item in model]
    order: list[int] = list(range(len(model))) if lagged else []
    while len(order) < len(model):
        ready = [j for j in range(len(model)) if j not in order and all(parent in order for parent in parents[j])]
        if not ready:
            cycle = ", ".join(space.names[j] for j in range(len(model)) if j not in order)
            raise InputError(f"these factors cause each other in a circle: {cycle}; remove a parent")
        order += ready
    fixed = {target.factor: target.value for target in do if isinstance(target, Do) and target.value is not None}
    values = {space.index(name): _value(space, name, value) for name, value in fixed.items()}
    listed = [parent for j in order for parent in parents[j]]
    read = np.array([j in set(listed) for j in range(len(model))])
    start, levels = _levels(space)
    marks = np.zeros((len(model), 1))
    points = np.array([[values.get(j, factor.low) for j, factor in enumerate(space)]])
    scores_of(*factor_tables(space), read & np.array([j in values for j in range(len(model))]), start, levels, points, marks)
    return Model(
        np.array(order, dtype=np.int64),
        np.cumsum([0, *(len(parents[j]) for j in order)]),
        np.array(listed, dtype=np.int64),
        np.array([weight for j in order for weight in model[j].weights], dtype=np.float64),
        np.array([FORMS.index(model[j].form) for j in order]),
        np.array([model[j].bias for j in order], dtype=np.float64),
        np.array([model[j].noise for j in order], dtype=np.float64),
        np.array([j in values for j in order]),
        np.array([values.get(j, 0.0) for j in order]),
        marks[order, 0],
        read[order],
        start,
        levels,
    )


def side_by_side(models: Sequence[Model]) -> Model:
    """Several models over one space as one: their mechanisms one after the other."""
    first, parents = [np.zeros(1, dtype=np.int64)], 0
    for model in models:
        first.append(model.first[1:] + parents)
        parents += len(model.parents)
    joined = {name: np.concatenate([getattr(model, name) for model in models]) for name in Model._fields}
    return Model(**{**joined, "first": np.concatenate(first), "start": models[0].start, "levels": models[0].levels})


def _levels(space: FactorSpace) -> tuple[Array, Array]:
    """The scores of the grid values of factors on a grid, unless it is huge, one factor after another, and where each starts."""
    from factorhub.numerics.normal import probits

    start, parts, length = np.full(len(space.factors), -1), [np.zeros(0)], 0
    for j, factor in enumerate(space):
        if factor.size is not None and factor.size <= LARGEST:
            part = np.empty(factor.size)
            probits((np.arange(factor.size) + 0.5) / factor.size, part)
            start[j], length = length, length + factor.size
            parts.append(part)
    return start, np.concatenate(parts)


def _value(space: FactorSpace, name: str, asked: float | str) -> float:
    factor = space[name]
    if factor.grid is not None:
        return float(factor.values(np.asarray(factor.code(asked))))
    try:
        value = float(asked)
    except ValueError:
        raise InputError(f"{name} takes {factor.range_text()}; got do({name}, {asked!r})") from None
    factor.check(np.asarray(value))
    return value
