"""Glyphs: characters can be told apart, every factor is seen, words have a character for each factor."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import factorhub
from factorhub.dsprites_like.strokes import GLYPHS, table
from factorhub.errors import InputError


def test_characters_can_be_told_apart() -> None:
    made = factorhub.generator("glyphs")
    rows = made.space.point(
        character=list(GLYPHS), thickness=0.1, intensity=1.0, scale=0.8, slant=0, rotation=0, posX=0.5, posY=0.5
    )
    images = made.render(rows)["image"].max(axis=-1) > 100
    names = list(GLYPHS)
    for a, b in itertools.combinations(range(len(names)), 2):
        both, either = (images[a] & images[b]).sum(), (images[a] | images[b]).sum()
        assert both / either < 0.85, (names[a], names[b])


def test_strokes_stay_in_their_box() -> None:
    strokes, counts = table(tuple(GLYPHS))
    assert counts.min() >= 1
    assert np.abs(strokes[..., 0]).max() <= 0.34
    assert np.abs(strokes[..., 1]).max() <= 0.51


@pytest.mark.parametrize("options", [{}, {"characters": "digits"}, {"length": 4, "background": True}])
def test_every_factor_is_seen(options: dict) -> None:
    made = factorhub.generator("glyphs", **options)
    rng = np.random.default_rng(0)
    values = made.space.from_unit(rng.random((100, len(made.space.factors))))
    before = made.render(values)["image"].astype(int)
    for j, factor in enumerate(made.space):
        moved = values.copy()
        span = factor.high - factor.low
        if factor.kind == "categorical":
            moved[:, j] = (moved[:, j] + 5) % factor.size
        elif factor.kind == "ordinal":
            moved[:, j] = (moved[:, j] + 12345) % factor.size
        else:
            moved[:, j] = factor.low + (moved[:, j] - factor.low + 0.4 * span) % span
        after = made.render(moved)["image"].astype(int)
        assert (np.abs(after - before).max(axis=-1) > 4).sum(axis=(1, 2)).min() > 0, factor.name


def test_thicker_strokes_cover_more() -> None:
    made = factorhub.generator("glyphs")
    rows = np.repeat(made.space.point(character="S", scale=0.7, intensity=1)[None], 7, axis=0)
    rows[:, made.space.index("thickness")] = np.linspace(0.04, 0.16, 7)
    covered = made.render(rows)["image"].astype(float).sum(axis=(1, 2, 3))
    assert (np.diff(covered) > 0).all()


def test_words_have_a_factor_for_each_character() -> None:
    made = factorhub.generator("glyphs", length=3, characters="letters")
    assert made.space.names[:3] == ("character_1", "character_2", "character_3")
    row = made.space.point(character_1="C", character_2="A", character_3="T", intensity=1, thickness=0.1)
    other = made.space.point(character_1="C", character_2="A", character_3="R", intensity=1, thickness=0.1)
    images = made.render(np.stack([row, other]))["image"].astype(int)
    changed = np.abs(images[0] - images[1]).max(axis=(0, 2)) > 0
    assert changed.any()
    assert not changed[:30].any()
    with pytest.raises(InputError, match="length of glyphs is 1 to 8 characters; got 9"):
        factorhub.generator("glyphs", length=9)
