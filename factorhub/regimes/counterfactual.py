"""Counterfactual pairs: what a row is, and what it would have been under an intervention."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import Field
from factorhub.regimes.causal import Causal, Do, Target, intervened
from factorhub.regimes.regime import Draw, Single, put, remembered
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
    def _worlds(self, base: FactorSpace) -> list[tuple[Causal, list[int], list[int]]]:
        """The model under each intervention, the positions of its targets, and of those that are drawn anew."""
        worlds = []
        for targets in self.interventions:
            named = {target.factor for target in targets}
            kept = tuple(target for target in self.model.do if target.factor not in named)
            anew = [base.index(t.factor) for t in targets if isinstance(t, Do) and t.value is None]
            worlds.append((replace(self.model, do=(*kept, *targets)), [base.index(name) for name in named], anew))
        return worlds

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Both members from the words of r; a factor that is drawn anew takes a word of its own."""
        k, rows = len(base.factors), np.asarray(rows)
        words = randomness.word_columns(seed, f"{stream}/counterfactual", rows, k)
        other = randomness.word_columns(seed, f"{stream}/counterfactual/anew", rows, k + 1)
        which = randomness.integers(other[k], len(self.interventions))
        worlds = self._worlds(base)
        values = np.empty((2 * len(rows), k))
        put(values, np.arange(0, len(values), 2), self.model.assign(base, words), np.arange(len(rows)))
        for number, (world, _, anew) in enumerate(worlds):
            here = np.flatnonzero(which == number)
            changed = np.take(words, here, axis=1)
            for j in anew:
                changed[j] = other[j, here]
            put(values, 2 * here + 1, world.assign(base, changed), np.arange(len(here)))
        masks = np.array([[j in columns for j in range(k)] for _, columns, _ in worlds])
        extras = {"intervened": np.take(masks, which, axis=0), "intervention": which.astype(np.int32)}
        return Draw(values.reshape(len(rows), 2, k), None, extras)
