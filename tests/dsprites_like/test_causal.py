"""The causal scenes: the published grids and labels, and mechanisms that hold, break and replay exactly."""

import json
import math

import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError
from factorhub.formulas import Formula, follow
from factorhub.testing import check_generator, sample

NAMES = ["causal_pendulum", "causal_flow"]
OPTIONS = [{}, {"intervene": "all", "channels": "rgb", "size": 40}]


def formulas(generator):
    """The formulas as anyone finds them: in the record of the field, after a trip through JSON."""
    meta = json.loads(json.dumps(generator.field("causal").meta))
    return [Formula.from_dict(item) for item in meta["mechanisms"]]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_contract(name, options):
    check_generator(factorhub.generator(name, **options), rows=8)


def test_the_published_pendulum_grid():
    """7,308 rows with the published geometry: projections of the pendulum's ends along the rays."""
    space = factorhub.generator("causal_pendulum").space
    values = space.values(space.codes(np.arange(len(space))))
    i, j = np.meshgrid(np.arange(-40, 44), np.delete(np.arange(60, 148), 40), indexing="ij")
    assert len(space) == 7308
    theta, phi = (np.pi / 200) * i.ravel(), (np.pi / 200) * j.ravel()
    np.testing.assert_allclose(values, np.stack([theta, phi], -1), rtol=0, atol=1e-15)

    def cast(x, y):
        return x + (-0.5 - y) / np.tan(phi)

    top, tip = cast(10, 10.5), cast(10 + 9.5 * np.sin(theta), 10.5 - 9.5 * np.cos(theta))
    small = factorhub.generator("causal_pendulum", size=16).render(values)["causal"]
    np.testing.assert_allclose(small[:, 2], np.maximum(3, abs(top - tip)), rtol=0, atol=1e-12)
    np.testing.assert_allclose(small[:, 3], (top + tip) / 2, rtol=0, atol=1e-12)


def test_the_published_flow_grid():
    space = factorhub.generator("causal_flow").space
    values = space.values(space.codes(np.arange(len(space))))
    assert len(space) == 8100
    a, b, c = np.meshgrid(np.arange(5, 35), np.arange(10, 40), np.arange(6, 15), indexing="ij")
    np.testing.assert_array_equal(values, np.stack([a.ravel() / 30, b.ravel() / 10, c.ravel() / 3], -1))
    radius, poured, hole = values.T
    height = radius**3 + poured
    small = factorhub.generator("causal_flow", size=16).render(values)["causal"]
    np.testing.assert_allclose(small[:, 3], height, rtol=1e-14)
    np.testing.assert_allclose(small[:, 4], np.sqrt(2 * 0.98 * height * (hole - 0.5)), rtol=1e-14)


@pytest.mark.parametrize("name", NAMES)
def test_effects_stay_in_the_range_they_may_be_set_to(name):
    """Over the whole box of causes, so that an observation is always a point of the space of all variables."""
    causes, every = factorhub.generator(name, size=16), factorhub.generator(name, size=16, intervene="all")
    sides = [np.linspace(factor.low, factor.high, 25) for factor in causes.space]
    box = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, len(sides))
    every.space.check(causes.render(box)["causal"])


@pytest.mark.parametrize("name", NAMES)
def test_the_world_left_alone_is_the_scene_of_the_causes(name):
    """Mechanisms replayed outside the generator, on its variables as factors, give the same pictures bit for bit."""
    causes, every = factorhub.generator(name), factorhub.generator(name, intervene="all")
    values = sample(causes.space, 12)
    known = follow(formulas(every), dict(zip(causes.space.names, values.T, strict=True)))
    replayed = every.render(np.stack([known[factor] for factor in every.space.names], axis=-1))
    expected = causes.render(values)
    assert list(every.space.names) == every.field("causal").meta["components"]
    np.testing.assert_array_equal(replayed["image"], expected["image"])
    np.testing.assert_array_equal(replayed["causal"], expected["causal"])


@pytest.mark.parametrize("name", NAMES)
def test_setting_one_effect_leaves_the_others_to_their_formulas(name):
    causes, every = factorhub.generator(name, size=32), factorhub.generator(name, size=32, intervene="all")
    for effect in every.space.names[len(causes.space.names) :]:
        one = factorhub.generator(name, size=32, intervene=effect)
        assert one.space.names == (*causes.space.names, effect)
        values = sample(one.space, 8)
        known = follow(formulas(one), dict(zip(one.space.names, values.T, strict=True)))
        replayed = every.render(np.stack([known[factor] for factor in every.space.names], axis=-1), check=False)
        got = one.render(values)
        np.testing.assert_array_equal(got["causal"][:, list(every.space.names).index(effect)], values[:, -1])
        for field in ("image", "causal"):
            np.testing.assert_array_equal(got[field], replayed[field])


def test_an_intervention_moves_the_shadow_and_nothing_else():
    every = factorhub.generator("causal_pendulum", intervene="all")
    causes = {"pendulum_angle": [0.3], "light_angle": [1.9]}
    rows = [follow(formulas(every), {**causes, **done}) for done in ({}, {"shadow_length": [9.0]}, {"shadow_position": [4.0]})]
    values = np.stack([[row[name][0] for name in every.space.names] for row in rows])
    images = every.render(values)["image"].astype(int)
    for changed in images[1:]:
        moved = (changed != images[0]).any(axis=-1)
        assert moved[80:85].any()
        assert not moved[:80].any()
        assert not moved[85:].any()
    dark = (255 - images[:, 82, :, 0]) / 255
    np.testing.assert_allclose(dark.sum(axis=1), values[:, 2] * 96 * 0.775 / 20, atol=0.02)
    middles = (dark * (np.arange(96) + 0.5)).sum(axis=1) / dark.sum(axis=1)
    np.testing.assert_allclose(middles, 96 * (0.125 + 0.775 * values[:, 3] / 20), atol=0.02)


def test_a_child_follows_its_parent_that_was_set():
    every = factorhub.generator("causal_flow", intervene="all")
    causes = {"ball_radius": 0.5, "poured": 2.0, "hole": 3.0}
    left, done = (follow(formulas(every), {**causes, **set_}) for set_ in ({}, {"water_height": 4.0}))
    assert done["reach"] == pytest.approx(math.sqrt(1.96 * 4 * 2.5))
    assert left["reach"] == pytest.approx(math.sqrt(1.96 * 2.125 * 2.5))


@pytest.mark.parametrize("name", NAMES)
def test_errors(name):
    with pytest.raises(InputError, match=f"size of {name} is 16 to 1024 pixels; got 8"):
        factorhub.generator(name, size=8)
    with pytest.raises(InputError, match=f"no value named 'shadow' in option intervene of {name}; it has none, "):
        factorhub.generator(name, intervene="shadow")


def test_people_see_the_whole_sun_and_rows_stay_as_published():
    made = factorhub.generator("causal_pendulum")
    values = made.space.values([[20, 0], [40, 50], [83, 86]])
    batch = made.render(values)
    orange = np.array([255, 165, 0])
    for picture, image in zip(made.pictures(batch), batch["image"], strict=True):
        rows, columns = np.nonzero((picture == orange).all(axis=2))
        assert abs(len(rows) / ((np.ptp(rows) + 1) * (np.ptp(columns) + 1)) - np.pi / 4) < 0.06  # a disc, not a part of one
        assert min(rows.min(), columns.min()) > 0
        assert max(rows.max(), columns.max()) < len(picture) - 1
        assert (image[..., :3] == orange).all(axis=2).sum() < 0.7 * len(rows)
