"""The variants of dSprites: the same sprite in colour, before noise or a texture, as published; every nuisance is a label."""

import hashlib

import numpy as np
import pytest

import factorhub
from factorhub import randomness
from factorhub.dsprites_like.abstract_dsprites import COLORS
from factorhub.errors import InputError
from factorhub.testing import check_generator

VARIANTS = ["color_dsprites", "noisy_dsprites", "textured_dsprites", "abstract_dsprites"]
GOLDEN = {
    "color_dsprites": "89360458d35ff709",
    "noisy_dsprites": "d002904b93a1d925",
    "textured_dsprites": "7129ff008f34aa96",
    "abstract_dsprites": "06795d070b77277d",
    "dsprites antialias=true shapes=more": "93a2bd78be3f75c4",
    "color_dsprites antialias=true size=48": "6ad0d5057f1b3a29",
    "infinite_sprites": "21712f5f5b9bf19b",
    "infinite_sprites antialias=false size=32": "9092abb7cef4d0d1",
    "moving_sprites": "28f67ef939191cae",
    "moving_sprites frames=5 shapes=more antialias=false": "226ca046749f1297",
}


def draw(generator, rows, seed=0):
    """Even over the space, from words of our own stream, so that a digest of them holds for any NumPy."""
    return generator.space.from_unit(randomness.uniforms(seed, "test", np.arange(rows), len(generator.space.factors)))


def sprite_of(generator, values, **options):
    """What dsprites draws of the same sprites."""
    plain = factorhub.generator("dsprites", **options)
    columns = [generator.space.index(name) for name in plain.space.names[1:]]
    return plain.render(np.concatenate([np.zeros((len(values), 1)), values[:, columns]], axis=1))["image"]


@pytest.mark.parametrize("case", GOLDEN)
def test_rows_are_the_same_bits_everywhere(case):
    """A change that moves one of these digests moves rows of users: raise the generator's version with it."""
    name, *options = case.split()
    generator = factorhub.generator(name, **dict(option.split("=") for option in options))
    digest = hashlib.blake2b(digest_size=8)
    for item in generator.fields:
        if item.dtype == "uint8":
            digest.update(generator.render(draw(generator, 64))[item.name])
    assert digest.hexdigest() == GOLDEN[case]


@pytest.mark.parametrize("name", VARIANTS)
def test_contract_with_all_options(name):
    check_generator(factorhub.generator(name, size=30, grid="clean", shapes="more", antialias=True), rows=12)


@pytest.mark.parametrize("name", VARIANTS)
def test_errors(name):
    with pytest.raises(InputError, match=f"size of {name} is 8 to 4096 pixels; got 5"):
        factorhub.generator(name, size=5)


def test_color_is_the_sprite_times_its_color():
    generator = factorhub.generator("color_dsprites")
    values = draw(generator, 200)
    colors = np.rint(255 * values[:, :3]).astype(np.uint8)
    np.testing.assert_array_equal(
        generator.render(values)["image"], sprite_of(generator, values)[..., None] * colors[:, None, None]
    )
    assert [(f.low, f.high, f.nuisance) for f in generator.space.factors[:3]] == [(0.5, 1.0, True)] * 3


def test_antialiased_color_is_the_share_of_the_color():
    generator = factorhub.generator("color_dsprites", antialias=True)
    values = draw(generator, 100)
    share = sprite_of(generator, values, antialias=True)[..., None] / 255
    expected = np.rint(255 * values[:, None, None, :3]) * share
    assert np.abs(generator.render(values)["image"] - expected).max() <= 1


def test_noise_is_even_independent_and_fixed_by_its_seed():
    generator = factorhub.generator("noisy_dsprites")
    values = draw(generator, 100)
    images = generator.render(values)["image"]
    inside = sprite_of(generator, values) == 1
    assert (images[inside] == 255).all()
    outside = images[~inside].astype(float)
    counts = np.bincount(images[~inside].ravel(), minlength=256)
    assert (np.abs(counts / counts.mean() - 1) < 6 / counts.mean() ** 0.5).all()
    assert abs(np.corrcoef(outside.T) - np.eye(3)).max() < 0.01
    moved = values.copy()
    moved[:, 1:] = draw(generator, 100, seed=1)[:, 1:]
    both = ~inside & (sprite_of(generator, moved) == 0)
    np.testing.assert_array_equal(images[both], generator.render(moved)["image"][both])
    other = values.copy()
    other[:, 0] = (other[:, 0] + 1) % 2**32
    assert abs(np.corrcoef(images[both].ravel(), generator.render(other)["image"][both].ravel())[0, 1]) < 0.01


def test_the_textured_sprite_is_the_negative_of_what_it_covers():
    generator = factorhub.generator("textured_dsprites")
    values = draw(generator, 60)
    moved = values.copy()
    moved[:, 1:] = draw(generator, 60, seed=1)[:, 1:]
    here, there = (sprite_of(generator, v) == 1 for v in (values, moved))
    first, second = (generator.render(v)["image"].astype(int) for v in (values, moved))
    np.testing.assert_array_equal(first[~here & ~there], second[~here & ~there])
    only = here & ~there
    assert np.abs(first[only] + second[only] - 255).max() <= 1


def test_a_texture_is_one_picture_at_any_size_and_no_two_are_alike():
    values = draw(factorhub.generator("textured_dsprites"), 40)
    small, large = (
        factorhub.generator("textured_dsprites", size=size, antialias=True).render(values)["image"].astype(float)
        for size in (64, 128)
    )
    averaged = large.reshape(40, 64, 2, 64, 2, 3).mean(axis=(2, 4))
    assert np.abs(averaged - small).mean() < 2
    assert np.abs(averaged - small).max() < 40  # where a vein is thinner than a pixel
    apart = np.abs(small[:, None] - small[None]).mean(axis=(2, 3, 4)) + 1000 * np.eye(40)
    assert apart.min() > 10
    assert 100 < small.mean() < 155


def test_abstract_has_the_published_colors():
    generator = factorhub.generator("abstract_dsprites")
    space = generator.space
    assert space.sizes == (5, 6, 3, 6, 40, 32, 32)
    assert [f.name for f in space if f.nuisance] == ["orientation"]
    values = draw(generator, 200)
    values[:, 0] = space["background"].values(np.arange(200) % 5)
    images, inside = generator.render(values)["image"], sprite_of(generator, values) == 1
    published = np.array([[0.9096, 0.5883, 0.3658], [0.635, 0.6928, 0.3627], [0.3765, 0.7284, 0.5963]])
    published = np.concatenate([published, [[0.3955, 0.7074, 0.7875], [0.6964, 0.6221, 0.8997], [0.9082, 0.5511, 0.7494]]])
    assert np.abs(np.array(list(COLORS.values())) / 255 - published).max() < 0.003
    for image, mask, (grey, color) in zip(images, inside, values[:, :2], strict=True):
        assert (image[mask] == list(COLORS.values())[int(color)]).all()
        assert (image[~mask] == round(255 * grey)).all()
