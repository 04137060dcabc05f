"""Structural causal models over factors: observation, interventions, and exact counterfactual pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import Field
from factorhub.formulas import Formula
from factorhub.layout import layout
from factorhub.regimes.regime import Draw, Single, choice, off_grid, remembered
from factorhub.regions import Condition, Region
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


@dataclass(frozen=True)
class Causal(Single):
    """Each factor from its parents and its own noise, in causal order. Factors without a mechanism are uniform.

    A factor may follow a `Formula` instead, exactly and without noise; it may be a parent in formulas, not in mechanisms.

    Attributes:
        mechanisms: at most one for each factor.
        do: interventions, hard (`Do`) or soft (another mechanism or formula), any number at once.
        on_grid: keep interval factors on their grids where they have one.
    """

    mechanisms: tuple[Rule, ...]
    do: tuple[Target, ...] = ()
    on_grid: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "mechanisms", tuple(self.mechanisms))
        object.__setattr__(self, "do", tuple(self.do))
        for what, items in (("mechanism", self.mechanisms), ("intervention", self.do)):
            names = [item.factor for item in items]
            if len(set(names)) != len(names):
                raise InputError(f"a factor has at most one {what}; got {', '.join(names)}")

    @remembered
    def space(self, base: FactorSpace) -> FactorSpace:
        """The base without the grids of its interval factors, unless the draws stay on them."""
        return off_grid(base, self.on_grid)

    @remembered
    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """Which factors were intervened on; the causal graph is in the field's meta data."""
        return (intervened(base, self.mechanisms),)

    @remembered
    def support(self, base: FactorSpace) -> Region | None:
        """Where hard interventions set their factors."""
        region: Region | None = None
        for target in self.do:
            if isinstance(target, Do) and target.value is not None:
                condition = Condition(target.factor, "==", target.value)
                region = condition if region is None else region & condition
        return region

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Row r's noise is the words of r, whatever the interventions: equal rows are counterfactuals of each other."""
        words = randomness.word_columns(seed, f"{stream}/causal", rows, len(base.factors))
        values = self.assign(base, words)
        targets = {target.factor for target in self.do}
        mask = np.array([name in targets for name in base.names])
        return Draw(values, None, {"intervened": repeated(mask, len(values))})

    def assign(self, base: FactorSpace, words: Array) -> Array:
        """The values (n, k) that noise `words` (k, n) bring about."""
        from factorhub.regimes.scores import assign

        values = np.empty(words.shape[::-1])
        assign(*layout(self.space(base)), self._model(base), words, values)
        for formula in self._formulas(base):
            values[:, base.index(formula.factor)] = formula(dict(zip(base.names, values.T, strict=True)))
        return base.check(values) if self._formulas(base) else values

    @remembered
    def _model(self, base: FactorSpace) -> Model:
        return compile_model(self, self.space(base))

    @remembered
    def _formulas(self, base: FactorSpace) -> tuple[Formula, ...]:
        return formulas(self, self.space(base))

    def precision(self, base: FactorSpace) -> Array:
        """The precision matrix (k, k) of the normal scores, BᵀB with B = (I - W) / noise, where all forms are linear.

        Exact for factors off the grid. Raises `InputError` where a form is not linear, or a noise is 0.
        """
        model = {item.factor: item for item in effective(self, base)}
        b = np.eye(len(base.factors))
        for j, name in enumerate(base.names):
            item = model.get(name, Mechanism(name))
            if isinstance(item, Formula) or item.form != "linear" or item.noise == 0:
                shown = item.text if isinstance(item, Formula) else f"{item.form}, {item.noise:g}"
                raise InputError(f"only linear mechanisms with noise have a precision matrix; {name} has {shown}")
            for parent, weight in zip(item.parents, item.weights, strict=True):
                b[j, base.index(parent)] = -weight
            b[j] /= item.noise
        return b.T @ b


def repeated(mask: Array, n: int) -> Array:
    """The same `mask` (k,) in n rows; Python repeats bytes several times as quickly as NumPy fills short rows."""
    return np.frombuffer(bytearray(mask.tobytes()) * n, dtype=bool).reshape(n, len(mask))


def intervened(base: FactorSpace, mechanisms: tuple[Rule, ...], dims: tuple[tuple[str, int], ...] = ()) -> Field:
    """The record of intervention targets; its meta data hold the factors and the edges of the graph."""
    graph = [[parent, item.factor] for item in mechanisms for parent in item.parents]
    return Field(
        "intervened", "bool", (*(size for _, size in dims), len(base.factors)), (*(name for name, _ in dims), "factor"),
        description="factors that were intervened on", meta={"factors": list(base.names), "graph": graph},
    )  # fmt: skip


def effective(of: Causal, base: FactorSpace) -> list[Rule]:
    """The mechanisms after the soft interventions and with what hard ones cut removed."""
    model = {item.factor: item for item in of.mechanisms}
    for target in of.do:
        model[target.factor] = Mechanism(target.factor) if isinstance(target, Do) else target
    for item in model.values():
        for name in (item.factor, *item.parents):
            base.index(name)
    return list(model.values())


def formulas(of: Causal, space: FactorSpace) -> tuple[Formula, ...]:
    """The formulas in force, parents before children."""
    left = {item.factor: item for item in effective(of, space) if isinstance(item, Formula)}
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
    """What the kernels `assign` and `evolve` read."""

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


def compile_model(of: Causal, space: FactorSpace, lagged: bool = False) -> Model:
    """The mechanisms of all factors as arrays, in causal order (in any order where parents are read from a frame before)."""
    from factorhub.regimes.scores import scores_of

    named = {item.factor: item for item in effective(of, space) if isinstance(item, Mechanism)}
    model = [named.get(name, Mechanism(name)) for name in space.names]
    late = {item.factor for item in formulas(of, space)}
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
    fixed = {target.factor: target.value for target in of.do if isinstance(target, Do) and target.value is not None}
    values = {space.index(name): _value(space, name, value) for name, value in fixed.items()}
    listed = [parent for j in order for parent in parents[j]]
    read = np.array([j in set(listed) for j in range(len(model))])
    start, levels = _levels(space, read)
    marks = np.zeros((len(model), 1))
    points = np.array([[values.get(j, factor.low) for j, factor in enumerate(space)]])
    scores_of(*layout(space), read & np.array([j in values for j in range(len(model))]), start, levels, points, marks)
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
        read,
        start,
        levels,
    )


def _levels(space: FactorSpace, read: Array) -> tuple[Array, Array]:
    """The scores of the grid values of the factors that are read, one factor after another, and where each starts."""
    from factorhub.regimes.normal import probits

    start, parts, length = np.full(len(space.factors), -1), [np.zeros(0)], 0
    for j, factor in enumerate(space):
        if read[j] and factor.size is not None and factor.size <= LARGEST:
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
