"""Few-shot learning by episodes: N classes that were never seen, K pictures of each to learn from.

Here classes are instances on the turntable, and a nearest mean of three raw pictures does better than chance.
"""

import numpy as np

import factorhub
from factorhub.loaders.episodes import Episodes

rows = factorhub.recipe("turntable", rows=6000, regime="where('elevation == 30.0 & light == above', grid)").source()
episodes = Episodes(rows, way=5, shot=3, query=5, by=["category", "instance"], columns=["image"], episodes=30)
scores = []
for batch in episodes:
    images = batch["image"].reshape(len(batch["label"]), -1).astype(float)
    known, asked = batch["support"], ~batch["support"]
    means = np.stack([images[known & (batch["label"] == label)].mean(axis=0) for label in range(5)])
    far = ((images[asked][:, None] - means) ** 2).sum(axis=-1)
    scores.append((far.argmin(axis=1) == batch["label"][asked]).mean())
print(f"nearest mean of three pictures: {np.mean(scores):.2f}, by chance 0.20")
assert np.mean(scores) > 0.25
