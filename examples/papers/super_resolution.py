"""Super-resolution with degradations as factors: how coarse, and of what kind, is known, and so is the sharp picture.

Restoration should take more work the stronger the damage, and none where there is none.
"""

import numpy as np

import factorhub

damaged = factorhub.generator("degraded", of="textured_dsprites")
rows = factorhub.recipe("degraded", rows=60, regime="uniform", options={"of": "textured_dsprites"}).source().values(np.arange(60))
strengths = np.linspace(0, 1, 5)
for kind in ("pixels", "blur", "blocks"):
    rows[:, damaged.space.index("damage")] = damaged.space["damage"].code(kind)
    errors = []
    for strength in strengths:
        rows[:, damaged.space.index("strength")] = strength
        batch = damaged.render(rows)
        errors.append(((batch["image"].astype(float) - batch["clean"]) ** 2).mean())
    print(kind, "mean squared error by strength:", np.round(errors, 1))
    assert errors[0] == 0, "strength 0 is the sharp picture itself"
    assert (np.diff(errors) > 0).all(), "and each step loses more"
