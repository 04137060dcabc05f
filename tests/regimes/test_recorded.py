"""What regimes record beside the factors: environments, labels, tasks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import factorhub
from factorhub.errors import InputError
from factorhub.factors import categorical, continuous, ordinal
from factorhub.regimes import (
    Causal,
    Correlated,
    Environments,
    Grid,
    Labels,
    Pairs,
    Tasks,
    Uniform,
    Where,
)
from factorhub.space import FactorSpace
from tests.regimes.laws import SPRITES, N, chi_square, draw


def test_environments_know_themselves() -> None:
    regimes = (Where("shape == heart"), Where("shape == square", Grid()), Where("shape == ellipse"))
    drawn = draw(Environments(regimes, (1.0, 2.0, 1.0)))
    number = drawn.extras["environment"]
    assert chi_square(np.bincount(number), [1, 2, 1]) > 1e-3
    assert np.array_equal(drawn.values[:, 1], np.array([2, 0, 1])[number])
    mixed = Environments(regimes)
    assert set(draw(mixed.without(1)).extras["environment"]) == {0, 2}
    assert set(draw(mixed.only(1)).extras["environment"]) == {1}
    with pytest.raises(InputError, match="environments share their axes; environment 0 has \\(\\) and 1 has"):
        draw(Environments((Uniform(), Pairs())))
    with pytest.raises(InputError, match="keep lists numbers of environments, 0 to 2, each once; got \\(3,\\)"):
        Environments(regimes, keep=(3,))


def test_a_budget_of_labels_is_exact_where_rows_are_finite() -> None:
    space = factorhub.generator("causal_flow").space
    every = np.arange(len(space))
    drawn = draw(Labels(fraction=0.1, inner=Grid()), space, every)
    assert drawn.extras["labelled"].sum() == len(space) // 10
    assert draw(Labels(rows=77, inner=Grid()), space, every).extras["labelled"].sum() == 77
    labelled = drawn.extras["labelled"]
    assert np.isnan(drawn.extras["labels"][~labelled]).all()
    assert np.array_equal(drawn.extras["labels"][labelled], drawn.values[labelled])
    assert draw(Labels(rows=10)).extras["labelled"].sum() == 10
    share = draw(Labels(fraction=0.2)).extras["labelled"]
    assert stats.binomtest(int(share.sum()), N, 0.2).pvalue > 1e-3


def test_label_noise_bins_and_order() -> None:
    drawn = draw(Labels(noise=0.1, inner=Uniform(on_grid=True)))
    for j, size in ((1, 3), (2, 6), (3, 40)):
        wrong = drawn.extras["labels"][:, j] != drawn.values[:, j]
        assert stats.binomtest(int(wrong.sum()), N, 0.1 * (1 - 1 / size)).pvalue > 1e-3
    binned = draw(Labels(bins=5)).extras["labels"]
    assert np.array_equal(binned[:, 4], np.floor(draw(Labels()).values[:, 4] * 5))
    ordered = draw(Labels(bins=5, inner=Uniform(on_grid=True)))
    for j, size in ((0, 1), (1, 3), (2, 6), (3, 40), (4, 32), (5, 32)):  # as published: up to five values stay, no bin is empty
        code = SPRITES.codes_of(ordered.values)[:, j]
        wanted = code if size <= 5 else np.minimum(code // (size / 5), 4)
        assert np.array_equal(ordered.extras["labels"][:, j], wanted)
    shuffled = draw(Labels(bins=5, permuted=True, inner=Uniform(on_grid=True))).extras["labels"]
    assert [sorted(set(shuffled[:, j])) for j in (1, 2)] == [[0, 1, 2], [0, 1, 2, 3, 4]]
    partial = draw(Labels(factors=("posX", "posY"))).extras["labels"]
    assert np.isnan(partial[:, :4]).all()
    assert not np.isnan(partial[:, 4:]).any()
    permuted = draw(Labels(permuted=True, inner=Uniform(on_grid=True)))
    pairs = {(a, b) for a, b in zip(permuted.values[:, 4], permuted.extras["labels"][:, 4], strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}) == 32
    with pytest.raises(InputError, match="scale was drawn off its grid, so its values have no other order; give bins too"):
        draw(Labels(permuted=True))


def test_tasks_read_few_factors_through_their_heads() -> None:
    regime = Tasks(tasks=12, reads=2)
    weights = regime.weights(SPRITES)
    assert ((weights != 0).sum(axis=1) == 2).all()
    assert not weights[:, 0].any()
    drawn = draw(regime)
    places = 2 * regime.space(SPRITES).to_unit(drawn.values) - 1
    assert np.allclose(drawn.extras["targets"], places @ weights.T)
    assert np.array_equal(draw(regime, seed=2).extras["targets"].shape, (N, 12))
    assert np.array_equal(Tasks(tasks=12, reads=2).weights(SPRITES), weights)
    assert not np.array_equal(Tasks(tasks=12, reads=2, heads=1).weights(SPRITES), weights)
    noisy = draw(Tasks(tasks=12, reads=2, noise=0.5)).extras["targets"] - drawn.extras["targets"]
    assert stats.kstest(noisy[:, 3] / 0.5, "norm").pvalue > 1e-3
    answers = draw(Tasks(tasks=12, reads=2, head="logistic")).extras["targets"]
    chance = 1 / (1 + np.exp(-4 * drawn.extras["targets"]))
    for task in range(12):
        bins = np.digitize(chance[:, task], [0.2, 0.4, 0.6, 0.8])
        for b in range(5):
            here = bins == b
            assert answers[here, task].mean() == pytest.approx(chance[here, task].mean(), abs=0.03)


def test_ridges_reach_factors_on_a_grid_from_one_off_it_beside_a_seed() -> None:
    """A factor of many values that no ridge touches once left no room for the weights of the others."""
    space = FactorSpace((categorical("a", [f"{i}" for i in range(400)]), continuous("b", 0, 1), ordinal("seed", range(2**31))))
    values = Correlated((("b", "a"),), sigma=0.05).draw(space, 0, np.arange(4000)).values
    assert np.corrcoef(values[:, 0], values[:, 1])[0, 1] > 0.95
    assert len(np.unique(values[:, 0])) > 350
    noisy = factorhub.generator("noisy_dsprites").space
    shapes = Correlated(confounder="scale", sigma=0.2).draw(noisy, 0, np.arange(2000)).values[:, noisy.index("shape")]
    plain = factorhub.generator("dsprites").space
    expected = Correlated(confounder="scale", sigma=0.2).draw(plain, 0, np.arange(2000)).values[:, plain.index("shape")]
    assert np.abs(np.bincount(shapes.astype(int), minlength=3) - np.bincount(expected.astype(int), minlength=3)).max() < 120


def test_a_causal_model_that_draws_in_its_own_way_does_so_in_environments() -> None:
    class Fixed(Causal):
        def draw(self, base, seed, rows, stream=""):
            drawn = super().draw(base, seed, rows, stream)
            drawn.values[:] = 0.0
            return drawn

    assert not Environments((Fixed(()), Fixed(()))).draw(SPRITES, 0, np.arange(5)).values.any()
