"""Weakly supervised causal representations: the colour of the ground goes with the light in training, and with nothing in the test.

A model that takes the colour for the light fails in the test; the causes, the shadow's mechanism and the pictures are the same.
"""

import numpy as np

import factorhub
from factorhub.regimes.presets import preset

protocol = preset("causal-pendulum-shift")
rows = factorhub.recipe("causal_pendulum", splits=protocol.splits, options=dict(protocol.options)).source()
names = ["light_angle_value", "background_hue_value", "pendulum_angle_value", "causal"]
train, test = rows.read(np.arange(5000), names), rows.read(np.arange(5000, 7000), names)


def correlation(batch):
    return np.corrcoef(batch["light_angle_value"], batch["background_hue_value"])[0, 1]


print(f"light and ground: {correlation(train):.2f} in training, {correlation(test):.2f} in the test")
assert correlation(train) > 0.9
assert abs(correlation(test)) < 0.1
for batch in (train, test):
    angle, light = batch["pendulum_angle_value"], batch["light_angle_value"]
    place = 10 + 4.75 * np.sin(angle) - (11 - 4.75 * np.cos(angle)) / np.tan(light)
    assert np.allclose(batch["causal"][:, 3], place), "the shadow follows from pendulum and light in both"
