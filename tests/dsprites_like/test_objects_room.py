"""Objects Room: objects that never intersect, the nearer in front, masks and table that tell the truth, and shadows."""

import hashlib

import numpy as np
import pytest

import factorhub
from factorhub.dsprites_like.objects_room import FAR, NEAR
from factorhub.dsprites_like.shapes3d import SIZES
from factorhub.errors import InputError
from factorhub.testing import check_generator


def uniform(generator, rows, seed=0):
    values = generator.space.from_unit(np.random.default_rng(seed).random((rows, len(generator.space.factors))))
    ends = values[::4]  # corners of the space among them
    for i, factor in enumerate(generator.space):
        if factor.interval:
            ends[:, i] = np.where(ends[:, i] > (factor.low + factor.high) / 2, factor.high, factor.low)
    return values


def table(generator, batch):
    names = generator.field("objects").meta["components"]
    return {name: batch["objects"][..., i] for i, name in enumerate(names)}


@pytest.fixture(scope="module")
def room():
    return factorhub.generator("objects_room")


@pytest.mark.parametrize("options", [{"depth": True}, {"max_objects": 1, "size": 17}, {"max_objects": 8, "size": 32}], ids=str)
def test_contract(options):
    check_generator(factorhub.generator("objects_room", **options))


@pytest.mark.parametrize("most", [1, 3, 5, 8])
def test_objects_never_intersect_nor_leave_their_lanes(most):
    generator = factorhub.generator("objects_room", max_objects=most, size=8)
    values = uniform(generator, 4000)
    objects = table(generator, generator.render(values))
    present = objects["present"] == 1
    np.testing.assert_array_equal(present, np.arange(most) < values[:, generator.space.index("count")][:, None])
    radius = objects["scale"] * SIZES[objects["shape"].astype(int), 0]
    near, far = objects["z"] - radius, objects["z"] + radius
    assert (near >= NEAR - 1e-12)[present].all()
    assert (far <= FAR + 1e-12)[present].all()
    both = present[:, 1:]
    assert (far[:, 1:] <= near[:, :-1] + 1e-12)[both].all()  # a plane lies between each object and the next
    assert near[present].min() < NEAR + 0.01  # and they use all of the room they have
    assert far[present].max() > FAR - 0.01


def test_the_mask_shows_the_nearest_object_and_the_table_how_much_of_each(room):
    """Each object alone, against all of them together."""
    generator = factorhub.generator("objects_room", depth=True, size=40)
    values = uniform(generator, 60)
    batch = generator.render(values)
    objects = table(generator, batch)
    count = values[:, generator.space.index("count")].astype(int)
    single = factorhub.generator("objects_room", max_objects=1, depth=True, size=40)
    alone = np.zeros((60, 3, 40, 40), bool)
    depth = np.full((60, 3, 40, 40), np.inf)
    for i in range(3):
        one = np.zeros((60, len(single.space.factors)))
        one[:, :3], one[:, 3] = values[:, :3], 1
        for name in ("shape", "scale", "hue", "posX"):
            one[:, single.space.index(f"{name}_1")] = values[:, generator.space.index(f"{name}_{i + 1}")]
        radius = one[:, single.space.index("scale_1")] * SIZES[one[:, single.space.index("shape_1")].astype(int), 0]
        one[:, single.space.index("posZ_1")] = np.clip((objects["z"][:, i] - NEAR - radius) / (FAR - NEAR - 2 * radius), 0, 1)
        there = count > i
        drawn = single.render(one[there])
        alone[there, i], depth[there, i] = drawn["mask"] == 1, drawn["depth"]
    numbered = alone * np.arange(1, 4)[:, None, None]
    assert (batch["mask"] != numbered.max(axis=1)).mean() < 1e-4  # posZ, there and back, may move a border
    np.testing.assert_allclose(batch["depth"], depth.min(axis=1), rtol=1e-3)
    whole = alone.sum(axis=(2, 3))
    seen = (batch["mask"][:, None] == np.arange(1, 4)[:, None, None]).sum(axis=(2, 3))
    np.testing.assert_allclose(objects["visible"], seen / np.maximum(whole, 1), atol=0.02)
    assert (objects["visible"] < 0.5).any()
    assert (objects["visible"][np.arange(60), count - 1] == 1).all()  # the last one is in front of all
    assert (whole[objects["present"] == 1] > 0).all()


def test_the_table_holds_the_factors_and_zeros_for_the_absent(room):
    values = uniform(room, 100)
    batch = room.render(values)
    objects = table(room, batch)
    there = objects["present"] == 1
    assert not batch["objects"][~there].any()
    for i in range(3):
        for component, factor in (("shape", "shape"), ("scale", "scale"), ("hue", "hue"), ("x", "posX")):
            expected = values[:, room.space.index(f"{factor}_{i + 1}")]
            np.testing.assert_array_equal(objects[component][there[:, i], i], expected[there[:, i]])


def test_what_the_absent_are_like_changes_nothing(room):
    values, other = uniform(room, 40), uniform(room, 40, seed=1)
    values[:, room.space.index("count")] = 2
    third = room.space.index("shape_3")
    other[:, :third] = values[:, :third]
    first, second = room.render(values), room.render(other)
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])
    np.testing.assert_array_equal(room.space.canonical(values)[:, third:], room.space.canonical(other)[:, third:])


def test_one_object_alone_looks_as_in_shapes3d():
    """The solid in the middle of the room is the same picture, whichever generator draws it."""
    generator, shapes3d = factorhub.generator("objects_room", max_objects=1), factorhub.generator("shapes3d", mask=True)
    for shape in range(4):
        radius = 0.9 * SIZES[shape, 0]
        middle = (0 - NEAR - radius) / (FAR - NEAR - 2 * radius)
        if not 0 <= middle <= 1:
            continue
        one = generator.render([[0.1, 0.5, -17.0, 1, shape, 0.9, 0.8, 0.0, middle]])
        same = shapes3d.render([[0.1, 0.5, 0.8, 0.9, shape, -17.0]])
        assert np.abs(one["image"].astype(int) - same["image"]).max() <= 1
        assert (one["mask"] != same["mask"]).sum() <= 1


def test_objects_throw_shadows_on_each_other():
    """A capsule moved between the lamp and a cube darkens a part of the cube, and no other part of it changes."""
    room = factorhub.generator("objects_room", size=192)
    values = np.repeat(room.space.values([room.space.codes(0)]), 2, axis=0)
    given = {
        "count": 3,
        "hue_1": 0.5,
        "scale_1": 1,
        "posX_1": 0.3,
        "posZ_1": 0,
        "shape_2": 3,
        "scale_2": 1,
        "posZ_2": 1,
        "posX_3": 0.85,
    }
    for name, value in given.items():
        values[:, room.space.index(name)] = value
    values[:, room.space.index("posX_2")] = (-0.85, 0.0)
    values[:, room.space.index("orientation")] = 0
    batch = room.render(values)
    both = (batch["mask"] == 1).all(axis=0)
    change = batch["image"][1].astype(int) - batch["image"][0].astype(int)
    inner = both & np.roll(both, 1, 0) & np.roll(both, -1, 0) & np.roll(both, 1, 1) & np.roll(both, -1, 1)
    assert change[inner].max() <= 1
    assert (change[inner].min(axis=1) < -15).sum() > 40
    assert (change[inner].min(axis=1) > -2).sum() > 300


def test_pictures_change_without_jumps(room):
    values = room.space.from_unit(np.random.default_rng(3).random((150, len(room.space.factors))))
    before = room.render(values)["image"].astype(int)
    for i, factor in enumerate(room.space):
        if factor.interval:
            moved = values.copy()
            moved[:, i] += 1e-4 * (factor.high - factor.low) * np.where(moved[:, i] > (factor.low + factor.high) / 2, -1, 1)
            assert np.abs(room.render(moved)["image"].astype(int) - before).max() <= 2


def test_golden_pictures(room):
    values = room.space.values(room.space.codes(np.arange(40) * 10**15))
    digest = hashlib.sha256(b"".join(array.tobytes() for array in room.render(values).values()))
    assert digest.hexdigest() == "a44349b482166b596f711def9722ea721817604e95aa040b53f535428bb3638d"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 4}, "size of objects_room is 8 to 2048 pixels; got 4"),
        ({"max_objects": 9}, "objects_room takes max_objects from 1 to 8; got 9"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        factorhub.generator("objects_room", **options)
