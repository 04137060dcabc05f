"""Concept models against disentanglement: labels that follow from concepts by a rule, and from nothing else.

A concept bottleneck is right when concepts predict the label without loss, and when leaving one out does not.
"""

import numpy as np
from sklearn.tree import DecisionTreeClassifier

import factorhub

regime = "tasks(inner=grid, tasks=1, reads=2, head=rule, classes=3, factors=[quadrant, shape])"
rows = factorhub.recipe("dsprites", rows=4000, regime=regime, derive="quadrant").source()
batch = rows.read(np.arange(4000), ["quadrant", "shape", "scale", "targets"])
label = batch["targets"][:, 0]

concepts = np.column_stack([batch["quadrant"], batch["shape"]])


def accuracy(inputs):
    return DecisionTreeClassifier(random_state=0).fit(inputs[:3000], label[:3000]).score(inputs[3000:], label[3000:])


print(accuracy(concepts), accuracy(concepts[:, :1]), accuracy(concepts[:, 1:]), accuracy(batch["scale"][:, None]))
assert accuracy(concepts) == 1.0
assert max(accuracy(concepts[:, :1]), accuracy(concepts[:, 1:])) < 0.9, "one concept alone does not do"
assert accuracy(batch["scale"][:, None]) < 0.45, "the rule does not read the scale"
