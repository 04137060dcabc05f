"""Explanations by parts: which part of a face an answer rests on, where the right answer is known.

The smile is read off the mouth's pixels and off no other part's; an explainer that points elsewhere is wrong.
"""

import numpy as np
from sklearn.linear_model import Ridge

import factorhub

made = factorhub.generator("heads", mask=True, landmarks=True)
fixed = {"yaw": 0.0, "pitch": 0.0, "roll": 0.0, "hair_style": "short", "beard": "none", "mouth_width": 0.5, "jaw": 0.5}
rng = np.random.default_rng(0)
smile, hue = rng.uniform(-1, 1, 300), rng.random(300)
batch = made.render(**fixed, smile=smile, hair_hue=hue, background_hue=hue[::-1], gaze=rng.uniform(-1, 1, 300))
parts = made.field("parts").meta["parts"]


def read(part):
    """How well a linear reader finds the smile in the pixels that a part ever covers (R² on held-out rows)."""
    ever = (batch["parts"] == parts.index(part)).any(axis=0)
    pixels = batch["image"][:, ever].reshape(300, -1).astype(float)
    return Ridge(1e3).fit(pixels[:200], smile[:200]).score(pixels[200:], smile[200:])


scores = {part: round(read(part), 2) for part in ("mouth", "hair", "eyes", "background")}
print(scores)
assert scores["mouth"] > 0.8
assert max(score for part, score in scores.items() if part != "mouth") < 0.3
