"""Bodies that act: joint angles as Fourier series of a phase, the joints they lead to, and the rods and balls between them.

Lengths are shares of a body of middle height. A body looks along x, its left is y, up is z, and it stands on z = 0.
"""

from __future__ import annotations

import math

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.angles import sines

ACTIONS = ("walk", "wave", "slash", "cast", "jump", "sit")
JOINTS = (
    "head_top", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
)  # fmt: skip
SEGMENTS = ("arm", "forearm", "thigh", "shin")
THIGH, SHIN, SOLE, TRUNK, NECK, HEAD = 0.24, 0.23, 0.03, 0.29, 0.12, 0.105  # NECK: up to the middle of the head
ARM, FOREARM = 0.17, 0.17
REST = {"arm_side": (9.0,), "forearm_side": (7.0,), "forearm_fore": (12.0,), "thigh_side": (3.0,), "shin_side": (3.0,)}
# of each action, the series a0 + a1 cos + b1 sin + a2 cos 2 + b2 sin 2 of the phase: degrees to the fore and to the side from
# hanging down, of both sides or of one; `lean` of the trunk to the fore; `rise` of the hips. Each has a1 and b1 in some joint,
# so that no two phases are one pose.
SERIES: dict[str, dict[str, tuple[float, ...]]] = {
    "walk": {
        "right_thigh_fore": (4, 0, 32), "left_thigh_fore": (4, 0, -32), "right_shin_fore": (-18, -22, 30),
        "left_shin_fore": (-18, 22, -30), "right_arm_fore": (0, 0, -36), "left_arm_fore": (0, 0, 36),
        "right_forearm_fore": (28, 0, -42), "left_forearm_fore": (28, 0, 42), "lean": (4,), "rise": (-0.018, 0, 0, 0.014),
    },
    "wave": {"right_arm_side": (118, 12), "right_forearm_side": (168, 0, 38), "right_forearm_fore": (8,), "lean": (0, 2)},
    "slash": {
        "right_arm_fore": (95, 75), "right_arm_side": (14, 0, 26), "right_forearm_fore": (112, 80),
        "right_forearm_side": (8, 0, 26), "left_arm_fore": (-12, -22), "left_forearm_fore": (18, -22), "right_thigh_fore": (-20,),
        "right_shin_fore": (-24,), "left_thigh_fore": (26, -8), "left_shin_fore": (-4, 4), "lean": (8, -14), "rise": (-0.035,),
    },
    "cast": {
        "arm_fore": (82, 0, 30), "arm_side": (26, 22), "forearm_fore": (104, 0, 34), "forearm_side": (4, 18), "lean": (-3, 0, -3),
        "right_thigh_fore": (-8,), "left_thigh_fore": (12,), "right_shin_fore": (-12,), "left_shin_fore": (-4,), "rise": (-0.012,),
    },
    "jump": {
        "thigh_fore": (30, 30), "shin_fore": (-26, -26), "arm_fore": (62, -88, 34), "forearm_fore": (80, -84, 34),
        "thigh_side": (7, -3), "shin_side": (7, -3), "arm_side": (20,), "lean": (14, 14), "rise": (0.04, -0.12),
    },
    "sit": {
        "thigh_fore": (84,), "right_shin_fore": (6, 0, 16), "left_shin_fore": (6, 0, -16), "arm_fore": (16,),
        "forearm_fore": (66, 6), "thigh_side": (8,), "lean": (3, 7), "rise": (-0.22,),
    },
}  # fmt: skip
CHANNELS = (
    *(f"{side}_{part}_{way}" for side in ("right", "left") for part in SEGMENTS for way in ("fore", "side")),
    "lean",
    "rise",
)


def _table() -> Array:
    """The series (actions, channels, 5): angles in rad."""
    table = np.zeros((len(ACTIONS), len(CHANNELS), 5))
    for i, action in enumerate(ACTIONS):
        for j, channel in enumerate(CHANNELS):
            common = channel.split("_", 1)[-1]
            own = SERIES[action].get(channel, SERIES[action].get(common, REST.get(common, (0.0,))))
            table[i, j, : len(own)] = own
    table[:, :-1] *= math.pi / 180
    return table


TABLE = _table()


def angles(action: Array, phase: Array) -> dict[str, Array]:
    """Every channel (n,) of these actions (n,) at phases (n,) [rad]."""
    (s1, c1), (s2, c2) = sines(phase), sines(2 * phase)
    own = TABLE[action]
    found = (
        own[..., 0] + own[..., 1] * c1[:, None] + own[..., 2] * s1[:, None] + own[..., 3] * c2[:, None] + own[..., 4] * s2[:, None]
    )
    return dict(zip(CHANNELS, found.T, strict=True))


def toward(fore: Array, side: Array, sign: float) -> Array:
    """Unit directions (n, 3) from hanging down, turned to the fore and to a side [rad]."""
    (sf, cf), (ss, cs) = sines(fore), sines(side)
    return np.stack([sf * cs, sign * ss, -cf * cs], axis=-1)


def joints(turn: dict[str, Array], height: Array, build: Array) -> dict[str, Array]:
    """Where the joints (n, 3) are, by name, and `hips`, `head` (its middle) and the `toe` of each foot.

    Args:
        turn: from `angles`.
        height: (n,) 1 is middle; it stretches limbs and trunk, not the head.
        build: (n,) 0 slight to 1 broad; it spreads shoulders and hips.
    """
    h = height[:, None]
    sine, cosine = sines(turn["lean"])
    up = np.stack([sine, np.zeros_like(sine), cosine], axis=-1)
    hips = np.zeros((len(height), 3))
    hips[:, 2] = height * (THIGH + SHIN + turn["rise"]) + SOLE
    neck = hips + TRUNK * h * up
    found = {"hips": hips, "neck": neck, "head": neck + NECK * up, "head_top": neck + (NECK + HEAD) * up}
    for side, sign in (("right", -1.0), ("left", 1.0)):
        across = np.zeros_like(hips)
        across[:, 1] = sign * (0.095 + 0.035 * build)
        found[f"{side}_shoulder"] = neck - 0.035 * up + across
        across = across * 0.55
        found[f"{side}_hip"] = hips + across
        for first, second, third, parts, lengths in (
            ("shoulder", "elbow", "wrist", ("arm", "forearm"), (ARM, FOREARM)),
            ("hip", "knee", "ankle", ("thigh", "shin"), (THIGH, SHIN)),
        ):
            for a, b, part, length in zip((first, second), (second, third), parts, lengths, strict=True):
                way = toward(turn[f"{side}_{part}_fore"], turn[f"{side}_{part}_side"], sign)
                found[f"{side}_{b}"] = found[f"{side}_{a}"] + length * h * way
        found[f"{side}_toe"] = found[f"{side}_ankle"] + np.array([0.075, 0.0, -0.008])
    return found
