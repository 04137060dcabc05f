"""Patterns: their halves mirror one another where the symmetry says so, and nowhere else."""

import numpy as np

import factorhub

CPPN = factorhub.generator("cppn")


def of(symmetry, rows=40):
    return CPPN.render(genome=np.arange(rows), symmetry=symmetry, stretch_x=1.1, hue=0.3)["image"]


def test_halves_mirror_one_another_as_the_symmetry_says():
    for symmetry, sides, lines in (("none", 0, 0), ("left-right", 1, 0), ("top-bottom", 0, 1), ("both", 1, 1)):
        images = of(symmetry)
        assert (images == images[:, :, ::-1]).all() == bool(sides)
        assert (images == images[:, ::-1]).all() == bool(lines)


def test_genomes_differ_and_hue_alone_turns_colours():
    images = of("none")
    assert len(np.unique(images.reshape(40, -1), axis=0)) == 40
    other = CPPN.render(genome=np.arange(40), stretch_x=1.1, hue=0.8)["image"]
    assert (np.abs(images.max(axis=-1).astype(int) - other.max(axis=-1)) <= 1).all(), "the value of a pixel stays"
    assert (images != other).any(axis=(1, 2, 3)).all()


def test_factors_move_patterns_smoothly_and_a_larger_picture_is_the_same_one():
    named = {"genome": np.arange(60), "stretch_y": 1.3}
    first, second = (CPPN.render(**named, stretch_x=x)["image"].astype(int) for x in (1.0, 1.002))
    assert np.abs(first - second).mean() < 1.0
    large = factorhub.generator("cppn", size=128).render(**named, stretch_x=1.0)["image"].astype(float)
    halved = large.reshape(60, 64, 2, 64, 2, 3).mean(axis=(2, 4))
    assert np.abs(halved - first).mean() < 1.0  # point samples of smooth functions: not by area, as outlines are
