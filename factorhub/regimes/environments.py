"""Several regimes mixed, each row knowing which one it came from: environments, domains, views of one world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import Field
from factorhub.regimes.causal import Causal, fill_each
from factorhub.regimes.following import under
from factorhub.regimes.mechanisms import Model, Target, side_by_side
from factorhub.regimes.regime import Draw, Memory, Regime, again, distinct, join, remembered, shared_space
from factorhub.regions import Or, Region
from factorhub.space import FactorSpace


@dataclass(frozen=True)
class Environments(Memory):
    """Each row from one of `regimes`, drawn by `weights`; its number is recorded as `environment`.

    Attributes:
        regimes: the environments; rows of each have the same axes and records. A finite one gives its rows at random.
        weights: how often each is drawn; equal by default.
        keep: the numbers of the environments to draw from; all by default. Leave-one-out training keeps all but one,
            and the test that one; the recorded numbers stay those of the whole list.
    """

    regimes: tuple[Regime, ...]
    weights: tuple[float, ...] = ()
    keep: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name in ("regimes", "weights", "keep"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        count = len(self.regimes)
        if not count:
            raise InputError("environments need at least one regime; got none")
        if self.weights and (len(self.weights) != count or min(self.weights) < 0 or not sum(self.weights) > 0):
            raise InputError(f"environments need one weight for each of {count} regimes, at least one above 0; got {self.weights}")
        if any(not 0 <= number < count for number in self.keep) or len(set(self.keep)) != len(self.keep):
            raise InputError(f"keep lists numbers of environments, 0 to {count - 1}, each once; got {self.keep}")
        if not self._shares().sum() > 0:
            raise InputError("every environment kept has weight 0; raise one")

    def without(self, number: int) -> Environments:
        """All environments but one: leave-one-out training."""
        return Environments(self.regimes, self.weights, tuple(i for i in range(len(self.regimes)) if i != number))

    def only(self, number: int) -> Environments:
        """One environment alone: leave-one-out testing."""
        return Environments(self.regimes, self.weights, (number,))

    def under(self, targets: Sequence[Target], base: FactorSpace) -> Environments:
        """The same environments, each model under the interventions; rows keep theirs."""
        return replace(self, regimes=tuple(under(regime, targets, base) for regime in self.regimes))

    def _shares(self) -> Array:
        shares = np.array(self.weights or (1.0,) * len(self.regimes), dtype=np.float64)
        if self.keep:
            shares[[i for i in range(len(shares)) if i not in self.keep]] = 0.0
        return shares

    @remembered
    def space(self, base: FactorSpace) -> FactorSpace:
        """A factor keeps its grid only where all environments stay on it."""
        return shared_space(base, self.regimes)

    def length(self, base: FactorSpace) -> int | None:
        """None: draws never end."""
        return None

    @remembered
    def axes(self, base: FactorSpace) -> tuple[tuple[str, int], ...]:
        """Those of every environment."""
        return self._common("axes", [regime.axes(base) for regime in self.regimes])

    @remembered
    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """Those of every environment, and its number."""
        self.axes(base)
        listed = [regime.extras(base) for regime in self.regimes]
        self._common("records", [tuple((item.name, item.dtype, item.shape) for item in extras) for extras in listed])
        name = distinct("environment", (item.name for item in listed[0]))
        about = f"which of the {len(self.regimes)} environments the row comes from"
        return (*listed[0], Field(name, "int32", (), (), description=about))

    def _common(self, what: str, listed: list[tuple[object, ...]]) -> tuple:  # type: ignore[type-arg]
        for number, found in enumerate(listed):
            if found != listed[0]:
                raise InputError(
                    f"environments share their {what}; environment 0 has {listed[0]} and {number} has {found}; "
                    f"give regimes that make rows of one shape"
                )
        return listed[0]

    @remembered
    def support(self, base: FactorSpace) -> Region | None:
        """Where any environment draws."""
        regions = [regime.support(base) for regime, share in zip(self.regimes, self._shares(), strict=True) if share > 0]
        if any(region is None for region in regions):
            return None
        found = tuple(dict.fromkeys(region for region in regions if region is not None))
        return found[0] if len(found) == 1 else Or(found)

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Row r's environment, then that environment's row r (of a finite one, a row at random)."""
        from factorhub.regimes.kernels.shared import assort, choose_part

        rows, name = np.asarray(rows, dtype=np.int64), f"{stream}/environments"
        record, edges = self.extras(base)[-1].name, np.cumsum(self._shares())
        which, order = np.empty(len(rows), dtype=np.int32), np.empty(len(rows), dtype=np.int64)
        ends = np.empty(len(edges) + 1, dtype=np.int64)
        choose_part(randomness.word_under(randomness.key(seed, name), rows, 0), edges, which)
        assort(which, order, ends)
        made = self._drawn(base, seed, rows, name, order, ends, which)
        return Draw(made.values, made.codes, {**made.extras, record: which})

    def _drawn(self, base: FactorSpace, seed: int, rows: Array, stream: str, order: Array, ends: Array, which: Array) -> Draw:
        """The rows, of which those at order[ends[e]:ends[e + 1]] are of environment e."""
        from factorhub.regimes.kernels.shared import number

        compiled = self._compiled(base)
        if compiled is None:
            places = np.split(order, ends[1:-1])
            drawn = [
                again(regime, base, seed, rows[place], 0, 1, f"{stream}/{e}")
                for e, (regime, place) in enumerate(zip(self.regimes, places, strict=True))
            ]
            return join(drawn, places)
        models, model, masks = compiled
        numbers = np.empty(len(rows), dtype=np.int64)
        number(rows, order, 0, 1, 1, numbers)  # as `again` has them
        keys = [one.key(seed, f"{stream}/{e}") for e, one in enumerate(models)]
        values = np.empty((len(rows), len(base.factors)))
        fill_each(models, model, base, keys, numbers, ends, order, values)
        return Draw(values, None, {"intervened": np.take(masks, which, axis=0)})

    @remembered
    def _compiled(self, base: FactorSpace) -> tuple[tuple[Causal, ...], Model, Array] | None:
        """Of causal models over one space, which are filled at once and in place: the models, side by side, and their targets."""
        models = tuple(regime for regime in self.regimes if type(regime) is Causal)  # a subclass may draw otherwise
        if len(models) < len(self.regimes) or len({model.on_grid for model in models}) > 1:
            return None
        masks = np.array([model.targets(base) for model in models])
        return models, side_by_side([model.model(base) for model in models]), masks
