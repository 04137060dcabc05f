"""Hostile speech across platforms: what is said of a group, told apart from where it is said. The groups are invented.

A detector that leans on a platform's style loses where topics and platforms no longer go together; the polarity is told as before.
"""

import numpy as np
from sklearn.naive_bayes import MultinomialNB

import factorhub
from factorhub.regimes.presets import preset

protocol = preset("sentences-topic-platform")
rows = factorhub.recipe("sentences", splits=protocol.splits).source()
train, test = rows.read(np.arange(8000)), rows.read(np.arange(20_000, 24_000))
words = len(factorhub.generator("sentences").field("tokens").meta["vocabulary"])


def counts(batch, only=None):
    made = np.zeros((len(batch["tokens"]), words))
    np.add.at(made, (np.arange(len(made))[:, None], batch["tokens"]), 1)
    made[:, 0] = 0
    return made if only is None else made * only


vocabulary = factorhub.generator("sentences").field("tokens").meta["vocabulary"]
style = np.array([text.strip() in (".", ",", "#", "Dear", "editor", "Yours", "lol", "haha", "hmm") for text in vocabulary])
by_style = MultinomialNB().fit(counts(train, style), train["topic"])
near, far = by_style.score(counts(train, style), train["topic"]), by_style.score(counts(test, style), test["topic"])
print(f"topic told by style alone: {near:.2f} in training, {far:.2f} in the test, {1 / 6:.2f} by chance")
assert near > far + 0.1
hostile = MultinomialNB().fit(counts(train), train["polarity"])
assert hostile.score(counts(test), test["polarity"]) > 0.95, "what is said is told on every platform"
