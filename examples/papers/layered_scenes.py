"""Layered scenes: a picture is its objects, each whole, one over another; edits move layers and leave what they hide.

Painting the layers in their order gives back the map of what is seen.
"""

import numpy as np

import factorhub

made = factorhub.generator("multi_dsprites", amodal=True)
batch = factorhub.recipe(made, rows=200).source().read(np.arange(200))
painted = np.zeros_like(batch["mask"])
for number in range(batch["amodal"].shape[1]):
    painted[batch["amodal"][:, number] > 0] = number + 1
assert (painted == batch["mask"]).all()

edits = factorhub.recipe(made, rows=200, regime="edits(edits=[move, resize, clone])").source().read(np.arange(200))
for row in range(200):
    layers = edits["amodal"][row]
    kept = [n for n in range(layers.shape[1]) if n + 1 not in (edits["before"][row], edits["after"][row])]
    assert (layers[0, kept] == layers[1, kept]).all(), "an edit of one layer leaves the others as they are"
