"""Text in pictures: words whose letters, hand and place are factors, so that reading and style can be told apart.

A reader that knows the style finds every letter of a word by comparing it with the 36 that it could be.
"""

import numpy as np

import factorhub

words = factorhub.generator("glyphs", length=3, size=64)
rows = factorhub.recipe(words, rows=6, regime="uniform").source().values(np.arange(6))
images = words.render(rows)["image"].astype(int)
letters = words.space["character_1"].labels
found = np.empty((6, 3), dtype=int)
for place in range(3):
    tried = np.repeat(rows, len(letters), axis=0)
    tried[:, place] = np.tile(np.arange(len(letters)), 6)
    drawn = words.render(tried)["image"].astype(int).reshape(6, len(letters), 64, 64, 3)
    found[:, place] = np.abs(drawn - images[:, None]).sum(axis=(2, 3, 4)).argmin(axis=1)
print(["".join(letters[code] for code in word) for word in found])
assert (found == rows[:, :3]).all()

other = rows.copy()
other[:, words.space.index("hand")] += 1
assert (words.render(other)["image"] != words.render(rows)["image"]).any(axis=(1, 2, 3)).all(), "another hand writes otherwise"
