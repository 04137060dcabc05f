"""Backgrounds as options: what lies on them stays, and rows without them are as they were."""

import numpy as np

import factorhub


def test_the_ground_of_the_pendulum_takes_a_hue_and_its_causes_do_not():
    plain, tinted = (factorhub.generator("causal_pendulum", background=ground) for ground in (False, True))
    values = plain.space.values(plain.space.codes(np.arange(0, 7308, 700)))
    white = plain.render(values)
    for hue in (0.1, 0.6):
        coloured = tinted.render(np.column_stack([values, np.full(len(values), hue)]))
        assert (coloured["causal"] == white["causal"]).all()
        drawn = (white["image"][..., :3] == [0, 0, 0]).all(axis=-1)
        assert (coloured["image"][drawn] == white["image"][drawn]).all()
        inside = (white["image"][:, 40:60, 30:70] == 255).all(axis=-1)
        assert len(np.unique(coloured["image"][:, 40:60, 30:70][inside], axis=0)) == 1


def test_a_texture_lies_still_behind_a_moving_sprite():
    plain, textured = (factorhub.generator("moving_sprites", frames=6, background=ground) for ground in (False, True))
    values = factorhub.recipe(plain, rows=20).source().values(np.arange(20))
    black = plain.render(values)
    one, two = (textured.render(np.column_stack([values, np.full(20, seed)])) for seed in (3, 4))
    assert (one["pose"] == black["pose"]).all()
    apart = (black["video"] == 0).all(axis=-1)
    still = one["video"].copy()
    still[~apart] = 0
    for first, second in zip(still[:, 0], still[:, 5], strict=True):
        both = first.any(axis=-1) & second.any(axis=-1)
        assert (first[both] == second[both]).all()
    assert one["video"][apart].max() <= 127
    assert (one["video"] != two["video"]).any(axis=(1, 2, 3, 4)).all()
