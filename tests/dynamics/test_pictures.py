"""Video frames and the pictures that people see."""

from __future__ import annotations

import numpy as np
import pytest

import factorhub
from factorhub.dynamics import gravity
from factorhub.dynamics.kernels.discs import draw_frames
from factorhub.dynamics.plots import INKS, bars, portraits, together
from factorhub.dynamics.video import BACKGROUND, colours
from factorhub.testing import sample


def still(points, radii, *, rods=(), trail: int = 0, size: int = 33) -> np.ndarray:
    """White discs on black at points (T, d, 2) in pixels."""
    points = np.asarray(points, dtype=np.float64)[None]
    discs = points.shape[2]
    out = np.empty((1, points.shape[1], size, size, 3), dtype=np.uint8)
    lines = np.array(rods, dtype=np.int64).reshape(-1, 2)
    rod = np.array([255.0, 255.0, 255.0, 1.0])
    draw_frames(points, np.full((1, discs), radii), np.full((1, discs, 3), 255.0), lines, rod, np.zeros(3), trail, out)
    return out[0]


@pytest.mark.parametrize("radius", [2.0, 5.5, 9.3])
def test_a_disc_has_its_area(radius: float) -> None:
    frame = still([[[16.2, 15.7]]], radius)[0, ..., 0] / 255
    assert abs(frame.sum() - np.pi * (radius**2 + 1 / 12)) < 0.02 * np.pi * radius**2
    centre = (frame * np.arange(33)).sum() / frame.sum(), (frame * np.arange(33)[:, None]).sum() / frame.sum()
    assert np.abs(np.subtract(centre, (16.2, 15.7))).max() < 0.02


def test_discs_may_leave_the_canvas() -> None:
    frames = still([[[x, 16.0]] for x in (-100.0, -1.0, 0.0, 16.0, 32.0, 35.0, 1e6)], 3.0)
    lit = (frames > 0).sum(axis=(1, 2, 3))
    assert lit[0] == lit[-1] == 0
    assert 0 < lit[1] < lit[2] < lit[3]
    assert lit[2] == lit[4]


def test_a_shift_by_whole_pixels_shifts_the_picture() -> None:
    a, b = still([[[10.3, 12.6]], [[14.3, 9.6]]], 4.0)
    assert np.array_equal(a[6:20, 4:18], b[3:17, 8:22])


def test_rods_join_points_and_trails_fade() -> None:
    rod = still([[[4.0, 4.0], [28.0, 4.0]]], 0.0, rods=[(0, 1)])[0]
    assert (rod[4, 4:29] == 255).all()
    assert not rod[8:].any()
    trail = still([[[x, 16.0]] for x in (4.0, 12.0, 20.0, 28.0)], 3.0, trail=3)[-1, 16, :, 0].astype(int)
    assert 0 < trail[5] < trail[13] < trail[21] < trail[28] == 255


def test_visual_factors_move_pixels_only() -> None:
    made = factorhub.generator("pendulum", steps=8, video=48)
    values = sample(made.space, 2)
    values[:, 4:] = [0.0, 1.0, 0.0, 0.0]
    changed = values.copy()
    changed[:, 6:] = [1 / 8, -1 / 16]
    one, two = made.render(values), made.render(changed)
    assert np.array_equal(one["state"], two["state"])
    assert np.array_equal(one["video"][:, :, :45, :42], two["video"][:, :, 3:, 6:])


def test_colours_go_round() -> None:
    assert np.allclose(colours(np.array([0.0, 1 / 3, 2 / 3])), 255 * (0.25 + 0.75 * np.eye(3)))
    assert np.allclose(colours(np.array([0.1])), colours(np.array([1.1])))


def test_pictures_for_people() -> None:
    for video, shape in ((0, (2, 256, 512, 3)), (24, (2, 24, 192, 3))):
        made = factorhub.generator("three_body", steps=40, video=video)
        drawn = made.pictures(made.render(sample(made.space, 2)))
        assert drawn.shape == shape
        assert drawn.dtype == np.uint8
        assert len(np.unique(drawn.reshape(-1, 3), axis=0)) > 20
    assert (np.abs(drawn[0, 0, 0] - np.array(BACKGROUND)) <= 0.5).all()


def extent(picture: np.ndarray, ink: tuple[int, int, int], left: int, right: int) -> tuple[int, int, int, int]:
    """The columns and rows between which something has just this colour, below the legend."""
    found = np.argwhere((picture[24:, left:right] == ink).all(axis=-1)) + np.array([24, left])
    (top, start), (bottom, end) = found.min(axis=0), found.max(axis=0)
    return int(start), int(end), int(top), int(bottom)


def test_orbits_are_round_and_bodies_keep_their_colour() -> None:
    turn = np.linspace(0, 2 * np.pi, 400)
    circle, still = np.stack([np.cos(turn), np.sin(turn)], axis=1), np.full((400, 2), 3.0)
    state = np.concatenate([circle, still, circle[:, ::-1], 0 * still], axis=1)[None]
    picture = portraits(gravity.components(2), gravity.planes(2))({"t": turn[None], "state": state})[0]
    left, right, top, bottom = extent(picture, INKS[0], 306, 512)
    assert abs((right - left) - (bottom - top)) <= 2
    assert right - left > 80
    series = extent(picture, INKS[0], 50, 248)
    assert series[3] - series[2] > 120  # places and velocities, in panels one above the other


def test_every_component_is_drawn_with_those_of_its_kind() -> None:
    assert together(gravity.components(3), True) == ((0, 2, 4), (1, 3, 5), (6, 8, 10), (7, 9, 11))
    assert together((("theta", "rad"), ("omega", "rad/s")), False) == ((0,), (1,))
    made = factorhub.generator("seasonal_series", steps=64)
    picture = made.pictures(made.render(sample(made.space, 1)))[0]
    for ink in INKS[:5]:
        assert (picture[20:] == ink).all(axis=-1).sum() > 40


def test_bars_share_one_scale_and_stand_up_or_down() -> None:
    draw = bars((("observed", "x"),))
    one = draw({"observed": np.array([[1.0, -1.0], [0.5, 0.0]])})
    heights = [[int((picture[:, half] == ink).all(axis=-1).any(axis=1).sum()) for half, ink in
                ((slice(0, 280), INKS[0]), (slice(280, 512), INKS[1]))] for picture in one]  # fmt: skip
    assert heights[0][0] == heights[0][1] > 90
    assert abs(heights[1][0] - heights[0][0] / 2) <= 1
    assert heights[1][1] == 0
    assert draw({"observed": np.zeros((1, 300))}).shape == (1, 256, 512, 3)
