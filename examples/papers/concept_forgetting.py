"""Concept forgetting: an object is removed, also one that is partly hidden, and what was behind it is known.

Forgetting is right when the object is gone, all else is as it was, and nothing is left where it had been.
"""

import numpy as np

import factorhub
from factorhub.dsprites_like.objects import may_change
from factorhub.regimes.presets import preset

regime = preset("multi-dsprites-removal").regime
batch = factorhub.recipe("multi_dsprites", rows=400, regime=regime, options={"amodal": True}).source().read(np.arange(400))
changed = (batch["image"][:, 0] != batch["image"][:, 1]).any(axis=-1)
assert not (changed & ~may_change(batch)).any(), "nothing else changes"

rows = np.arange(400)
whole = batch["amodal"][rows, 0, batch["before"] - 1] > 0
seen = batch["mask"][:, 0] == batch["before"][:, None, None]
hidden = 1 - seen.sum(axis=(1, 2)) / whole.sum(axis=(1, 2))
print(f"{(hidden > 0.1).mean():.0%} of the removed objects were partly hidden")
assert (hidden > 0.1).mean() > 0.1
ground = batch["image"][:, 0][seen & (batch["mask"][:, 1] == 0)]
assert len(ground), "where nothing lay behind it, the ground is seen"
count = batch["objects"][:, :, :, 0].sum(axis=2)
assert (count[:, 0] - count[:, 1] == 1).all()
