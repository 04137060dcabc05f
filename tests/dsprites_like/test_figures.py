"""Figures: every factor is seen, parts and key points agree with the picture, phases close, stills are first frames."""

from __future__ import annotations

import numpy as np
import pytest

import factorhub
from factorhub.dsprites_like.bodies import ACTIONS, JOINTS
from factorhub.dsprites_like.figures import MOVES, PARTS, space
from factorhub.errors import InputError
from factorhub.generator import Generator

NEAR = {"scale": 0.6, "posX": 0.5, "posY": 0.5, "camera_tilt": 0.0, "direction": 30.0}


@pytest.fixture(scope="module")
def figures() -> Generator:
    return factorhub.generator("figures", mask=True, keypoints=True)


def values(made: Generator, count: int, seed: int = 0, **fixed: float) -> np.ndarray:
    found = made.space.from_unit(np.random.default_rng(seed).random((count, len(made.space.factors))))
    for name, value in fixed.items():
        if name in made.space.names:
            found[:, made.space.index(name)] = value
    return found


def elsewhere(made: Generator, rows: np.ndarray, name: str) -> np.ndarray:
    """The rows with one factor far from where it was."""
    moved, factor, j = rows.copy(), made.space[name], made.space.index(name)
    if factor.kind in ("categorical", "ordinal"):
        moved[:, j] = (moved[:, j] + 1) % factor.size
    else:
        moved[:, j] = factor.low + (moved[:, j] - factor.low + 0.4 * (factor.high - factor.low)) % (factor.high - factor.low)
    return moved


@pytest.mark.parametrize("name", space().names)
def test_every_factor_is_seen(figures: Generator, name: str) -> None:
    before = values(figures, 60, 1, scale=0.3)
    after = elsewhere(figures, before, name)
    least = 0 if name in ("skin", "bottom") else 2  # from above, trunk and hair may hide them
    changed = np.abs(figures.render(before)["video"].astype(int) - figures.render(after)["video"]).max(axis=-1) > 6
    counts = changed.sum(axis=(1, 2, 3))
    assert counts.min() >= least
    assert np.median(counts) >= 8


def test_a_still_is_the_first_frame_of_a_video(figures: Generator) -> None:
    still = factorhub.generator("figures", frames=1, mask=True, keypoints=True)
    assert set(figures.space.names) - set(still.space.names) == set(MOVES)
    rows = values(figures, 40, 2)
    kept = rows[:, [figures.space.index(name) for name in still.space.names]]
    one, many = still.render(kept), figures.render(rows)
    np.testing.assert_array_equal(one["image"], many["video"][:, 0])
    np.testing.assert_array_equal(one["parts"], many["parts"][:, 0])
    np.testing.assert_array_equal(one["keypoints"], many["keypoints"][:, 0])


def test_later_frames_are_stills_of_later_phases(figures: Generator) -> None:
    """Nothing but the phase moves where the camera does not: all other factors are constant over time."""
    still = factorhub.generator("figures", frames=1)
    rows = values(figures, 20, 3, drift_x=0, drift_y=0, speed=0.125, phase=0.25)
    video = figures.render(rows)["video"]
    for t in range(8):
        kept = rows[:, [figures.space.index(name) for name in still.space.names]]
        kept[:, still.space.index("phase")] = (0.25 + 0.125 * t) % 1
        apart = np.abs(still.render(kept)["image"].astype(int) - video[:, t])
        assert apart.max() <= 1
    again = values(figures, 20, 3, drift_x=0, drift_y=0, speed=0.125, phase=0.375)
    np.testing.assert_array_equal(figures.render(again)["video"][:, :-1], video[:, 1:])


def test_rows_do_not_depend_on_one_another(figures: Generator) -> None:
    rows = values(figures, 12, 4)
    whole = figures.render(rows)
    for i in (0, 7, 11):
        alone = figures.render(rows[i : i + 1])
        for name, field in whole.items():
            np.testing.assert_array_equal(alone[name][0], field[i])


def test_key_points_lie_on_the_figure(figures: Generator) -> None:
    """Those that are on the near side show their own part; all lie on some part of the figure or beside an edge of it."""
    rows = values(figures, 100, 5, **NEAR, action=ACTIONS.index("walk"))
    batch = figures.render(rows)
    points, parts = np.floor(batch["keypoints"]).astype(int), batch["parts"]
    inside = ((points >= 0) & (points < 64)).all(axis=-1)
    n, t = np.ogrid[:100, :8]
    for k, joint in enumerate(JOINTS):
        x, y = np.clip(points[:, :, k, 0], 0, 63), np.clip(points[:, :, k, 1], 0, 63)
        shown = parts[n, t, y, x][inside[:, :, k]]
        if joint != "head_top":  # on the rim of the head
            assert (shown > 0).mean() > 0.97, joint
        if joint.startswith("left") and joint.endswith(("wrist", "elbow", "knee", "ankle")):  # near, where it looks to the right
            own = PARTS.index("left_arm" if joint.endswith(("wrist", "elbow")) else "left_leg")
            assert (shown == own).mean() > 0.4, joint


def test_parts_change_where_they_are(figures: Generator) -> None:
    """Parts do not depend on colours; a pixel that shows no head changes with the hair by half of its colour at most."""
    rows = values(figures, 60, 6, **NEAR)
    for name, part in (("hair", "head"), ("skin", None), ("top", None), ("bottom", None)):
        one, two = figures.render(rows), figures.render(elsewhere(figures, rows, name))
        np.testing.assert_array_equal(one["parts"], two["parts"])
        change = np.abs(one["video"].astype(int) - two["video"])
        if part:
            own = one["parts"] == PARTS.index(part)
            assert change[own].max() > 90
            assert change[~own].max() <= change[own].max() / 2 + 1
        ground = one["parts"] == 0
        assert (change[ground].max(axis=-1) > 2).mean() < 0.03  # edges


def test_heads_stay_in_the_picture(figures: Generator) -> None:
    """Their middle does, at the ends of all ranges too, so that the hair is always seen."""
    rows = np.where(np.random.default_rng(9).random((400, len(figures.space.factors))) < 0.5, 0.0, 1.0 - 1e-9)
    points = figures.render(figures.space.from_unit(rows))["keypoints"]
    head = (points[:, :, JOINTS.index("neck")] + points[:, :, JOINTS.index("head_top")]) / 2
    assert head.min() > 0
    assert head.max() < 64


def test_no_two_figures_are_one_video(figures: Generator) -> None:
    for frames, count in ((8, 1500), (1, 5000)):
        made = factorhub.generator("figures", frames=frames)
        pictures = made.render(values(made, count, 7))[made.fields[0].name]
        assert len({picture.tobytes() for picture in pictures}) == count


@pytest.mark.parametrize("action", range(len(ACTIONS)))
def test_no_two_phases_are_one_pose(action: int) -> None:
    made = factorhub.generator("figures", frames=1)
    rows = values(made, 16, 8, **{**NEAR, "direction": 60.0}, action=action)
    rows[:] = rows[0]
    rows[:, made.space.index("phase")] = np.arange(16) / 16
    images = made.render(rows)["image"].astype(int)
    for i in range(16):
        for j in range(i):
            assert (np.abs(images[i] - images[j]).max(axis=-1) > 10).sum() >= 4, (i, j)


def test_frames_have_bounds() -> None:
    with pytest.raises(InputError, match="frames of figures is 1 to 10000; got 0"):
        factorhub.generator("figures", frames=0)
