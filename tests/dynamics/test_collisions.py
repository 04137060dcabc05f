"""Events found exactly: balls in a box and Pong."""

from __future__ import annotations

import numpy as np
import pytest

import factorhub
from factorhub.dynamics import bouncing_balls as module
from factorhub.dynamics.bouncing_balls import energy
from factorhub.dynamics.interventional_pong import HALF, MARGIN, RADIUS, draws
from factorhub.dynamics.kernels.collisions import bounce
from factorhub.errors import InputError
from factorhub.testing import check_generator, sample


def fly(starts, radii, masses, gravity: float = 0.0, steps: int = 50, dt: float = 0.1, unit: float = 1.0) -> tuple[np.ndarray, int]:
    starts = np.asarray([starts], dtype=np.float64)
    out = np.empty((1, steps, starts.shape[1]))
    collisions = bounce(
        starts, np.asarray([radii], np.float64), np.asarray([masses], np.float64), np.array([gravity]), dt, unit, 1000, out
    )
    return out[0], int(collisions[0])


def test_a_ball_between_two_walls_in_closed_form() -> None:
    """Unfolded, it flies straight: x is a triangle wave."""
    states, collisions = fly([0.3, 0.5, 0.77, 0.0], [0.1], [1.0], steps=200)
    way = np.mod(0.3 - 0.1 + 0.77 * np.arange(200) * 0.1, 1.6)
    assert np.abs(states[:, 0] - 0.1 - np.minimum(way, 1.6 - way)).max() < 1e-13
    assert collisions == int((0.2 + 0.77 * 19.9) / 0.8)


def test_a_ball_under_gravity_returns_to_its_height() -> None:
    """Dropped from rest at height h, it is back after 2 √(2 h / g), for any number of bounces."""
    height, pull = 0.6, 0.7
    period = 2 * np.sqrt(2 * height / pull)
    states, _ = fly([0.5, 0.1 + height, 0.0, 0.0], [0.1], [1.0], pull, steps=41, dt=period / 2)
    assert np.abs(states[::2, 1] - 0.7).max() < 1e-12
    assert np.abs(states[1::2, 1] - 0.1).max() < 1e-12


def test_equal_balls_exchange_velocities_and_unequal_ones_obey_the_law() -> None:
    states, collisions = fly([0.2, 0.5, 0.8, 0.5, 0.5, 0.0, -0.1, 0.0], [0.1, 0.1], [1.0, 1.0], steps=8, dt=0.125)
    assert collisions == 1
    assert np.allclose(states[-1, 4:], [-0.1, 0.0, 0.5, 0.0], atol=1e-15)
    assert np.allclose(states[:, 0] + states[:, 2], 1.0 + 0.4 * np.arange(8) * 0.125, atol=1e-15)
    states, _ = fly([0.2, 0.5, 0.8, 0.5, 0.5, 0.0, -0.1, 0.0], [0.1, 0.1], [3.0, 1.0], steps=7, dt=0.125)
    mean = (3 * 0.5 - 0.1) / 4
    assert np.allclose(states[-1, 4::2], [2 * mean - 0.5, 2 * mean + 0.1], atol=1e-15)


def test_momentum_through_a_collision_off_centre() -> None:
    masses = np.array([1.2, 0.7])
    states, collisions = fly([0.3, 0.45, 0.6, 0.52, 0.4, 0.1, -0.3, 0.05], [0.08, 0.06], masses, steps=9, dt=0.06)
    assert collisions == 1
    momentum = (states[:, 4:].reshape(9, 2, 2) * masses[:, None]).sum(axis=1)
    kinetic = (states[:, 4:].reshape(9, 2, 2) ** 2 * masses[:, None]).sum(axis=(1, 2))
    assert np.abs(momentum - momentum[0]).max() < 1e-15
    assert np.abs(kinetic - kinetic[0]).max() < 1e-15
    assert np.abs(states[-1, 4:] - states[0, 4:]).max() > 0.1
    spins = states[:, 0] * states[:, 5] - states[:, 1] * states[:, 4], states[:, 2] * states[:, 7] - states[:, 3] * states[:, 6]
    angular = masses[0] * spins[0] + masses[1] * spins[1]
    assert np.abs(angular - angular[0]).max() < 1e-15


@pytest.mark.parametrize("balls", [1, 3, 4])
def test_balls_keep_their_energy_and_never_overlap(balls: int) -> None:
    made = factorhub.generator("bouncing_balls", balls=balls, dtype="float64")
    values = sample(made.space, 24)
    states = made.render(values)["state"]
    total = energy(states, values)
    assert np.abs(total / total[:, :1] - 1).max() < 1e-13
    places = states[..., : 2 * balls].reshape(24, -1, balls, 2)
    radii = module.RADIUS * np.sqrt(values[:, 1::5])
    assert (places - radii[:, None, :, None] > -1e-14).all()
    assert (places + radii[:, None, :, None] < 1 + 1e-14).all()
    for i in range(balls):
        for j in range(i):
            apart = np.linalg.norm(places[:, :, i] - places[:, :, j], axis=-1)
            assert (apart >= (radii[:, i] + radii[:, j])[:, None] - 1e-14).all()


def test_motion_runs_backwards() -> None:
    """After many collisions, turned round: balls come back to their start, which doubles alone could not do."""
    made = factorhub.generator("bouncing_balls", steps=161, dtype="float64")
    values = sample(made.space, 4)
    values[:, 0] = 0.0
    forth = made.render(values)["state"]
    masses = values[:, 1::5]
    for i in range(4):
        back = forth[i, 80].copy()
        back[6:] *= -1
        again, collisions = fly(back, module.RADIUS * np.sqrt(masses[i]), masses[i], steps=81, dt=0.05)
        assert collisions > 5
        assert np.abs(again[-1, :6] - forth[i, 0, :6]).max() < 1e-3


def test_a_finer_grid_of_times_shows_the_same_motion() -> None:
    coarse, fine = (factorhub.generator("bouncing_balls", steps=s, dt=d, dtype="float64") for s, d in ((21, 0.25), (41, 0.125)))
    values = sample(coarse.space, 8)
    assert np.abs(coarse.render(values)["state"] - fine.render(values)["state"][:, ::2]).max() < 1e-13


def test_balls_are_counted() -> None:
    with pytest.raises(InputError, match="balls is 1 to 4, each starting in its own quarter of the box; got 5"):
        factorhub.generator("bouncing_balls", balls=5)
    made = factorhub.generator("bouncing_balls")
    with pytest.raises(InputError, match=r"mass0 takes 0\.5 … 1\.5; got -1"):
        made.render(np.where(np.arange(16) == 1, -1.0, sample(made.space, 1)[0]))


def test_rows_beyond_the_digits_are_refused(monkeypatch) -> None:
    made = factorhub.generator("bouncing_balls")
    values = sample(made.space, 2)
    monkeypatch.setattr(module, "TRUSTED", 0.0)
    with pytest.raises(
        InputError, match=r"bouncing_balls at gravity = .* cannot be solved: two solutions differ by .*; take fewer steps"
    ):
        made.render(values)
    monkeypatch.setattr(module, "MOST", 1)
    with pytest.raises(InputError, match=r"collides more than 1 times in 100 steps; take fewer steps or a smaller dt"):
        made.render(values)


def pong(steps: int = 200, rows: int = 16, **options):
    made = factorhub.generator("interventional_pong", steps=steps, dtype="float64", **options)
    values = sample(made.space, rows)
    return values, made.render(values)


def test_pong_without_interventions_bounces() -> None:
    values, batch = pong(chance=0.0)
    x, y, angle, left, right, *scores = np.moveaxis(batch["state"], -1, 0)
    assert not batch["target"].any()
    assert (x >= RADIUS - 1e-12).all()
    assert (x <= 1 - RADIUS + 1e-12).all()
    assert (y >= RADIUS - 1e-12).all()
    assert (y <= 1 - RADIUS + 1e-12).all()
    assert (np.abs(angle) <= np.pi).all()
    assert (left >= HALF).all()
    assert (right <= 1 - HALF).all()
    assert np.abs(np.diff(left)).max() <= values[:, 7].max() * 0.05 + 1e-12
    ways = np.hypot(np.diff(x), np.diff(y))
    straight = (np.diff(angle) == 0) & (np.diff(sum(scores)) == 0)
    assert straight.mean() > 0.7
    assert np.abs(ways - values[:, 6:7] * 0.05)[straight].max() < 1e-12
    assert (ways < values[:, 6:7] * 0.05 + 1e-12)[np.diff(sum(scores)) == 0].all()
    turned = (np.diff(np.cos(angle)) * np.cos(angle[:, 1:]) > 0) & (np.diff(sum(scores)) == 0)
    assert turned.any()
    inside = (x > MARGIN) & (x < 1 - MARGIN)
    assert inside.mean() > 0.9


def test_every_serve_is_a_goal() -> None:
    _, batch = pong(steps=400, chance=0.0)
    scores = batch["state"][..., 5:]
    steps = np.diff(scores.sum(axis=-1), axis=1)
    assert set(np.unique(steps)) == {0.0, 1.0}
    near = np.abs(batch["state"][:, 1:, :2][steps > 0] - 0.5)
    assert near.max() < 1.5 * 0.05


@pytest.mark.parametrize("single", [True, False])
def test_interventions_set_their_variable_and_nothing_else(single: bool) -> None:
    plain = factorhub.generator("interventional_pong", dtype="float64", chance=0.0)
    made = factorhub.generator("interventional_pong", dtype="float64", single=single)
    values = sample(made.space, 64)
    with_them, without = made.render(values), plain.render(values)
    target = with_them["target"]
    count = target[:, 1:].sum(axis=2)
    if single:  # one of the five, evenly, where five draws would not all have missed
        assert count.max() == 1
        assert (count == 0).mean() == pytest.approx(0.85**5, abs=0.02)
        assert target.sum(axis=(0, 1)) == pytest.approx(np.full(5, target.sum() / 5), rel=0.15)
    else:
        assert target[:, 1:].mean() == pytest.approx(0.15, abs=0.01)
        assert count.max() > 1
    assert not target[:, 0].any()
    first = target.any(axis=2).argmax(axis=1)
    for i, k in enumerate(first):
        assert np.array_equal(with_them["state"][i, :k], without["state"][i, :k])
        changed = with_them["state"][i, k, :5] != without["state"][i, k, :5]
        assert np.array_equal(changed, target[i, k] == 1)


def test_targets_follow_from_the_seed_and_begin_alike() -> None:
    seeds = np.array([3.0, 8.0])
    short, long = draws(seeds, 10, 0.5, False), draws(seeds, 30, 0.5, False)
    assert all(np.array_equal(a, b[:, :10]) for a, b in zip(short, long, strict=True))
    assert not np.array_equal(short[1][0], short[1][1])


def test_small_variants_keep_the_contract() -> None:
    check_generator(factorhub.generator("bouncing_balls", balls=2, steps=8, video=16, derivative=True), rows=8)
    check_generator(factorhub.generator("interventional_pong", steps=8, video=16), rows=8)


@pytest.mark.parametrize("option", ["chance", "noise"])
def test_shares_of_pong_are_checked(option: str) -> None:
    with pytest.raises(InputError, match=f"{option} of interventional_pong is 0 to 1; got 2"):
        factorhub.generator("interventional_pong", **{option: 2})
