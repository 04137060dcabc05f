"""Heads in three dimensions: depth that agrees with the picture, and one light whose side is known.

Depth must put the nose before the ears' side of the face, and nothing where there is background.
"""

import numpy as np

import factorhub

heads = factorhub.generator("heads", mask=True, depth=True, landmarks=True)
parts, points = heads.field("parts").meta["parts"], heads.field("landmarks").meta["points"]
rows = factorhub.recipe("heads", rows=60, regime="where('yaw > -20 & yaw < 20 & pitch > -10 & pitch < 10', uniform)")
batch = heads.render(rows.source().values(np.arange(60)))

assert np.isinf(batch["depth"][batch["parts"] == parts.index("background")]).all()
assert np.isfinite(batch["depth"][batch["parts"] == parts.index("nose")]).all()
row = np.arange(60)


def depth_at(name):
    x, y = np.rint(batch["landmarks"][:, points.index(name)] - 0.5).astype(int).clip(0, 63).T
    return batch["depth"][row, y, x]


assert (depth_at("nose_tip") < depth_at("chin")).mean() > 0.9, "the nose is nearest"

lit = {side: heads.render(light_azimuth=side, ambient=0.35, skin=0.3)["image"].astype(float) for side in (-70.0, 70.0)}
halves = {side: image[:, :32].mean() - image[:, 32:].mean() for side, image in lit.items()}
print("left half brighter than the right by", halves)
assert halves[-70.0] > 0 > halves[70.0], "the side of the lamp is the bright one"
