"""What several files of tests here share."""

from __future__ import annotations

import h5py
import numpy as np

from factorhub.factors import categorical, continuous
from factorhub.space import FactorSpace


def tiny():
    """dSprites' factors with fewer values: 1 × 2 × 12 rows."""
    shape = categorical("shape", ["square", "heart"])
    return FactorSpace((categorical("color", ["white"]), shape, continuous("scale", 0.5, 1.0, grid=12)))


def dsprites_npz(path, arrays, save=np.savez_compressed, **changes):
    parts = {name: arrays[name] for name in ("imgs", "latents_values", "latents_classes")}
    save(path, **{**parts, **changes}, metadata=np.array({"title": "dSprites"}, dtype=object))
    return path


def hdf5(path, arrays, chunks, images="imgs"):
    with h5py.File(path, "w") as file:
        options = {"chunks": chunks, "compression": "gzip"} if chunks else {}
        file.create_dataset(images, data=arrays[images], **options)
        if images == "imgs":
            file["latents/classes"], file["latents/values"] = arrays["latents_classes"], arrays["latents_values"]
        else:
            file["labels"] = arrays["labels"]
    return path
