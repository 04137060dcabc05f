"""The painter of sprites: exact areas, painter's order, maps, masks and counts, on and off the canvas."""

from itertools import pairwise

import numpy as np
import pytest

from factorhub.dsprites_like.kernels.coverage import NO_COUNTS, NO_IMAGES, NO_MAPS, NO_MASKS, paint_sprites
from factorhub.dsprites_like.kernels.raster import fill_sprites
from factorhub.dsprites_like.kernels.spans import fill_plain
from factorhub.dsprites_like.sprites import tables

SIZE = 48


def scatter(rows, sprites, size=SIZE, seed=0, reach=0.9, scale=1.0):
    """Random poses (rows, sprites, 5) of the nine shapes; with reach above 1 some hang over the border or miss it."""
    random = np.random.default_rng(seed)
    poses = np.empty((rows, sprites, 5))
    poses[..., 0] = random.integers(0, 9, (rows, sprites))
    poses[..., 1] = random.uniform(0.2, 1.1, (rows, sprites)) * scale
    poses[..., 2] = random.uniform(-9, 9, (rows, sprites))
    poses[..., 3:] = (0.5 + reach * (random.random((rows, sprites, 2)) - 0.5)) * size
    return poses


def masks_of(poses, size=SIZE, antialias=True, outlines=None):
    vertices, starts = outlines or tables(size, "more")
    masks = np.full((*poses.shape[:2], size, size), 7, np.uint8)
    colors = np.empty((*poses.shape[:2], 0), np.uint8)
    paint_sprites(vertices, starts, poses, colors, antialias, NO_IMAGES, NO_MAPS, masks, NO_COUNTS)
    return masks


def placed(pose, size):
    shape, scale, angle, x, y = pose
    vertices, starts = tables(size, "more")
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return vertices[starts[int(shape)] : starts[int(shape) + 1]] * scale @ turn + [x, y]


def clip(polygon, axis, bound, keep):
    """The part of a polygon on one side of a line: Sutherland and Hodgman's rule."""
    kept = []
    for here, there in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        inside, next_inside = (keep * (point[axis] - bound) >= 0 for point in (here, there))
        if inside:
            kept.append(here)
        if inside != next_inside:
            t = (bound - here[axis]) / (there[axis] - here[axis])
            kept.append((here[0] + t * (there[0] - here[0]), here[1] + t * (there[1] - here[1])))
    return kept


def area(polygon):
    x, y = np.array(polygon).T if polygon else np.zeros((2, 1))
    return abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2


@pytest.mark.parametrize("shape", range(9))
def test_coverage_is_the_area_of_the_polygon_in_each_pixel(shape):
    """Against clipping the polygon to each pixel, which is exact: within the rounding to 8 bits."""
    size = 24
    poses = scatter(2, 1, size, seed=shape, reach=1.2)
    poses[..., 0] = shape
    for pose, mask in zip(poses[:, 0], masks_of(poses, size)[:, 0], strict=True):
        whole = [tuple(point) for point in placed(pose, size)]
        for row in range(size):
            strip = clip(clip(whole, 1, row, 1), 1, row + 1, -1)
            for column in range(size):
                share = area(clip(clip(strip, 0, column, 1), 0, column + 1, -1))
                assert abs(mask[row, column] - 255 * share) <= 0.51


def test_coverage_agrees_with_heavy_supersampling():
    """4,096 samples a pixel, whose own error is up to 2 of 255 on an edge."""
    poses, fine = scatter(30, 1, SIZE, seed=3, reach=1.3), 64
    masks = masks_of(poses)[:, 0]
    for pose, mask in zip(poses[:, 0], masks, strict=True):
        large = pose.copy()
        large[3:] *= fine
        samples = np.empty((1, SIZE * fine, SIZE * fine), np.uint8)
        fill_sprites(*tables(SIZE * fine, "more"), large[None], samples)
        means = samples.reshape(SIZE, fine, SIZE, fine).mean(axis=(1, 3))
        assert np.abs(mask - 255 * means).max() <= 3


@pytest.mark.parametrize("size", [16, 33, 64, 150])
def test_a_picture_of_twice_the_size_averages_to_it(size):
    """Both are rounded to 8 bits: within 1 of 255."""
    poses = scatter(60, 1, size, seed=size, reach=1.3)
    doubled = poses.copy()
    doubled[..., 3:] *= 2
    large = masks_of(doubled, 2 * size)[:, 0].reshape(60, size, 2, size, 2).mean(axis=(2, 4))
    assert np.abs(large - masks_of(poses, size)[:, 0]).max() <= 1


def test_pixels_move_no_faster_than_the_outline():
    """A pixel's share changes at most by the length of outline in it times how far the outline moves: continuity."""
    poses, step = scatter(200, 1, seed=4, reach=0.5), 0.01
    reach = 0.3 * SIZE  # of the farthest vertex from the centre, at least
    before = masks_of(poses)[:, 0].astype(int)
    for column, change in ((1, step / reach), (2, step / reach), (3, step), (4, step)):
        moved = poses.copy()
        moved[..., column] += change
        after = masks_of(moved)[:, 0]
        changed = np.abs(after - before)
        assert changed.max() <= 255 * step * 6 + 1  # a tip of the star has two edges and little else in a pixel
        assert changed.any()


def test_all_pixels_together_are_the_polygon():
    poses = scatter(100, 1, seed=5, reach=0.3)
    for pose, mask in zip(poses[:, 0], masks_of(poses)[:, 0], strict=True):
        edge = ((mask > 0) & (mask < 255)).sum()
        assert abs(mask.sum() / 255 - area(placed(pose, SIZE).tolist())) < 0.5 / 255 * edge + 1e-3


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("reverse", [False, True])
def test_the_order_of_edges_does_not_matter(antialias, reverse):
    vertices, starts = tables(SIZE, "more")
    turned = [np.roll(vertices[a:b][:: -1 if reverse else 1], 3, axis=0) for a, b in pairwise(starts)]
    poses = scatter(100, 1, seed=6, reach=1.3)
    one, other = masks_of(poses, antialias=antialias), masks_of(poses, SIZE, antialias, (np.concatenate(turned), starts))
    limit = 1 if reverse and antialias else 0  # where an edge leaves a pixel is rounded from its start
    assert np.abs(one.astype(int) - other).max() <= limit


@pytest.mark.parametrize("antialias", [True, False])
def test_a_canvas_is_a_window_on_a_larger_one(antialias):
    """Sprites over the border are cut off, not squeezed, moved or wrapped; whole pixels of shift change nothing else."""
    poses, outlines = scatter(300, 1, seed=7, reach=2.0, scale=1.5), tables(SIZE, "more")
    inner = masks_of(poses, SIZE, antialias, outlines)
    shifted = poses.copy()
    shifted[..., 3:] += [200, 130]
    outer = masks_of(shifted, 512, antialias, outlines)
    np.testing.assert_array_equal(inner, outer[:, :, 130 : 130 + SIZE, 200 : 200 + SIZE])
    assert (inner.max(axis=(1, 2, 3)) == 0).any()


def test_without_antialiasing_the_pixels_are_those_of_dsprites():
    poses = scatter(300, 1, seed=8, reach=1.4)
    images = np.empty((300, SIZE, SIZE), np.uint8)
    fill_sprites(*tables(SIZE, "more"), poses[:, 0].copy(), images)
    np.testing.assert_array_equal(masks_of(poses, antialias=False)[:, 0], images * 255)


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_painters_order_over_any_background(antialias, channels):
    """Pictures, maps, masks and counts of many sprites, from the masks of one sprite at a time."""
    rows, sprites = 50, 4
    random = np.random.default_rng(9)
    poses = scatter(rows, sprites, seed=9, reach=1.2)
    poses[::3, 1, 0] = -1
    colors = random.integers(0, 256, (rows, sprites, channels), dtype=np.uint8)
    background = random.integers(0, 256, (rows, SIZE, SIZE, channels), dtype=np.uint8)
    images, maps = background.copy(), np.zeros((rows, SIZE, SIZE), np.uint8)
    masks, counts = np.empty((rows, sprites, SIZE, SIZE), np.uint8), np.empty((rows, sprites, 2), np.int64)
    paint_sprites(*tables(SIZE, "more"), poses, colors, antialias, images, maps, masks, counts)

    alone = np.stack([masks_of(poses[:, j : j + 1], antialias=antialias)[:, 0] for j in range(sprites)], axis=1)
    np.testing.assert_array_equal(masks, alone)
    assert not masks[::3, 1].any()
    mixed = background.astype(float)
    owners = np.zeros_like(maps)
    for j in range(sprites):
        share = alone[:, j, :, :, None] / 255
        mixed = np.rint(mixed + (colors[:, j, None, None] - mixed) * share)
        owners[alone[:, j] >= 128] = j + 1
    assert np.abs(images - mixed).max() <= 1
    np.testing.assert_array_equal(maps, owners)
    np.testing.assert_array_equal(counts[..., 0], (alone >= 128).sum(axis=(2, 3)))
    np.testing.assert_array_equal(counts[..., 1], [[(owner == j + 1).sum() for j in range(sprites)] for owner in owners])


def test_what_is_not_wanted_changes_nothing_else():
    poses = scatter(20, 3, seed=10)
    colors = np.full((20, 3, 3), 200, np.uint8)
    wanted, alone = (np.zeros((20, SIZE, SIZE, 3), np.uint8) for _ in range(2))
    maps, masks, counts = (
        np.zeros((20, SIZE, SIZE), np.uint8),
        np.empty((20, 3, SIZE, SIZE), np.uint8),
        np.empty((20, 3, 2), np.int64),
    )
    paint_sprites(*tables(SIZE, "more"), poses, colors, True, wanted, maps, masks, counts)
    paint_sprites(*tables(SIZE, "more"), poses, colors, True, alone, NO_MAPS, NO_MASKS, NO_COUNTS)
    np.testing.assert_array_equal(wanted, alone)
    assert maps.any()
    assert counts.sum() > 0


def test_a_wide_canvas_and_rows_of_any_length():
    """Sprites wider than 64 pixels, on a canvas that is no square."""
    vertices, starts = tables(400, "more")
    poses = scatter(20, 1, 400, seed=11, reach=0.8)
    poses[..., 3] += 30
    images = np.zeros((20, 300, 460, 1), np.uint8)
    paint_sprites(vertices, starts, poses, np.full((20, 1, 1), 255, np.uint8), True, images, NO_MAPS, NO_MASKS, NO_COUNTS)
    np.testing.assert_array_equal(images[:, :300, :400, 0], masks_of(poses, 400)[:, 0, :300])


def test_plain_backgrounds():
    colors = np.random.default_rng(12).integers(0, 256, (5, 4), dtype=np.uint8)
    for channels in (1, 3, 4):
        images = np.empty((5, 7, 9, channels), np.uint8)
        fill_plain(colors[:, :channels].copy(), images)
        assert (images == colors[:, None, None, :channels]).all()
