"""Scenes of shaded solids: the robot arm and the turntable."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import factorhub
from factorhub.dsprites_like.faces import ball, box, frustum
from factorhub.errors import InputError
from factorhub.space import FactorSpace

NAMES = ("robot_arm", "turntable")


def points(space: FactorSpace, count: int, seed: int = 0) -> np.ndarray:
    """Different points of a grid, as codes."""
    return space.codes(np.unique(np.random.default_rng(seed).integers(0, len(space), count)))


@pytest.mark.parametrize("mesh", [box(), ball(), frustum(6), frustum(4, 0.0), frustum(20, 0.7)])
def test_meshes_are_closed_and_face_outwards(mesh) -> None:
    edges: dict[tuple[int, int], int] = {}
    for faces in mesh.faces:
        for face in faces:
            a, b, c = mesh.corners[face[:3]]
            assert np.dot(np.cross(b - a, c - a), mesh.corners[face].mean(axis=0)) > 0
            for edge in zip(face, np.roll(face, -1), strict=True):
                edges[edge] = edges.get(edge, 0) + 1
    assert all(count == 1 and edges.get((b, a)) == 1 for (a, b), count in edges.items())


@pytest.mark.parametrize("name", NAMES)
def test_no_two_labels_draw_one_picture(name: str) -> None:
    made = factorhub.generator(name)
    codes = points(made.space, 20000)
    images = made.render(made.space.values(codes))["image"]
    assert len({image.tobytes() for image in images}) == len(codes)


@pytest.mark.parametrize("name", NAMES)
def test_every_factor_is_seen_wherever_the_others_are(name: str) -> None:
    made = factorhub.generator(name)
    codes = points(made.space, 300, 1)
    before = made.render(made.space.values(codes))["image"].astype(int)
    for j, size in enumerate(made.space.sizes):
        moved = codes.copy()
        moved[:, j] = (moved[:, j] + size // 2) % size
        after = made.render(made.space.values(moved))["image"].astype(int)
        changed = (np.abs(after - before).max(axis=-1) > 8).sum(axis=(1, 2))
        assert changed.min() >= 3, (made.space.names[j], made.space.values(codes[changed.argmin()]))


@pytest.mark.parametrize("name", NAMES)
def test_parts_agree_with_the_picture(name: str) -> None:
    """The background's pixels have the background's colour, and the object is there."""
    made = factorhub.generator(name, mask=True)
    batch = made.render(made.space.values(points(made.space, 100, 2)))
    numbers = batch["parts"]
    last = len(made.field("parts").meta["parts"]) - 1
    assert numbers.max() == last
    assert ((numbers == last).sum(axis=(1, 2)) > 20).all()
    for image, shown in zip(batch["image"], numbers, strict=True):
        corner = image[0, 0].astype(int)
        far = shown == 0
        near = np.pad(~far, 1)  # edges blend
        inner = far & ~(near[:-2, 1:-1] | near[2:, 1:-1] | near[1:-1, :-2] | near[1:-1, 2:])
        assert (image[inner] == corner).all(axis=-1).mean() > 0.99  # slivers cover less than half of a pixel


@pytest.mark.parametrize(("name", "factor"), [("turntable", "azimuth"), ("turntable", "elevation"), ("turntable", "object_hue")])
def test_pictures_change_smoothly(name: str, factor: str) -> None:
    made = factorhub.generator(name)
    values = np.repeat(made.space.values(points(made.space, 40, 3)), 2, axis=0)
    j = made.space.index(factor)
    low, high = made.space[factor].low, made.space[factor].high
    values[::2, j], values[1::2, j] = low + 0.4 * (high - low), low + 0.401 * (high - low)
    images = made.render(values)["image"].astype(int)
    assert np.abs(images[::2] - images[1::2]).mean() < 1.0


def test_instances_are_endless_on_demand() -> None:
    made = factorhub.generator("turntable", instances=2**32)
    row = made.space.point(category="car", azimuth=40, elevation=30)
    rows = np.repeat(row[None], 3, axis=0)
    rows[:, made.space.index("instance")] = [0, 1, 2**32 - 1]
    images = made.render(rows)["image"]
    assert len({image.tobytes() for image in images}) == 3
    few = factorhub.generator("turntable").render(rows[:2])["image"]
    assert np.array_equal(few, images[:2])
    with pytest.raises(InputError, match=r"instances of turntable are 1 to 2\*\*32; got 0"):
        factorhub.generator("turntable", instances=0)


def test_presets_of_mpi3d_work_on_the_robot_arm_by_name() -> None:
    from factorhub.build.protocols import asked
    from factorhub.regimes.presets import PRESETS

    settings = {"seed": 0, "regime": None, "splits": None, "order": "permuted", "options": {}, "bound": None}
    named = [preset.name for preset in PRESETS if preset.name.startswith("mpi3d-")]
    assert len(named) > 10
    for name in named:
        recipe = asked(name="robot_arm", preset=name, rows=None, **settings)
        endless = recipe.regime.length(recipe.made.space) is None and not recipe.splits.rows
        source = (dataclasses.replace(recipe, rows=50) if endless else recipe).source()
        assert source.read([0], ["object_shape"])["object_shape"].size


def test_the_robot_arm_has_the_grid_of_mpi3d() -> None:
    from factorhub.exchange.layouts import MPI3D

    ours, theirs = factorhub.generator("robot_arm").space, MPI3D()
    assert len(ours) == len(theirs) == 1_036_800
    assert [(f.name, f.kind, f.size, f.labels) for f in ours] == [(f.name, f.kind, f.size, f.labels) for f in theirs]
