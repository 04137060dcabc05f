"""Transfer in space and time: actions learnt in one place, or from the side, and asked for elsewhere or from above.

Actions and places are factors of their own, so that what is held out is exactly that.
"""

import numpy as np

import factorhub
from factorhub.regimes.presets import preset

made = factorhub.generator("figures")
for name, held in (("figures-unseen-actions", "action"), ("figures-ground-to-air", "camera_tilt")):
    rows = factorhub.recipe(made, splits=preset(name).splits).source()
    train, test = rows.values(np.arange(2000)), rows.values(np.arange(20_000, 22_000))
    column = made.space.index(held)
    if held == "action":
        assert not set(train[:, column]) & set(test[:, column])
    else:
        assert train[:, column].max() <= test[:, column].min()
    for other in made.space.members(["identity", "context"]):
        at = made.space.index(other)
        assert abs(train[:, at].mean() - test[:, at].mean()) < 0.06 * max(np.ptp(train[:, at]), 1), "all else is as in training"
print("people and grounds are the same in training and test; actions and views are not")
