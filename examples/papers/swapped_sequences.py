"""Predict-your-latent and other sequence models: swap who acts and what is done, against the true swap.

A clip has a static part (who) and a dynamic one (what). The clip of one person's motion by another is rendered, not guessed.
"""

import numpy as np

import factorhub

figures = factorhub.generator("figures", mask=True)
space = figures.space
clips = (
    factorhub.recipe("figures", rows=40, regime="where('scale > 0.4', uniform)", options={"mask": True})
    .source()
    .values(np.arange(40))
)
clips[:, [space.index(name) for name in ("height", "build")]] = 1.0, 0.5  # so that a body has the same outline
first, second = clips[:20], clips[20:]
who = [space.index(name) for name in space.members(["identity"])]
swapped = second.copy()
swapped[:, who] = first[:, who]

mine, theirs, truth = (figures.render(rows) for rows in (first, second, swapped))
assert (truth["parts"] == theirs["parts"]).all(), "the motion is the second clip's, part for part and frame for frame"
hair = figures.field("parts").meta["parts"].index("trunk")


def colour(batch):
    seen = batch["parts"] == hair
    return (batch["video"] * seen[..., None]).sum(axis=(1, 2, 3)) / seen.sum(axis=(1, 2, 3))[:, None].clip(1)


near, far = (np.median(np.abs(colour(truth) - colour(batch)).max(axis=1)) for batch in (mine, theirs))
print(f"the shirt is {near:.0f} levels from the first clip's, {far:.0f} from the second's")
assert near < 25 < far, "and the clothes are the first one's"
