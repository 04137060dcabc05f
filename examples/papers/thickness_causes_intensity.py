"""Causal diffusion autoencoders on digits: thickness causes intensity; an intervention on intensity leaves thickness alone.

Observations correlate; under do(intensity) they do not, and the counterfactual of a digit keeps its hand.
"""

import numpy as np

import factorhub
from factorhub.regimes.presets import preset

observed = factorhub.recipe("glyphs", rows=4000, regime=preset("glyphs-thickness-intensity").regime).source()
model = "causal([mechanism(intensity, [thickness], [0.9], noise=0.4)], do=[do(intensity)])"
intervened = factorhub.recipe("glyphs", rows=4000, regime=model).source()


def correlation(source):
    batch = source.read(np.arange(4000), ["thickness_value", "intensity_value"])
    return np.corrcoef(batch["thickness_value"], batch["intensity_value"])[0, 1]


print(f"correlation observed {correlation(observed):.2f}, under do(intensity) {correlation(intervened):.2f}")
assert correlation(observed) > 0.7
assert abs(correlation(intervened)) < 0.06

thick, bright = (
    factorhub.generator("glyphs").render(character="7", hand=3, **named)["image"]
    for named in ({"thickness": 0.16}, {"intensity": 1.0})
)
assert (thick > 0).any(axis=-1).sum() > (bright > 0).any(axis=-1).sum(), "a thicker pen covers more, a brighter one does not"
