"""Moving sprites: videos of one sprite whose identity stays while its pose moves, turns and bounces."""

from __future__ import annotations

import math

import numpy as np

from factorhub import randomness
from factorhub.dsprites_like.sprites import Shapes, color_factors, folds, paint, picture, sprite_factors, sprite_symmetry
from factorhub.errors import InputError
from factorhub.factors import Array, categorical, continuous, ordinal
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace, within_period

MOTIONS = ("straight", "swing", "circle")
ROUND = 16  # frames that a swing to and fro or a circle takes
FASTEST, SPIN = 0.15, math.pi / 8  # per frame


def paths(frames: int) -> Array:
    """How far each motion has come after t frames, (motions, frames, 2): along the first velocity, and to its left."""
    t, turn = np.arange(frames), 2 * math.pi * np.arange(frames) / ROUND
    along, aside = np.sin(turn) * (ROUND / (2 * math.pi)), (1 - np.cos(turn)) * (ROUND / (2 * math.pi))
    moved = np.stack([[t, 0 * t], [along, 0 * t], [along, aside]]).swapaxes(1, 2)
    snapped: Array = np.rint(moved * 2.0**32) * 2.0**-32  # so that the last bit of a library's sine cannot move a pixel
    return snapped


def bounce(x: Array) -> Array:
    """Positions folded into [0, 1], as elastic walls at 0 and 1 reflect them."""
    x = np.mod(x, 2.0)
    return np.where(x > 1, 2 - x, x)


def moving_sprites(
    *, frames: int = 16, size: int = 64, shapes: Shapes = "original", antialias: bool = True, background: bool = False
) -> Generator:
    """The generator of moving sprites: `video` (time, y, x, channel), and the pose in each frame.

    Colour, shape and scale stay; the pose starts at orientation, posX and posY and moves at (velX, velY), in units of
    posX and posY per frame, straight on, to and fro, or round a circle (counter-clockwise), while it turns by `spin` per
    frame. Walls at the ends of posX and posY reflect the centre, so no shape ever touches the border.

    Args:
        frames: of each video.
        size: of a frame [px].
        shapes: "more" adds triangle, pentagon, hexagon, star, cross and arrow.
        antialias: blends edges by the area of a pixel that they leave.
        background: a marbled texture, of which there are 2**32, lies still behind the sprite, darker than it.
    """
    if not 1 <= frames <= 10_000:
        raise InputError(f"frames of moving_sprites is 1 to 10000; got {frames}")
    frame = picture(size, "moving_sprites")
    per_frame = "of the range of posX and posY per frame, to the right"
    space = FactorSpace(
        (
            *color_factors(nuisance=False),
            *sprite_factors("clean", shapes),
            categorical("motion", MOTIONS),
            continuous("velX", -FASTEST, FASTEST, grid=6, description=per_frame),  # without rest, where all motions are one
            continuous("velY", -FASTEST, FASTEST, grid=6, description=per_frame.replace("to the right", "downwards")),
            continuous("spin", -SPIN, SPIN, grid=5, unit="rad", description="turn per frame, counter-clockwise"),
            *([ordinal("background_seed", range(2**32), nuisance=True, description="of the texture behind")] if background else []),
        ),
        (sprite_symmetry(shapes),),
    )
    moved = paths(frames)
    turns = 2 * math.pi / np.array(list(folds(shapes).values()))

    def draw(values: Array) -> Batch:
        n, shape = len(values), values[:, 3].astype(np.int64)
        path = moved[values[:, 8].astype(np.int64)]
        vel_x, vel_y = values[:, 9:10], values[:, 10:11]
        x = bounce(values[:, 6:7] + (vel_x * path[..., 0] + vel_y * path[..., 1]))
        y = bounce(values[:, 7:8] + (vel_y * path[..., 0] - vel_x * path[..., 1]))
        angle = values[:, 5:6] + values[:, 11:12] * np.arange(frames)
        still = np.broadcast_to(values[:, None, 3:5], (n, frames, 2))
        sprites = np.concatenate([still, np.stack([angle, x, y], axis=-1)], axis=-1).reshape(n * frames, 5)
        video = (
            behind(values[:, 12], size).repeat(frames, axis=0) if background else np.zeros((n * frames, size, size, 3), np.uint8)
        )
        paint(sprites, np.rint(255 * values[:, :3]).astype(np.uint8).repeat(frames, axis=0), video, shapes, antialias)
        pose = np.stack([x, y, within_period(angle, turns[shape, None])], axis=-1)
        return {"video": video.reshape(n, *fields[0].shape), "pose": pose}

    about = "where the sprite is in each frame; the orientation up to the turns that leave its shape unchanged"
    fields = (
        Field("video", "uint8", (frames, *frame.shape), ("time", *frame.dims)),
        Field(
            "pose", "float64", (frames, 3), ("time", "component"), "", about, meta={"components": ["posX", "posY", "orientation"]}
        ),
    )
    return Generator(
        name="moving_sprites",
        summary="videos of a coloured sprite that moves, turns and bounces",
        space=space,
        fields=fields,
        draw=draw,
        source="factorhub; after the bouncing digits of Srivastava, Mansimov, Salakhutdinov: Unsupervised Learning of Video "
        "Representations using LSTMs, ICML 2015",
        picture=strip,
    )


def behind(seeds: Array, size: int) -> Array:
    """Textures (n, size, size, 3) at half their brightness."""
    from factorhub.dsprites_like.kernels.texture import NUMBERS, paint_textures

    words = randomness.words(0, "moving_sprites/background", seeds.astype(np.uint64), (NUMBERS + 3) // 4)
    images = np.empty((len(seeds), size, size, 3), np.uint8)
    paint_textures(words.astype("<u8", copy=False).view("<u2"), np.zeros((len(seeds), size, size), np.uint8), images)
    images >>= 1
    return images


def strip(batch: Batch) -> Array:
    """Up to eight frames of each video, evenly spread, side by side with grey lines between."""
    video = batch["video"]
    shown = np.unique(np.linspace(0, video.shape[1] - 1, 8).astype(np.int64))
    line = np.full((len(video), video.shape[2], 1, 3), 128, np.uint8)
    return np.concatenate([part for t in shown for part in (line, video[:, t])][1:], axis=2)
