"""Named edits: one object changes, in one way, and the pixels that may change are those that do."""

import numpy as np
import pytest

import factorhub
from factorhub.dsprites_like.objects import may_change
from factorhub.errors import InputError
from factorhub.regimes.edits import EDITS, KINDS, Edits, objects_of
from factorhub.testing import check_regime

SCENES = {"multi_dsprites": KINDS, "objects_room": KINDS, "tetrominoes": ("move", "recolour")}


def rows_of(name, regime="edits", count=600, **options):
    source = factorhub.recipe(name, rows=count, regime=regime, seed=4, options=options).source()
    return source, source.read(np.arange(count))


@pytest.mark.parametrize("name", SCENES)
def test_every_edit_that_a_scene_allows_is_made_about_equally_often(name):
    source, batch = rows_of(name, count=2000)
    counts = np.bincount(batch["edit"], minlength=len(KINDS))
    assert {kind for kind, count in zip(KINDS, counts, strict=True) if count} == set(SCENES[name])
    assert counts[counts > 0].min() > 2000 / len(KINDS) / 3
    check_regime(Edits(), source.generator.space, rows=16)


@pytest.mark.parametrize("name", SCENES)
def test_an_edit_changes_one_object_in_its_own_way(name):
    source, batch = rows_of(name)
    scene = objects_of(source.generator.space)
    values = source.values(np.arange(600))
    own = np.unique(scene.columns)
    rest = [j for j in range(values.shape[-1]) if j not in own and j != scene.counter]
    assert (values[:, 0, rest] == values[:, 1, rest]).all()
    step = np.zeros(600) if scene.counter < 0 else values[:, 1, scene.counter] - values[:, 0, scene.counter]
    assert (step == np.select([batch["edit"] == 3, batch["edit"] == 4], [-1, 1], 0)).all()
    for code, kind in enumerate(KINDS[:3]):
        for row in np.flatnonzero(batch["edit"] == code):
            number = batch["before"][row]
            assert batch["after"][row] == number
            differ = values[row, 0][scene.columns] != values[row, 1][scene.columns]
            assert np.flatnonzero(differ.any(axis=1)).tolist() == [number - 1]
            assert {scene.names[m] for m in np.flatnonzero(differ[number - 1])} <= set(EDITS[kind])


def test_objects_that_stay_keep_their_look_when_one_goes_and_a_clone_looks_like_its_model():
    source, batch = rows_of("multi_dsprites")
    scene, values = objects_of(source.generator.space), source.values(np.arange(600))
    for row in np.flatnonzero(batch["edit"] == 3):
        first, second = (values[row, i][scene.columns] for i in (0, 1))
        count, gone = int(values[row, 0, scene.counter]), batch["before"][row] - 1
        assert (np.delete(first[:count], gone, axis=0) == second[: count - 1]).all()
    places = [m for m, name in enumerate(scene.names) if name not in EDITS["clone"]]
    for row in np.flatnonzero(batch["edit"] == 4):
        first, second = (values[row, i][scene.columns] for i in (0, 1))
        count = int(values[row, 0, scene.counter])
        assert batch["after"][row] == count + 1
        assert (first[:count] == second[:count]).all()
        assert (first[:count][:, places] == second[count][places]).all(axis=1).any()


@pytest.mark.parametrize("name", ["multi_dsprites", "tetrominoes"])
def test_only_pixels_of_the_object_change(name):
    _, batch = rows_of(name)
    changed = (batch["image"][:, 0] != batch["image"][:, 1]).any(axis=-1)
    assert not (changed & ~may_change(batch)).any()
    assert changed.any(axis=(1, 2)).mean() > 0.98


def test_in_a_room_what_changes_lies_around_the_object_and_its_shadow():
    _, batch = rows_of("objects_room")
    changed = (batch["image"][:, 0] != batch["image"][:, 1]).any(axis=-1)
    outside = (changed & ~may_change(batch)).sum(axis=(1, 2))
    assert np.median(outside) < 0.02 * 64 * 64


def test_a_partly_hidden_object_can_be_removed_and_shows_what_was_behind_it():
    _, batch = rows_of("multi_dsprites", regime="edits(edits=[remove], inner=where('count > 1'))", amodal=True)
    row = np.arange(600)
    whole = batch["amodal"][row, 0, batch["before"] - 1] > 0
    seen = batch["mask"][:, 0] == batch["before"][:, None, None]
    hidden = (whole.sum(axis=(1, 2)) > seen.sum(axis=(1, 2)) + 20) & seen.any(axis=(1, 2))
    assert hidden.sum() > 30
    assert not ((batch["image"][:, 0] != batch["image"][:, 1]).any(axis=-1) & ~seen).any()


@pytest.mark.parametrize(
    ("name", "regime", "answer"),
    [
        ("dsprites", "edits", "edits are of scenes with objects, whose factors are shape_1, .*; got color, shape"),
        ("tetrominoes", "edits(edits=[remove])", "cannot be edited by 'remove'; it allows move, recolour"),
        ("multi_dsprites", "edits(edits=[paint])", "no edit named 'paint' in edits; it has move, recolour, resize, remove, clone"),
        ("multi_dsprites", "edits(inner=pairs)", "edits are of single scenes"),
        (
            "multi_dsprites",
            "edits(edits=[remove], inner=where('count == 1'))",
            "row 0 has 1 objects, which remove cannot change; .*count > 1",
        ),
    ],
)
def test_impossible_edits_are_refused(name, regime, answer):
    with pytest.raises(InputError, match=answer):
        factorhub.recipe(name, rows=4, regime=regime).source().read([0])


def test_pixels_are_not_guessed_without_masks():
    with pytest.raises(InputError, match="found by mask, before and after; got image; read 'mask' too"):
        may_change({"image": np.zeros((1, 2, 4, 4, 3))})
