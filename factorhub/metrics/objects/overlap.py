"""Instance maps checked, and how much of each true object lies in each predicted slot."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.factors import Array

LABELS = 2**16  # more instances than any picture has; it bounds the table that counts them


def instances(name: str, maps: npt.ArrayLike) -> Array:
    """Whole numbers (…, H, W) of what may have a last axis of one channel.

    Raises:
        InputError: anything but whole numbers from 0 to 65,535.
    """
    maps = np.asarray(maps)
    if maps.ndim >= 3 and maps.shape[-1] == 1:
        maps = maps[..., 0]
    if maps.ndim < 2 or maps.dtype.kind not in "biu":
        raise InputError(f"{name} holds instance maps (…, H, W) of whole numbers; got {maps.dtype} of shape {maps.shape}")
    maps = maps.astype(np.uint8) if maps.dtype == bool else maps
    if maps.size and (maps.min() < 0 or maps.max() >= LABELS):
        got = maps.min() if maps.min() < 0 else maps.max()
        raise InputError(f"{name} holds whole numbers from 0 to {LABELS - 1}, 0 being the background of true maps; got {got}")
    return maps


def numbered(labels: Array) -> Array:
    """The labels (p,) renumbered 0, 1, … without gaps, so that the table of counts stays small."""
    used = np.bincount(labels) > 0
    return (np.cumsum(used) - 1)[labels]


def overlaps(true: npt.ArrayLike, pred: npt.ArrayLike) -> tuple[list[Array], list[Array]]:
    """For each image the intersection over union (objects, slots) and the areas of the objects (objects,), in pixels.

    0 is the background of true maps, which is no object; in predictions it is a slot like any other.

    Raises:
        InputError: the shapes differ, or a map holds anything but whole numbers from 0 to 65,535.
    """
    true, pred = instances("true", true), instances("pred", pred)
    if true.shape != pred.shape:
        raise InputError(f"maps of objects and of slots have one shape (…, H, W); got {true.shape} and {pred.shape}")
    pixels = true.shape[-2] * true.shape[-1]
    shares, areas = [], []
    for a, b in zip(true.reshape(-1, pixels), pred.reshape(-1, pixels), strict=True):
        rows, columns = numbered(a), numbered(b)
        height, width = int(rows.max(initial=0)) + 1, int(columns.max(initial=0)) + 1
        both = np.bincount(rows * width + columns, minlength=height * width).reshape(height, width)
        objects = both[1:] if (a == 0).any() else both
        own, slots = objects.sum(axis=1), both.sum(axis=0)
        shares.append(objects / (own[:, None] + slots - objects))
        areas.append(own)
    return shares, areas
