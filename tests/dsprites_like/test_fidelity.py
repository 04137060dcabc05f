"""Laws of every anti-aliased scene: no jumps in any factor, circles that close, and the same picture at twice the size."""

import numpy as np
import pytest

import factorhub

SMOOTH = {"antialias": True}
CAUSAL = {"intervene": "all", "channels": "rgb", "size": 96}
SCENES = {
    "dsprites": {**SMOOTH, "shapes": "more"},
    "color_dsprites": SMOOTH,
    "noisy_dsprites": SMOOTH,
    "textured_dsprites": SMOOTH,
    "abstract_dsprites": SMOOTH,
    "infinite_sprites": {},
    "moving_sprites": {"frames": 8},
    "multi_dsprites": SMOOTH,
    "multi_dsprites overlap=0.3": {**SMOOTH, "overlap": 0.3},
    "shapes3d": {},
    "objects_room": {},
    "causal_pendulum": CAUSAL,
    "causal_flow": CAUSAL,
    "robot_arm": {},
    "turntable": {},
    "glyphs": {},
    "heads": {},
    "figures": {"size": 64},
}
# what a picture of twice the size, averaged over 2 × 2 pixels, may differ by, of 255: on average, and in 999 of 1000 pixels
SPRITE, WITHIN = (0.01, 1), {
    "textured_dsprites": (0.5, 7),  # veins thinner than a pixel
    "multi_dsprites": (0.03, 4),  # where the edges of two sprites share a pixel, they are blended one after the other
    "multi_dsprites overlap=0.3": (0.02, 2),
    "shapes3d": (0.2, 9),  # one ray a pixel
    "objects_room": (0.2, 14),
    "causal_pendulum": (0.02, 2),
    "causal_flow": (0.06, 8),
    "figures": (0.08, 12),  # limbs of one figure share the pixels of their edges, likewise
    "glyphs": (0.05, 8),  # where two strokes of a character share a pixel's edge, they are blended one after the other
}  # fmt: skip


def made(case, **options):
    return factorhub.generator(case.split()[0], **{**SCENES[case], **options})


def drawn(generator, values):
    """The pictures as whole numbers (frames, y, x, channel)."""
    item = generator.fields[0]
    shape = item.shape if len(item.shape) > 2 else (*item.shape, 1)
    return generator.render(values)[item.name].astype(int).reshape(-1, *shape[-3:])


def uniform(generator, rows, seed):
    return generator.space.from_unit(np.random.default_rng(seed).random((rows, len(generator.space.factors))))


@pytest.mark.parametrize("case", SCENES)
def test_no_factor_makes_a_picture_jump(case):
    """By a hundred-thousandth of any range, no channel of any pixel moves by more than a level; by a hundredth, many do."""
    generator = made(case)
    values = uniform(generator, 60, seed=5)
    before = drawn(generator, values)
    for i, factor in enumerate(generator.space):
        if not factor.interval:
            continue
        inwards = np.where(values[:, i] > (factor.low + factor.high) / 2, -1, 1) * (factor.high - factor.low)
        for share, least, most in ((1e-5, 0, 1), (1e-2, 2, 255)):
            moved = values.copy()
            moved[:, i] += share * inwards
            change = np.abs(drawn(generator, moved) - before).max()
            if (case, factor.name) == ("causal_flow", "poured"):  # seen by its effect alone, the water's height
                least, most = 0, 0
            if case in FACES:  # what comes into view does so by the length of its edge; ambient light has a small range
                least, most = (0, 4) if share < 1e-3 else (1, 255)
            if case == "figures" and share < 1e-3:  # several limbs share a pixel's edge, and each is rounded once
                most = 2
            assert least <= change <= most, factor.name
        if factor.kind == "circular":
            ends = np.repeat(values[None], 2, axis=0)
            ends[0, :, i], ends[1, :, i] = factor.low, factor.high
            np.testing.assert_array_equal(drawn(generator, ends[0]), drawn(generator, ends[1]))


FACES = {"robot_arm", "turntable", "heads"}  # whose faces reach half a pixel further, however large a pixel is


@pytest.mark.parametrize("case", sorted(SCENES.keys() - {"noisy_dsprites"} - FACES))  # the noise is one of pixels
def test_a_picture_of_twice_the_size_is_the_same_picture(case):
    size = SCENES[case].get("size", 64)
    small, large = made(case, size=size), made(case, size=2 * size)
    values = uniform(small, 60, seed=6)
    pictures = drawn(small, values)
    averaged = drawn(large, values).reshape(len(pictures), size, 2, size, 2, -1).mean(axis=(2, 4))
    apart = np.abs(averaged - pictures)
    mean, most = WITHIN.get(case, SPRITE)
    assert apart.mean() <= mean
    assert np.quantile(apart, 0.999) <= most
    assert np.abs(np.roll(averaged, 1, axis=2) - pictures).mean() > 4 * mean  # a shift by a pixel would show


def test_every_scene_is_here():
    """Tetrominoes lie on whole pixels, as published: there is nothing to blend. Patterns are smooth and have no outlines."""
    scenes = [name for name in factorhub.generators() if factorhub.catalog.CATALOG[name].startswith("factorhub.dsprites_like")]
    assert {case.split()[0] for case in SCENES} == set(scenes) - {"tetrominoes", "cppn"}
