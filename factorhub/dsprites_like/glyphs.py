"""Digits and letters as strokes of a pen, with thickness, slant, hue, place and hand, alone or as words."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import numpy as np

from factorhub import randomness
from factorhub.dsprites_like.shapes3d import check_size, rgb
from factorhub.dsprites_like.strokes import GLYPHS, outlines, table
from factorhub.errors import InputError
from factorhub.factors import Array, categorical, circular, continuous, ordinal
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.numerics.angles import sines
from factorhub.space import FactorSpace

Characters: TypeAlias = Literal["digits", "letters", "all"]
ALPHABETS = {"digits": tuple("0123456789"), "letters": tuple(c for c in GLYPHS if c.isalpha()), "all": tuple(GLYPHS)}
LONGEST = 8  # characters of a word
HAND = 0.16  # how far a hand bends a stroke, as a share of the height


def glyphs(*, size: int = 64, characters: Characters = "all", length: int = 1, background: bool = False) -> Generator:
    """The generator of glyphs: one character, or a word of several.

    Thickness and intensity are two factors; a causal regime ties them as in Morpho-MNIST studies, where thick strokes are
    bright: the preset glyphs-thickness-intensity.

    Args:
        size: of the picture [px].
        characters: digits, letters or all.
        length: how many characters side by side, each a factor of its own.
        background: gives the ground a hue, as in coloured digits; black otherwise.
    """
    check_size("glyphs", size)
    if not 1 <= length <= LONGEST:
        raise InputError(f"length of glyphs is 1 to {LONGEST} characters; got {length}")
    alphabet = ALPHABETS[characters]
    hue = "HSV hue; 0 is red, 1/3 green, 2/3 blue"
    names = ["character"] if length == 1 else [f"character_{i}" for i in range(1, length + 1)]
    space = FactorSpace(
        (
            *(categorical(name, alphabet) for name in names),
            continuous("thickness", 0.04, 0.16, grid=7, description="of a stroke, of the height of a character"),
            continuous("intensity", 0.4, 1.0, grid=7, description="brightness of the strokes"),
            continuous("slant", -0.5, 0.5, grid=5, description="how far the top leans to the right, of the height"),
            continuous("rotation", -30.0, 30.0, grid=7, unit="degree", description="counter-clockwise"),
            continuous("scale", 0.5, 0.8, grid=4, description="height of a character alone in the picture, of its side"),
            continuous("posX", 0.0, 1.0, grid=8, description="of the middle, left to right"),
            continuous("posY", 0.0, 1.0, grid=8, description="of the middle, top to bottom"),
            circular("hue", 1.0, grid=8, description=f"of the strokes: {hue}"),
            *([circular("background_hue", 1.0, grid=8, description=f"of the ground: {hue}")] if background else []),
            ordinal("hand", range(2**32), nuisance=True, description="seed of how strokes are bent"),
        ),
        groups={
            "content": names, "style": ("thickness", "slant", "hand"), "pose": ("rotation", "scale", "posX", "posY"),
            "context": ("intensity", "hue", *(["background_hue"] * background)),
        },
    )  # fmt: skip

    def draw(values: Array) -> Batch:
        return {"image": pictures(values, size, alphabet, length, background)}

    return Generator(
        name="glyphs",
        summary="a digit or letter, or a word of them, drawn with a pen of any thickness, slant, hue and hand",
        space=space,
        fields=(Field("image", "uint8", (size, size, 3), ("y", "x", "channel")),),
        draw=draw,
        source="factors after Castro et al.: Morpho-MNIST (2019) and Lacoste et al.: Synbols (2020); "
        "the strokes are this project's own",
    )


def pictures(values: Array, size: int, alphabet: tuple[str, ...], length: int, background: bool) -> Array:
    """The pictures (n, size, size, 3) of factor values (n, k)."""
    from factorhub.dsprites_like.kernels.coverage import NO_COUNTS, NO_MAPS, NO_MASKS, paint_sprites

    n = len(values)
    codes = values[:, :length].astype(np.int64)
    thickness, intensity, slant, rotation, scale, x, y, hue = values[:, length : length + 8].T
    strokes, counts = table(alphabet)
    bends = randomness.uniforms(0, "glyphs/hand", values[:, -1].astype(np.uint64), 6) * (2 * HAND) - HAND
    paths = strokes[codes]  # (n, length, strokes, points, 2)
    across, up = paths[..., 0], paths[..., 1]
    b = bends.T[:, :, None, None, None]
    bent = across + b[0] * across * up + b[1] * (up * up - 0.08) + b[2] * (across * across - 0.03)
    raised = up + b[3] * across * up + b[4] * (across * across - 0.03) + b[5] * across
    place = (np.arange(length) - (length - 1) / 2) * 0.78  # of characters, in heights
    bent = bent + slant[:, None, None, None] * raised + place[None, :, None, None]
    sine, cosine = (part[:, None, None, None] for part in sines(rotation * (math.pi / 180)))
    high = (scale * size / (1.0 if length == 1 else 0.5 + 0.5 * length))[:, None, None, None]
    room = 0.12 if length == 1 else 0.04  # how far the middle moves to either side, of the picture
    middle = (size * (0.5 + 2 * room * (where - 0.5)) for where in (x, y))
    left, top = (at[:, None, None, None] for at in middle)
    drawn = np.stack([left + high * (cosine * bent - sine * raised), top - high * (sine * bent + cosine * raised)], axis=-1)
    width = np.broadcast_to((thickness / 2)[:, None, None] * high[..., 0], drawn.shape[:3])
    shapes = outlines(drawn, width)
    corners = shapes.shape[-2]
    total = shapes.shape[1] * shapes.shape[2]
    poses = np.zeros((n, total, 5))
    here = np.arange(strokes.shape[1]) < counts[codes][..., None]
    poses[..., 0] = np.where(here.reshape(n, total), np.arange(n * total).reshape(n, total), -1)
    poses[..., 1] = 1.0
    tint = np.rint(intensity[:, None] * (0.4 * 255 + 0.6 * rgb(hue)))
    colours = np.broadcast_to(tint[:, None].astype(np.uint8), (n, total, 3))
    images = np.zeros((n, size, size, 3), np.uint8)
    if background:
        images[:] = np.rint(0.22 * rgb(values[:, length + 8]))[:, None, None]
    starts = np.arange(n * total + 1) * corners
    paint_sprites(
        np.ascontiguousarray(shapes).reshape(-1, 2), starts, poses, np.ascontiguousarray(colours), True, images, NO_MAPS, NO_MASKS,
        NO_COUNTS,
    )  # fmt: skip
    return images
