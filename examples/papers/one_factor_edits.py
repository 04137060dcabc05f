"""Edits by directions of a generator: one factor moves, and only the part that it belongs to changes.

The mask of what may change is known here, so that an edit of a model can be scored by what it changes elsewhere.
"""

import numpy as np

import factorhub

heads = factorhub.generator("heads", mask=True)
parts = heads.field("parts").meta["parts"]
people = factorhub.recipe("heads", rows=30, regime="uniform", options={"mask": True}).source().values(np.arange(30))


def edited(name, value):
    """The rows with one factor set, and the pixels (n, y, x) that this changes."""
    rows = people.copy()
    rows[:, heads.space.index(name)] = value
    first, second = heads.render(people), heads.render(rows)
    return (first["image"] != second["image"]).any(axis=-1), first["parts"], second["parts"]


for factor, value, part in (("iris_hue", 0.3, "eyes"), ("mouth_open", 1.0, "mouth"), ("brow_raise", 1.0, "brows")):
    changed, before, after = edited(factor, value)
    own = (before == parts.index(part)) | (after == parts.index(part))
    near = own.copy()
    for axis in (1, 2):  # blended edges
        near |= np.roll(own, 1, axis) | np.roll(own, -1, axis)
    inside = (changed & near).sum() / max(changed.sum(), 1)
    print(f"{factor}: {changed.mean():.1%} of the pixels change, {inside:.0%} of them in the {part}")
    assert inside > 0.75
