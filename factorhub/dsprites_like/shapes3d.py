"""3D Shapes: one solid in the middle of a coloured room, in six factors, drawn instead of downloaded."""

from __future__ import annotations

import numpy as np

from factorhub.dsprites_like.attributes import ROOM
from factorhub.dsprites_like.objects import depth_map, instance_map
from factorhub.errors import InputError
from factorhub.factors import Array, categorical, circular, continuous
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace

SHAPES = ("cube", "cylinder", "sphere", "capsule")
SIZES = np.array([(0.35, 0.70), (0.375, 0.75), (0.425, 0.85), (0.325, 1.30)])  # half width and height at scale 1
SOURCE = "Burgess, Kim: 3D Shapes (2018), https://github.com/google-deepmind/3d-shapes; geometry fitted to published pictures"


def rgb(hue: Array) -> Array:
    """The pure colours (…, 3), 0 … 255, of hues (…) on a circle of period 1: HSV with saturation and value 1."""
    turn = 6 * hue[..., None]
    level = np.abs(turn - np.array([3.0, 2.0, 4.0])) * np.array([1.0, -1.0, -1.0]) + np.array([-1.0, 2.0, 2.0])
    colours: Array = 255 * np.clip(level, 0.0, 1.0)
    return colours


def picture_fields(size: int, objects: int, *, mask: bool, depth: bool) -> tuple[Field, ...]:
    """The picture of a room, and its instance map and depth map where they are asked for."""
    about = "along the camera's axis, where the room is 7 wide; infinite where there is only sky"
    image = Field("image", "uint8", (size, size, 3), ("y", "x", "channel"))
    return (image, *([instance_map(size, objects)] if mask else []), *([depth_map(size, about)] if depth else []))


def check_size(name: str, size: int) -> None:
    """Raise `InputError` unless a room can be drawn at this size."""
    if not 8 <= size <= 2048:
        raise InputError(f"size of {name} is 8 to 2048 pixels; got {size}")


def shapes3d(*, size: int = 64, mask: bool = False, depth: bool = False) -> Generator:
    """The generator of 3D Shapes at any `size`, for factors on the published grid or between its values.

    Edges are blended by the exact share of a pixel that each surface covers, and every surface is shaded once a pixel. The
    published pictures also show a faint pattern on floor and walls and facets on the solids; these are left out.

    Args:
        size: of the picture [px].
        mask: adds the instance map: 1 where the ray through a pixel's centre meets the solid.
        depth: adds the depth map, at pixels' centres.
    """
    check_size("shapes3d", size)
    fields = picture_fields(size, 1, mask=mask, depth=depth)

    def draw(values: Array) -> Batch:
        from factorhub.dsprites_like.kernels.raycast import paint_rooms

        n = len(values)
        solids = np.zeros((n, 1, 5))
        solids[:, 0, 0] = values[:, 4]
        solids[:, 0, 1:3] = values[:, 3:4] * SIZES[values[:, 4].astype(np.int64)]
        images = np.empty((n, size, size, 3), np.uint8)
        masks = np.empty((n * mask, size, size), np.uint8)
        depths = np.empty((n * depth, size, size), np.float32)
        paint_rooms(values[:, 5], rgb(values[:, :3]), solids, images, masks, depths, np.empty((0, 1, 2), np.int64))
        return {"image": images, "mask": masks, "depth": depths}

    hue = "HSV hue of full saturation and value; 0 is red, 1/3 green, 2/3 blue"
    return Generator(
        name="shapes3d",
        summary="a cube, cylinder, sphere or capsule in a room of coloured walls, seen from a turning camera: the 3D Shapes grid",
        space=FactorSpace(
            (
                circular("floor_hue", 1.0, grid=10, description=hue),
                circular("wall_hue", 1.0, grid=10, description=hue),
                circular("object_hue", 1.0, grid=10, description=hue),
                continuous("scale", 0.75, 1.25, grid=8, description="of all lengths; at 1 a cube is a tenth of the room wide"),
                categorical("shape", SHAPES),
                continuous("orientation", -30.0, 30.0, grid=15, unit="degree", description="of the camera about the room's axis"),
            )
        ),
        fields=fields,
        draw=draw,
        attributes=ROOM,
        source=SOURCE,
    )
