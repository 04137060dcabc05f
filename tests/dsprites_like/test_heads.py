"""Heads: identities can be told apart, parts and landmarks agree with the picture, pictures change smoothly."""

from __future__ import annotations

import numpy as np
import pytest

import factorhub
from factorhub.dsprites_like.forgery import METHODS
from factorhub.dsprites_like.heads import FACE, GROUPS, PARTS, POINTS, space
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


def test_a_forgery_changes_the_face_alone_and_says_where() -> None:
    made = factorhub.generator("heads", mask=True, forgery=True)
    rows = values(made, 300, 6, artefact_strength=1.0)
    none = rows.copy()
    none[:, made.space.index("artefact")] = 0
    whole, forged = made.render(none), made.render(rows)
    changed = (forged["image"] != whole["image"]).any(axis=-1)
    assert (changed == (forged["forged"] == 1)).all()
    assert not whole["forged"].any()
    face = np.isin(forged["parts"], [PARTS.index(part) for part in FACE])
    assert not (changed & ~face).any()
    seen = face.sum(axis=(1, 2)) > 200
    assert (changed.any(axis=(1, 2)) == (rows[:, -2] > 0))[seen].all()


def test_a_stronger_artefact_changes_more() -> None:
    made = factorhub.generator("heads", forgery=True)
    for code in range(1, len(METHODS)):
        rows = values(made, 10, code, **FRONT, artefact=code, beard=0, hair_style=1).repeat(10, axis=0)
        rows[:, -1] = np.tile(made.space["artefact_strength"].table, 10)
        whole = rows.copy()
        whole[:, -2] = 0
        found = np.abs(made.render(rows)["image"].astype(int) - made.render(whole)["image"]).sum(axis=(1, 2, 3)).reshape(10, 10)
        assert (np.diff(found, axis=1) > 0).all(), METHODS[code]


def test_depth_is_that_of_the_parts() -> None:
    made = factorhub.generator("heads", mask=True, depth=True)
    batch = made.render(values(made, 50, 7, **FRONT, glasses=0, beard=0, hair_style=1))
    depth, parts = batch["depth"], batch["parts"]
    assert (np.isinf(depth) == (parts == 0)).all()
    for row in range(50):
        skin, nose = depth[row][parts[row] == PARTS.index("skin")], depth[row][parts[row] == PARTS.index("nose")]
        assert nose.min() < skin.min()
        assert skin.min() > 6.0 - 1.3
        assert skin.max() < 6.0 + 1.3
