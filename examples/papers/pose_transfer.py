"""Person pose transfer: one person in two poses, with key points; the clothes stay, the limbs move.

A model is given a picture of a person and the key points of another pose, and is to draw the person so: the second picture.
"""

import numpy as np

import factorhub

regime = "pairs(k=0, factors=[action, phase], keep=[identity, context], inner=where('scale > 0.45 & camera_tilt < 20'))"
options = {"frames": 1, "mask": True, "keypoints": True}
batch = factorhub.recipe("figures", rows=60, regime=regime, options=options).source().read(np.arange(60))

moved = np.linalg.norm(batch["keypoints"][:, 0] - batch["keypoints"][:, 1], axis=-1)
assert np.median(moved.max(axis=1)) > 3, "wrists and ankles move by pixels"

trunk = factorhub.generator("figures", **options).field("parts").meta["parts"].index("trunk")
seen = batch["parts"] == trunk
means = (batch["image"] * seen[..., None]).sum(axis=(2, 3)) / seen.sum(axis=(2, 3))[..., None].clip(1)
apart = np.abs(means[:, 0] - means[:, 1]).max(axis=-1)
strangers = np.abs(means[:, 0] - np.roll(means[:, 1], 1, axis=0)).max(axis=-1)
print(f"the shirt's colour: {np.median(apart):.1f} levels apart in a pair, {np.median(strangers):.1f} between people")
assert np.median(apart) < 12 < np.median(strangers)
