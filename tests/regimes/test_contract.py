"""The contract of regimes: each kind, and wrappers around wrappers, over every generator in the catalog."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

import factorhub
from factorhub import randomness
from factorhub.build.rendered import Sampled
from factorhub.errors import InputError
from factorhub.factors import Array, categorical, circular, continuous, ordinal
from factorhub.order import Order
from factorhub.regimes import (
    Causal,
    Copula,
    Correlated,
    Counterfactual,
    Do,
    Draw,
    Environments,
    Formula,
    Grid,
    Labels,
    Line,
    LinearScm,
    Mechanism,
    Pairs,
    Perturbation,
    Radius,
    Regime,
    Sequence,
    Shell,
    Tasks,
    Temporal,
    Traversal,
    Uniform,
    Walk,
    Where,
)
from factorhub.regimes.edits import Edits
from factorhub.regimes.record import KINDS
from factorhub.regimes.regime import Single
from factorhub.regions import Condition
from factorhub.space import FactorSpace
from factorhub.testing import ContractError, check_regime

SPACES = {
    "all kinds": FactorSpace(
        (
            categorical("only", ["one"]),
            categorical("shape", ["square", "disc", "heart"]),
            ordinal("count", [1.0, 2.0, 5.0, 11.0]),
            continuous("scale", 0.5, 1.0, grid=6),
            continuous("loose", -2.0, 3.0),
            circular("turn", 6.0, grid=12, unit="rad"),
            ordinal("seed", range(2**32), nuisance=True),
        )
    ),
    **{name: factorhub.generator(name).space for name in factorhub.generators()},
}


def varying(space: FactorSpace) -> list[str]:
    """Names of factors with several values, ordered ones first, none of them a seed."""
    names = [f for f in space if f.size != 1 and (f.size or 0) <= 1024]
    return [f.name for f in sorted(names, key=lambda f: f.kind == "categorical")]


def half(space: FactorSpace) -> Condition:
    """About half of the space: the first values of the first factor that varies."""
    factor = space[varying(space)[0]]
    if factor.kind == "categorical":
        return Condition(factor.name, "in", tuple(range((factor.size + 1) // 2)))
    return Condition(factor.name, "<=", (factor.low + factor.high) / 2)


def chain(space: FactorSpace) -> Causal:
    names = varying(space)[:3]
    return Causal(tuple(Mechanism(b, (a,), (0.8,), form="tanh", noise=0.5) for a, b in pairwise(names)))


def loose(space: FactorSpace) -> list[str]:
    return [f.name for f in space if f.interval and f.low < f.high]


def shell(space: FactorSpace, inner: Regime | None = None) -> Regime:
    factors = [space[name] for name in loose(space)[:2]]
    if not factors:
        return Uniform()
    widths = [f.high - f.low for f in factors]
    box = tuple((f.name, f.low + 0.3 * w, f.low + 0.6 * w) for f, w in zip(factors, widths, strict=True))
    return Shell(box, tuple((0.05 * w, 0.1 * w) for w in widths), tuple((0.2 * w, 0.3 * w) for w in widths), inner or Uniform())


def finite(space: FactorSpace) -> Regime:
    return Grid() if space.enumerable else Uniform()


MAKERS: dict[str, Callable[[FactorSpace], Regime]] = {
    "grid": finite,
    "uniform": lambda s: Uniform(),
    "uniform on grid": lambda s: Uniform(on_grid=True),
    "correlated": lambda s: Correlated(((varying(s)[0], varying(s)[-1]),), sigma=0.2),
    "correlated on grid": lambda s: Correlated((), ((varying(s)[0], varying(s)[-1]),), sigma=0.2, on_grid=True),
    "copula": lambda s: Copula(((varying(s)[0], varying(s)[1], 0.7),)),
    "causal": chain,
    "causal, set": lambda s: Causal(chain(s).mechanisms, (Do(varying(s)[0], s[varying(s)[0]].low),)),
    "counterfactual": lambda s: Counterfactual(chain(s), ((Do(varying(s)[0]),), (Mechanism(varying(s)[1]), Do(varying(s)[0])))),
    "line": lambda s: Line((varying(s)[0], varying(s)[1]), 0.3),
    "linear_scm": lambda s: LinearScm(intervention="soft"),
    "environments": lambda s: Environments((chain(s), Causal(chain(s).mechanisms, (Do(varying(s)[1]),))), keep=(1, 0)),
    "shell": shell,
    "where grid": lambda s: Where(half(s), finite(s)),
    "where uniform": lambda s: Where(~half(s)),
    "where correlated": lambda s: Where(half(s), Correlated(((varying(s)[0], varying(s)[-1]),), sigma=0.4)),
    "pairs": lambda s: Pairs(k=2),
    "pairs of grid": lambda s: Pairs(k=-1, mode="at_most", inner=finite(s)),
    "pairs, dlib": lambda s: Pairs(k=2, mode="dlib", inner=Uniform(on_grid=True)),
    "pairs, laplace": lambda s: Pairs(mode="laplace"),
    "pairs from grid to uniform": lambda s: Pairs(inner=finite(s), source=Uniform()),
    "pairs from uniform to grid": lambda s: Pairs(inner=Uniform(), source=finite(s)),
    "pairs of where": lambda s: Pairs(inner=Where(half(s), finite(s))),
    "pairs of correlated": lambda s: Pairs(k=2, inner=Correlated(((varying(s)[0], varying(s)[-1]),), sigma=0.2)),
    "pairs of pairs": lambda s: Pairs(inner=Pairs(mode="at_most")),
    "radius": lambda s: Radius(0.2),
    "radius of where": lambda s: Radius(0.2, inner=Where(half(s))),
    "perturbation": lambda s: Perturbation(0.1),
    "perturbation of grid": lambda s: Perturbation(0.1, inner=finite(s)),
    "walk": lambda s: Walk(5, rate=0.5),
    "walk of where grid": lambda s: Walk(5, inner=Where(half(s), finite(s))),
    "walk of labels": lambda s: Walk(4, factors=(varying(s)[-1],)),
    "traversal": lambda s: Traversal(varying(s)[0], 5),
    "traversal by steps": lambda s: Traversal(varying(s)[-1], 5, stride=-0.3, inner=finite(s)),
    "sequence, sweep": lambda s: Sequence(6, motion="sweep"),
    "sequence, loop": lambda s: Sequence(6, motion="loop", inner=finite(s)),
    "temporal": lambda s: Temporal(chain(s).mechanisms, 5),
    "labels": lambda s: Labels(fraction=0.5, noise=0.1, bins=5, permuted=True),
    "labels of grid": lambda s: Labels(rows=1000, inner=finite(s)),
    "tasks": lambda s: Tasks(tasks=4, reads=2, noise=0.1),
    "tasks, rule": lambda s: Tasks(tasks=3, reads=1, head="rule", classes=2, factors=tuple(varying(s)[:1])),
    "pairs that keep": lambda s: Pairs(0, keep=(varying(s)[0],)),
    "tasks, logistic": lambda s: Tasks(tasks=4, head="logistic", inner=Pairs()),
    "pairs of where of pairs of grid": lambda s: Pairs(inner=Where(half(s), Pairs(mode="at_most", inner=finite(s)))),
    "where of a walk of counterfactuals": lambda s: Where(half(s), Walk(3, rate=0.2, inner=MAKERS["counterfactual"](s))),
    "labels of walk of shell": lambda s: Labels(fraction=0.5, inner=Walk(3, inner=shell(s))),
    "tasks of environments of regions": lambda s: Tasks(2, 1, inner=Environments((Where(half(s)), Where(~half(s))), (2.0, 1.0))),
    "environments of sequences": lambda s: Environments((Sequence(3), Walk(3))),
    "shell of correlated": lambda s: shell(s, Correlated(((varying(s)[0], varying(s)[-1]),), sigma=0.3)),
}  # fmt: skip


OF_TWO = re.compile("correlated|copula|line|counterfactual|environments$|tasks(, logistic)?$")


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("name", MAKERS)
def test_every_regime_over_every_generator(name: str, space: str) -> None:
    if len(varying(SPACES[space])) < 2 and OF_TWO.search(name):
        assert space == "linear_scm", "regimes of two factors need two: a sample seed and one other are too few"
        return
    check_regime(MAKERS[name](SPACES[space]), SPACES[space])


@pytest.mark.parametrize("name", MAKERS)
def test_rows_are_numbers_however_they_are_stored(name: str) -> None:
    regime, space = MAKERS[name](SPACES["dsprites"]), SPACES["dsprites"]
    expected = regime.draw(space, 0, np.arange(40))
    fixed = np.arange(40)
    fixed.setflags(write=False)
    for rows in (np.arange(40, dtype=np.int32), np.arange(40, dtype=np.uint64), np.arange(80)[::2] // 2, fixed):
        drawn = regime.draw(space, 0, rows)
        assert np.array_equal(drawn.values, expected.values)
        for key, array in expected.extras.items():
            assert np.array_equal(drawn.extras[key], array, equal_nan=array.dtype.kind == "f")


@pytest.mark.parametrize("name", MAKERS)
def test_a_regime_in_use_travels_to_another_process(name: str) -> None:
    """What it remembers of the spaces it drew from stays behind."""
    regime, space = MAKERS[name](SPACES["dsprites"]), SPACES["dsprites"]
    before = regime.draw(space, 0, np.arange(4))
    sent, there = pickle.loads(pickle.dumps((regime, space)))
    assert (sent, there) == (regime, space)
    assert hash(there) == hash(space)
    assert "_memory" not in vars(sent)
    assert np.array_equal(sent.draw(there, 0, np.arange(4)).values, before.values)


def test_every_kind_is_covered() -> None:
    """Edits are of scenes with objects, and have tests of their own."""
    made = {type(MAKERS[name](SPACES["all kinds"])) for name in MAKERS}
    assert set(KINDS.values()) - made <= {Mechanism, Formula, Do, Grid, Edits}, "add a maker for the new regime"


@pytest.mark.parametrize("name", factorhub.generators())
def test_rows_of_any_shape_render(name: str) -> None:
    made = factorhub.generator(name)
    for regime in (Pairs(), Walk(2)):
        values = regime.draw(made.space, 0, np.arange(1)).values
        batch = made.render(values)
        assert all(batch[field.name].shape == (1, 2, *field.shape) for field in made.fields)


NESTED: dict[str, Callable[[Regime], Regime]] = {
    "pairs": lambda inner: Pairs(inner=inner),
    "radius": lambda inner: Radius(inner=inner),
    "walk": lambda inner: Walk(3, inner=inner),
    "labels": lambda inner: Labels(0.5, noise=0.1, inner=inner),
    "tasks": lambda inner: Tasks(head="logistic", inner=inner),
    "temporal": lambda inner: Temporal(steps=3, inner=inner),
    "environments": lambda inner: Environments((inner, inner)),
    "where over pairs": lambda inner: Where("scale < 0.9", Pairs(inner=inner)),
}


def streams_of(regime: Regime) -> list[str]:
    """The streams of random words that a draw asks for."""
    heard: list[str] = []
    with randomness.listening(lambda seed, stream: heard.append(stream)):
        regime.draw(SPACES["all kinds"], 0, np.arange(8))
    return heard


@pytest.mark.parametrize("name", NESTED)
def test_streams_of_nested_wrappers_never_collide(name: str) -> None:
    """Each level draws under names of its own: how many there are grows alike from each level to the next."""
    nest, regime = NESTED[name], Correlated((("shape", "scale"),), sigma=0.3)
    counts = []
    for _ in range(4):
        regime = nest(regime)
        counts.append(len(set(streams_of(regime))))
    first, second, third = (after - before for before, after in pairwise(counts))
    assert first > 0
    assert first * third == second**2  # n -> a n + b: a times the streams within, and b of its own


def test_listening_ends_with_its_block() -> None:
    heard = streams_of(Uniform())
    Uniform().draw(SPACES["all kinds"], 0, np.arange(2))
    assert heard == ["/uniform"]


@dataclass(frozen=True)
class Fixed(Single):
    """What an outsider might write, with a switch for each way to break the contract."""

    fault: str = ""

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        words = randomness.words(seed, "mine" if self.fault == "stream" else f"{stream}/mine", rows, len(base.factors))
        if self.fault == "neighbours":
            words = words + np.uint64(len(rows) << 32)
        values = base.from_unit(randomness.unit(words))
        if self.fault == "outside":
            values = values + 1e6
        if self.fault == "shape":
            values = values[:, None]
        return Draw(values)


def test_an_outsiders_regime_passes() -> None:
    check_regime(Fixed(), SPACES["all kinds"].without_grid(["scale", "turn"]))


@pytest.mark.parametrize(
    ("fault", "law"),
    [
        ("neighbours", "rows are independent"),
        ("outside", "draw of Fixed stays in the space"),
        ("shape", "draw of Fixed gives values as float64"),
        ("stream", "another stream gives other draws"),
    ],
)
def test_each_broken_law_is_named(fault: str, law: str) -> None:
    with pytest.raises(ContractError, match=law):
        check_regime(Fixed(fault), SPACES["all kinds"].without_grid(["scale", "turn"]))


def test_draws_off_the_grid_need_a_space_without_it() -> None:
    with pytest.raises(ContractError, match="draws lie on the grid of a factor that has one: scale"):
        check_regime(Fixed(), SPACES["all kinds"])


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (lambda n: Draw(np.full((n, 6), 0.5, np.float32)), "draw of Given gives values as float64 (5, 6); got float32 (5, 6)"),
        (lambda n: Draw(np.full((1, 6), 0.5)), "gives values as float64 (5, 6); got float64 (1, 6)"),
        (lambda n: Draw(np.full((n, 6), np.nan)), "color takes white (or codes 0 … 0); got nan; mend the regime"),
        (lambda n: Draw(np.zeros((n, 6))), "scale takes 0.5 … 1; got 0; mend the regime"),
        (lambda n: Draw(np.tile([0, 0, 0.5, 0, 0, 0], (n, 1)), np.full((n, 6), 300)), "codes of color from 0 to 0; got 300"),
        (
            lambda n: Draw(np.tile([0, 0, 0.5, 0, 0, 0], (n, 1)), np.zeros((n, 6))),
            "codes as whole numbers (5, 6), or None",
        ),
    ],
)
def test_what_a_regime_draws_is_never_cast_or_stored_out_of_range(made, text: str) -> None:
    class Given(Single):
        def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
            return made(len(rows))

    generator = factorhub.generator("dsprites")
    source = Sampled(generator, Given(), 0, Order("natural", 5, (5,), 0))
    with pytest.raises(InputError) as caught:
        source.read(range(5))
    assert text in str(caught.value)
