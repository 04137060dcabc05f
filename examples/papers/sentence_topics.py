"""Text clustering by topic: sentences of one class share words and nothing of their form.

Losses over soft nearest neighbours pull a class together. Here the topic is told by nouns, and tense, person and style are even.
"""

import numpy as np
from sklearn.naive_bayes import MultinomialNB

import factorhub

rows = factorhub.recipe("sentences", rows=6000, regime="uniform").source().read(np.arange(6000))
words = len(factorhub.generator("sentences").field("tokens").meta["vocabulary"])
counts = np.zeros((6000, words))
np.add.at(counts, (np.arange(6000)[:, None], rows["tokens"]), 1)
counts[:, 0] = 0  # padding


def accuracy(name):
    return MultinomialNB().fit(counts[:4000], rows[name][:4000]).score(counts[4000:], rows[name][4000:])


found = {name: round(accuracy(name), 2) for name in ("topic", "polarity", "platform", "tense")}
print(found)
assert found["topic"] > 0.99
table = np.zeros((6, 4))
np.add.at(table, (rows["topic"], rows["platform"]), 1)
assert np.abs(table / 6000 - 1 / 24).max() < 0.01, "topics and platforms are independent"
