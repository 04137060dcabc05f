"""Fractured and unified representations: patterns whose symmetry is one switch of the genome, and not a coincidence of weights.

In a unified representation a sweep of one weight keeps the symmetry; here it does, by construction, for every genome.
"""

import numpy as np

import factorhub

made = factorhub.generator("cppn")
sweep = np.linspace(0.5, 2.0, 9)
for genome in range(10):
    whole = made.render(genome=genome, symmetry="left-right", stretch_x=sweep)["image"]
    assert (whole == whole[:, :, ::-1]).all(), "each picture of the sweep is its own mirror image"
    broken = made.render(genome=genome, symmetry="none", stretch_x=sweep)["image"]
    assert (broken != broken[:, :, ::-1]).any(axis=(1, 2, 3)).all()
    right = whole[:, :, 32:]
    assert (right == broken[:, :, 32:]).all(), "and its right half is the pattern without the fold"
print("10 genomes, 9 pictures each: symmetric along the whole sweep")
