"""The foreground adjusted Rand index against scikit-learn's, and as laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import adjusted_rand_score

from factorhub.errors import InputError
from factorhub.metrics import ari

maps = arrays(np.uint8, (3, 4, 5), elements=st.integers(0, 3))


def reference(true, pred):
    return [adjusted_rand_score(t[t > 0], p[t > 0]) for t, p in zip(true, pred, strict=True)]


@settings(max_examples=60, deadline=None)
@given(maps, maps)
def test_equals_scikit_learn_over_the_foreground(true, pred):
    np.testing.assert_allclose(ari(true, pred), reference(true, pred), rtol=0, atol=1e-12)


def test_equals_scikit_learn_at_full_size_with_sparse_labels():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 6, (4, 64, 64))
    pred = np.where(rng.random(true.shape) < 0.8, true * 9000, rng.integers(0, 60000, true.shape))
    np.testing.assert_allclose(ari(true, pred), reference(true, pred), rtol=0, atol=1e-12)


def test_the_numbers_of_slots_and_the_background_do_not_matter():
    rng = np.random.default_rng(1)
    true = rng.integers(0, 4, (5, 16, 16))
    renamed = np.array([0, 7, 2, 9])[true]
    renamed[true == 0] = rng.integers(0, 12, (true == 0).sum())
    assert (ari(true, renamed) == 1).all()
    assert abs(ari(true, rng.permuted(true, axis=-1)).mean()) < 0.1


@pytest.mark.parametrize("true", [np.zeros((1, 2, 2), int), np.ones((1, 2, 2), int)], ids=["no foreground", "one object"])
def test_degenerate_maps_score_one_as_in_scikit_learn(true):
    assert ari(true, np.zeros_like(true)).tolist() == [1.0] == reference(true, np.zeros_like(true))


def test_leading_axes_are_free_and_a_batch_may_be_empty():
    rng = np.random.default_rng(2)
    true, pred = rng.integers(0, 3, (2, 3, 4, 4)), rng.integers(0, 3, (2, 3, 4, 4))
    assert ari(true, pred).shape == (2, 3)
    assert ari(true, pred)[1, 2] == ari(true[1, 2], pred[1, 2])
    assert ari(true[:0], pred[:0]).shape == (0, 3)


@pytest.mark.parametrize(
    ("true", "pred", "text"),
    [
        (np.zeros((1, 2, 2), int), np.zeros((1, 2, 3), int), r"one shape \(…, H, W\); got \(1, 2, 2\) and \(1, 2, 3\)"),
        (np.zeros((1, 2, 2)), np.zeros((1, 2, 2), int), "true holds instance maps .* of whole numbers; got float64"),
        (np.zeros((1, 2, 2), int), np.zeros(3, int), r"pred holds instance maps .*; got int64 of shape \(3,\)"),
        (np.zeros((1, 2, 2), int), np.full((1, 2, 2), -1), "pred holds whole numbers from 0 to 65535, .*; got -1"),
        (np.full((1, 2, 2), 70000), np.zeros((1, 2, 2), int), "true holds whole numbers from 0 to 65535, .*; got 70000"),
    ],
)
def test_errors(true, pred, text):
    with pytest.raises(InputError, match=text):
        ari(true, pred)
