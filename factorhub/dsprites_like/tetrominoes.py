"""Tetrominoes: pieces of four bevelled cells that never overlap, for object discovery."""

from __future__ import annotations

import numpy as np

from factorhub.dsprites_like.attributes import objects
from factorhub.dsprites_like.objects import instance_map, object_table, tagged
from factorhub.errors import InputError
from factorhub.factors import Array, Factor, categorical, continuous
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace

PIECES = {"I": ["####"], "O": ["##", "##"], "T": ["###", ".#."], "S": [".##", "##."], "Z": ["##.", ".##"]}
PIECES |= {"J": ["#..", "###"], "L": ["..#", "###"]}
COLORS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "magenta": (1, 0, 1), "cyan": (0, 1, 1), "yellow": (1, 1, 0)}
TOP, RIGHT, FACE, LEFT, BOTTOM = 1.0, 0.75, 0.625, 0.5, 0.25  # brightness of a cell's bevels, lit from above


def orientations() -> dict[str, Array]:
    """The 19 pieces that quarter turns make of seven: name (with the clockwise turn) -> (4, 2) cells, x and y."""
    found: dict[str, Array] = {}
    for name, rows in PIECES.items():
        piece = np.array([[mark == "#" for mark in row] for row in rows])
        seen: list[bytes] = []
        for turn in range(4):
            turned = np.rot90(piece, -turn)
            key = bytes(turned.shape) + turned.tobytes()
            if key not in seen:
                seen.append(key)
                found[f"{name}{90 * turn}" if turn else name] = np.argwhere(turned)[:, ::-1].astype(np.int64)
    return found


def tiles(cell: int) -> Array:
    """A bevelled cell in each colour, (6, cell, cell, 3) uint8; a corner is the mean of the two bevels that meet there."""
    width = max(round(cell / 5), 1)
    shades = np.full((cell, cell), FACE)
    shades[:width], shades[-width:], shades[:, :width], shades[:, -width:] = TOP, BOTTOM, LEFT, RIGHT
    for rows, down in ((slice(width), TOP), (slice(-width, None), BOTTOM)):
        shades[rows, :width], shades[rows, -width:] = (down + LEFT) / 2, (down + RIGHT) / 2
    colors = np.array(list(COLORS.values()))
    looks: Array = (255 * shades[None, :, :, None] * colors[:, None, None]).astype(np.uint8)
    return looks


def tetrominoes(*, n: int = 3, cells: int = 7, cell: int = 5) -> Generator:
    """The generator of Tetrominoes: `n` pieces on a black canvas of `cells` × `cells` cells of `cell` pixels.

    Pieces lie anywhere on the grid of pixels, touch the border and one another, but never overlap. Free positions are
    no product of independent numbers, so posX and posY of a piece are not pixels but shares: of the places where it
    overlaps no earlier piece, posX picks the column that holds this share of them from the left, and posY the place in
    that column from the top. So every factor vector is a valid scene; uniform factors give every free place of a piece
    the same chance, as drawing until it fits would; and posX moves a piece to the right, posY downwards. Pieces lie on
    whole pixels, as published, so that shares that pick the same place draw the same picture. Only where
    that leaves no place for a later piece (about 1 scene in 1,000 at the defaults) it moves on to its next free place.
    The pixels it comes to are in the object table. The first piece overlaps nothing: its shares are plain positions.

    Args:
        n: how many pieces; at most a quarter of the canvas is filled, which is the published density.
        cells: side of the canvas in cells.
        cell: side of a cell in pixels; the bevels are a fifth of it wide.
    """
    if not (7 <= cells <= 32 and 3 <= cell <= 64):
        raise InputError(f"tetrominoes takes 7 to 32 cells of 3 to 64 pixels; got cells={cells} and cell={cell}")
    if not 1 <= n <= cells**2 // 16:
        raise InputError(
            f"tetrominoes on {cells} × {cells} cells takes n = 1 to {cells**2 // 16}; got {n}; more cells hold more pieces"
        )
    pieces, side = orientations(), cells * cell
    outlines, looks = np.stack(list(pieces.values())), tiles(cell)

    def draw(values: Array) -> Batch:
        from factorhub.dsprites_like.kernels.pieces import paint_pieces, place_pieces

        scenes = values.reshape(len(values), n, 4)
        kinds, colors = (np.ascontiguousarray(scenes[..., i], dtype=np.int64) for i in (0, 1))
        places = np.empty((len(values), n, 2), np.int64)
        place_pieces(outlines, kinds, np.ascontiguousarray(scenes[..., 2:]), side, cell, places)
        images = np.empty((len(values), side, side, 3), np.uint8)
        masks = np.empty((len(values), side, side), np.uint8)
        paint_pieces(outlines, kinds, colors, looks, places, images, masks)
        table = np.concatenate([np.ones((len(values), n, 1)), scenes[..., :2], places], axis=2)
        return {"image": images, "mask": masks, "objects": table}

    space = tagged(
        FactorSpace(tuple(factor for i in range(1, n + 1) for factor in piece_factors(i, pieces))),
        "placed_in_turn",
        ("posX", "posY"),
    )
    return Generator(
        name="tetrominoes",
        summary="coloured pieces of four bevelled cells that never overlap, with an instance map: the Tetrominoes scenes",
        space=space,
        fields=(
            Field("image", "uint8", (side, side, 3), ("y", "x", "channel")),
            instance_map(side, n),
            object_table(n, ("shape", "color", "x", "y"), {"shape": list(pieces), "color": list(COLORS)}),
        ),
        draw=draw,
        source="Kabra et al.: Multi-Object Datasets (2019), https://github.com/google-deepmind/multi_object_datasets; "
        "bevels measured on a published picture",
        attributes=objects(space),
    )


def piece_factors(number: int, pieces: dict[str, Array]) -> tuple[Factor, ...]:
    """The factors of one piece, named with its number."""
    return (
        categorical(f"shape_{number}", pieces, description="a letter and its clockwise turn [deg]"),
        categorical(f"color_{number}", COLORS),
        continuous(f"posX_{number}", 0.0, 1.0, grid=32, description="share of the free places to the left"),
        continuous(f"posY_{number}", 0.0, 1.0, grid=32, description="share of the free places in the column that lie above"),
    )
