"""Personalised images: many people in many surroundings; what makes the person must not come from the surroundings.

Attention to the subject is right when pixels of the person do not change with the context, and the context's do.
"""

import numpy as np

import factorhub

heads = factorhub.generator("heads", mask=True)
parts = heads.fields[1].meta["parts"]
batch = heads.render(hair_style="short", background_hue=np.arange(8) / 8)

changed = (np.abs(batch["image"].astype(int) - batch["image"][:1]) > 16).any(axis=(0, 3))
edge = (batch["parts"] == parts.index("background")).any(axis=0)
around = edge | np.roll(edge, 1, 0) | np.roll(edge, -1, 0) | np.roll(edge, 1, 1) | np.roll(edge, -1, 1)  # blended edges
assert changed[edge].mean() > 0.9, "the surroundings change"
assert not changed[~around].any(), "and nobody's face does"

pairs = factorhub.recipe("heads", rows=50, regime="pairs(k=0, keep=identity)").source().values(np.arange(50))
same = (pairs[:, 0] == pairs[:, 1]).all(axis=0)
assert [name for name, kept in zip(heads.space.names, same, strict=True) if kept] == list(heads.space.members(["identity"]))
