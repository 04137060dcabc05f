"""Video of a dynamical system: from world coordinates to frames, and the visual factors that go with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from factorhub.errors import InputError
from factorhub.factors import Array, Factor, circular, continuous
from factorhub.fields import Field

BACKGROUND = (82.0, 89.0, 94.0)  # the grey-blue of the Hamiltonian suite
ROD = (200.0, 200.0, 200.0)


@dataclass(frozen=True)
class Scene:
    """Where a batch of trajectories puts its discs.

    Attributes:
        points: (n, T, d, 2) in world coordinates, y up.
        radii: (n, d) or (d,) in world units; 0 marks a joint that only rods touch.
        rods: pairs of points that are joined.
        view: half the side of the square world that the canvas shows.
        width: half the width of rods in world units; 0 takes a hundredth of the canvas.
    """

    points: Array
    radii: Array
    rods: tuple[tuple[int, int], ...]
    view: float
    width: float = 0.0


def visual_factors() -> tuple[Factor, ...]:
    """What moves pixels but not the system: colour, size of the discs, and where the canvas lies."""
    return (
        circular("hue", 1.0, description="colour of the first disc; the others follow at equal distances"),
        continuous("size", 0.7, 1.3, description="of the discs; 1 is the system's own"),
        continuous("offset_x", -0.2, 0.2, description="shift of the picture to the right, in canvas sides"),
        continuous("offset_y", -0.2, 0.2, description="shift of the picture upwards, in canvas sides"),
    )


def video_field(steps: int, size: int) -> Field:
    """The field of `steps` RGB frames of `size` × `size` pixels.

    Raises:
        InputError: frames are 8 to 1024 pixels wide.
    """
    if not 8 <= size <= 1024:
        raise InputError(f"video is the side of a frame, 8 to 1024 pixels, or 0 for none; got {size}")
    about = "frames of the same trajectory; discs may leave the canvas"
    return Field("video", "uint8", (steps, size, size, 3), ("time", "y", "x", "channel"), description=about)


def frames(scene: Scene, visual: Array, size: int, trail: int) -> Array:
    """The frames (n, T, size, size, 3) of a scene under the visual factors (n, 4)."""
    from factorhub.dynamics.kernels.discs import draw_frames

    n, steps, discs, _ = scene.points.shape
    scale = size / (2 * scene.view)
    points = np.empty(scene.points.shape)
    points[..., 0] = size * (0.5 + visual[:, 2, None, None]) + scale * scene.points[..., 0] - 0.5
    points[..., 1] = size * (0.5 - visual[:, 3, None, None]) - scale * scene.points[..., 1] - 0.5
    radii = np.broadcast_to(scene.radii, (n, discs)) * scale * visual[:, 1, None]
    shown = np.flatnonzero((np.broadcast_to(scene.radii, (n, discs)) > 0).any(axis=0))
    hues = np.zeros((n, discs))
    hues[:, shown] = visual[:, :1] + np.arange(len(shown)) / max(len(shown), 1)
    out = np.empty((n, steps, size, size, 3), dtype=np.uint8)
    rods = np.array(scene.rods, dtype=np.int64).reshape(-1, 2)
    rod = np.array([*ROD, scale * scene.width or size / 100])
    draw_frames(points, radii, colours(hues), rods, rod, np.array(BACKGROUND), trail, out)
    return out


def colours(hues: Array) -> Array:
    """Bright colours (…, 3) in 0 … 255 of `hues` (…), 1 being a full turn."""
    turned = np.mod(hues[..., None] + np.array([0.0, 2.0, 1.0]) / 3, 1.0) * 6
    bright: Array = 255 * (0.25 + 0.75 * np.clip(np.abs(turned - 3) - 1, 0.0, 1.0))
    return bright
