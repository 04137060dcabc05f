"""Structured representations (slot-DCI): what an object is, and where it is, in different columns.

A move changes extrinsic columns of the object table and a new colour intrinsic ones, each of one object.
"""

import numpy as np

import factorhub

made = factorhub.generator("multi_dsprites")
meta = made.field("objects").meta
columns = {kind: [meta["components"].index(name) for name in meta[kind]] for kind in ("intrinsic", "extrinsic")}

for edit, moving, still in (("move", "extrinsic", "intrinsic"), ("recolour", "intrinsic", "extrinsic")):
    rows = factorhub.recipe("multi_dsprites", rows=200, regime=f"edits(edits=[{edit}])").source().read(np.arange(200))
    first, second = rows["objects"][:, 0], rows["objects"][:, 1]
    seen = meta["components"].index("visible")  # how much is seen of an object also hangs on what lies over it
    places = [column for column in columns[still] if column != seen]
    changed = first != second
    assert not changed[:, :, places].any(), f"a {edit} leaves {still} columns alone"
    own = changed[:, :, [column for column in columns[moving] if column != seen]].any(axis=2)
    assert (own.sum(axis=1) == 1).all(), "of one object"
    assert (own.argmax(axis=1) + 1 == rows["before"]).all()
print("intrinsic:", meta["intrinsic"], "extrinsic:", meta["extrinsic"])
