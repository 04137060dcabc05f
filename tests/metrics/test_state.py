"""Scores over batches, and their standard errors."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from factorhub import metrics
from factorhub.errors import InputError
from tests.metrics.samples import SCHEMA, drawn, panel, typed


def test_batches_one_after_another_give_the_scores_of_the_whole() -> None:
    case = typed()
    running = metrics.Running(["mig", "dci", "mcc", "r2"], schema=SCHEMA, groups=case.groups, settings={"mig": {"bins": 10}})
    for rows in np.array_split(np.arange(len(case.codes)), 7):
        running.update(case.codes[rows], case.factors[rows])
    scores = running.compute()
    assert scores["mig"] == case.score(metrics.mig, bins=10)
    for name in ("dci", "mcc", "r2"):
        assert scores[name] == case.score(metrics.metric(name))


def test_states_of_two_processes_merge_and_a_reset_state_is_empty() -> None:
    case = typed()
    halves = []
    for rows in np.array_split(np.arange(len(case.codes)), 2):
        part = metrics.Running(["mig"], schema=SCHEMA, groups=case.groups)
        mask = np.ones(case.factors[rows].shape, dtype=bool)
        part.update(case.codes[rows], case.factors[rows], mask)
        halves.append(pickle.loads(pickle.dumps(part)))
    halves[0].merge(halves[1])
    assert halves[0].compute()["mig"] == case.score(metrics.mig)
    halves[0].reset()
    assert len(halves[0]) == 0
    with pytest.raises(InputError, match=r"there are no rows to score yet; expected update\(codes, factors\) before compute"):
        halves[0].compute()


def test_batches_that_do_not_fit_are_refused() -> None:
    running = metrics.Running(["mig"])
    running.update(np.zeros((4, 3)), np.zeros((4, 2)))
    with pytest.raises(InputError, match=r"batches have the same \(D, K\); got \(2, 2\) after \(3, 2\); reset"):
        running.update(np.zeros((4, 2)), np.zeros((4, 2)))
    with pytest.raises(InputError, match="a batch has a row per observation"):
        running.update(np.zeros((4, 3)), np.zeros((3, 2)))
    with pytest.raises(InputError, match="codes are finite numbers; got nan"):
        running.update(np.full((4, 3), np.nan), np.zeros((4, 2)))
    with pytest.raises(InputError, match="batches hold codes and factors; udr needs models; compute it once after training"):
        metrics.Running(["udr"])
    with pytest.raises(InputError, match="what is merged is another factorhub.metrics.streaming.Running; got 3"):
        running.merge(3)  # type: ignore[arg-type]


def test_the_jackknife_is_as_wide_as_fresh_draws_scatter() -> None:
    """dSprites, noise of 5 %, bins of equal width: fresh draws scatter by 0.0008, and the jackknife says 0.0014 or less."""
    made = metrics.jackknife("mig", panel("dsprites", "noise 5 %"), drawn("dsprites"), exact=0, miller_madow=False, floor=None)
    assert made.score == metrics.mig(panel("dsprites", "noise 5 %"), drawn("dsprites"), exact=0, miller_madow=False, floor=None)
    assert 0.0003 < made.value < 0.003
    assert set(made.per_factor) == {f"factor{k}" for k in range(5)}
    assert (made.blocks, made.method) == (20, "block jackknife")
    with pytest.raises(InputError, match="a jackknife over 20 blocks needs 40 rows; got 30"):
        metrics.jackknife("mig", np.zeros(30), np.zeros(30))


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(5):
        factors = rng.normal(size=(4000, 1))
        codes = factors + rng.normal(size=(4000, 1))
        errors.append(metrics.jackknife("mcc", codes, factors, folds=0).value)
    assert abs(np.mean(errors) - (1 - 0.5) / np.sqrt(4000)) < 0.002  # of a correlation r: (1 - r²)/√N
