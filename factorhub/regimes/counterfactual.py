"""Counterfactual pairs: what a row is, and what it would have been under an intervention."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import Field
from factorhub.regimes.causal import Causal, fill_each, intervened
from factorhub.regimes.mechanisms import Do, Model, Target, side_by_side
from factorhub.regimes.regime import Draw, Single, remembered
from factorhub.space import FactorSpace


@dataclass(frozen=True)
class Counterfactual(Single):
    """Pairs of a factual row and what it would have been under an intervention: the same noise, other mechanisms.

    Recorded with each row: `intervened`, its targets (k), and `intervention`, which of the list it was.

    Attributes:
        model: the causal model; its own interventions, if any, hold in both worlds.
        interventions: each a tuple of targets; every row draws one of them with equal chance.
    """

    model: Causal
    interventions: tuple[tuple[Target, ...], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "interventions", tuple(tuple(targets) for targets in self.interventions))
        if not self.interventions or not all(self.interventions):
            raise InputError("counterfactual needs interventions with at least one target each, as in [[do(scale)], [do(posX)]]")

    @remembered
    def space(self, base: FactorSpace) -> FactorSpace:
        """That of the model."""
        return self.model.space(base)

    @remembered
    def axes(self, base: FactorSpace) -> tuple[tuple[str, int], ...]:
        """The pair: factual, counterfactual."""
        return (("pair", 2),)

    @remembered
    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """The targets, and which of the interventions it was."""
        which = Field("intervention", "int32", (), (), description="which of the listed interventions the second member is under")
        return (intervened(base, self.model.mechanisms), which)

    @remembered
    def worlds(self, base: FactorSpace) -> tuple[Causal, ...]:
        """The model under each intervention."""
        made = []
        for targets in self.interventions:
            named = {target.factor for target in targets}
            kept = tuple(target for target in self.model.do if target.factor not in named)
            made.append(replace(self.model, do=(*kept, *targets)))
        return tuple(made)

    @remembered
    def _plan(self, base: FactorSpace) -> tuple[Model, Array, Array]:
        """The worlds as kernels read them, a mask (worlds, k) of their targets, and one of the mechanisms that are drawn anew."""
        for target in (target for targets in self.interventions for target in targets):
            base.index(target.factor)
        masks, anew = np.zeros((2, len(self.interventions), len(base.factors)), dtype=bool)
        for targets, mask, drawn in zip(self.interventions, masks, anew, strict=True):
            for target in targets:
                mask[base.index(target.factor)] = True
                drawn[base.index(target.factor)] = isinstance(target, Do) and target.value is None
        worlds = [world.model(base) for world in self.worlds(base)]
        mechanisms = np.concatenate([drawn[world.order] for drawn, world in zip(anew, worlds, strict=True)])
        return side_by_side(worlds), masks, mechanisms

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Both members from the words of r; a factor that is drawn anew takes a word of its own."""
        from factorhub.regimes.kernels import assort

        k, n, count = len(base.factors), len(rows), len(self.interventions)
        noise, other = (randomness.key(seed, f"{stream}/counterfactual{end}") for end in ("", "/anew"))
        which, order, ends = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int64), np.empty(count + 1, dtype=np.int64)
        chosen = randomness.integers(randomness.words_under(other, rows, k + 1)[:, k], count)
        assort(chosen.astype(np.float64), np.arange(1.0, count + 1.0), which, order, ends)
        compiled, masks, anew = self._plan(base)
        values, rows = np.empty((2 * n, k)), np.asarray(rows, dtype=np.int64)
        whole, first = np.array([0, n]), np.arange(0, 2 * n, 2)
        fill_each((self.model,), self.model.model(base), base, (noise,), rows, whole, first, values)
        worlds, ordered = self.worlds(base), np.take(rows, order)
        fill_each(worlds, compiled, base, (noise,) * count, ordered, ends, 2 * order + 1, values, other, anew)
        return Draw(values.reshape(n, 2, k), None, {"intervened": np.take(masks, which, axis=0), "intervention": which})
