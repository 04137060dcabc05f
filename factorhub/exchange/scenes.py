"""Object-centric HDF5: scenes with instance masks and one row per slot, as the object-centric library of Dittadi et al. reads it.

Beside the file `NAME-full.hdf5` lies `NAME-metadata.npy`, from which that library learns what each feature is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from factorhub.dsprites_like.kernels.room import SURFACES, surfaces
from factorhub.errors import InputError
from factorhub.exchange.hdf5 import Hdf5Writer, chunk_rows
from factorhub.exchange.npy import write_object
from factorhub.exchange.output import replacing
from factorhub.exchange.table import Table
from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.progress import Progress
from factorhub.source import VALUE, Column

PRESENT = "present"  # the component of an object table that says whether the object is there
ROOM = {"floor_hue", "wall_hue", "orientation"}  # the factors of a room, whose background has four parts in the published files
TURN = "orientation" + VALUE
RENAMED = {"x": ("posX",), "y": ("posY",), "color": ("red", "green", "blue")}  # features by the library's names


def write(table: Table, path: Path, progress: Progress) -> None:
    """`image` (n, y, x, 3), `mask` (n, y, x, 1), `visibility` (n, slots, 1), `num_actual_objects` (n, 1), and features.

    Slot 0 is the background, as 0 is in the mask; in Objects Room slots 0 to 3 are sky, floor, far wall and side wall, as
    published, and the objects follow. A feature is a component of the set's object table, (n, slots, 1):
    uint8 codes for one with labels, float32 otherwise. Three have the library's names: posX and posY are `x` and `y`,
    and red, green and blue are `color` (n, slots, 3). Rows are in natural order. The metadata file goes to `path` up
    to its first "-", with `-metadata.npy` after it.

    Raises:
        InputError: the set has no instance map and object table.
    """
    image, mask, objects = _columns(table)
    components: list[str] = objects.attributes["meta"]["components"]
    labels: dict[str, list[str]] = objects.attributes["meta"].get("labels", {})
    features = _features(components)
    room = mask.shape[0] if set(table.space.names) >= ROOM else 0
    behind = len(SURFACES) if room else 1
    n, slots = len(table), objects.shape[0] + behind
    rows = chunk_rows(image.row_bytes, n)
    sums = np.zeros((3, len(components)))  # how many objects, their components' sums and sums of squares
    with replacing(path) as temporary, Hdf5Writer(temporary) as file:
        file.pictures("image", table.first(image.name, rows), (n, *image.shape))
        names = [image.name, mask.name, objects.name, *([TURN] if room else [])]
        first = table.source.read(table.natural[:rows], names)
        file.pictures("mask", _entities(first, mask.name, room)[..., None], (n, *mask.shape, 1))
        file.labels("visibility", "float32", (n, slots, 1))
        file.labels("num_actual_objects", "uint8", (n, 1))
        for name, parts in features.items():
            file.labels(name, "uint8" if name in labels else "float32", (n, slots, len(parts)))
        for batch in table.ordered(names, path.parent, rows):
            found = batch[objects.name]
            present = found[..., [components.index(PRESENT)]]
            file.add("image", batch[image.name])
            file.add("mask", _entities(batch, mask.name, room)[..., None])
            file.add("visibility", _visible(present, batch, room))
            file.add("num_actual_objects", present.sum(axis=1))
            for name, parts in features.items():
                file.add(name, _slots(found[..., parts], behind, 0))
            there = found[present[..., 0] == 1]
            sums += [np.full(len(components), len(there)), there.sum(axis=0), (there**2).sum(axis=0)]
            progress(len(found))
    with replacing(metadata_path(path)) as temporary, temporary.open("wb") as metadata:
        write_object(metadata, _metadata(n, slots, features, labels, sums))


def _features(components: list[str]) -> dict[str, list[int]]:
    """Which components each feature of the file consists of."""
    features = {name: [i] for i, name in enumerate(components) if name != PRESENT}
    for name, parts in RENAMED.items():
        if name not in features and all(part in features for part in parts):
            features[name] = [features.pop(part)[0] for part in parts]
    return features


def metadata_path(path: Path) -> Path:
    """Where the library looks for the metadata of a file."""
    return path.with_name(f"{path.stem.split('-')[0]}-metadata.npy")


def _columns(table: Table) -> tuple[Column, Column, Column]:
    mask = objects = None
    for column in table.source.columns:
        about = column.attributes.get("meta", {})
        if "instances" in about and column.dims == ("y", "x"):
            mask = column
        if PRESENT in about.get("components", ()) and column.dims == ("object", "component"):
            objects = column
    if mask is None or objects is None:
        raise InputError(
            "format objects holds scenes with an instance map and an object table, this set has none; "
            "generate one of the multi-object sets, or try parquet"
        )
    return table.image("objects"), mask, objects


def _slots(values: Array, behind: int, fill: float) -> Array:
    """Components (n, objects, parts) as a feature (n, slots, parts), with `fill` in the slots of the background."""
    return np.pad(values, ((0, 0), (behind, 0), (0, 0)), constant_values=fill)


def _entities(batch: Batch, mask: str, room: int) -> Array:
    """The instance map (n, y, x) of a batch, the surfaces of a room of `room` pixels before the objects."""
    found = batch[mask]
    if not room:
        return found
    return np.where(found > 0, found + np.uint8(len(SURFACES) - 1), surfaces(batch[TURN], room)).astype(np.uint8)


def _visible(present: Array, batch: Batch, room: int) -> Array:
    """Which slots (n, slots, 1) are something: the background always, the side wall where the camera sees one."""
    found = _slots(present, len(SURFACES) if room else 1, 1)
    if room:
        found[:, len(SURFACES) - 1, 0] = (surfaces(batch[TURN], room) == len(SURFACES) - 1).any(axis=(1, 2))
    return found


def _metadata(n: int, slots: int, features: dict[str, list[int]], labels: dict[str, list[str]], sums: Array) -> dict[str, Any]:
    """What each feature is; mean and variance are over the objects that are there."""
    known: dict[str, Any] = {
        "self.dataset": {"type": "dataset_property", "num_samples": n},
        "visibility": {"type": "categorical", "num_categories": 1, "shape": (slots, 1)},
    }
    for name, parts in features.items():
        shape = (slots, len(parts))
        if name in labels:
            known[name] = {"type": "categorical", "num_categories": len(labels[name]), "shape": shape, "labels": labels[name]}
        else:
            count, total, squares = sums[:, parts]
            mean = total / np.maximum(count, 1)
            variance = np.maximum(squares / np.maximum(count, 1) - mean**2, 0)
            known[name] = {"type": "numerical", "shape": shape, "mean": mean, "var": variance}
    return known
