"""Heads: identities can be told apart, parts and landmarks agree with the picture, pictures change smoothly."""

from __future__ import annotations

import numpy as np
import pytest

import factorhub
from factorhub.dsprites_like.heads import GROUPS, PARTS, POINTS, space
from factorhub.generator import Generator

FRONT = {"yaw": 0, "pitch": 0, "roll": 0, "smile": 0.2, "eyes_open": 1.0, "mouth_open": 0.0, "ambient": 0.5, "light_azimuth": 0}


@pytest.fixture(scope="module")
def heads() -> Generator:
    return factorhub.generator("heads", mask=True, landmarks=True)


def values(made: Generator, count: int, seed: int = 0, **fixed: float) -> np.ndarray:
    found = made.space.from_unit(np.random.default_rng(seed).random((count, len(made.space.factors))))
    for name, value in fixed.items():
        found[:, made.space.index(name)] = value
    return found


def test_groups_are_all_the_factors_once() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(space().names)


def test_ten_identities_can_be_told_apart(heads: Generator) -> None:
    """In one pose and light, any two differ more than one of them does under a new expression."""
    who = values(heads, 10, 1, **FRONT, background_hue=0.5, shirt_hue=0.0, light_elevation=20, gaze=0, brow_raise=0)
    images = heads.render(who)["image"].astype(float)
    smiling = who.copy()
    smiling[:, heads.space.index("smile")] = 1.0
    moved = np.abs(heads.render(smiling)["image"] - images).mean(axis=(1, 2, 3)).max()
    for a in range(10):
        for b in range(a):
            assert np.abs(images[a] - images[b]).mean() > 1.5 * moved, (a, b)


@pytest.mark.parametrize("name", [factor.name for factor in space()])
def test_every_factor_is_seen_from_the_front(heads: Generator, name: str) -> None:
    fixed = {**FRONT, "glasses": 0, "beard": 0, "hair_style": 1, "pitch": 0}
    fixed.pop(name, None)
    before = values(heads, 12, 2, **fixed)
    after = before.copy()
    factor, j = heads.space[name], heads.space.index(name)
    before[:, j], after[:, j] = factor.low, factor.high if factor.period is None else factor.low + factor.period / 2
    changed = np.abs(heads.render(before)["image"].astype(int) - heads.render(after)["image"]).max(axis=-1) > 6
    assert changed.sum(axis=(1, 2)).min() >= 3


def test_parts_change_only_where_they_are(heads: Generator) -> None:
    """An edit of the eyes changes pixels of eyes, before or after it, or their edges."""
    before = values(heads, 20, 3, **FRONT, glasses=0)
    after = before.copy()
    after[:, heads.space.index("iris_hue")] = (before[:, heads.space.index("iris_hue")] + 0.5) % 1
    one, two = heads.render(before), heads.render(after)
    changed = (one["image"] != two["image"]).any(axis=-1)
    eyes = (one["parts"] == PARTS.index("eyes")) | (two["parts"] == PARTS.index("eyes"))
    near = np.pad(eyes, ((0, 0), (1, 1), (1, 1)))
    near = near[:, :-2, 1:-1] | near[:, 2:, 1:-1] | near[:, 1:-1, :-2] | near[:, 1:-1, 2:] | eyes
    assert changed.any()
    assert not (changed & ~near).any()


def test_landmarks_lie_on_their_parts(heads: Generator) -> None:
    batch = heads.render(values(heads, 50, 4, **FRONT, glasses=0, beard=0))
    for point, part in (("left_eye", "eyes"), ("right_eye", "eyes"), ("nose_tip", "nose")):
        at = np.floor(batch["landmarks"][:, POINTS.index(point)]).astype(int)
        shown = batch["parts"][np.arange(50), at[:, 1], at[:, 0]]
        assert (shown == PARTS.index(part)).mean() > 0.95, point
    left, right = (batch["landmarks"][:, POINTS.index(name), 0] for name in ("left_eye", "right_eye"))
    assert (left > right).all()  # the person's left is on the picture's right


def test_heads_turn_smoothly(heads: Generator) -> None:
    for name in ("yaw", "pitch", "roll", "smile", "light_azimuth"):
        before = values(heads, 30, 5)
        after = before.copy()
        j, factor = heads.space.index(name), heads.space[name]
        before[:, j] = factor.low + 0.4 * (factor.high - factor.low)
        after[:, j] = before[:, j] + 0.001 * (factor.high - factor.low)
        moved = np.abs(heads.render(before)["image"].astype(int) - heads.render(after)["image"])
        assert moved.mean() < 0.5, name


def test_nobody_is_drawn_twice(heads: Generator) -> None:
    images = heads.render(values(heads, 5000, 6))["image"]
    assert len({image.tobytes() for image in images}) == 5000
