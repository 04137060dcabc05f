"""A robot arm that holds a solid in front of a camera: the seven factors and the grid of MPI3D, drawn instead of recorded."""

from __future__ import annotations

import math

import numpy as np

from factorhub.dsprites_like.faces import (
    DEPTH,
    ROUND,
    Camera,
    Mesh,
    Solid,
    ball,
    box,
    frustum,
    moved,
    nothing,
    paint,
    sized,
    turned,
)
from factorhub.dsprites_like.objects import depth_map, parts_map
from factorhub.dsprites_like.shapes3d import check_size
from factorhub.factors import Array, categorical, ordinal
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace

COLOURS = {
    "white": (240, 240, 240), "green": (40, 160, 60), "red": (205, 40, 40), "blue": (45, 80, 205), "brown": (150, 95, 55),
    "olive": (165, 165, 40),
}  # fmt: skip
SHAPES: dict[str, tuple[Mesh, tuple[float, float, float]]] = {  # with half sizes that look about as large
    "cone": (frustum(ROUND, 0.0), (0.27, 0.27, 0.30)),
    "cube": (box(), (0.22, 0.22, 0.22)),
    "cylinder": (frustum(ROUND), (0.22, 0.22, 0.27)),
    "hexagonal": (frustum(6), (0.33, 0.33, 0.12)),
    "pyramid": (frustum(4, 0.0), (0.36, 0.36, 0.26)),
    "sphere": (ball(), (0.27, 0.27, 0.27)),
}
SIZES = (0.85, 1.35)
HEIGHTS = (0.9, 0.5, 0.12)  # of the camera above the platform, as an angle [rad]
BACKGROUNDS = {"purple": (92, 58, 128), "sea green": (46, 139, 100), "salmon": (240, 150, 130)}
STEPS = 40
PARTS = ("background", "platform", "arm", "object")
REACH, LOW, HIGH = 0.95, -0.35, 0.75  # length of the arm; its lowest and highest angle [rad]
SWING = math.radians(60)  # how far the arm turns to either side
LAMP = (0.5, -0.55, 0.75)


def space() -> FactorSpace:
    """The factors and the order of the published MPI3D grid: 1,036,800 points."""
    return FactorSpace(
        (
            categorical("object_color", COLOURS),
            categorical("object_shape", SHAPES),
            categorical("object_size", ["small", "large"]),
            categorical("camera_height", ["top", "center", "bottom"], description="of the camera above the platform"),
            categorical("background_color", BACKGROUNDS),
            ordinal("horizontal_axis", range(STEPS), description="turn of the arm about the upright axis, -60° to 60°"),
            ordinal("vertical_axis", range(STEPS), description="lift of the arm, -20° to 43°"),
        ),
        groups={
            "identity": ("object_color", "object_shape", "object_size"), "pose": ("horizontal_axis", "vertical_axis"),
            "context": ("camera_height", "background_color"),
        },
    )  # fmt: skip


def robot_arm(*, size: int = 64, mask: bool = False, depth: bool = False) -> Generator:
    """The generator of the robot arm; the published presets of MPI3D work on it, since its factors are theirs.

    The scene is drawn from formulas of this project and resembles the published pictures in what varies, not in their pixels.

    Args:
        size: of the picture [px].
        mask: adds the map of parts: background, platform, arm, object.
        depth: adds how far ahead of the camera what each pixel shows lies.
    """
    check_size("robot_arm", size)
    image = Field("image", "uint8", (size, size, 3), ("y", "x", "channel"))

    def draw(values: Array) -> Batch:
        images, depths = np.empty((len(values), size, size, 3), np.uint8), nothing(len(values) * depth, size)
        return {"image": images, "parts": picture(values, images, depths), "depth": depths}

    return Generator(
        name="robot_arm",
        summary="a robot arm that holds one of six solids, in the seven factors of MPI3D",
        space=space(),
        fields=(image, *([parts_map(size, PARTS)] if mask else []), *([depth_map(size, DEPTH)] if depth else [])),
        draw=draw,
        source="factors of Gondal et al.: MPI3D (NeurIPS 2019), https://github.com/rr-learning/disentanglement_dataset; the scene "
        "is this project's own",
    )


def picture(values: Array, images: Array, depths: Array) -> Array:
    """Fill `images` (n, size, size, 3), and `depths` if it has rows, for factor values (n, 7); return maps of parts."""
    n = len(values)
    codes = values.astype(np.int64)
    turn = SWING * (2 * values[:, 5] / (STEPS - 1) - 1)
    lift = LOW + (HIGH - LOW) * values[:, 6] / (STEPS - 1)

    def flat(x: float, y: float, z: float) -> Array:
        return np.broadcast_to([x, y, z], (n, 3))

    plain = np.broadcast_to(np.eye(3), (n, 3, 3))
    pose = turned(turned(plain, 1, -lift), 2, turn)  # the arm's own x points along it
    shoulder = flat(0.0, 0.0, 0.62)
    arm = pose * np.array([REACH / 2, 0.075, 0.075])
    hand = pose * np.array([0.05, 0.14, 0.11])
    tip = shoulder + moved(pose, (REACH, 0.0, 0.0))
    solids = [
        Solid(
            frustum(ROUND),
            sized(n, 0.95, 0.95, 0.04),
            flat(0.0, 0.0, -0.06),
            flat(66.0, 66.0, 66.0),
            1,
            ground=True,
        ),
        Solid(frustum(ROUND), sized(n, 0.2, 0.2, 0.28), flat(0.0, 0.0, 0.28), flat(120.0, 120.0, 120.0), 2),
        Solid(ball(6, 12), sized(n, 0.15, 0.15, 0.13), shoulder, flat(90.0, 90.0, 90.0), 2),
        Solid(box(), arm, shoulder + moved(pose, (0.14 + REACH / 2 - 0.07, 0.0, 0.0)), flat(165.0, 165.0, 165.0), 2),
        Solid(box(), hand, tip + moved(pose, (0.03, 0.0, 0.0)), flat(75.0, 75.0, 75.0), 2),
    ]
    colour = np.array(list(COLOURS.values()), np.float64)[codes[:, 0]]
    scale = np.array(SIZES)[codes[:, 2]]
    for code, (mesh, (x, y, z)) in enumerate(SHAPES.values()):
        here = codes[:, 1] == code
        if here.any():
            frame = pose * (np.array([x, y, z]) * scale[:, None])[:, None]
            centre = tip + moved(pose, (0.08, 0.0, 0.0)) + pose[:, :, 0] * (x * scale)[:, None]
            solids.append(Solid(mesh, frame, centre, colour, 3, here))
    camera = Camera(np.zeros(n), np.array(HEIGHTS)[codes[:, 3]], np.full(n, 5.4), flat(0.3, 0.0, 0.55), focus=1.7)
    images[:] = np.array(list(BACKGROUNDS.values()), np.uint8)[codes[:, 4], None, None]
    return paint(images, solids, camera, flat(*LAMP), depths=depths)
