"""Attributes of scenes: what can be said of several factors together, such as where a sprite lies or how objects compare."""

from __future__ import annotations

from functools import partial

import numpy as np

from factorhub.attributes import Attribute, attribute
from factorhub.factors import Array, categorical, ordinal
from factorhub.space import FactorSpace

QUADRANTS = ("upper left", "upper right", "lower left", "lower right")
EQUAL_HUES = ("none", "floor and wall", "floor and object", "wall and object", "all")


def quadrant(posX: Array, posY: Array) -> Array:
    """The code of the quarter of the picture that a sprite's middle lies in."""
    return 2.0 * (posY >= 0.5) + (posX >= 0.5)


def equal_hues(floor_hue: Array, wall_hue: Array, object_hue: Array) -> Array:
    """The code of which surfaces of a room have one hue."""

    def same(first: Array, second: Array) -> Array:
        return np.abs((first - second + 0.5) % 1.0 - 0.5) < 1e-9

    pairs = (same(floor_hue, wall_hue), same(floor_hue, object_hue), same(wall_hue, object_hue))
    return np.select([pairs[0] & pairs[1], *pairs], [4.0, 1.0, 2.0, 3.0], 0.0)


SPRITE = (attribute(categorical("quadrant", QUADRANTS, description="where the sprite's middle lies"), quadrant),)
ROOM = (attribute(categorical("equal_hues", EQUAL_HUES, description="which surfaces have one hue"), equal_hues),)


def objects(space: FactorSpace) -> tuple[Attribute, ...]:
    """The attributes of a scene of objects with factors shape_1, posX_1, shape_2, …, of which the first `count` are present."""
    most = sum(name.startswith("shape_") for name in space.names)
    numbers = range(1, most + 1)
    counted = ("count",) if "count" in space else ()
    shapes, places = tuple(f"shape_{i}" for i in numbers), tuple(f"posX_{i}" for i in numbers)
    here = f"{__name__}:"
    kinds = ordinal("distinct_shapes", range(1, most + 1), description="how many shapes the objects have")
    left = categorical("leftmost_shape", space[shapes[0]].labels or (), description="of the object with the lowest posX")
    return (
        Attribute(kinds, (*counted, *shapes), f"{here}distinct_shapes", partial(distinct_shapes, most)),
        Attribute(left, (*counted, *shapes, *places), f"{here}leftmost_shape", partial(leftmost_shape, most)),
    )


def distinct_shapes(most: int, *columns: Array) -> Array:
    """How many shapes the objects that are present have."""
    shapes, present = _objects(most, columns[-most:], columns[:-most])
    kinds = np.arange(shapes.max(initial=0) + 1)
    found: Array = ((shapes[..., None] == kinds) & present[..., None]).any(axis=-2).sum(axis=-1)
    return found


def leftmost_shape(most: int, *columns: Array) -> Array:
    """The shape of the object that is present and lies furthest to the left, the first of several."""
    shapes, present = _objects(most, columns[-2 * most : -most], columns[: -2 * most])
    places, _ = _objects(most, columns[-most:], ())
    first = np.where(present, places, np.inf).argmin(axis=-1)
    return np.take_along_axis(shapes, first[..., None], axis=-1)[..., 0]


def _objects(most: int, columns: tuple[Array, ...], count: tuple[Array, ...]) -> tuple[Array, Array]:
    """Columns as one array (…, objects), and a mask of which of these are present."""
    table = np.stack(np.broadcast_arrays(*columns), axis=-1)
    present = np.arange(most) < count[0][..., None] if count else np.ones(most, dtype=bool)
    return table, np.broadcast_to(present, np.broadcast_shapes(table.shape, present.shape))
