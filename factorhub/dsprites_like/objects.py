"""The fields that scenes of several objects share: the instance map, the amodal masks and the object table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import Batch, Field
from factorhub.space import FactorSpace


def instance_map(size: int, objects: int) -> Field:
    """Which object each pixel shows: 0 is the background, i + 1 the object in row i of the table."""
    about = "0 is the background, i + 1 the object in row i of `objects`"
    return Field("mask", "uint8", (size, size), ("y", "x"), description=about, meta={"instances": objects})


def parts_map(size: int, parts: Sequence[str]) -> Field:
    """Which part of the scene each pixel shows, by its number in `parts`."""
    return Field("parts", "uint8", (size, size), ("y", "x"), description=", ".join(parts), meta={"parts": list(parts)})


def depth_map(size: int, about: str) -> Field:
    """How far ahead of the camera, along its axis, what each pixel shows lies."""
    return Field("depth", "float32", (size, size), ("y", "x"), description=about)


def amodal_masks(size: int, objects: int) -> Field:
    """The whole of each object, hidden parts included."""
    about = "1 where the object is, hidden parts included; 0 elsewhere and for absent objects"
    return Field("amodal", "uint8", (objects, size, size), ("object", "y", "x"), description=about, meta={"binary": True})


EXTRINSIC = ("cell", "orientation", "posX", "posY", "posZ", "x", "y", "z", "visible")  # where and how it stands


def tagged(space: FactorSpace, relative: str = "", whose: tuple[str, ...] = ()) -> FactorSpace:
    """The space with the groups `intrinsic`, what objects are, and `extrinsic`, where they are and how they are turned.

    Factors of objects end with the object's number, as in `shape_1`. The group `relative`, of the factors `whose` meaning hangs on
    more than the object, is "placed_in_turn" (on the objects before it) or "placed_by_number" (on its number).
    """
    owned = [name for name in space.names if name.rpartition("_")[2].isdigit()]
    placed = tuple(name for name in owned if name.rpartition("_")[0] in EXTRINSIC)
    groups = {"intrinsic": tuple(name for name in owned if name not in placed), "extrinsic": placed}
    if whose:
        groups[relative] = tuple(name for name in placed if name.rpartition("_")[0] in whose)
    return replace(space, groups=groups)


def object_table(objects: int, components: Sequence[str], labels: Mapping[str, Sequence[str]]) -> Field:
    """What each object is like: one row per object up to the fixed maximum, one named component per column.

    The first component is `present`, 1 or 0; the row of an absent object is all zeros. Row i is the object with
    number i + 1 in the instance map. By the meta data, components are `extrinsic` (where the
    object is) or `intrinsic` (what it is).

    Args:
        objects: the maximum of objects.
        components: the names of the columns after `present`.
        labels: the names of the codes in columns that hold codes.
    """
    names = ["present", *components]
    about = f"one row per object, in the order of their numbers in `mask`, zeros for absent ones: {', '.join(names)}"
    meta = {
        "components": names, "labels": {name: list(known) for name, known in labels.items()},
        "extrinsic": [name for name in components if name in EXTRINSIC],
        "intrinsic": [name for name in components if name not in EXTRINSIC],
    }  # fmt: skip
    return Field("objects", "float64", (objects, len(names)), ("object", "component"), description=about, meta=meta)


def may_change(batch: Batch) -> Array:
    """The pixels (n, y, x) that an edit may have changed: those of the object in either scene of the regime `edits`.

    What the object lies over, and what it hid, are among them. In rooms its shadow falls outside, and edges that are blended may
    differ by one pixel around it.

    Args:
        batch: rows of a set or a source with the fields `mask` (n, 2, y, x), `before` and `after`.
    """
    for name in ("mask", "before", "after"):
        if name not in batch:
            raise InputError(f"pixels of an edit are found by mask, before and after; got {', '.join(batch)}; read '{name}' too")
    first, second = (batch["mask"][:, i] for i in (0, 1))
    before, after = (batch[name][:, None, None] for name in ("before", "after"))
    return np.asarray((first == before) & (before > 0) | (second == after) & (after > 0))
