"""The linear structural causal models of identifiability experiments: one observational and one environment per latent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import Field
from factorhub.regimes.causal import Causal
from factorhub.regimes.environments import Environments
from factorhub.regimes.following import Streamed
from factorhub.regimes.mechanisms import Mechanism, Target
from factorhub.regimes.regime import Draw, Regime, Single, choice, off_grid, remembered
from factorhub.space import FactorSpace

Intervention = Literal["hard", "soft"]


@dataclass(frozen=True)
class LinearScm(Single):
    """A random linear model over the factors that vary, in k + 1 environments: no intervention, then one on each factor.

    In normal scores B z = noise with B = Ω^½ (I - A): Ω^½ diagonal, U(2, 4); A acyclic with edges of weight
    ±U(0.25, 1) between `density` of the pairs. A hard intervention on factor i makes row i of B equal λ e_i,
    λ ~ U(6, 8); a soft one draws every entry of the row that is not 0 anew, the diagonal's too, U(1.75, 2), as the
    published code does. `environment` is recorded.

    Attributes:
        graph: the seed of the model, apart from the rows' own, so that sets of other rows share it.
        density: the share of pairs that are joined.
        intervention: of what kind, "hard" or "soft".
        factors: that the model is over; all that vary and are no nuisance by default.
        keep: the environments to draw from, as in `Environments`.
        on_grid: keep interval factors on their grids where they have one.
    """

    version: ClassVar[int] = 2
    causal: ClassVar[bool] = True

    graph: int = 0
    density: float = 0.75
    intervention: Intervention = "hard"
    factors: tuple[str, ...] = ()
    keep: tuple[int, ...] = ()
    on_grid: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", tuple(self.factors))
        object.__setattr__(self, "keep", tuple(self.keep))
        choice("intervention", self.intervention, get_args(Intervention), "linear_scm")
        if not 0 <= self.density <= 1:
            raise InputError(f"the density of a graph is a share from 0 to 1; got {self.density:g}")

    @remembered
    def environments(self, base: FactorSpace) -> Environments:
        """The same rows as explicit causal models: environment 0 is observational, i + 1 intervenes on latent i."""
        return _environments(self, base)

    @remembered
    def space(self, base: FactorSpace) -> FactorSpace:
        """The base without the grids of its interval factors, unless the draws stay on them."""
        return off_grid(base, self.on_grid)

    @remembered
    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """The targets of the intervention, and the environment."""
        return self.environments(base).extras(base)

    def under(self, targets: Sequence[Target], base: FactorSpace) -> Regime:
        """Rows of the environments under the interventions."""
        return Streamed(self.environments(base).under(targets, base), "linear_scm")

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Rows of the environments."""
        return self.environments(base).draw(base, seed, rows, f"{stream}/linear_scm")


def _environments(of: LinearScm, base: FactorSpace) -> Environments:
    names = of.factors or tuple(factor.name for factor in base if factor.size != 1 and not factor.nuisance)
    d = len(names)

    def uniform(what: str, shape: tuple[int, ...]) -> Array:
        return randomness.uniforms(of.graph, f"linear_scm/{what}", 0, int(np.prod(shape))).reshape(shape)

    order = [names[i] for i in np.argsort(uniform("order", (d,)), kind="stable")]
    joined = uniform("edges", (d, d)) < of.density
    size, sign = uniform("weights", (d, d)), uniform("signs", (d, d))
    weights = (0.25 + 0.75 * size) * np.where(sign < 0.5, -1.0, 1.0)
    scale, hard, soft = 2 + 2 * uniform("scale", (d,)), 6 + 2 * uniform("hard", (d,)), 1.75 + 0.25 * uniform("soft", (d, d))
    model = []
    for i, name in enumerate(order):
        before = [j for j in range(i) if joined[i, j]]
        parents = tuple(order[j] for j in before)
        model.append(Mechanism(name, parents, tuple(weights[i, before].tolist()), noise=float(1 / scale[i])))
    changed = {}
    for i, item in enumerate(model):
        before = [order.index(parent) for parent in item.parents]
        changed[item.factor] = (
            Mechanism(item.factor, noise=float(1 / hard[i]))
            if of.intervention == "hard"
            else Mechanism(item.factor, item.parents, tuple((-soft[i, before] / soft[i, i]).tolist()), noise=float(1 / soft[i, i]))
        )
    regimes = (Causal(tuple(model), (), of.on_grid), *(Causal(tuple(model), (changed[name],), of.on_grid) for name in names))
    return Environments(regimes, keep=of.keep)
