"""Random outlines: the published distribution, splines against SciPy, normal form, and tasks as regions of the seed."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.stats import kstest, norm

import factorhub
from factorhub import randomness
from factorhub.commands import preview
from factorhub.dsprites_like.infinite_sprites import deviates, infinite_outlines
from factorhub.dsprites_like.kernels.blobs import MOST, NUMBERS, STEPS, VERTICES, draw_outlines, normal, spline
from factorhub.errors import InputError
from factorhub.testing import check_generator, sample

SEEDS = np.arange(2000.0)


@pytest.fixture(scope="module")
def shapes():
    vertices, starts = infinite_outlines(SEEDS)
    return np.split(vertices, starts[1:-1])


def test_contract():
    check_generator(factorhub.generator("infinite_sprites", size=40, antialias=False))


def test_numbers_of_points_and_kinds(shapes):
    counts = np.array([len(shape) for shape in shapes])
    smooth = counts > MOST
    assert abs(smooth.mean() - 0.5) < 0.04
    points = np.where(smooth, counts // STEPS, counts)
    assert np.abs(np.bincount(points, minlength=9)[5:] / len(points) - 0.25).max() < 0.04


def test_every_shape_fills_a_unit_square_about_its_centroid_upright(shapes):
    for shape in shapes:
        np.testing.assert_allclose(np.ptp(shape, axis=0), 1, rtol=0, atol=1e-12)
        x, y = shape.T
        after_x, after_y = np.roll(x, -1), np.roll(y, -1)
        cross = x * after_y - after_x * y
        assert abs((cross * (x + after_x)).sum()) < 1e-12
        assert abs((cross * (y + after_y)).sum()) < 1e-12
        assert abs((cross * (x * after_y + 2 * x * y + 2 * after_x * after_y + after_x * y)).sum()) < 1e-12  # its axes


def test_no_shape_is_without_its_centroid():
    """Loops of a spline may take away its area, or two of its points be one, as for the first seeds: the picture was black."""
    bad = np.array([3387856772.0, 2993644283.0, 2292483616.0])
    vertices, starts = infinite_outlines(np.concatenate([bad, np.arange(30_000.0)]))
    assert np.abs(vertices).max() <= 1
    assert (np.diff(starts)[:3] <= MOST).all()  # lines in the place of the spline
    generator = factorhub.generator("infinite_sprites")
    values = np.tile(generator.space.from_unit(np.full(5, 0.5)), (3, 1))
    values[:, 0] = bad
    assert (generator.render(values)["image"].max(axis=(1, 2)) == 255).all()


def test_the_longest_axis_is_upright():
    """Seen before the stretch to a square: without it, the height of a long shape would exceed its width."""
    numbers = randomness.uniforms(0, "long", np.arange(300), NUMBERS)
    numbers[:, 1] = 0.9
    numbers[:, 0] = 0.99
    numbers[:, 2 : 2 + MOST] = 0.5
    numbers[:, 2] = numbers[:, 6] = 0.98  # two opposite points stand far out
    out, counts = np.empty((300, VERTICES, 2)), np.empty(300, np.int64)
    draw_outlines(numbers, deviates(), out, counts)
    assert (np.abs(out[:, 0, 1]) > 0.4).all()
    assert (np.abs(out[:, 4, 1]) > 0.4).all()


def test_deviates_are_normal():
    u = np.linspace(0.0125, 0.9875, 2001)  # beyond, distances and angles are cut off
    drawn = np.array([normal(value, deviates()) for value in u])
    np.testing.assert_allclose(drawn, norm.ppf(u), rtol=0, atol=2e-4)
    assert kstest([normal(value, deviates()) for value in np.random.default_rng(0).random(2000)], "norm").pvalue > 0.01


@pytest.mark.parametrize("count", [5, 6, 7, 8])
def test_splines_are_cubic_over_chord_lengths(count):
    random = np.random.default_rng(count)
    angles = 2 * np.pi * np.arange(count) / count
    points = random.uniform(0.3, 1.7, count)[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    outline = np.zeros((VERTICES, 2))
    outline[:count] = points
    spline(outline, count)
    closed = np.concatenate([points, points[:1]])
    lengths = np.append(0, np.cumsum(np.hypot(*np.diff(closed, axis=0).T)))
    curve = CubicSpline(lengths, closed, bc_type="periodic")
    at = np.concatenate([np.linspace(a, b, STEPS, endpoint=False) for a, b in pairwise(lengths)])
    np.testing.assert_allclose(outline[: count * STEPS], curve(at), rtol=0, atol=1e-12)
    fine = curve(np.linspace(0, lengths[-1], 20_000))
    middles = (outline[: count * STEPS] + np.roll(outline[: count * STEPS], -1, axis=0)) / 2
    gap = max(np.hypot(*(fine - middle).T).min() for middle in middles)
    assert gap * 0.45 * 512 / np.ptp(fine) < 0.1  # the polygon's distance from the curve at 512 px


def test_a_shape_does_not_depend_on_its_batch():
    generator = factorhub.generator("infinite_sprites")
    values = generator.space.from_unit(np.random.default_rng(0).random((30, 5)))
    values[10:20, 0] = values[0, 0]
    images = generator.render(values)["image"]
    for i in (0, 7, 15):
        np.testing.assert_array_equal(images[i], generator.render(values[i])["image"])


def test_pictures_at_twice_the_size_average_to_it():
    small, large = (factorhub.generator("infinite_sprites", size=size) for size in (48, 96))
    values = small.space.from_unit(np.random.default_rng(1).random((150, 5)))
    averaged = large.render(values)["image"].reshape(150, 48, 2, 48, 2).mean(axis=(2, 4))
    gap = np.abs(averaged - small.render(values)["image"])
    assert np.quantile(gap.max(axis=(1, 2)), 0.95) <= 1  # 2 in 100 splines cross themselves, and shares add up at the crossing
    assert gap.mean() < 0.05


def test_tasks_are_regions_of_the_seed(tmp_path):
    task = factorhub.generate("infinite_sprites", tmp_path / "task", rows=50, regime="where('shape >= 10 and shape < 20')")
    assert set(np.unique(task.values("shape"))) <= set(range(10, 20))


def test_previews_write_seeds_out_in_full(tmp_path):
    """A rounded seed is the seed of another shape."""
    generator = factorhub.generator("infinite_sprites")
    _, captions = preview.contact(generator, 3)
    assert [lines[0] for lines in captions] == [f"shape {int(row[0])}" for row in sample(generator.space, 3)]
    store = factorhub.generate("infinite_sprites", tmp_path / "set", rows=3)
    _, captions = preview.stored(store, 3)
    assert [lines[1] for lines in captions] == [f"shape {int(seed)}" for seed in store.values("shape")]


def test_errors():
    with pytest.raises(InputError, match="size of infinite_sprites is 8 to 4096 pixels; got 4"):
        factorhub.generator("infinite_sprites", size=4)
    generator = factorhub.generator("infinite_sprites")
    with pytest.raises(InputError, match="shape takes the whole numbers 0 … 4294967295; got 0.5"):
        generator.render([0.5, 1, 0, 0, 0])
