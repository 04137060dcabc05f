"""Multi-dSprites: several sprites that may hide one another, with masks and a table of objects."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import numpy as np

from factorhub.dsprites_like.attributes import objects
from factorhub.dsprites_like.lattice import CELLS, apart, largest
from factorhub.dsprites_like.objects import amodal_masks, instance_map, object_table, tagged
from factorhub.dsprites_like.sprites import FOLDS, RGB, SHAPES, outlines
from factorhub.errors import InputError
from factorhub.factors import Array, Factor, categorical, circular, continuous, ordinal
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace, Fold, Ignored, Symmetry, within_period

Variant: TypeAlias = Literal["binarized", "colored_on_grayscale", "colored_on_colored"]
HSV = ("hue", "saturation", "value")
COLORS = {"binarized": (), "colored_on_grayscale": HSV, "colored_on_colored": RGB}
COUNTS = {"binarized": (2, 3), "colored_on_grayscale": (2, 5), "colored_on_colored": (1, 4)}  # of sprites, as published
TURNS = tuple(FOLDS.values())  # symmetries of the shapes
BACKGROUND = {"binarized": (), "colored_on_grayscale": ("gray",), "colored_on_colored": RGB}
RADIUS = math.sqrt(max((outline**2).sum(axis=1).max() for outline in outlines(1)))  # about the widest shape, in canvas sides


def multi_dsprites(
    *,
    size: int = 64,
    min_objects: int = 0,
    max_objects: int = 0,
    variant: Variant = "colored_on_colored",
    overlap: float = 1.0,
    amodal: bool = False,
    antialias: bool = False,
) -> Generator:
    """The generator of Multi-dSprites: several sprites, later ones in front of earlier ones.

    As published, there are 2 to 3 white sprites on black, 2 to 5 on gray whose colors are drawn as hue, saturation
    and value, or 1 to 4 with any RGB color on any. The published ranges of saturation and value are not known; here
    both are from 0.5 on, so that each hue can be told. The table has red, green and blue.

    Objects from number `count` on are absent: their factors change nothing and their rows of the table are zero. The
    table gives positions and lengths in the units of dSprites, the orientation up to the shape's symmetry, `depth` (0
    is in front of all) and `visible`, the share of an object's pixels that nothing hides.

    Limited overlap holds for every factor vector, without drawing again. Each sprite has a cell of its own in a lattice
    of 3 × 3: `cell_i` is its rank among the cells left free by the sprites before it, and posX and posY move it within
    the cell. The centres of two sprites are then at least (1 - overlap) times the sum of their radii apart, and no
    sprite leaves the canvas. Strict limits need small sprites: `scale` ends at 0.59 for none at all, at 1 from 0.62 on.

    Args:
        size: of the canvas [px].
        min_objects: the fewest sprites, from 1 on; 0 for the variant's published number.
        max_objects: the most, up to 9; 0 for the variant's published number.
        variant: white on black, or sprites of any color on a gray or colored background.
        overlap: 1 for sprites anywhere in dSprites' range of positions; less keeps them apart, 0 entirely.
        amodal: adds the mask of the whole of each object.
        antialias: blends edges by area; a pixel then belongs to the object that covers at least half of it.
    """
    fewest, most = COUNTS[variant]
    fewest, max_objects = min_objects or min(fewest, max_objects or most), max_objects or max(most, min_objects)
    if not (16 <= size <= 1024 and 1 <= fewest <= max_objects <= CELLS):
        limits = f"a size of 16 to 1024 pixels and 1 to {CELLS} objects, min_objects no more than max_objects"
        raise InputError(f"multi_dsprites takes {limits}; got size={size}, {fewest} to {max_objects} objects")
    if not 0 <= overlap <= 1:
        raise InputError(f"overlap of multi_dsprites is a share of the sprites' radii, 0 to 1; got {overlap:g}")
    lattice = overlap < 1
    top = min(1.0, largest(overlap) / RADIUS) if lattice else 1.0
    channels = 1 if variant == "binarized" else 3
    space = scene_space(fewest, max_objects, variant, top, lattice)
    names = [name.removesuffix("_1") for name in space.names if name.endswith("_1")]
    shapes = outlines(size)
    vertices, starts = np.concatenate(shapes), np.cumsum([0, *(len(shape) for shape in shapes)])

    def draw(values: Array) -> Batch:
        from factorhub.dsprites_like.kernels.coverage import paint_sprites

        n, first = len(values), len(space.factors) - max_objects * len(names)
        part = dict(zip(names, np.moveaxis(values[:, first:].reshape(n, max_objects, len(names)), -1, 0), strict=True))
        present = np.arange(max_objects) < values[:, :1]
        part["orientation"] = within_period(part["orientation"], 2 * math.pi / np.array(TURNS)[part["shape"].astype(np.int64)])
        if lattice:
            part["posX"], part["posY"] = apart(part["cell"], part["posX"], part["posY"], top * RADIUS, overlap)
        poses = np.stack([part[name] for name in ("shape", "scale", "orientation", "posX", "posY")], axis=-1)
        poses[..., 3:] = size * (0.25 + 0.5 * poses[..., 3:])
        poses[~present, 0] = -1
        image = (np.empty if channels == 3 else np.zeros)((n, size, size, channels), np.uint8)
        colors = np.full((n, max_objects, channels), 255 if antialias else 1, np.uint8)
        if COLORS[variant] == HSV:
            part |= zip(RGB, rgb_of(*(part[name] for name in HSV)), strict=True)
        if channels == 3:
            background = np.rint(255 * values[:, 1:first]).astype(np.uint8)
            row = np.tile(background, 3 * size // background.shape[1])
            image.reshape(n, size, 3 * size)[:] = row[:, None]
            colors[:] = np.rint(255 * np.stack([part[name] for name in RGB], axis=-1))
        mask = np.zeros((n, size, size), np.uint8)
        masks = np.empty((n * amodal, max_objects, size, size), np.uint8)
        counts = np.empty((n, max_objects, 2), np.int64)
        paint_sprites(vertices, starts, poses, colors, antialias, image, mask, masks, counts)
        part["depth"] = values[:, :1] - 1 - np.arange(max_objects)
        part["visible"] = counts[..., 1] / np.maximum(counts[..., 0], 1)
        table = np.stack([present, *(part[name] for name in columns)], axis=-1)
        masks >>= 7  # covered at least half
        return {
            "image": image if channels == 3 else image[..., 0],
            "mask": mask,
            "objects": np.where(present[..., None], table, 0.0),
            "amodal": masks,
        }

    columns = [name for name in ("shape", "scale", "orientation", "posX", "posY", *RGB) if channels == 3 or name in names] + [
        "depth",
        "visible",
    ]
    shape, dims = ((size, size, 3), ("y", "x", "channel")) if channels == 3 else ((size, size), ("y", "x"))
    image = Field("image", "uint8", shape, dims, meta={"binary": True} if channels == 1 and not antialias else {})
    table = object_table(max_objects, columns, {"shape": SHAPES})
    return Generator(
        name="multi_dsprites",
        summary="one to several coloured dSprites that may hide one another, with masks and an object table",
        space=space,
        fields=(image, instance_map(size, max_objects), table, *([amodal_masks(size, max_objects)] if amodal else [])),
        draw=draw,
        version=2,
        source="Kabra et al.: Multi-Object Datasets (2019), https://github.com/google-deepmind/multi_object_datasets",
        attributes=objects(space),
    )


def rgb_of(hue: Array, saturation: Array, value: Array) -> list[Array]:
    """Red, green and blue (…) in 0 … 1 of colors given by hue in 0 … 1, saturation and value."""
    places = ((offset + 6 * hue) % 6 for offset in (5, 3, 1))
    return [value * (1 - saturation * np.clip(np.minimum(place, 4 - place), 0, 1)) for place in places]


def scene_space(fewest: int, max_objects: int, variant: Variant, top: float, lattice: bool) -> FactorSpace:
    """The count, the background, and the factors of each object, named with its number."""
    about = "how many of the objects are present"
    factors: list[Factor] = [ordinal("count", range(fewest, max_objects + 1), description=about)]
    factors += [continuous(f"background_{name}", 0.0, 1.0, grid=5) for name in BACKGROUND[variant]]
    symmetries: list[Symmetry] = []
    for i in range(1, max_objects + 1):
        own: list[Factor] = []
        if lattice:
            own.append(ordinal(f"cell_{i}", range(CELLS + 1 - i), description="which of the cells left free, row by row"))
        if COLORS[variant] == HSV:
            own += [circular(f"hue_{i}", 1.0, grid=10), *(continuous(f"{name}_{i}", 0.5, 1.0, grid=3) for name in HSV[1:])]
        elif variant != "binarized":
            own += [continuous(f"{name}_{i}", 0.0, 1.0, grid=5) for name in RGB]
        own += [
            categorical(f"shape_{i}", SHAPES),
            continuous(f"scale_{i}", top / 2, top, grid=6, description="of all lengths; 1 is a square of 0.3 canvas sides"),
            circular(f"orientation_{i}", 2 * math.pi, grid=40, unit="rad", description="counter-clockwise"),
            continuous(f"posX_{i}", 0.0, 1.0, grid=32, description="from left to right, within the cell if there are cells"),
            continuous(f"posY_{i}", 0.0, 1.0, grid=32, description="from top to bottom, within the cell if there are cells"),
        ]
        factors += own
        symmetries.append(Fold(f"orientation_{i}", by=f"shape_{i}", folds=TURNS))
        if i > fewest:
            symmetries.append(Ignored(tuple(factor.name for factor in own), by="count", codes=tuple(range(i - fewest))))
    return tagged(FactorSpace(tuple(factors), tuple(symmetries)), "placed_in_turn", ("cell",) if lattice else ())
