"""Pictures with captions: two views that share some factors, of which each leaves others out.

Contrastive learning of both recovers what they share. The caption tells the named factors, exactly as far as its words go.
"""

import numpy as np

import factorhub

made = factorhub.generator("captioned", of="shapes3d", names="shape, object_hue")
rows = factorhub.recipe(made, rows=3000).source()
batch = rows.read(np.arange(3000))
codes, valid = factorhub.read_factors(batch["caption"], made)
assert valid.all()
told = [name for name, column in zip(made.space.names, codes.T, strict=True) if (column >= 0).all()]
print("the caption tells", told, "as in:", made.texts({"caption": batch["caption"][0]}, "caption"))
assert told == ["object_hue", "shape", "phrasing"]
assert (codes[:, made.space.index("shape")] == batch["shape"]).all()

hue = codes[:, made.space.index("object_hue")]
assert len(np.unique(hue)) == 5, "of ten hues, five levels"
assert all(len(np.unique(hue[batch["object_hue"] == code])) == 1 for code in range(10)), "each hue has one"
same = made.render(shape="cube", wall_hue=np.arange(10) / 10)
assert len(np.unique(same["caption"], axis=0)) == 1, "what the caption leaves out changes the picture alone"
assert len(np.unique(same["image"].reshape(10, -1), axis=0)) == 10
