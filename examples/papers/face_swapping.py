"""Face swapping: the identity of one person with the expression, pose, light and surroundings of another.

The truth of a swap is known, so that a model is scored on what it should have drawn, and not by how real it looks.
"""

import numpy as np

import factorhub
from factorhub.regimes.presets import preset

made = factorhub.generator("heads", landmarks=True)
rows = factorhub.recipe(made, rows=60, regime=preset("heads-identity-swap").regime).source()
values = rows.values(np.arange(60))
identity = np.isin(made.space.names, made.space.members(["identity"]))
assert (values[:, 0, ~identity] == values[:, 1, ~identity]).all(), "attributes of the target are kept"
assert (values[:, 0, identity] != values[:, 1, identity]).all(), "and all of the identity is another"

batch = made.render(values)
differ = np.abs(batch["image"][:, 0].astype(int) - batch["image"][:, 1]).mean(axis=(1, 2, 3))
strangers = np.abs(batch["image"][:-1, 0].astype(int) - batch["image"][1:, 0]).mean(axis=(1, 2, 3))
print(f"a swap changes a pixel by {np.median(differ):.0f} levels, another picture of somebody else by {np.median(strangers):.0f}")
assert np.median(differ) < np.median(strangers)
