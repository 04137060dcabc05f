"""Counterfactual pairs: what a row is, and what it would have been under an intervention."""

from __future__ import annotations

from dataclasses import dataclass

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
    def _worlds(self, base: FactorSpace) -> tuple[Causal, ...]:
        """For each intervention the model as it is, and the model under it."""
        return tuple(world for targets in self.interventions for world in (self.model, self.model.under(targets, base)))

    @remembered
    def _plan(self, base: FactorSpace) -> tuple[Model, Array, Array]:
        """The worlds as kernels read them, a mask (interventions, k) of targets, and one of the mechanisms that are drawn anew."""
        worlds = [world.model(base) for world in self._worlds(base)]
        masks, anew = np.zeros((len(self.interventions), len(base.factors)), dtype=bool), []
        for targets, mask, world in zip(self.interventions, masks, worlds[1::2], strict=True):
            mask[[base.index(target.factor) for target in targets]] = True
            drawn = [base.index(target.factor) for target in targets if isinstance(target, Do) and target.value is None]
            anew += [np.zeros(len(mask), dtype=bool), np.isin(world.order, drawn)]
        return side_by_side(worlds), masks, np.concatenate(anew)

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Both members from the words of r; a factor that is drawn anew takes a word of its own."""
        from factorhub.regimes.kernels.shared import assort

        k, n, count, rows = len(base.factors), len(rows), len(self.interventions), np.asarray(rows, dtype=np.int64)
        noise, other = (randomness.key(seed, f"{stream}/counterfactual{end}") for end in ("", "/anew"))
        which = randomness.integers(randomness.word_under(other, rows, k), count).astype(np.int32)
        order, ends = np.empty(n, dtype=np.int64), np.empty(count + 1, dtype=np.int64)
        assort(which, order, ends)
        model, masks, anew = self._plan(base)
        values, keys = np.empty((2 * n, k)), (noise,) * count
        fill_each(self._worlds(base), model, base, keys, np.take(rows, order), ends, order, values, other, anew)
        return Draw(values.reshape(n, 2, k), None, {"intervened": np.take(masks, which, axis=0), "intervention": which})
