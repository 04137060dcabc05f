"""Talking heads and reenactment: one person over a clip, the mouth and the head moving; landmarks say how.

What belongs to the identity must not move with the expression, and the driver's motion must not bring the driver's face along.
"""

import numpy as np

import factorhub

options = {"landmarks": True}
regime = "sequence(12, static=[identity, light, context, pose], motion=loop)"
made = factorhub.generator("heads", **options)
clips = factorhub.recipe(made, rows=20, regime=regime).source().read(np.arange(20))
points = made.field("landmarks").meta["points"]
spread = clips["landmarks"].std(axis=1).max(axis=-1)  # over time, of each point
mouth = [points.index(name) for name in ("mouth_top", "mouth_bottom")]
still = [points.index(name) for name in ("left_ear", "right_ear", "nose_tip")]
print("pixels that points move by:", dict(zip(points, spread.mean(axis=0).round(2), strict=True)))
assert spread[:, mouth].mean() > 0.3
assert spread[:, still].max() < 1e-3, "the head is held"

source, driver = (factorhub.recipe(made, rows=10, seed=seed, regime="uniform").source().values(np.arange(10)) for seed in (1, 2))
motion = [made.space.index(name) for name in made.space.members(["expression", "pose"])]
truth = source.copy()
truth[:, motion] = driver[:, motion]
reenacted = made.render(truth)["landmarks"]
assert np.isfinite(reenacted).all(), "the reenactment that a model is compared with is rendered"
