"""Shape and pose for active inference: an object seen from many sides is one object, and each turn of the camera is known.

Azimuth is a circle, elevation an interval, and an instance keeps its shape from everywhere.
"""

import numpy as np

import factorhub

objects = factorhub.generator("turntable", mask=True)
around = objects.render(category="car", instance=3, elevation=30.0, azimuth=np.arange(0, 361, 20.0))["image"].astype(int)
assert (around[0] == around[-1]).all(), "a whole turn leads back"
step = np.abs(np.diff(around, axis=0)).mean(axis=(1, 2, 3))
opposite = np.abs(around[:9] - around[9:18]).mean(axis=(1, 2, 3))
print(f"20 degrees change a pixel by {step.mean():.1f} levels, half a turn by {opposite.mean():.1f}")

pairs = factorhub.recipe("turntable", rows=200, regime="pairs(k=0, factors=[pose])").source().values(np.arange(200))
same = (pairs[:, 0] == pairs[:, 1]).all(axis=0)
moving = [name for name, kept in zip(objects.space.names, same, strict=True) if not kept]
assert moving == list(objects.space.members(["pose"])), "pairs of views of one object under one light"

silhouettes = objects.render(category="car", instance=np.arange(10), elevation=30.0, azimuth=40.0)["parts"] > 0
assert len(np.unique(silhouettes.reshape(10, -1), axis=0)) == 10, "instances differ in shape"
