"""Deepfake detection: where a picture was forged, how and how strongly, against artefacts of methods not seen in training.

The forged pixels are marked, so that a detector is asked where, and not only whether.
"""

import numpy as np

import factorhub
from factorhub.regimes.presets import preset

protocol = preset("heads-unseen-artefacts")
made = factorhub.generator("heads", forgery=True)
rows = factorhub.recipe(made, splits=protocol.splits).source()
train, test = (rows.read(np.arange(start, start + 1500), ["artefact", "forged"]) for start in (0, 20_000))
labels = np.array(made.space["artefact"].labels)
seen, unseen = (set(labels[np.unique(part["artefact"])]) for part in (train, test))
print("trained on", sorted(seen), "tested on", sorted(unseen))
assert not seen & unseen

values = factorhub.recipe(made, rows=200, regime="uniform").source().values(np.arange(200))
forged = made.render(values)
values[:, made.space.index("artefact")] = 0
clean = made.render(values)
changed = (forged["image"] != clean["image"]).any(axis=-1)
assert (changed == (forged["forged"] > 0)).all(), "the mask is where a forgery changed the picture"
assert not clean["forged"].any()
