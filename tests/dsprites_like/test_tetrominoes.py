"""Tetrominoes: the published look, the law that no two pieces overlap, and the exact draw of places."""

import itertools

import numpy as np
import pytest

import factorhub
from factorhub.dsprites_like.tetrominoes import orientations
from factorhub.errors import InputError
from factorhub.testing import check_generator


@pytest.fixture(scope="module")
def scenes():
    return factorhub.generator("tetrominoes")


def uniform(generator, rows, seed=0):
    return generator.space.from_unit(np.random.default_rng(seed).random((rows, len(generator.space.factors))))


def components(generator, batch):
    names = generator.field("objects").meta["components"]
    return {name: batch["objects"][..., i] for i, name in enumerate(names)}


@pytest.mark.parametrize("options", [{}, {"n": 5, "cells": 9, "cell": 4}], ids=str)
def test_contract(options):
    check_generator(factorhub.generator("tetrominoes", **options))


def test_there_are_19_orientations_of_seven_pieces():
    found = orientations()
    assert len(found) == 19
    assert len({(cells.tobytes()) for cells in found.values()}) == 19
    assert {len(cells) for cells in found.values()} == {4}
    assert sorted({name[0] for name in found}) == sorted("IOTSZJL")


def test_a_cell_looks_as_published(scenes):
    """The bevels of a yellow cell, read off the preview picture of the published set."""
    values = scenes.space.from_unit(np.full(12, 0.5))
    values[[1, 5, 9]] = scenes.space["color_1"].code("yellow")
    batch = scenes.render(values)
    x, y = components(scenes, batch)["x"][0].astype(int), components(scenes, batch)["y"][0].astype(int)
    left, top = list(orientations().values())[int(values[0])][0] * 5
    cell = batch["image"][y + top : y + top + 5, x + left : x + left + 5]
    red = [[191, 255, 255, 255, 223], *[[127, 159, 159, 159, 191]] * 3, [95, 63, 63, 63, 127]]
    np.testing.assert_array_equal(cell[..., 0], red)
    np.testing.assert_array_equal(cell[..., 1], red)
    assert not cell[..., 2].any()


@pytest.mark.parametrize("options", [{}, {"n": 7, "cells": 11, "cell": 3}], ids=str)
def test_no_pieces_overlap_for_any_factors(options):
    generator = factorhub.generator("tetrominoes", **options)
    values = uniform(generator, 3000)
    values[::3] = values[::3].round()  # positions at both ends
    batch = generator.render(values)
    n, cell = options.get("n", 3), options.get("cell", 5)
    sizes = [(batch["mask"] == i + 1).sum(axis=(1, 2)) for i in range(n)]
    assert (np.stack(sizes) == 4 * cell**2).all()
    assert ((batch["image"].max(axis=-1) > 0) == (batch["mask"] > 0)).all()


def test_a_piece_that_would_leave_no_room_moves_on_to_the_next_place_that_does(scenes):
    """A lying I and an L beside it bar all columns for a standing I: the L then goes down until one column is open."""
    space = scenes.space
    values = np.tile(space.from_unit(np.zeros(12)), (100 * 100, 1))
    values[:, [0, 4, 8]] = [space["shape_1"].code(name) for name in ("I", "L", "O")]
    values[:, 3] = 15.5 / 31  # the lying I at x = 0, y = 15
    values[:, 6:8] = np.stack(np.meshgrid(*[np.linspace(0, 1, 100)] * 2), -1).reshape(-1, 2)
    table = scenes.render(values)["objects"]
    assert table[0, 0, 3:].tolist() == [0, 15]
    beside = (table[:, 1, 3:] == [20, 10]).all(axis=1)  # its lower row bars x = 20 … 34 at the height of the I
    assert beside.any()
    values[:, 8] = space["shape_1"].code("I90")
    moved = scenes.render(values[beside])
    assert (moved["objects"][:, 1, 3:] == [20, 15]).all()
    assert ((moved["mask"] == 3).sum(axis=(1, 2)) == 100).all()


@pytest.mark.parametrize("options", [{}, {"n": 2, "cells": 8}], ids=str)
def test_the_table_holds_the_pixels(options):
    generator = factorhub.generator("tetrominoes", **options)
    values = uniform(generator, 200)
    batch = generator.render(values)
    table = components(generator, batch)
    for i in range(options.get("n", 3)):
        mask = batch["mask"] == i + 1
        np.testing.assert_array_equal(mask.any(axis=1).argmax(axis=1), table["x"][:, i])
        np.testing.assert_array_equal(mask.any(axis=2).argmax(axis=1), table["y"][:, i])
        np.testing.assert_array_equal(values[:, 4 * i], table["shape"][:, i])
        np.testing.assert_array_equal(values[:, 4 * i + 1], table["color"][:, i])
    assert (table["present"] == 1).all()


def test_the_first_piece_lies_where_its_numbers_say(scenes):
    """The share of free places is the share of the canvas while nothing is in the way."""
    space = scenes.space
    steps = np.linspace(0, 1, 32)
    values = np.tile(space.from_unit(np.full(12, 0.5)), (32, 1))
    values[:, 0] = space["shape_1"].code("O")
    values[:, 2] = values[:, 3] = steps
    table = components(scenes, scenes.render(values))
    expected = np.minimum(np.floor(steps * 26), 25)
    np.testing.assert_array_equal(table["x"][:, 0], expected)
    np.testing.assert_array_equal(table["y"][:, 0], expected)


def test_every_free_place_is_as_likely_as_drawing_until_it_fits():
    """All places of a second piece, by its numbers on a fine even grid, against the places found by trying every one."""
    generator = factorhub.generator("tetrominoes", n=2, cells=7, cell=3)
    space = generator.space
    values = np.tile(space.from_unit(np.full(8, 0.4)), (400 * 400, 1))
    shapes = space["shape_1"].code("T"), space["shape_1"].code("S90")
    values[:, [0, 4]] = shapes
    values[:, 6:] = np.stack(np.meshgrid(*[(np.arange(400) + 0.5) / 400] * 2, indexing="ij"), -1).reshape(-1, 2)
    table = np.concatenate([generator.render(part)["objects"] for part in np.split(values, 40)])
    first, second = (np.array(list(orientations().values()))[code] * 3 for code in shapes)
    first = first + table[0, 0, 3:].astype(int)
    tries = [(place, second + np.array(place)) for place in itertools.product(range(21), repeat=2)]
    free = [place for place, at in tries if (at <= 18).all() and (np.abs(at[:, None] - first).max(axis=-1) >= 3).all()]
    places, counts = np.unique(table[:, 1, 3:].astype(int), axis=0, return_counts=True)
    assert [tuple(place) for place in places.tolist()] == free
    share = counts / counts.sum() * len(free)
    assert abs(share - 1).max() < 0.12  # the even grid itself is not finer than this


def test_every_three_pieces_fit_the_smallest_canvas(scenes):
    """What the search for places relies on, for every choice of three shapes."""
    shapes = np.array(list(itertools.combinations_with_replacement(range(19), 3)))
    values = np.tile(scenes.space.from_unit(np.zeros(12)), (len(shapes), 1))
    values[:, [0, 4, 8]] = shapes
    assert ((scenes.render(values)["mask"] > 0).sum(axis=(1, 2)) == 300).all()


def test_people_see_the_mask_beside_the_picture(scenes):
    batch = scenes.render(uniform(scenes, 5))
    shown = scenes.pictures(batch)
    assert shown.shape == (5, 35, 72, 3)
    np.testing.assert_array_equal(shown[:, :, :35], batch["image"])
    colors = [np.unique(shown[:, :, 37:][batch["mask"] == i], axis=0) for i in range(4)]
    assert all(len(color) == 1 for color in colors)
    assert len(np.unique(np.concatenate(colors), axis=0)) == 4


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"n": 4}, "tetrominoes on 7 × 7 cells takes n = 1 to 3; got 4; more cells hold more pieces"),
        ({"n": 0}, "n = 1 to 3; got 0"),
        ({"cells": 6}, "takes 7 to 32 cells of 3 to 64 pixels; got cells=6 and cell=5"),
        ({"cell": 2}, "got cells=7 and cell=2"),
    ],
)
def test_errors(options, text):
    with pytest.raises(InputError, match=text):
        factorhub.generator("tetrominoes", **options)
