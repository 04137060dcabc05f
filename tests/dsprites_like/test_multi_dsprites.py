"""Multi-dSprites: each object is a dSprites sprite, later ones hide earlier ones, and limits on overlap always hold."""

import itertools

import numpy as np
import pytest

import factorhub
from factorhub.dsprites_like.multi_dsprites import RADIUS
from factorhub.errors import InputError
from factorhub.metrics import ari
from factorhub.testing import check_generator

VARIANTS = ["binarized", "colored_on_grayscale", "colored_on_colored"]


def draw(generator, rows, seed=0):
    return generator.space.from_unit(np.random.default_rng(seed).random((rows, len(generator.space.factors))))


def table(generator, batch):
    names = generator.field("objects").meta["components"]
    return {name: batch["objects"][..., i] for i, name in enumerate(names)}


@pytest.mark.parametrize(
    "options",
    [
        *[{"variant": variant} for variant in VARIANTS],
        {"overlap": 0.0, "max_objects": 9, "size": 48},
        {"antialias": True, "amodal": True, "max_objects": 2, "overlap": 0.5},
        {"variant": "binarized", "antialias": True, "max_objects": 1, "amodal": True},
        {"variant": "binarized", "amodal": True},
    ],
    ids=str,
)
def test_contract(options):
    check_generator(factorhub.generator("multi_dsprites", **options))


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_object_is_a_sprite_of_dsprites(variant, antialias):
    """The amodal mask of object i, against the picture that dsprites draws of its factors."""
    many = factorhub.generator("multi_dsprites", variant=variant, amodal=True, antialias=antialias)
    one = factorhub.generator("dsprites")
    values = draw(many, 60)
    batch = many.render(values)
    for i in range(many.field("mask").meta["instances"]):
        columns = [many.space.index(f"{name}_{i + 1}") for name in one.space.names[1:]]
        own = one.render(np.concatenate([np.zeros((60, 1)), values[:, columns]], axis=1))["image"]
        differ = batch["amodal"][:, i] != own * (values[:, 0] > i)[:, None, None]
        if antialias:  # half the area is not the centre: an edge that cuts a pixel decides otherwise now and then
            assert differ.mean() < 2e-3
        else:
            assert not differ.any()


@pytest.mark.parametrize("options", [{}, {"antialias": True}, {"max_objects": 2, "variant": "binarized"}], ids=str)
def test_the_mask_holds_the_last_object_on_each_pixel(options):
    generator = factorhub.generator("multi_dsprites", amodal=True, **options)
    batch = generator.render(draw(generator, 200))
    numbered = batch["amodal"] * np.arange(1, batch["amodal"].shape[1] + 1, dtype=np.uint8)[:, None, None]
    np.testing.assert_array_equal(batch["mask"], numbered.max(axis=1))
    objects = table(generator, batch)
    seen = (batch["mask"][:, None] == np.arange(1, numbered.shape[1] + 1)[:, None, None]).sum(axis=(2, 3))
    whole = batch["amodal"].sum(axis=(2, 3))
    np.testing.assert_array_equal(objects["visible"], np.divide(seen, whole, out=np.zeros(seen.shape), where=whole > 0))
    assert (objects["visible"][objects["depth"] == 0][objects["present"][objects["depth"] == 0] == 1] == 1).all()
    assert (objects["visible"] < 1).any()


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_picture_is_the_mask_in_the_labelled_colors(variant):
    generator = factorhub.generator("multi_dsprites", variant=variant)
    values = draw(generator, 100)
    batch = generator.render(values)
    if variant == "binarized":
        np.testing.assert_array_equal(batch["image"], batch["mask"] > 0)
        return
    objects = table(generator, batch)
    color = np.stack([objects[name] for name in ("red", "green", "blue")], axis=-1)
    backgrounds = [i for i, name in enumerate(generator.space.names) if name.startswith("background")]
    background = np.broadcast_to(values[:, backgrounds], (100, 3))
    palette = np.rint(255 * np.concatenate([background[:, None], color], axis=1))
    np.testing.assert_array_equal(batch["image"], palette[np.arange(100)[:, None, None], batch["mask"]])


@pytest.mark.parametrize(
    ("variant", "fewest", "most"), [("binarized", 2, 3), ("colored_on_grayscale", 2, 5), ("colored_on_colored", 1, 4)]
)
def test_scenes_have_as_many_sprites_as_published(variant, fewest, most):
    generator = factorhub.generator("multi_dsprites", variant=variant)
    assert list(generator.space["count"].grid) == list(range(fewest, most + 1))
    present = table(generator, generator.render(draw(generator, 300)))["present"].sum(axis=1)
    assert (present.min(), present.max()) == (fewest, most)
    more = factorhub.generator("multi_dsprites", variant=variant, min_objects=1, max_objects=6)
    assert list(more.space["count"].grid) == [1, 2, 3, 4, 5, 6]


def test_colors_on_gray_are_drawn_as_hue_saturation_and_value():
    import colorsys

    generator = factorhub.generator("multi_dsprites", variant="colored_on_grayscale")
    assert {"hue_1", "saturation_1", "value_1"} <= set(generator.space.names)
    assert not {"red_1", "green_1", "blue_1"} & set(generator.space.names)
    values = draw(generator, 50)
    objects = table(generator, generator.render(values))
    for i in range(5):
        own = values[:, [generator.space.index(f"{name}_{i + 1}") for name in ("hue", "saturation", "value")]]
        wanted = np.array([colorsys.hsv_to_rgb(*row) for row in own]) * objects["present"][:, i, None]
        got = np.stack([objects[name][:, i] for name in ("red", "green", "blue")], axis=1)
        np.testing.assert_allclose(got, wanted, atol=1e-12)


def test_the_table_holds_the_factors_and_zeros_for_the_absent():
    generator = factorhub.generator("multi_dsprites")
    values = draw(generator, 200)
    batch = generator.render(values)
    objects = table(generator, batch)
    np.testing.assert_array_equal(objects["present"], np.arange(4) < values[:, :1])
    there = objects["present"] == 1
    assert not batch["objects"][~there].any()
    for i, name in itertools.product(range(4), ("shape", "scale", "posX", "posY", "red")):
        np.testing.assert_array_equal(
            objects[name][:, i][there[:, i]], values[there[:, i], generator.space.index(f"{name}_{i + 1}")]
        )
    np.testing.assert_array_equal(objects["depth"][there], (values[:, :1] - 1 - np.arange(4))[there])
    turn = 2 * np.pi / np.array([4, 2, 1])[objects["shape"].astype(int)]
    assert (objects["orientation"] < turn).all()


def test_what_the_absent_are_like_changes_nothing():
    generator = factorhub.generator("multi_dsprites", amodal=True)
    values = draw(generator, 50)
    values[:, 0] = 2
    other = draw(generator, 50, seed=1)
    third = generator.space.index("red_3")
    other[:, :third] = values[:, :third]
    for name, got in generator.render(values).items():
        np.testing.assert_array_equal(got, generator.render(other)[name])
    canonical = generator.space.canonical(values)
    np.testing.assert_array_equal(canonical[:, third:], generator.space.canonical(other)[:, third:])


@pytest.mark.parametrize("overlap", [0.0, 0.3, 0.7])
def test_limited_overlap_holds_for_every_factor_vector(overlap):
    """Corners included: positions and scales at their ends come as often as not."""
    generator = factorhub.generator("multi_dsprites", overlap=overlap, amodal=True, max_objects=9)
    values = draw(generator, 400)
    for i, factor in enumerate(generator.space):
        if factor.kind == "continuous":
            values[::2, i] = np.where(values[::2, i] > (factor.low + factor.high) / 2, factor.high, factor.low)
    batch = generator.render(values)
    objects = table(generator, batch)
    there = objects["present"] == 1
    radii = np.array([0.3 / np.sqrt(2), 0.2, RADIUS])[objects["shape"].astype(int)] * objects["scale"]
    centres = 0.25 + 0.5 * np.stack([objects["posX"], objects["posY"]], axis=-1)
    assert ((centres[there] >= radii[there][:, None] - 1e-9) & (centres[there] <= 1 - radii[there][:, None] + 1e-9)).all()
    for a, b in itertools.combinations(range(9), 2):
        both = there[:, a] & there[:, b]
        apart = np.sqrt(((centres[both, a] - centres[both, b]) ** 2).sum(axis=-1))
        assert (apart >= (1 - overlap) * (radii[both, a] + radii[both, b]) - 1e-9).all()
    if overlap == 0:
        assert (batch["amodal"].sum(axis=1) <= 1).all()
        assert (objects["visible"][there] == 1).all()


def test_the_limit_is_as_tight_as_it_says():
    """Neighbours at the inner ends of their cells touch in the sense of the limit, at the largest scale."""
    generator = factorhub.generator("multi_dsprites", overlap=0.2, max_objects=2)
    values = draw(generator, 1)
    for name, value in {"count": 2, "cell_1": 0, "cell_2": 0, "posX_1": 1, "posX_2": 0, "posY_1": 0.5, "posY_2": 0.5}.items():
        values[:, generator.space.index(name)] = value
    objects = table(generator, generator.render(values))
    apart = 0.5 * (objects["posX"][0, 1] - objects["posX"][0, 0])
    assert apart == pytest.approx(0.8 * 2 * RADIUS * generator.space["scale_1"].high)


def test_ranks_of_cells_reach_every_choice_once():
    generator = factorhub.generator("multi_dsprites", overlap=0.0, max_objects=3, size=16)
    ranks = np.array(list(itertools.product(range(9), range(8), range(7))))
    values = np.repeat(draw(generator, 1), len(ranks), axis=0)
    values[:, 0] = 3
    for i in range(3):
        values[:, generator.space.index(f"cell_{i + 1}")] = ranks[:, i]
        values[:, generator.space.index(f"posX_{i + 1}")] = values[:, generator.space.index(f"posY_{i + 1}")] = 0.5
    objects = table(generator, generator.render(values))
    places = np.stack([objects["posX"], objects["posY"]], axis=-1).round(6)
    assert len(np.unique(places.reshape(-1, 2), axis=0)) == 9
    assert len(np.unique(places.reshape(len(ranks), -1), axis=0)) == 9 * 8 * 7


def test_no_limit_keeps_the_scales_of_dsprites_and_mild_ones_too():
    top = {
        overlap: factorhub.generator("multi_dsprites", overlap=overlap).space["scale_1"].high for overlap in (1.0, 0.62, 0.6, 0.0)
    }
    assert top[1.0] == top[0.62] == 1 > top[0.6]
    assert top[0.0] == pytest.approx(0.589, abs=1e-3)


def test_masks_score_one_against_themselves_and_less_against_anything_else():
    generator = factorhub.generator("multi_dsprites")
    masks = generator.render(draw(generator, 50))["mask"]
    assert (ari(masks, masks) == 1).all()
    halves = np.repeat(np.arange(64)[None] // 32, 64, axis=0)[None].repeat(50, axis=0)
    assert ari(masks, halves).mean() < 0.6


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"size": 8}, "multi_dsprites takes a size of 16 to 1024 pixels and 1 to 9 objects, .*; got size=8, 1 to 4 objects"),
        ({"max_objects": 10}, "got size=64, 1 to 10 objects"),
        ({"min_objects": 3, "max_objects": 2}, "got size=64, 3 to 2 objects"),
        ({"overlap": 1.5}, "overlap of multi_dsprites is a share of the sprites' radii, 0 to 1; got 1.5"),
        (
            {"variant": "coloured"},
            "no value named 'coloured' in option variant of multi_dsprites; it has binarized, colored_on_gray",
        ),
    ],
)
def test_errors(options, text):
    with pytest.raises(InputError, match=text):
        factorhub.generator("multi_dsprites", **options)
