"""Moving sprites: poses follow the motion and the walls exactly, and every frame is the picture of its pose."""

import math

import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError
from factorhub.testing import check_generator

STRAIGHT, SWING, CIRCLE = range(3)


@pytest.fixture(scope="module")
def movies():
    return factorhub.generator("moving_sprites", frames=40)


def drawn(generator, rows, seed=0, **fixed):
    values = generator.space.from_unit(np.random.default_rng(seed).random((rows, len(generator.space.factors))))
    for name, value in fixed.items():
        values[:, generator.space.index(name)] = value
    return values


def test_contract():
    check_generator(factorhub.generator("moving_sprites", frames=3, size=24, shapes="more", antialias=False), rows=8)


@pytest.mark.parametrize("antialias", [True, False])
def test_every_frame_is_the_picture_of_its_pose(antialias):
    movies = factorhub.generator("moving_sprites", frames=12, antialias=antialias)
    still = factorhub.generator("color_dsprites", antialias=antialias)
    values = drawn(movies, 20)
    batch = movies.render(values)
    x, y, turn = np.moveaxis(batch["pose"], -1, 0)
    shared = np.broadcast_to(values[:, None, :5], (20, 12, 5))
    frames = still.render(np.concatenate([shared, np.stack([turn, x, y], axis=-1)], axis=-1))["image"]
    gap = np.abs(frames.astype(int) - batch["video"])
    assert gap.max() <= 1 if antialias else (gap > 0).mean() < 1e-4  # the label's orientation is a whole turn or so away
    assert batch["video"].any(axis=(2, 3, 4)).all()


def test_walls_reflect_like_billiard_cushions(movies):
    """Against going step by step and turning round at each wall."""
    values = drawn(movies, 300, motion=STRAIGHT)
    pose = movies.render(values)["pose"]
    at, velocity = values[:, 6:8].copy(), values[:, 9:11].copy()
    bounced = 0
    for t in range(40):
        np.testing.assert_allclose(pose[:, t, :2], at, rtol=0, atol=1e-12)
        at += velocity
        for wall, beyond in ((0, at < 0), (1, at > 1)):
            at[beyond] = 2 * wall - at[beyond]
            velocity[beyond] *= -1
            bounced += beyond.sum()
    assert bounced > 300


def test_pose_begins_at_the_labels_and_turns_evenly(movies):
    values = drawn(movies, 50, shape=2)
    pose = movies.render(values)["pose"]
    np.testing.assert_array_equal(pose[:, 0], values[:, [6, 7, 5]])
    turned = values[:, 5:6] + values[:, 11:12] * np.arange(40)
    assert np.abs(np.angle(np.exp(1j * (pose[..., 2] - turned)))).max() < 1e-9
    assert ((pose[..., 2] >= 0) & (pose[..., 2] < 2 * math.pi)).all()


def test_swings_and_circles_come_back(movies):
    for motion in (SWING, CIRCLE):
        values = drawn(movies, 50, motion=motion)
        pose = movies.render(values)["pose"]
        np.testing.assert_allclose(pose[:, 16, :2], pose[:, 0, :2], rtol=0, atol=1e-8)
        np.testing.assert_allclose(pose[:, 1:24, :2], pose[:, 17:40, :2], rtol=0, atol=1e-8)
    slow = drawn(movies, 50, motion=CIRCLE, posX=0.5, posY=0.5)
    slow[:, 9:11] *= 0.3
    x, y, _ = np.moveaxis(movies.render(slow)["pose"][:, :16], -1, 0)
    radius = np.hypot(x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True))
    np.testing.assert_allclose(
        radius, np.hypot(slow[:, 9], slow[:, 10])[:, None].repeat(16, axis=1) * 16 / (2 * math.pi), atol=1e-8
    )
    area = (x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y).sum(axis=1)
    assert (area < 0).all()  # counter-clockwise on a screen, whose y points down


def test_frames_do_not_depend_on_how_many_there_are(movies):
    values = drawn(movies, 10)
    short = factorhub.generator("moving_sprites", frames=7).render(values)
    long = movies.render(values)
    for name in short:
        np.testing.assert_array_equal(short[name], long[name][:, :7])


def test_preview_shows_frames_side_by_side(movies):
    pictures = movies.pictures(movies.render(drawn(movies, 2)))
    assert pictures.shape == (2, 64, 8 * 64 + 7, 3)
    assert pictures.dtype == np.uint8


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"frames": 0}, "frames of moving_sprites is 1 to 10000; got 0"),
        ({"size": 5000}, "size of moving_sprites is 8 to 4096 pixels; got 5000"),
    ],
)
def test_errors(options, text):
    with pytest.raises(InputError, match=text):
        factorhub.generator("moving_sprites", **options)
