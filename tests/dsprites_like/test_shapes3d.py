"""3D Shapes: the published framing, shapes, colours and light, rendering without jumps, and maps checked by marching rays."""

import hashlib

import numpy as np
import pytest

import factorhub
from factorhub.dsprites_like.shapes3d import SHAPES, SIZES, rgb
from factorhub.errors import InputError
from factorhub.testing import check_generator

SKY = (153, 226, 249)
PIXEL = 1 / 64  # the published pictures' resolution, and so what their measures are good for


@pytest.fixture(scope="module")
def shapes3d():
    return factorhub.generator("shapes3d")


def row(generator, **given):
    """One row of values: a green solid on a red floor before blue walls, with what is given by name instead."""
    asked = {"floor_hue": 0.0, "wall_hue": 0.6, "object_hue": 0.3, "scale": 0.75, "shape": 0, "orientation": 0.0, **given}
    asked["shape"] = generator.space["shape"].code(asked["shape"])
    return np.array([[asked[name] for name in generator.space.names]])


def picture(generator, **given):
    return generator.render(row(generator, **given))["image"][0].astype(np.float64)


def uniform(generator, rows, seed=0):
    return generator.space.from_unit(np.random.default_rng(seed).random((rows, len(generator.space.factors))))


@pytest.mark.parametrize("options", [{"mask": True, "depth": True}, {"size": 8}, {"size": 33, "mask": True}], ids=str)
def test_contract(options):
    check_generator(factorhub.generator("shapes3d", **options))


def test_the_grid_is_the_published_one(shapes3d):
    space = shapes3d.space
    assert space.names == ("floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation")
    assert space.sizes == (10, 10, 10, 8, 4, 15)
    assert len(space) == 480_000
    assert space["shape"].labels == ("cube", "cylinder", "sphere", "capsule")
    np.testing.assert_allclose(space.values(space.codes(0)), [0, 0, 0, 0.75, 0, -30])
    np.testing.assert_allclose(space.values(space.codes(479_999)), [0.9, 0.9, 0.9, 1.25, 3, 30])
    np.testing.assert_allclose(space["scale"].table, np.linspace(0.75, 1.25, 8))
    np.testing.assert_allclose(space["orientation"].table, np.linspace(-30, 30, 15))
    assert shapes3d.field("image").shape == (64, 64, 3)


def edges(image, column):
    """Where the sky ends and where the floor begins in a column of pixels, as fractions of the image side."""
    strip = image[:, column]
    sky = (np.abs(strip - SKY).max(axis=1) < 2).argmin()
    blue, red = strip[:, 2], strip[:, 0]
    wall = ((blue > red) & (np.abs(strip - SKY).max(axis=1) > 60)).nonzero()[0]
    return sky / 64, (wall.max() + 1) / 64


def test_walls_are_framed_as_published(shapes3d):
    level = picture(shapes3d, orientation=0)
    for column in (0, 12, 52, 63):
        np.testing.assert_allclose(edges(level, column), (0.264, 0.634), atol=PIXEL)
    first, last = picture(shapes3d, orientation=-30), picture(shapes3d, orientation=30)
    np.testing.assert_allclose(edges(first, 0), (0.233, 0.652), atol=PIXEL)
    np.testing.assert_allclose(edges(last, 63), (0.233, 0.652), atol=PIXEL)


def test_the_darker_wall_shows_behind_a_corner_as_published(shapes3d):
    for orientation, place in ((-30, 0.68), (30, 1 - 0.68)):
        wall = picture(shapes3d, orientation=orientation)[22, :, 2]
        corner = np.abs(np.diff(wall)).argmax() + 1
        assert corner / 64 == pytest.approx(place, abs=1.5 * PIXEL)
        assert (wall[: corner - 1].mean() > wall[corner + 1 :].mean()) == (orientation < 0)
    wall = picture(shapes3d, orientation=-30)[24, :, 2]
    assert wall[46:].mean() / wall[:42].mean() == pytest.approx(0.69, abs=0.05)
    level = picture(shapes3d, orientation=0)[22, :, 2]
    assert np.abs(np.diff(level)).max() < 6  # only one wall shows


def box(generator, **given):
    """(left, right, top, bottom) of a solid, as fractions of the image side."""
    mask = generator.render(row(generator, **given))["mask"][0]
    down, across = mask.nonzero()
    return np.array([across.min(), across.max() + 1, down.min(), down.max() + 1]) / len(mask)


@pytest.fixture(scope="module")
def masked():
    return factorhub.generator("shapes3d", mask=True, size=512)


@pytest.mark.parametrize(
    ("shape", "published"),
    [
        ("cube", (0.376, 0.624, 0.590, 0.846)),
        ("cylinder", (0.376, 0.624, 0.573, 0.863)),
        ("sphere", (0.376, 0.624, 0.542, 0.815)),
        ("capsule", (0.394, 0.606, 0.401, 0.815)),
    ],
)
def test_solids_are_framed_as_published(masked, shape, published):
    np.testing.assert_allclose(box(masked, shape=shape), published, atol=PIXEL)


def test_the_capsule_grows_as_published(masked):
    boxes = np.array([box(masked, shape="capsule", scale=scale) for scale in masked.space["scale"].table])
    np.testing.assert_allclose((boxes[:, 1] - boxes[:, 0])[[0, -1]], (0.212, 0.336), atol=1.5 * PIXEL)
    np.testing.assert_allclose(boxes[[0, -1], 2], (0.401, 0.123), atol=PIXEL)
    np.testing.assert_allclose(boxes[:, 3], 0.815, atol=1.5 * PIXEL)
    assert (np.diff(boxes[:, 1] - boxes[:, 0]) > 0).all()
    assert (np.diff(boxes[:, 2]) < 0).all()


def test_hues_are_those_of_hsv_at_full_saturation():
    np.testing.assert_allclose(
        rgb(np.arange(10) / 10)[[0, 1, 2, 3, 5]], [[255, 0, 0], [255, 153, 0], [204, 255, 0], [51, 255, 0], [0, 255, 255]]
    )
    np.testing.assert_allclose(
        rgb(np.arange(10) / 10)[[4, 6, 7, 8, 9]], [[0, 255, 102], [0, 102, 255], [51, 0, 255], [204, 0, 255], [255, 0, 153]]
    )
    np.testing.assert_array_equal(rgb(np.ones(1)), rgb(np.zeros(1)))


def test_colours_are_the_published_ones(shapes3d):
    """Levels read off published pictures: 0.95 on what faces the camera, 0.35 in shadow, white on what faces the lamp."""
    for orientation, front in ((0, 242), (-30, 222), (12.857142857142858, 238)):
        cube = picture(shapes3d, object_hue=0.5, orientation=orientation)
        assert (cube[:15] == SKY).all()
        np.testing.assert_allclose(cube[48, 33], (0, front, front), atol=1)
    np.testing.assert_allclose(picture(shapes3d, object_hue=0.0, orientation=30, scale=1.0)[48, 42], (166, 0, 0), atol=2)
    np.testing.assert_allclose(picture(shapes3d, object_hue=0.5, orientation=-30)[48, 24], (33, 234, 234), atol=2)
    sphere = picture(shapes3d, object_hue=0.0, shape="sphere", scale=1.25)
    assert sphere[30, 31] == pytest.approx((255, 27, 27), abs=2)  # the top, which the lamp sees
    assert sphere[48, 31] == pytest.approx((217, 0, 0), abs=8)  # below, it does not
    assert sphere[54:57, 28:40, 0] == pytest.approx(89, abs=2)  # its shadow


def test_light_and_shadow_fall_as_published(shapes3d):
    for orientation in (-30, 0, 30):
        capsule = picture(shapes3d, shape="capsule", scale=1.25, orientation=orientation, object_hue=0.6)
        shade = (capsule[..., 0] < 130) & (capsule[..., 2] < 30) & (capsule[..., 0] > 40)
        down, across = shade[48:].nonzero()
        assert across.mean() / 64 > 0.55  # to the right of the foot at (0.5, 0.82), and below it
        assert down.mean() + 48 > 0.82 * 64
        assert capsule[12, 32, 0] > 20  # a white shine on the top, whatever the hue
        left, right = capsule[36, 24:30].sum(), capsule[36, 34:40].sum()
        assert left > right if orientation < 30 else left == right  # from there, the lamp is behind
        floor = capsule[60, :, 0]
        assert floor[4] > floor[60]
    assert not np.array_equal(picture(shapes3d, orientation=-30), picture(shapes3d, orientation=30)[:, ::-1])


def test_the_cube_turns_with_the_room(shapes3d):
    for orientation, dark in ((-30, slice(21, 25)), (30, slice(40, 42))):
        cube = picture(shapes3d, orientation=orientation, scale=0.9)[46, :, 1]
        front = cube[31]
        side = cube[dark]
        assert (np.abs(side - front) > 5).all()
    level = picture(shapes3d, orientation=0, scale=0.9)[46, 25:39, 1]
    assert np.ptp(level) == 0


def test_pictures_change_without_jumps(shapes3d):
    """No pixel moves by more than a level when a factor moves by a ten-thousandth of its range."""
    values = uniform(shapes3d, 150)
    values[:50, 3] = values[:50, 3].round(1)  # tops level with the eye among them
    before = shapes3d.render(values)["image"].astype(int)
    for i, factor in enumerate(shapes3d.space):
        if factor.interval:
            moved = values.copy()
            moved[:, i] += 1e-4 * (factor.high - factor.low) * np.where(moved[:, i] > (factor.low + factor.high) / 2, -1, 1)
            step = np.abs(shapes3d.render(moved)["image"].astype(int) - before)
            assert step.max() <= 1
            assert step.any()


@pytest.mark.parametrize(("size", "mean", "most"), [(16, 0.7, 3e-2), (64, 0.15, 3e-3)])
def test_a_larger_picture_is_the_same_one(size, mean, most):
    """Averaged over 2 × 2 pixels; where solids, their shadows and walls meet in one pixel, it differs by more."""
    small, large = (factorhub.generator("shapes3d", size=k) for k in (size, 2 * size))
    values = uniform(small, 60)
    shrunk = large.render(values)["image"].reshape(60, size, 2, size, 2, 3).mean(axis=(2, 4))
    apart = np.abs(small.render(values)["image"] - shrunk)
    assert apart.mean() < mean
    assert (apart > 12).mean() < most


def march(values, size, steps=1200, far=6.0):
    """Instance and depth by walking along each pixel's ray until a point lies in the solid, under the floor or in a wall."""
    _, _, _, scale, shape, orientation = values
    radius, height = scale * SIZES[int(shape)]
    sine, cosine = np.sin(np.radians(orientation)), np.cos(np.radians(orientation))
    slope = ((np.arange(size) + 0.5) / size - 0.5) * 2 * np.tan(np.radians(25))
    a, b = np.meshgrid(slope, slope)
    mask, depth = np.zeros((size, size), np.uint8), np.full((size, size), np.inf)
    for t in np.linspace(far / steps, far, steps):
        x, y, z = 2.5 * sine - t * sine + a * t * cosine, 0.75 - b * t, -2.5 * cosine + t * cosine + a * t * sine
        if SHAPES[int(shape)] == "cube":
            inside = (np.abs(x) < radius) & (np.abs(z) < radius) & (y < height)
        elif SHAPES[int(shape)] == "cylinder":
            inside = (x**2 + z**2 < radius**2) & (y < height)
        else:
            inside = x**2 + z**2 + (y - np.clip(y, radius, height - radius)) ** 2 < radius**2
        room = (y < 0) | ((np.maximum(np.abs(x), np.abs(z)) > 3.5) & (y < 2))
        new = np.isinf(depth) & (inside | room)
        mask[new & inside & (y > 0)] = 1
        depth[new] = t
    return mask, depth


@pytest.mark.parametrize("shape", range(4))
def test_maps_are_what_rays_meet(shape):
    generator = factorhub.generator("shapes3d", size=48, mask=True, depth=True)
    values = uniform(generator, 2, seed=shape)
    values[:, 4] = shape
    batch = generator.render(values)
    for i in range(2):
        mask, depth = march(values[i], 48)
        assert (batch["mask"][i] != mask).mean() < 2e-3
        got = np.where(batch["depth"][i] > 6, np.inf, batch["depth"][i])
        near = np.isfinite(got) == np.isfinite(depth)
        assert near.mean() > 0.99
        both = np.isfinite(got) & np.isfinite(depth)
        assert (np.abs(got[both] - depth[both]) < 0.02).mean() > 0.99
    assert np.isinf(batch["depth"][:, 0]).all()  # the sky


def test_golden_pictures(shapes3d):
    """The same bits on every machine: sums, products, quotients and roots only, each rounded as IEEE 754 says."""
    rows = np.arange(0, 480_000, 7919)
    images = shapes3d.render(shapes3d.space.values(shapes3d.space.codes(rows)))["image"]
    assert hashlib.sha256(images.tobytes()).hexdigest() == "174bf514b43aa6e44e07df4657ce2ca6463394f1142c0b6752ee055375f62a11"


@pytest.mark.parametrize("size", [7, 2049])
def test_sizes_out_of_range_are_refused(size):
    with pytest.raises(InputError, match=f"size of shapes3d is 8 to 2048 pixels; got {size}"):
        factorhub.generator("shapes3d", size=size)
