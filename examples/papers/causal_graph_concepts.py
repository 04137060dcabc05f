"""Causal graph autoencoders: node concepts obey a causal model, and interventions reach only what they cause.

Whoever recovers the concepts can fit their mechanisms from rows without interventions, and predict rows under them.
"""

import numpy as np

import factorhub

made = factorhub.generator("concept_graphs", nodes=100)
effects = {"effect_12": 0.8, "effect_13": -0.25, "effect_23": 0.5, "graph_seed": np.arange(40)}
free = made.render(made.space.point(**effects))
first, second, third = np.moveaxis(free["concepts"].reshape(-1, 3), -1, 0)

on_second = np.linalg.lstsq(first[:, None], second, rcond=None)[0]
on_third = np.linalg.lstsq(np.stack([first, second], axis=1), third, rcond=None)[0]
print("mechanisms that rows without interventions show", on_second, on_third)
assert np.allclose([*on_second, *on_third], [0.8, -0.25, 0.5], atol=0.05)

held = made.render(made.space.point(**effects, intervention="second", level=2.0))["concepts"].reshape(-1, 3)
assert (held[:, 0] == first).all(), "an intervention does not reach causes"
predicted = third + on_third[1] * (2.0 - second)
assert np.abs(predicted - held[:, 2]).max() < 0.3, "and changes effects by the mechanism"

joined = free["adjacency"].astype(bool)
apart = ((free["concepts"][:, :, None] - free["concepts"][:, None]) ** 2).sum(axis=-1)
upper = np.triu(np.ones((100, 100), dtype=bool), 1)
assert apart[joined & upper].mean() < 0.6 * apart[~joined & upper].mean(), "nodes that are alike are joined"
