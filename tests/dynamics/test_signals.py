"""Linear causal models, series and radio signals."""

from __future__ import annotations

import numpy as np
import pytest

import factorhub
from factorhub.dynamics.linear_scm import models, precisions
from factorhub.dynamics.noise import normals
from factorhub.dynamics.rf_fingerprint import pulse
from factorhub.errors import InputError
from factorhub.testing import sample


@pytest.mark.parametrize("intervention", ["hard", "soft"])
@pytest.mark.parametrize("scm", range(6))
def test_precisions_of_two_environments_differ_in_rank_two_at_most(scm: int, intervention: str) -> None:
    """Rank 1 for a source, 2 for a latent with parents, exactly."""
    made = factorhub.generator("linear_scm", scm=scm, intervention=intervention)
    stored = made.field("latent").meta
    found = np.array(stored["models"])
    precision = np.array(stored["precisions"])
    assert np.array_equal(precision, precisions(found))
    parents = (np.abs(found[0]) > 0).sum(axis=1) - 1
    for i in range(5):
        assert np.linalg.matrix_rank(precision[i + 1] - precision[0], tol=1e-9) == (1 if parents[i] == 0 else 2)
        unchanged = np.arange(5) != i
        assert np.array_equal(found[i + 1][unchanged], found[0][unchanged])
    order = stored["causal_order"]
    assert not np.triu(found[0][np.ix_(order, order)], k=1).any()
    assert parents[order[0]] == 0


def test_hard_interventions_cut_the_parents_and_soft_ones_keep_them() -> None:
    hard, mixing, _ = models(1, 5, 10, 0.75, False)
    soft, _, _ = models(1, 5, 10, 0.75, True)
    for i in range(5):
        assert (np.flatnonzero(hard[i + 1, i]) == [i]).all()
        assert 6 <= hard[i + 1, i, i] <= 8
        assert np.array_equal(soft[i + 1, i] != 0, soft[0, i] != 0)
        drawn = soft[i + 1, i][soft[i + 1, i] != 0]  # the diagonal's entry too
        assert ((drawn >= 1.75) & (drawn <= 2)).all()
        assert 2 <= hard[0, i, i] <= 4
    assert np.allclose(np.abs(mixing).max(axis=1), 1.0)
    assert mixing.shape == (10, 5)


def test_samples_have_the_stored_covariance() -> None:
    made = factorhub.generator("linear_scm", scm=2)
    stored = made.field("latent").meta
    mixing = np.array(stored["mixing"])
    for environment in (0, 1, 4):
        values = np.stack([np.full(40_000, float(environment)), np.arange(40_000.0)], axis=1)
        batch = made.render(values)
        exact = np.linalg.inv(np.array(stored["precisions"])[environment])
        got = np.cov(batch["latent"].T)
        scale = np.sqrt(np.outer(np.diag(exact), np.diag(exact)))
        assert np.abs((got - exact) / scale).max() < 0.03
        assert np.allclose(batch["observed"], batch["latent"] @ mixing.T)


def test_counterfactual_samples_share_their_noise() -> None:
    made = factorhub.generator("linear_scm", scm=3)
    found = np.array(made.field("latent").meta["models"])
    values = np.array([[0.0, 7.0], [2.0, 7.0]])
    z = made.render(values)["latent"]
    assert np.allclose(found[0] @ z[0], found[2] @ z[1], atol=1e-13)


def test_sizes_of_scms_are_checked() -> None:
    with pytest.raises(InputError, match="linear_scm needs 1 to 64 latents and that many to 1024 observed; got 5 and 4"):
        factorhub.generator("linear_scm", observed=4)
    with pytest.raises(InputError, match="density of linear_scm is the share of possible edges, 0 to 1; got 2"):
        factorhub.generator("linear_scm", density=2.0)


def test_normal_numbers() -> None:
    drawn = normals(np.arange(2000.0), 101, "test")
    assert drawn.shape == (2000, 101)
    assert abs(drawn.mean()) < 0.01
    assert drawn.var() == pytest.approx(1.0, abs=0.01)
    assert (drawn**4).mean() == pytest.approx(3.0, abs=0.05)
    assert abs((drawn[:, 1:] * drawn[:, :-1]).mean()) < 0.01
    assert np.array_equal(drawn[:, :30], normals(np.arange(2000.0), 30, "test"))


def test_series_are_the_sum_of_their_parts() -> None:
    made = factorhub.generator("seasonal_series", dtype="float64")
    values = sample(made.space, 40)
    batch = made.render(values)
    assert np.array_equal(batch["state"][..., 0], batch["state"][..., 1:].sum(axis=-1))
    before = batch["label"] == 0
    assert not batch["state"][..., 3][before].any()
    regime = values[:, 0]
    assert np.array_equal(batch["label"].max(axis=1), regime)
    changes = values[:, 1] * 256
    assert np.array_equal(before.sum(axis=1)[regime > 0], np.ceil(changes)[regime > 0])
    assert np.allclose(batch["state"][regime == 1, -1, 3], values[regime == 1, 2])


def test_seasons_have_their_periods() -> None:
    made = factorhub.generator("seasonal_series", dtype="float64")
    values = sample(made.space, 1)[0]
    values[[0, 5, 6, 9]] = [0.0, 32.0, 1.0, 0.0]
    season = made.render(values)["state"][:, 2]
    assert np.abs(season[32:] - season[:-32]).max() < 1e-12
    assert season.max() == pytest.approx(1.0, abs=0.01)


def test_an_ideal_device_and_channel_send_qpsk() -> None:
    """Through the matched filter, the symbols are the four corners, exactly to the truncation of the pulse."""
    made = factorhub.generator("rf_fingerprint", dtype="float64", steps=512)
    ideal = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 30.0, 5.0, 6.0]
    signal = made.render(ideal)["signal"] @ [1, 1j]
    found = np.convolve(signal, pulse(4), mode="valid") / np.sqrt(2)
    best = min(
        (np.abs(np.abs(found[start::4].real) - 1).mean() + np.abs(np.abs(found[start::4].imag) - 1).mean()) for start in range(4)
    )
    assert best < 0.2


def test_the_fingerprint_of_a_device() -> None:
    made = factorhub.generator("rf_fingerprint", dtype="float64", steps=256)
    ideal = np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 30.0, 5.0, 6.0])
    clean = made.render(ideal)["signal"]
    gained, offset = ideal.copy(), ideal.copy()
    gained[0], offset[3] = 1.1, 1e-3
    noise = clean - made.render(np.where(np.arange(10) == 7, 30.0, ideal))["signal"]
    assert not noise.any()
    one = made.render(gained)["signal"]
    assert np.allclose(one[:, 0], clean[:, 0])
    assert np.std(one[:, 1]) / np.std(clean[:, 1]) == pytest.approx(1.1, abs=0.01)
    spun = (made.render(offset)["signal"] @ [1, 1j]) * np.exp(-2j * np.pi * 1e-3 * np.arange(256))
    assert np.abs(spun - clean @ [1, 1j]).max() < 0.3
    quiet, loud = (np.std(made.render(np.where(np.arange(10) == 7, snr, ideal))["signal"] - clean) for snr in (20.0, 0.0))
    assert loud / quiet == pytest.approx((1 - 10**-1.5) / (0.1 - 10**-1.5), rel=1e-6)


def signal_of(options: dict[str, object], named: dict[str, float]) -> np.ndarray:
    """The complex signal of one row, all else at its first value."""
    made = factorhub.generator("rf_fingerprint", dtype="float64", **options)
    return np.asarray(made.render(made.space.point(**named))["signal"] @ [1, 1j])


def test_echoes_add_up_and_those_without_strength_change_nothing() -> None:
    one = {"tap": 0.4, "tap_phase": 1.0, "delay": 3.5, "snr": 30.0}
    three = {"tap_2": 0.3, "tap_phase_2": 4.0, "delay_2": 6.0}
    plain, first = signal_of({}, {"snr": 30.0}), signal_of({}, one)
    second = signal_of({}, {"tap": 0.3, "tap_phase": 4.0, "delay": 6.0, "snr": 30.0})
    both = signal_of({"taps": 3}, {**one, **three})
    assert np.array_equal(signal_of({"taps": 3}, one), first)
    assert np.abs((both - plain) - (first - plain) - (second - plain)).max() < 1e-12


def test_fading_turns_each_echo_by_its_own_doppler_shift() -> None:
    named = {"tap": 0.5, "delay": 2.0, "snr": 30.0}
    still, fading = signal_of({}, named), signal_of({"fading": True}, {**named, "doppler": 0.0})
    assert np.abs(still - fading).max() < 1e-12
    plain, moving = signal_of({}, {"snr": 30.0}), signal_of({"fading": True}, {**named, "doppler": 2e-3})
    turned = (still - plain) * np.exp(2j * np.pi * 2e-3 * np.arange(256))
    assert np.abs((moving - plain) - turned).max() < 1e-9


def test_a_device_has_impairments_of_its_own_and_fewer_devices_are_the_first_of_more() -> None:
    few, many = ({"devices": count} for count in (4, 9))
    rows = [signal_of(few, {"device": i, "snr": 30.0, "message": 5}) for i in range(4)]
    assert all(np.array_equal(row, signal_of(many, {"device": i, "snr": 30.0, "message": 5})) for i, row in enumerate(rows))
    assert min(np.abs(a - b).max() for i, a in enumerate(rows) for b in rows[:i]) > 0.01


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ({"taps": 9}, "taps of rf_fingerprint counts echoes, 1 to 8; got 9"),
        ({"devices": 1}, "devices of rf_fingerprint is 0 .* got 1"),
    ],
)
def test_impossible_channels_and_devices_are_refused(options: dict[str, int], answer: str) -> None:
    with pytest.raises(InputError, match=answer):
        factorhub.generator("rf_fingerprint", **options)
