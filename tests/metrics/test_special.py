"""Metrics of other data than codes and factors: pairs, traversals, models, sequences, graphs, counterfactuals, decoders."""

from __future__ import annotations

import numpy as np
import pytest

import factorhub
from factorhub import metrics
from factorhub.dmelodies.reader import read_factors
from factorhub.errors import InputError
from factorhub.factors import categorical, circular, ordinal

RNG = np.random.default_rng(0)


def test_flatness_of_a_line_a_turned_line_and_a_zigzag() -> None:
    line = np.linspace(0, 1, 20)[None, :, None]
    assert metrics.flatness({"x": line * [1.0, 0.0, 0.0, 0.0]}) == pytest.approx(1)
    assert metrics.flatness({"x": line * np.ones(4)}) == pytest.approx(0.5)  # 1/√4
    assert metrics.flatness({"x": RNG.normal(size=(64, 20, 4))}) < 0.2
    still = metrics.flatness({"x": np.zeros((3, 5, 2)), "y": line * [1.0, 0.0]})
    assert still.per_factor["x"] == 0
    assert still.warnings == ("no code moves in 3 of 3 traversals of x: they count 0",)
    with pytest.raises(InputError, match=r"traversals of x are finite codes \(R, V, D\) with V of 2 or more; got shape \(3,\)"):
        metrics.flatness({"x": np.zeros(3)})
    with pytest.raises(InputError, match="flatness takes codes .* of traversals by factor; got .* give a dict of arrays"):
        metrics.flatness([np.zeros((2, 3, 4))])


def test_models_that_agree_up_to_order_and_sign_rank_first() -> None:
    codes = RNG.normal(size=(800, 4))
    turn = np.linalg.qr(RNG.normal(size=(4, 4)))[0]
    models = [codes, -codes[:, ::-1], codes[:, [2, 0, 1, 3]] * 5, codes @ turn]
    for relation in ("lasso", "spearman"):
        score = metrics.udr(models, relation=relation)
        assert min(score.parts[f"model {m}"] for m in range(3)) > score.parts["model 3"] + 0.1
    dead = [np.column_stack([m, np.zeros(800)]) for m in models]
    assert metrics.udr(dead) == pytest.approx(float(metrics.udr(models)), abs=1e-6)
    live = [np.arange(5) < 4] * 4
    assert metrics.udr(dead, live=live) == pytest.approx(float(metrics.udr(models)), abs=1e-6)
    with pytest.raises(InputError, match=r"udr compares codes \(N, D\) of two or more models for the same N rows; got \(800, 4\)"):
        metrics.udr([codes])
    with pytest.raises(InputError, match="live holds 5 booleans for model 0; got float64"):
        metrics.udr(dead, live=[np.ones(5)])


def test_codes_without_labels() -> None:
    noise = RNG.normal(size=(5000, 4))
    assert metrics.total_correlation(noise) < 0.01
    mixed = noise @ np.linalg.qr(RNG.normal(size=(4, 4)))[0] * [1, 2, 3, 4]
    assert metrics.effective_rank(mixed).parts["share"] > 0.99
    copies = np.repeat(noise[:, :1], 4, axis=1) + 1e-3 * noise
    assert metrics.effective_rank(copies) < 1.02
    assert metrics.von_neumann_entropy(copies) < 0.01
    assert metrics.von_neumann_entropy(noise).parts["share"] > 0.99
    twice = metrics.total_correlation(np.column_stack([noise, noise[:, 0]]))
    assert twice == float("inf")
    assert twice.warnings == ("some code is a linear function of the others",)
    assert metrics.effective_rank(np.column_stack([noise, np.full(5000, 0.3)])).settings["still"] == [4]
    with pytest.raises(InputError, match="effective_rank needs a code that varies; got 2 that never do"):
        metrics.effective_rank(np.ones((5, 2)))


def test_pairs_must_differ_in_one_factor() -> None:
    pairs = np.zeros((9, 2, 2))
    with pytest.raises(InputError, match=r"omes takes codes \(N, 2, D\) and factors \(N, 2, K\) of pairs"):
        metrics.omes(pairs[:, 0], pairs[:, 0])
    pairs[:, 1] = np.arange(1, 10)[:, None]
    with pytest.raises(InputError, match="pairs differ in one factor; pair 0 differs in 2; draw pairs with k=1"):
        metrics.omes(pairs, pairs)
    pairs[:, 1, 1] = 0
    pairs[0, 1] = [0, 3]
    with pytest.raises(InputError, match="omes needs 3 pairs or more for every factor; there are fewer for factor1"):
        metrics.omes(pairs, pairs)


def test_omes_of_pairs_that_a_regime_draws_and_of_noise() -> None:
    source = factorhub.recipe("dsprites", regime="pairs(k=1, inner=grid)", rows=4000).source()
    rows = source.read(np.arange(4000), ["shape", "scale", "orientation", "posX", "posY"])
    factors = np.stack([rows[name] for name in ("shape", "scale", "orientation", "posX", "posY")], axis=-1)
    score = metrics.omes(factors, factors)
    assert score > 0.95
    assert abs(score.parts["as published"] - 0.83) < 0.1
    assert metrics.omes(RNG.normal(size=(4000, 2, 5)), factors) < 0.3
    constant = metrics.omes(np.concatenate([factors, np.ones((4000, 2, 1))], axis=-1), factors)
    assert constant == pytest.approx(float(score))


def test_swaps_are_judged_where_the_two_sequences_differ() -> None:
    a, b = RNG.integers(0, 5, (400, 3)), RNG.integers(0, 5, (400, 3))
    side = np.array([True, True, False])
    assert metrics.swap(np.where(side, a, b), a, b, side) == 1
    copied = metrics.swap(a, a, b, side)
    assert copied.parts == {"from a": 1.0, "from b": 0.0, "invalid": 0.0}
    broken = np.where(side, a, b)
    broken[:100] = -1
    assert metrics.swap(broken, a, b, side).parts["invalid"] == 0.25
    assert 0.7 < metrics.swap(broken, a, b, side) < 0.8
    with pytest.raises(InputError, match="a and b never differ in factor0, so no swap shows; pair other rows"):
        metrics.swap(a[:, :1], a[:, :1], a[:, :1], [True])
    with pytest.raises(InputError, match="from_a says of each of the 3 factors"):
        metrics.swap(a, a, b, [1, 0, 1])


def test_leakage_of_both_directions() -> None:
    still, moving = RNG.integers(0, 4, (150, 1)), RNG.integers(0, 4, (150, 6, 1))
    clean = metrics.leakage(still, moving, still, moving)
    first = metrics.leakage(np.column_stack([still, moving[:, 0]]), moving, still, moving[:, :1].repeat(6, axis=1))
    assert clean < 0.1
    assert clean.parts["static from static"] > 0.6
    assert first.parts["dynamic from static"] > 0.5
    memorised = metrics.leakage(RNG.normal(size=(150, 40)), moving, still, moving)  # a code that tells sequences apart
    assert memorised.parts["static from static"] < 0.15
    with pytest.raises(InputError, match=r"leakage takes \(N, Ds\), \(N, T, Dd\), \(N, Ks\) and \(N, T, Kd\)"):
        metrics.leakage(still, moving, moving, moving)


def test_errors_by_horizon_and_outside_of_the_box() -> None:
    true = RNG.normal(size=(40, 120, 3)).cumsum(axis=1)
    noise = RNG.normal(size=true.shape).cumsum(axis=1)
    inside = np.arange(40) < 20
    made = true + noise * np.where(inside, 0.1, 0.4)[:, None, None]
    score = metrics.rollout(made, true, inside=inside)
    assert score.parts["at 1"] < score.parts["at 10"] < score.parts["at 100"]
    assert 3 < score.parts["ratio"] < 5
    assert "at 1000" not in score.parts
    assert metrics.rollout(true * 1000, true * 1000 + 1) < metrics.rollout(true, true + 1)
    with pytest.raises(InputError, match="coordinate 1 of the true trajectories never varies; leave it out"):
        metrics.rollout(true * [1, 0, 1], true * [1, 0, 1])
    with pytest.raises(InputError, match=r"rollout compares arrays \(N, T, d\) of one shape; got predicted \(40, 120, 3\), true"):
        metrics.rollout(true, true[:, :5])
    with pytest.raises(InputError, match="drift needs 2 moments and a scale above 0; got 2 and 0; give scale"):
        metrics.drift(np.zeros((3, 2)))


def test_graphs_by_both_conventions() -> None:
    chain = np.diag(np.ones(4, dtype=int), 1)
    assert metrics.shd(chain, chain) == 0
    assert (metrics.shd(chain, chain.T), metrics.shd(chain, chain.T, reversed=2)) == (4, 8)
    undirected = chain | chain.T
    assert metrics.shd(chain, undirected).parts["other"] == 4
    assert metrics.shd(chain, undirected) == 4
    assert metrics.shd(chain, 0 * chain) == metrics.shd(chain, chain).parts["empty"] == 4
    full = 1 - np.eye(5, dtype=int)
    assert metrics.shd(chain, full) == metrics.shd(chain, chain).parts["full"] == 10
    assert metrics.shd(chain, full, reversed=2) == metrics.shd(chain, chain, reversed=2).parts["full"] == 16
    for convention in (1, 2):
        drawn = []
        for _ in range(300):
            placed = np.zeros((5, 5), dtype=int)
            i, j = np.triu_indices(5, 1)
            for pair in RNG.choice(10, 4, replace=False):
                placed[(i[pair], j[pair]) if RNG.random() < 0.5 else (j[pair], i[pair])] = 1
            drawn.append(float(metrics.shd(chain, placed, reversed=convention)))
        assert abs(np.mean(drawn) - metrics.shd(chain, placed, reversed=convention).parts["random"]) < 0.4
    with pytest.raises(InputError, match=r"true is an adjacency matrix \(K, K\) of 0 and 1, its diagonal 0; got"):
        metrics.shd(np.eye(3), chain)
    with pytest.raises(InputError, match="reversed is what a reversed edge counts, 1 or 2; got 3"):
        metrics.shd(chain, chain, reversed=3)


def test_targets_are_matched_one_to_one() -> None:
    true = RNG.integers(0, 4, 500)
    assert metrics.intervention_targets(np.array([2, 0, 3, 1])[true], true) == 1
    assert metrics.intervention_targets(np.zeros(500, dtype=int), true) < 0.35  # one code cannot stand for several factors
    assert metrics.intervention_targets(true, true, match=[1, 0, 2, 3]).per_factor["factor0"] == 0
    assert abs(metrics.intervention_targets(RNG.integers(0, 4, 500), true) - 0.25) < 0.1
    with pytest.raises(InputError, match=r"targets are whole numbers \(N,\) from 0; got float64"):
        metrics.intervention_targets(true * 1.0, true)
    with pytest.raises(InputError, match="match names the factor of each of 4 codes"):
        metrics.intervention_targets(true, true, match=[0])


def test_the_worst_environment_counts() -> None:
    true, where = RNG.integers(0, 2, 900), np.arange(900) % 3
    predicted = np.where((where == 2) & (RNG.random(900) < 0.5), 1 - true, true)
    score = metrics.worst_environment(predicted, true, where)
    assert score == score.parts["environment 2"]
    assert 0.4 < score < 0.6
    assert score.parts["environment 0"] == 1
    with pytest.raises(InputError, match="predicted, true and environment are"):
        metrics.worst_environment(predicted, true, where[:3])


def test_counterfactuals_beside_their_panel() -> None:
    """Doing nothing, another sample, and the exact one, of a causal pendulum-like chain of three factors."""
    schema = [categorical("shape", list("abc")), ordinal("size", [1, 2, 3, 4, 5]), circular("angle", 360.0, grid=8)]
    fact = np.column_stack([RNG.integers(0, 3, 300), RNG.integers(0, 5, 300), RNG.integers(0, 8, 300)])
    true, was_set = fact.copy(), np.zeros(fact.shape, dtype=bool)
    true[:, 1], was_set[:, 1] = (fact[:, 1] + 1) % 5, True
    true[:, 2] = (fact[:, 2] + 1) % 8
    exact = metrics.counterfactual_error(true, true, fact, schema=schema, intervened=was_set)
    nothing = metrics.counterfactual_error(fact, true, fact, schema=schema, intervened=was_set)
    other = metrics.counterfactual_error(np.roll(true, 1, axis=0), true, fact, schema=schema)
    assert (exact, exact.parts["exact"]) == (0, 1)
    assert nothing == nothing.parts["did nothing"] > 0
    assert nothing.per_factor["angle"] == 1  # the shorter way round
    assert nothing.parts["effectiveness"] == 0
    assert other > nothing
    images = [RNG.normal(size=(300, 4, 4)) for _ in range(2)]
    scored = [
        metrics.counterfactual_error(true, true, fact, images=(made, images[0], images[1])).parts["pixels"]
        for made in (images[0], images[1], (images[0] + images[1]) / 2)
    ]
    assert scored == pytest.approx([0, 1, 0.25])
    with pytest.raises(InputError, match="the true counterfactual pictures are the factual ones"):
        metrics.counterfactual_error(true, true, fact, images=(images[0], images[1], images[1]))
    with pytest.raises(InputError, match="the reader found no value of some factor in 300 rows; look at the pictures"):
        metrics.counterfactual_error(np.full(true.shape, -1), true, fact)
    with pytest.raises(InputError, match="intervened is True where a factor was set"):
        metrics.counterfactual_error(true, true, fact, intervened=true)
    with pytest.raises(InputError, match="counterfactual_error: the schema has 1 factors; got 3 columns"):
        metrics.counterfactual_error(true, true, fact, schema=schema[:1])


def test_combinations_that_were_held_out() -> None:
    factors = RNG.integers(0, 4, (1500, 2))
    out = (factors[:, 0] == 3) & (factors[:, 1] >= 2)
    ideal = metrics.composition(np.eye(4)[factors].reshape(1500, 8), factors, out)
    entangled = metrics.composition(np.eye(16)[factors[:, 0] * 4 + factors[:, 1]], factors, out)  # a code for each combination
    assert ideal == 1
    assert ideal.parts["ratio"] == 1
    assert entangled.parts["seen, jointly"] == 1
    assert entangled < 0.2
    assert ideal.settings["held_out"] == int(out.sum())
    with pytest.raises(InputError, match="held_out says of each of 1500 rows whether it is, some .* got 0 of 1500"):
        metrics.composition(factors, factors, out & False)


def test_a_true_generator_is_disentangled_and_a_turned_or_constant_one_is_not() -> None:
    """Melodies, whose reader is exact: codes are factors, sums of factors, or nothing."""
    made = factorhub.generator("dmelodies")
    sizes = np.array(made.space.sizes)

    def read(codes_of: np.ndarray) -> np.ndarray:
        tokens = made.render(made.space.values(codes_of.reshape(-1, 9)))["tokens"]
        return read_factors(tokens).reshape(codes_of.shape)

    start = RNG.integers(0, sizes, (5, 9))
    walks = np.repeat(np.repeat(start[None, :, None], 9, axis=0), 6, axis=2)  # (codes, starts, steps, factors)
    aligned, turned = walks.copy(), walks.copy()
    for k in range(9):
        aligned[k, :, :, k] = (start[:, None, k] + np.arange(6)) % sizes[k]
        for moved in (k, (k + 1) % 9):
            turned[k, :, :, moved] = (start[:, None, moved] + np.arange(6)) % sizes[moved]
    score = metrics.traversal(read(aligned), reader_accuracy=1.0, schema=made.space)
    assert min(score, score.parts["completeness"], score.parts["modularity"]) > 0.999
    assert score.parts["invalid"] == 0
    assert score.settings["factors"] == list(made.space.names)
    assert metrics.traversal(read(turned), reader_accuracy=1.0) < 0.75
    nothing = metrics.traversal(read(walks), reader_accuracy=1.0)
    assert (nothing, nothing.parts["active"]) == (0, 0)
    assert nothing.warnings == ("no code changes any factor",)
    with pytest.raises(InputError, match="a reader must be right on 99% of true observations .* got 0.9; use an exact reader"):
        metrics.traversal(walks, reader_accuracy=0.9)
    with pytest.raises(InputError, match="a traversal has two steps or more; got 1"):
        metrics.traversal(walks[:, :, :1], reader_accuracy=1.0)


def test_a_generator_fixes_a_factor_for_the_votes() -> None:
    """The score of batches drawn from the generator is that of batches picked from rows."""
    sizes = np.array([3, 6, 40])
    factors = RNG.integers(0, sizes, (3000, 3))

    def fix(k: int, batches: int, size: int, rng: np.random.Generator) -> np.ndarray:
        made = rng.integers(0, sizes, (batches, size, 3))
        made[:, :, k] = made[:, :1, k]
        return made.astype(float)

    for name in ("factor_vae", "beta_vae"):
        score = metrics.metric(name)(factors, factors, fix=fix, train=300, test=150)
        assert score == 1
        assert score.settings["estimator"] == "generator"
    with pytest.raises(InputError, match=r"fix\(0, .*, 64, rng\) returns finite codes \(.*, 64, 3\); got shape \(2, 3\)"):
        metrics.factor_vae(factors, factors, fix=lambda *_: np.zeros((2, 3)))


def test_sprites_are_read_back_by_drawing_them_again() -> None:
    from factorhub.metrics.generated.reader import accuracy, read_back

    made = factorhub.generator("dsprites")

    def render(values: np.ndarray) -> np.ndarray:
        return made.render(values)["image"]

    assert accuracy(render, made.space, rows=20) >= 0.95
    codes = np.column_stack([np.random.default_rng(3).integers(0, size, 5) for size in made.space.sizes])
    blurred = 0.8 * render(made.space.values(codes)) + 0.05
    found, error = read_back(render, made.space, blurred, starts=4)
    right = made.space.canonical(made.space.values(found)) == made.space.canonical(made.space.values(codes))
    assert right.mean() > 0.9
    assert (error > 0).all()
    with pytest.raises(InputError, match=r"images are finite pictures \(N, …\) like render's \(64, 64\); got shape \(2, 3\)"):
        read_back(render, made.space, np.zeros((2, 3)))
    loose = factorhub.generator("color_dsprites")
    with pytest.raises(InputError, match="reading back needs a grid of every factor; got red, green, blue without one"):
        read_back(lambda values: loose.render(values)["image"], loose.space, np.zeros((1, 64, 64, 3)))
