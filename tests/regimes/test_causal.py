"""Causal regimes: interventions leave non-descendants alone, counterfactuals share noise, linear models have their ranks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import factorhub
from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import categorical, circular, continuous
from factorhub.regimes import Causal, Counterfactual, Do, Environments, LinearScm, Mechanism, Temporal, Uniform
from factorhub.regimes.causal import fill_each
from factorhub.regimes.mechanisms import FORMS, effective
from factorhub.space import FactorSpace

SPRITES = factorhub.generator("dsprites").space
SPACE = FactorSpace(
    (categorical("a", "xyz"), continuous("b", 0, 1, grid=5), continuous("c", -1, 3), circular("d", 6.0), continuous("e", 0, 1))
)
LATENTS = FactorSpace(tuple(continuous(f"z{i}", 0.0, 1.0) for i in range(5)))
MODEL = (
    Mechanism("b", ("a",), (0.9,), noise=0.5),
    Mechanism("c", ("a", "b"), (0.5, -0.7), form="tanh", noise=0.4),
    Mechanism("d", ("c",), (1.0,), form="quadratic", bias=0.2, noise=0.7),
)
N = 20_000
ROWS = np.arange(N)


def draw(regime, space: FactorSpace = SPACE, seed: int = 3):
    return regime.draw(space, seed, ROWS)


def test_roots_are_uniform_and_children_follow() -> None:
    values = draw(Causal(MODEL)).values
    assert stats.chisquare(np.bincount(values[:, 0].astype(int))).pvalue > 1e-3
    assert stats.kstest(values[:, 4], "uniform").pvalue > 1e-3
    assert np.corrcoef(values[:, 0], values[:, 1])[0, 1] > 0.6
    assert abs(np.corrcoef(values[:, 0], values[:, 4])[0, 1]) < 0.03


def test_every_form_is_its_function() -> None:
    functions = {
        "linear": lambda x: x, "tanh": np.tanh, "relu": lambda x: np.maximum(x, 0), "absolute": np.abs,
        "quadratic": lambda x: x * x - 1, "step": lambda x: np.where(x >= 0, 1.0, -1.0),
    }  # fmt: skip
    assert tuple(functions) == FORMS
    for form, function in functions.items():
        values = draw(Causal((Mechanism("z1", ("z0",), (0.6,), form=form, bias=0.3, noise=0.0),)), LATENTS).values
        expected = stats.norm.cdf(function(0.6 * stats.norm.ppf(values[:, 0]) + 0.3))
        assert np.allclose(values[:, 1], np.minimum(expected, 1), atol=1e-12), form


@pytest.mark.parametrize("target", [Do("b", 0.5), Do("b"), Mechanism("b", ("a",), (-0.9,), noise=0.5), Do("c", 2.0)])
def test_do_leaves_what_is_not_downstream_untouched(target) -> None:
    plain, set_ = draw(Causal(MODEL)).values, draw(Causal(MODEL, (target,))).values
    downstream = {"b": "bcd", "c": "cd"}[target.factor]
    for j, name in enumerate(SPACE.names):
        assert np.array_equal(plain[:, j], set_[:, j]) == (name not in downstream), name
    if isinstance(target, Do) and target.value is not None:
        assert (set_[:, SPACE.index(target.factor)] == target.value).all()
    if target == Do("b"):
        assert abs(np.corrcoef(set_[:, 0], set_[:, 1])[0, 1]) < 0.03


def test_several_targets_at_once_and_their_record() -> None:
    drawn = draw(Causal(MODEL, (Do("a", "y"), Do("d", 1.5))))
    assert (drawn.values[:, 0] == 1).all()
    assert (drawn.values[:, 3] == 1.5).all()
    assert (drawn.extras["intervened"] == [True, False, False, True, False]).all()
    (record,) = Causal(MODEL).extras(SPACE)
    assert record.meta["graph"] == [["a", "b"], ["a", "c"], ["b", "c"], ["c", "d"]]


def test_setting_a_factor_to_the_value_it_has_changes_nothing() -> None:
    """The consistency of counterfactuals: bit for bit on the grid, to rounding off it."""
    for on_grid in (True, False):
        plain = Causal(MODEL, (), on_grid).draw(SPACE, 3, np.arange(40)).values
        for row in range(0, 40, 8):
            for name in ("b", "c"):
                do = (Do(name, float(plain[row, SPACE.index(name)])),)
                again = Causal(MODEL, do, on_grid).draw(SPACE, 3, np.array([row])).values
                if on_grid and name == "b":
                    assert np.array_equal(again[0], plain[row])
                assert np.allclose(again[0], plain[row], rtol=0, atol=1e-12)


def test_counterfactual_members_share_their_noise() -> None:
    interventions = ((Do("b", 0.75),), (Do("a", "z"), Mechanism("d", ("c",), (-1.0,))), (Do("c"),))
    drawn = draw(Counterfactual(Causal(MODEL), interventions))
    first, second = drawn.values[:, 0], drawn.values[:, 1]
    which, targets = drawn.extras["intervention"], drawn.extras["intervened"]
    assert stats.chisquare(np.bincount(which)).pvalue > 1e-3
    assert np.array_equal(targets[which == 1], np.tile([True, False, False, True, False], ((which == 1).sum(), 1)))
    assert (first[which == 0][:, [0, 4]] == second[which == 0][:, [0, 4]]).all()
    assert (second[which == 0][:, 1] == 0.75).all()
    same = (which == 0) & (first[:, 1] == 0.75)
    grid = Counterfactual(Causal(MODEL, (), True), ((Do("b", 0.75),),)).draw(SPACE, 3, ROWS).values
    kept = grid[:, 0, 1] == 0.75
    assert kept.sum() > 1000
    assert np.array_equal(grid[kept, 0], grid[kept, 1])
    assert not same.any()  # off the grid nobody has the value exactly
    anew = which == 2
    assert abs(np.corrcoef(first[anew, 2], second[anew, 2])[0, 1]) < 0.04
    assert (first[anew][:, [0, 1, 4]] == second[anew][:, [0, 1, 4]]).all()
    # The noise of d is the same: its score differs by the change of its parent's alone.
    score = stats.norm.ppf(np.stack([first, second])[:, anew] / [3, 1, 4, 6, 1] + [0, 0, 0.25, 0, 0])
    noise = score[..., 3] - ((score[..., 2] + 0.2) ** 2 - 1)
    assert np.allclose(noise[0], noise[1], atol=1e-6) or np.median(np.abs(noise[0] - noise[1])) < 1e-9


@pytest.mark.parametrize("kind", ["hard", "soft"])
def test_one_intervention_changes_the_precision_by_rank_two_at_most(kind) -> None:
    for graph in range(5):
        worlds = LinearScm(graph=graph, intervention=kind).environments(LATENTS).regimes
        plain = worlds[0].precision(LATENTS)
        for i, world in enumerate(worlds[1:]):
            target = f"z{i}"
            source = not next(m for m in world.mechanisms if m.factor == target).parents
            rank = np.linalg.matrix_rank(world.precision(LATENTS) - plain, tol=1e-9)
            assert rank <= (1 if source else 2)
            assert rank > 0 or (kind == "soft" and source)


def test_a_soft_intervention_draws_the_whole_row_anew() -> None:
    """B = Ω^½ (I - A) in Mechanism's terms: 1 / noise on the diagonal, -weight / noise beside it."""
    for graph in range(8):
        hard, soft = (LinearScm(graph=graph, intervention=kind).environments(LATENTS).regimes for kind in ("hard", "soft"))
        for i, (cut, kept) in enumerate(zip(hard[1:], soft[1:], strict=True)):
            plain, one, two = (
                next(m for m in effective(of.mechanisms, of.do, LATENTS) if m.factor == f"z{i}") for of in (hard[0], cut, kept)
            )
            assert one.parents == ()
            assert 6 <= 1 / one.noise <= 8
            assert two.parents == plain.parents
            row = [1 / two.noise, *(-weight / two.noise for weight in two.weights)]
            assert all(1.75 - 1e-12 <= entry <= 2 + 1e-12 for entry in row)


def test_linear_draws_have_the_precision() -> None:
    regime = LinearScm(graph=4, density=1.0)
    for number in (0, 3):
        world = regime.environments(LATENTS).regimes[number]
        scores = stats.norm.ppf(draw(world, LATENTS).values)
        found = np.cov(scores.T)
        assert np.allclose(found, np.linalg.inv(world.precision(LATENTS)), atol=0.03 * np.abs(found).max())


def test_the_observational_environment_is_not_an_interventional_one() -> None:
    regime = LinearScm(graph=2, density=1.0)
    drawn = draw(regime, LATENTS)
    number = drawn.extras["environment"]
    assert set(number) == set(range(6))
    assert not drawn.extras["intervened"][number == 0].any()
    for i in range(5):
        assert np.array_equal(
            drawn.extras["intervened"][number == i + 1], np.tile(np.eye(5, dtype=bool)[i], ((number == i + 1).sum(), 1))
        )
    explicit = regime.environments(LATENTS)
    assert isinstance(explicit, Environments)
    assert np.allclose(
        np.cov(stats.norm.ppf(drawn.values[number == 0]).T), np.linalg.inv(explicit.regimes[0].precision(LATENTS)), atol=0.05
    )


def test_temporal_targets_come_at_their_rate() -> None:
    regime = Temporal((Mechanism("c", ("c", "b"), (0.7, 0.3), noise=0.3),), 8)
    drawn = regime.draw(SPACE, 3, np.arange(6000))
    targets = drawn.extras["intervened"]
    assert not targets[:, 0].any()
    assert stats.binomtest(int(targets[:, 1:].sum()), targets[:, 1:].size, 1 / 6).pvalue > 1e-3
    frames = drawn.values
    kept = ~targets[:, 1:, 0]
    assert (frames[:, 1:, 0][kept] == frames[:, :-1, 0][kept]).all()  # a category stays until it is intervened on
    free = ~targets[:, 1:, 4]
    before, after = (stats.norm.ppf(frames[:, t, 4][f]) for t, f in ((slice(0, -1), free), (slice(1, None), free)))
    assert np.corrcoef(before, after)[0, 1] == pytest.approx(0.9, abs=0.02)
    assert stats.kstest(frames[:, -1, 4], "uniform").pvalue > 1e-3
    anew = targets[:, 1:, 4]
    assert abs(np.corrcoef(frames[:, :-1, 4][anew], frames[:, 1:, 4][anew])[0, 1]) < 0.04
    still = Temporal((), 8, rate=0.0).draw(SPACE, 3, np.arange(100))
    assert not still.extras["intervened"].any()


def test_causal_mistakes_are_named() -> None:
    with pytest.raises(InputError, match="these factors cause each other in a circle: b, c; remove a parent"):
        draw(Causal((Mechanism("b", ("c",), (1.0,)), Mechanism("c", ("b",), (1.0,)))))
    with pytest.raises(InputError, match="b needs one weight for each of its distinct parents"):
        Mechanism("b", ("a",))
    with pytest.raises(InputError, match="no form named 'sine' in the mechanism of b; it has linear, tanh"):
        Mechanism("b", form="sine")
    with pytest.raises(InputError, match="a factor has at most one mechanism; got b, b"):
        Causal((Mechanism("b"), Mechanism("b")))
    with pytest.raises(InputError, match="no factor named 'bb' in this space; .*; did you mean 'b'"):
        draw(Causal((Mechanism("bb"),)))
    with pytest.raises(InputError, match="no value named 'w' in a; it has x, y, z"):
        draw(Causal((), (Do("a", "w"),)))
    with pytest.raises(InputError, match="c takes -1 … 3; got 7"):
        draw(Causal((), (Do("c", 7.0),)))
    with pytest.raises(InputError, match="only linear mechanisms with noise have a precision matrix; c has tanh"):
        Causal(MODEL).precision(SPACE)
    with pytest.raises(InputError, match="counterfactual needs interventions with at least one target each"):
        Counterfactual(Causal(MODEL), ())
    with pytest.raises(InputError, match="the rate of interventions is a chance from 0 to 1, or -1"):
        Temporal(rate=2.0)


def test_normal_functions_agree_with_scipy() -> None:
    from scipy import special

    from factorhub.numerics import normal

    def over(function, x):
        return np.array([function(value) for value in x.tolist()])

    x = np.linspace(-700, 700, 4001)
    assert np.allclose(over(normal.exp, x), np.exp(x), rtol=1e-15, atol=0)
    x = 10.0 ** np.linspace(-300, 300, 4001)
    assert np.allclose(over(normal.log, x), np.log(x), rtol=4e-16, atol=1e-16)
    x = np.linspace(-7.5, 7.5, 4001)
    assert np.allclose(over(normal.cdf, x), special.ndtr(x), rtol=1e-8, atol=3e-16)
    assert 0 < normal.cdf(-1e9) < 1e-13
    assert 1 - 1e-13 < normal.cdf(1e9) < 1
    u = np.concatenate([10.0 ** np.linspace(-16, -1, 2000), np.linspace(0.1, 1 - 1e-15, 2000)])
    assert np.allclose(over(normal.probit, u), special.ndtri(u), rtol=3e-15, atol=3e-15)
    assert np.isfinite([normal.probit(0.0), normal.probit(1.0)]).all()
    many = np.empty_like(u)
    normal.probits(u, many)
    assert np.array_equal(many, over(normal.probit, u))  # several lanes at once give the same bits
    many = x.copy()
    normal.cdfs(many)
    assert np.array_equal(many, over(normal.cdf, x))


def test_environments_of_causal_models_default_to_uniform_without_mechanisms() -> None:
    model, values = Causal(()), np.empty((2, 5))
    keys, ends = (randomness.key(0, "a"),), np.array([0, 2])
    fill_each((model,), model.model(SPACE), SPACE, keys, np.array([5, 9]), ends, np.array([1, 0]), values)
    assert np.array_equal(values[::-1], SPACE.from_unit(randomness.uniforms(0, "a", [5, 9], 5)))
    assert Uniform().space(SPACE) == Causal(()).space(SPACE)


@pytest.mark.parametrize("on_grid", [False, True])
def test_environments_of_causal_models_are_these_models_rows(on_grid: bool) -> None:
    """They are filled at once and in place; a model on another space makes them drawn one by one."""
    chain = (Mechanism("scale", ("shape",), (0.8,), noise=0.6), Mechanism("posX", ("scale",), (-0.7,), "tanh", 0.1, 0.5))
    models = (Causal(chain), Causal(chain, (Do("scale"),)), Causal(chain, (Do("posX", 0.5), Mechanism("scale", noise=0.2))))
    base = factorhub.generator("dsprites").space
    drawn = Environments(models if not on_grid else (*models[:2], Causal(chain, on_grid=True))).draw(base, 3, np.arange(5000))
    for number, model in enumerate((*models[:2], models[2] if not on_grid else Causal(chain, on_grid=True))):
        here = np.flatnonzero(drawn.extras["environment"] == number)
        own = model.draw(base, 3, here, f"/environments/{number}")
        assert np.array_equal(drawn.values[here], own.values)
        assert np.array_equal(drawn.extras["intervened"][here], own.extras["intervened"])
