"""Intent-disentangled recommendation: users are mixtures of intents, and some interactions have none.

Contrastive models separate intents and suppress interactions by chance. Here both are known, so that a model can be judged: with
intents known, held-out interactions are found; those by chance are not.
"""

import numpy as np

import factorhub

made = factorhub.generator("intents", users=200, items=120, choices=20)
row = made.render(intents=6, sharpness=3.0, noise=0.2, popularity=0.0, graph_seed=4)

rng = np.random.default_rng(0)
hidden = (row["intent"] > 0) & (rng.random(row["intent"].shape) < 0.2)
seen = (row["intent"] > 0) & ~hidden
serves = np.eye(8)[row["item_intent"] - 1]  # which intent each item serves

taste = seen @ serves
score = (taste / taste.sum(axis=1, keepdims=True)) @ (serves / serves.sum(axis=0).clip(1)).T
score[seen] = -1
best = np.argsort(-score, axis=1, kind="stable")[:, :20]
found = np.zeros_like(hidden)
np.put_along_axis(found, best, True, axis=1)


def recall(chosen):
    return (found & chosen).sum() / chosen.sum()


of_intents, by_chance = recall(hidden & (row["intent"] < 255)), recall(hidden & (row["intent"] == 255))
print(f"recall@20 of choices by intent {of_intents:.2f}, by chance {by_chance:.2f}, of a guess {20 / 120:.2f}")
assert of_intents > 2.5 * 20 / 120
assert by_chance < of_intents / 2
assert np.abs(taste / taste.sum(axis=1, keepdims=True) - row["taste"]).mean() < 0.1, "tastes are read off the choices"
