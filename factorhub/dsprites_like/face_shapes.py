"""The shape of a head and what lies on it: a ball drawn in at the jaw, and outlines of eyes, brows, mouth and glasses.

Everything is placed by two coordinates on the front of a unit ball, y to the left and z up, and drawn in with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from factorhub.dsprites_like.faces import Mesh, Solid, ball
from factorhub.factors import Array

RINGS, SIDES = 10, 16
CORNERS = 18  # of an outline
FRAME = 0.034  # of glasses, how thick
TURN = [(round(math.cos(2 * math.pi * i / CORNERS), 12), round(math.sin(2 * math.pi * i / CORNERS), 12)) for i in range(CORNERS)]
CIRCLE = np.array(TURN)


@dataclass(frozen=True)
class Head:
    """Where the surface of n heads is.

    Attributes:
        width, jaw: (n,) half the width at the temples, and the share of it that is left at the chin.
        pose: (n, 3, 3) its own x ahead, y to the left and z up, in the columns.
        centre: (n, 3).
    """

    width: Array
    jaw: Array
    pose: Array
    centre: Array

    def at(self, unit: Array, out: npt.ArrayLike = 1.0) -> Array:
        """Points in space (n, v, 3) of points of the unit ball (n, v, 3) or (v, 3), `out` times as far from the middle."""
        x, y, z = np.moveaxis(np.broadcast_to(unit, (len(self.width), *unit.shape[-2:])), -1, 0)
        low = np.clip((0.1 - z) / 1.1, 0.0, 1.0)
        narrow = 1 - (1 - self.jaw[:, None]) * low * low * (3 - 2 * low)
        own = np.stack([0.82 * x * (1 - 0.12 * low), self.width[:, None] * y * narrow, 0.98 * z], axis=-1) * np.asarray(out)
        return self.centre[:, None] + self.turned(own)

    def turned(self, own: Array) -> Array:
        """Directions (n, v, 3) of the head's own frame in space."""
        return np.asarray(
            own[..., :1] * self.pose[:, None, :, 0]
            + own[..., 1:2] * self.pose[:, None, :, 1]
            + own[..., 2:] * self.pose[:, None, :, 2]
        )

    def on(self, y: Array, z: Array, out: float = 1.01) -> Array:
        """Points (n, v, 3) on the front of the head, from y and z (n, v) on the unit ball."""
        flat = np.minimum(y * y + z * z, 0.98)
        return self.at(np.stack([np.sqrt(1 - flat), y, z], axis=-1), out)


BALL = ball(RINGS, SIDES)


def skin(head: Head, colour: Array, part: int) -> Solid:
    """The head itself."""
    return Solid(BALL, head.pose, head.centre, colour, part, corners=head.at(BALL.corners))


def shell(head: Head, keep: Array, colour: Array, part: int, out: float, shown: Array, step: float) -> Solid:
    """The faces of the head for which `keep` (v,) is true of every corner, some way out: hair and beards."""
    faces = tuple(group[keep[group].all(axis=1)] for group in BALL.faces)
    mesh = Mesh(BALL.corners, tuple(group for group in faces if len(group)))
    return Solid(mesh, head.pose, ahead(head, step), colour, part, shown, corners=head.at(BALL.corners, out))


def ahead(head: Head, step: float) -> Array:
    """A point (n, 3) a little ahead of the head's centre: what is placed there is painted after the head, seen from before."""
    return head.centre + head.pose[:, :, 0] * step


def patch(head: Head, y: Array, z: Array, colour: Array, part: int, step: float, shown: Array | None = None) -> Solid:
    """An outline (n, v) on the face, filled with one colour. It is seen from before, where it is not turned away."""
    corners = head.on(y, z)
    mesh = Mesh(np.zeros((y.shape[1], 3)), (np.arange(y.shape[1])[None],))
    return Solid(mesh, head.pose, ahead(head, step), colour, part, shown, corners=corners)


def oval(y: npt.ArrayLike, z: npt.ArrayLike, across: npt.ArrayLike, up: npt.ArrayLike) -> tuple[Array, Array]:
    """The outline (n, v) of an oval about y and z (n,)."""
    y, z, across, up = (np.asarray(a, np.float64)[..., None] for a in (y, z, across, up))
    return y + across * CIRCLE[:, 0], z + up * CIRCLE[:, 1]


def band(y: Array, z: Array, across: Array, bend: Array, thick: Array, lift: Array) -> tuple[Array, Array]:
    """A bent stroke (n, v) about y and z: `across` to either side, its middle higher by `bend`, its outer end by `lift`."""
    s = np.linspace(-1, 1, CORNERS // 2)
    side = np.sign(np.where(y == 0, 1.0, y))
    along = y[:, None] + across[:, None] * s
    middle = z[:, None] + bend[:, None] * (1 - s * s) + lift[:, None] * s * side[:, None]
    half = thick[:, None] * (1 - 0.5 * s * s)
    return np.concatenate([along, along[:, ::-1]], axis=1), np.concatenate([middle - half, (middle + half)[:, ::-1]], axis=1)


def ring(y: Array, z: Array, across: Array, up: Array, square: bool, upper: bool) -> tuple[Array, Array]:
    """The outline (n, v) of the upper or the lower half of a frame of glasses: along the outside, and back inside."""
    half = CIRCLE[: CORNERS // 2 + 1] * (1.0 if upper else -1.0)
    shape = np.sign(half) * np.abs(half) ** (0.5 if square else 1.0)
    sides = []
    for k, (at, reach) in enumerate(((y, across), (z, up))):
        outer, inner = at[:, None] + (reach + FRAME)[:, None] * shape[:, k], at[:, None] + reach[:, None] * shape[::-1, k]
        sides.append(np.concatenate([outer, inner], axis=1))
    return sides[0], sides[1]
