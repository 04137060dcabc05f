"""Objects Room: several solids in the room of 3D Shapes, with an instance map and a table of objects."""

from __future__ import annotations

import numpy as np

from factorhub.dsprites_like.attributes import objects
from factorhub.dsprites_like.objects import object_table, tagged
from factorhub.dsprites_like.shapes3d import SHAPES, SIZES, SOURCE, check_size, picture_fields, rgb
from factorhub.errors import InputError
from factorhub.factors import Array, Factor, categorical, circular, continuous, ordinal
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace, Ignored

NEAR, FAR = -0.3, 2.4  # the part of the floor that objects stand on, from the room's middle away from the camera
SIDE = 0.85  # how far their centres are from the middle at most, so that every camera sees them
OWN = ("shape", "scale", "hue", "posX", "posZ")  # the factors of each object, named with its number
COMPONENTS = ("shape", "scale", "hue", "x", "z", "visible")


def objects_room(*, size: int = 64, max_objects: int = 3, depth: bool = False) -> Generator:
    """The generator of Objects Room: 1 to `max_objects` solids on the floor, later ones in front of earlier ones.

    Objects with numbers above `count` are absent: their factors change nothing and their rows of the table are zero.

    No two objects ever intersect, and nothing is drawn again. The floor from `NEAR` to `FAR` is cut across into `count`
    lanes of equal depth; object 1 stands in the farthest, the last one in the nearest, and posZ says where between the
    two ends of its lane: at 0 it touches the near one, at 1 the far one. posX is free. So objects may hide one another,
    stand side by side and touch, and the nearer one is always in front. The widest object of scale 1 fits a lane as
    long as there are three; with more, `scale` ends where it still does.

    The table gives x (to the right) and z (away from the camera) of each object's centre from the room's middle, at
    orientation 0, where the room is 7 wide; and `visible`, the share of its pixels in the picture that nothing hides.

    Args:
        size: of the picture [px].
        max_objects: 1 to 8.
        depth: adds the depth map, at pixels' centres.
    """
    check_size("objects_room", size)
    if not 1 <= max_objects <= 8:
        raise InputError(f"objects_room takes max_objects from 1 to 8; got {max_objects}")
    space = scene_space(max_objects)

    def draw(values: Array) -> Batch:
        from factorhub.dsprites_like.kernels.raycast import paint_rooms

        n = len(values)
        shape, scale, hue, x, share = np.moveaxis(values[:, 4:].reshape(n, max_objects, len(OWN)), -1, 0)
        number, count = np.arange(max_objects), values[:, 3:4]
        present = number < count
        sizes = scale[..., None] * SIZES[shape.astype(np.int64)]
        lane = (FAR - NEAR) / count
        z = FAR - (number + 1) * lane + sizes[..., 0] + share * (lane - 2 * sizes[..., 0])
        solids = np.stack([np.where(present, shape, -1.0), *np.moveaxis(sizes, -1, 0), x, z], axis=-1)
        images = np.empty((n, size, size, 3), np.uint8)
        masks = np.empty((n, size, size), np.uint8)
        depths = np.empty((n * depth, size, size), np.float32)
        counts = np.empty((n, max_objects, 2), np.int64)
        tints = rgb(np.concatenate([values[:, :2], hue], axis=1))
        paint_rooms(values[:, 2], tints, solids, images, masks, depths, counts)
        visible = counts[..., 1] / np.maximum(counts[..., 0], 1)
        table = np.stack([present, shape, scale, hue, x, z, visible], axis=-1)
        return {"image": images, "mask": masks, "depth": depths, "objects": np.where(present[..., None], table, 0.0)}

    fields: tuple[Field, ...] = picture_fields(size, max_objects, mask=True, depth=depth)
    return Generator(
        name="objects_room",
        summary="one to several solids in the room of 3D Shapes, with an instance map and an object table",
        space=space,
        fields=(*fields, object_table(max_objects, COMPONENTS, {"shape": SHAPES})),
        draw=draw,
        source=SOURCE,
        attributes=objects(space),
    )


def scene_space(max_objects: int) -> FactorSpace:
    """The room's factors, the count, and the factors of each object."""
    top = min(1.0, (FAR - NEAR) / max_objects / 2 / SIZES[:, 0].max())
    factors: list[Factor] = [
        circular("floor_hue", 1.0, grid=10),
        circular("wall_hue", 1.0, grid=10),
        continuous("orientation", -30.0, 30.0, grid=15, unit="degree", description="of the camera about the room's axis"),
        ordinal("count", range(1, max_objects + 1), description="how many of the objects are present"),
    ]
    symmetries = []
    for i in range(1, max_objects + 1):
        factors += [
            categorical(f"shape_{i}", SHAPES),
            continuous(f"scale_{i}", top / 2, top, grid=8, description="of all lengths; at 1 a cube is a tenth of the room wide"),
            circular(f"hue_{i}", 1.0, grid=10),
            continuous(f"posX_{i}", -SIDE, SIDE, grid=16, description="to the right of the room's middle; the room is 7 wide"),
            continuous(f"posZ_{i}", 0.0, 1.0, grid=16, description="away from the camera, within the object's lane"),
        ]
        if i > 1:
            symmetries.append(Ignored(tuple(f"{name}_{i}" for name in OWN), by="count", codes=tuple(range(i - 1))))
    return tagged(FactorSpace(tuple(factors), tuple(symmetries)), "placed_by_number", ("posZ",))
