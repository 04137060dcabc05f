"""Dynamic graphs, disentangled: what is static in a node does not change with time, what drifts does.

A static code should predict the community at every step and nothing of how interests change; a code of one step, the interest.
"""

import numpy as np

import factorhub

made = factorhub.generator("drifting_graphs", nodes=60, steps=12)
rows = made.space.point(communities=2, interests=2, within=0.5, between=0.1, pull=0.3, drift=0.1, graph_seed=np.arange(30))
batch = made.render(rows)


def halves(matrices):
    """The sides (n, nodes) that the second eigenvector of each adjacency matrix cuts a graph into."""
    return np.linalg.eigh(matrices.astype(float))[1][..., -2] > 0


def agreement(found, truth):
    """How well two halves agree with a truth of two values, whichever is called which."""
    same = (found == truth).mean(axis=-1)
    return np.maximum(same, 1 - same).mean()


static = halves(batch["adjacency"].mean(axis=1))  # of all steps together
print("community from all steps", agreement(static, batch["community"]))
late = agreement(static, batch["interest"][:, -1])
print("the last interest from all steps", late)
assert agreement(static, batch["community"]) > 0.95
assert late < 0.75, "what is static says little of what drifts"
moved = batch["interest"][:, 1:] != batch["interest"][:, :-1]
assert abs(moved.mean() - 0.1) < 0.01
