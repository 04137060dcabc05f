"""Damage as factors: none at strength 0, more with strength, the clean picture always beside it."""

from __future__ import annotations

import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError
from factorhub.generator import Generator
from factorhub.wrappers.degraded import KINDS
from factorhub.wrappers.kernels.damage import deviate


@pytest.fixture(scope="module", params=["shapes3d", "dsprites", "glyphs"])
def made(request: pytest.FixtureRequest) -> Generator:
    return factorhub.generator("degraded", of=request.param)


def rows(made: Generator, kind: str, strength: float, count: int = 8) -> np.ndarray:
    values = made.space.from_unit(np.random.default_rng(0).random((count, len(made.space.factors))))
    values[:, made.space.index("damage")] = KINDS.index(kind)
    values[:, made.space.index("strength")] = strength
    return values


def test_the_clean_picture_is_that_of_the_generator(made: Generator) -> None:
    plain = factorhub.generator(made.options["of"])
    values = rows(made, "blur", 0.7)
    own = plain.render(values[:, : len(plain.space.factors)])["image"]
    assert np.array_equal(made.render(values)["clean"], own * np.uint8(255 if own.max() == 1 else 1))


@pytest.mark.parametrize("kind", KINDS)
def test_strength_nought_leaves_the_picture_whole(made: Generator, kind: str) -> None:
    batch = made.render(rows(made, kind, 0.0))
    assert np.array_equal(batch["image"], batch["clean"])


@pytest.mark.parametrize("kind", KINDS[1:])
def test_more_strength_is_more_damage(made: Generator, kind: str) -> None:
    off = []
    for strength in (0.25, 1.0):
        batch = made.render(rows(made, kind, strength))
        off.append(np.abs(batch["image"].astype(int) - batch["clean"]).mean())
    assert 0 < off[0] < off[1]


def test_an_occlusion_is_where_its_factors_say(made: Generator) -> None:
    values = rows(made, "occlusion", 1.0)
    values[:, made.space.index("spotX")] = values[:, made.space.index("spotY")] = 0.0
    changed = made.render(values)["image"] != made.render(values)["clean"]
    assert not changed[:, 34:].any()
    assert not changed[:, :, 34:].any()
    assert changed.any()


def test_blur_keeps_the_mean_of_a_picture_that_ends_in_one_colour() -> None:
    made = factorhub.generator("degraded", of="dsprites")
    values = made.space.point(shape="square", scale=0.5, posX=0.5, posY=0.5, damage="blur", strength=[0.3, 0.6, 1.0])
    batch = made.render(values)
    means = batch["image"].mean(axis=(1, 2))
    assert np.allclose(means, batch["clean"].mean(axis=(1, 2)), atol=1.0)


def test_noise_has_mean_nought_and_deviation_one() -> None:
    words = np.random.default_rng(0).integers(0, 2**64, 100_000, np.uint64)
    found = np.array([deviate(word) for word in words])
    assert abs(found.mean()) < 0.01
    assert abs(found.std() - 1) < 0.01
    assert deviate(np.uint64(2**64 - 1)) == -deviate(np.uint64(0)) == 2 * 3**0.5


def test_damage_needs_pictures() -> None:
    with pytest.raises(InputError, match="degraded needs a generator of pictures; dmelodies gives tokens"):
        factorhub.generator("degraded", of="dmelodies")
    with pytest.raises(InputError, match="no generator named 'nothing'"):
        factorhub.generator("degraded", of="nothing")
