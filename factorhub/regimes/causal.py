"""Structural causal models over factors: observation, interventions, and exact counterfactual pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import Field
from factorhub.formulas import Formula
from factorhub.numerics.factor_tables import factor_tables
from factorhub.regimes.mechanisms import Do, Mechanism, Model, Rule, Target, compile_model, effective, formulas
from factorhub.regimes.regime import NOTHING, Draw, Single, off_grid, remembered, repeated
from factorhub.regions import Condition, Region
from factorhub.space import FactorSpace


@dataclass(frozen=True)
class Causal(Single):
    """Each factor from its parents and its own noise, in causal order. Factors without a mechanism are uniform.

    A factor may follow a `Formula` instead, exactly and without noise; it may be a parent in formulas, not in mechanisms.

    Attributes:
        mechanisms: at most one for each factor.
        do: interventions, hard (`Do`) or soft (another mechanism or formula), any number at once.
        on_grid: keep interval factors on their grids where they have one.
    """

    causal: ClassVar[bool] = True  # what a counterfactual has to follow

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
        values, ends = np.empty((len(rows), len(base.factors))), np.array([0, len(rows)])
        fill_each((self,), self.model(base), base, (self.key(seed, stream),), rows, ends, NOTHING, values)
        return Draw(values, None, {"intervened": repeated(self.targets(base), len(values))})

    def under(self, targets: Sequence[Target], base: FactorSpace) -> Causal:
        """This model with further interventions, which take the place of its own on the same factors."""
        for target in targets:
            base.index(target.factor)
        named = {target.factor for target in targets}
        return replace(self, do=(*(target for target in self.do if target.factor not in named), *targets))

    @staticmethod
    def key(seed: int, stream: str) -> Array:
        """The key (2,) that noise is drawn under."""
        return randomness.key(seed, f"{stream}/causal")

    @remembered
    def targets(self, base: FactorSpace) -> Array:
        """A mask (k,) of the factors that are intervened on."""
        named = {target.factor for target in self.do}
        return np.array([name in named for name in base.names])

    @remembered
    def model(self, base: FactorSpace) -> Model:
        """The mechanisms as kernels read them."""
        return compile_model(self.mechanisms, self.do, self.space(base))

    @remembered
    def formulas(self, base: FactorSpace) -> tuple[Formula, ...]:
        """Those in force, parents before children."""
        return formulas(effective(self.mechanisms, self.do, base), self.space(base))

    def precision(self, base: FactorSpace) -> Array:
        """The precision matrix (k, k) of the normal scores, BᵀB with B = (I - W) / noise, where all forms are linear.

        Exact for factors off the grid. Raises `InputError` where a form is not linear, or a noise is 0.
        """
        model = {item.factor: item for item in effective(self.mechanisms, self.do, base)}
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


def fill_each(
    models: Sequence[Causal], model: Model, base: FactorSpace, keys: Sequence[Array], rows: Array, ends: Array, places: Array,
    values: Array, other: Array = NOTHING, anew: Array = NOTHING,
) -> None:  # fmt: skip
    """Fill rows of `values` (m, k) with what `rows` (n,) are: those from ends[e] to ends[e + 1], a part, under its models.

    `models` are as many, w, for each part, and `model` is they side by side. Under the q-th of them rows[i] goes to row
    places[i] w + q, or to row i if there are no `places` and one model. The noise of part e is the words under keys[e], but for
    the mechanisms marked in `anew`, whose is the words under the key `other`.
    """
    from factorhub.regimes.kernels.causal import assign

    plan, numbers = factor_tables(models[0].space(base)), np.ascontiguousarray(rows, dtype=np.uint64)
    marked = anew if anew.size else np.zeros(len(model.order), dtype=bool)
    named = np.array([*keys, other if other.size else keys[0]])  # (parts + 1, 2), a copy: keys are read-only
    assign(*plan, model, named, marked, numbers, ends, places, values)
    several = len(models) // (len(ends) - 1)
    for number, one in enumerate(models):
        if found := one.formulas(base):
            e, q = divmod(number, several)
            here = places[ends[e] : ends[e + 1]] * several + q if places.size else np.arange(ends[e], ends[e + 1])
            made = values[here]
            for formula in found:
                made[:, base.index(formula.factor)] = formula(dict(zip(base.names, made.T, strict=True)))
            values[here] = base.check(made)


def intervened(base: FactorSpace, mechanisms: tuple[Rule, ...], dims: tuple[tuple[str, int], ...] = ()) -> Field:
    """The record of intervention targets; its meta data hold the factors and the edges of the graph."""
    graph = [[parent, item.factor] for item in mechanisms for parent in item.parents]
    return Field(
        "intervened", "bool", (*(size for _, size in dims), len(base.factors)), (*(name for name, _ in dims), "factor"),
        description="factors that were intervened on", meta={"factors": list(base.names), "graph": graph},
    )  # fmt: skip
