"""Figures: a person who acts, over a ground that passes by, near or far, from the side or from above, in videos or stills."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from factorhub import randomness
from factorhub.dsprites_like.bodies import ACTIONS, FOREARM, HEAD, JOINTS, angles, joints, toward
from factorhub.dsprites_like.moving_sprites import strip
from factorhub.dsprites_like.shapes3d import check_size, rgb
from factorhub.dsprites_like.strokes import outlines
from factorhub.errors import InputError
from factorhub.factors import Array, Factor, categorical, circular, continuous, ordinal
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.numerics.angles import sines
from factorhub.space import FactorSpace

PARTS = ("background", "head", "trunk", "right_arm", "left_arm", "right_leg", "left_leg", "thing")
TONES = np.array([(252, 224, 200), (240, 196, 160), (214, 160, 118), (176, 120, 80), (128, 82, 54), (82, 52, 38)], np.float64)
SKINS = ("porcelain", "light", "tan", "olive", "brown", "dark")
MOVES = ("speed", "drift_x", "drift_y")  # what a still does not show
THINGS = 9  # that lie on the ground, one in each cell of 3 × 3, so that a drift is seen
AROUND = 1.6  # the side of the square that they repeat in, in pictures: as much wider than one as the largest thing
ROUND = 24  # corners of what stands for a circle
CIRCLE = np.array([(round(math.cos(a), 12), round(math.sin(a), 12)) for a in (2 * math.pi * k / ROUND for k in range(ROUND))])
FACE, CHIN = math.radians(70.0), math.radians(-20.0)  # half the angle of the face on the ball of the head, and where its middle is
GROUND = np.concatenate([CIRCLE, [(-1, -0.8), (1, -0.8), (1, 0.8), (-1, 0.8)], [(0, -1), (0.9, 0.6), (-0.9, 0.6)]])
BEGIN = np.array([0, ROUND, ROUND + 4, ROUND + 7])  # where the outlines on the ground start


class Rod(NamedTuple):
    """A limb between two joints with round ends: its half width at builds 0 and 1, its colour and its part."""

    start: str
    end: str
    slight: float
    broad: float
    colour: str
    part: str


RODS = (
    *(Rod(f"{s}_{a}", f"{s}_{b}", *wide, colour, f"{s}_{limb}")
      for s in ("right", "left")
      for a, b, wide, colour, limb in (
          ("hip", "knee", (0.04, 0.075), "bottom", "leg"), ("knee", "ankle", (0.032, 0.056), "bottom", "leg"),
          ("ankle", "toe", (0.03, 0.036), "shoe", "leg"), ("elbow", "wrist", (0.023, 0.038), "skin", "arm"),
          ("shoulder", "elbow", (0.03, 0.052), "top", "arm"))),
    Rod("right_hip", "left_hip", 0.05, 0.09, "bottom", "trunk"), Rod("waist", "chest", 0.07, 0.135, "top", "trunk"),
    Rod("right_shoulder", "left_shoulder", 0.036, 0.06, "top", "trunk"), Rod("neck", "head", 0.032, 0.045, "skin", "head"),
    Rod("hilt", "tip", 0.013, 0.013, "blade", "thing"), Rod("seat", "foot", 0.07, 0.07, "wood", "thing"),
)  # fmt: skip
FIXED = {"shoe": (52.0, 44.0, 44.0), "blade": (226.0, 230.0, 240.0), "wood": (150.0, 108.0, 66.0), "glow": (255.0, 226.0, 90.0)}

GROUPS = {
    "identity": ("skin", "hair", "top", "bottom", "height", "build"), "motion": ("action", "speed", "phase"),
    "pose": ("direction", "posX", "posY", "scale", "camera_tilt"), "context": ("drift_x", "drift_y", "background_seed"),
}  # fmt: skip


def figures(*, size: int = 64, frames: int = 8, mask: bool = False, keypoints: bool = False) -> Generator:
    """The generator of figures: `video` (time, y, x, channel), or `image` (y, x, channel) with one frame.

    The phase of an action advances by `speed` a frame. The camera follows the person: with it the ground passes by, at
    `drift_x` and `drift_y`. A still has neither speed nor drift.

    Args:
        size: of a frame [px].
        frames: of each video; 1 gives stills, of the first frame.
        mask: adds the map of parts of each frame.
        keypoints: adds where fourteen joints are [px], those hidden or outside too.
    """
    check_size("figures", size)
    if not 1 <= frames <= 10_000:
        raise InputError(f"frames of figures is 1 to 10000; got {frames}")
    lead, time = ((frames,), ("time",)) if frames > 1 else ((), ())
    fields = [Field("video" if lead else "image", "uint8", (*lead, size, size, 3), (*time, "y", "x", "channel"))]
    if mask:
        meta = {"parts": list(PARTS)}
        fields.append(Field("parts", "uint8", (*lead, size, size), (*time, "y", "x"), description=", ".join(PARTS), meta=meta))
    if keypoints:
        about, shape = f"x and y of {', '.join(JOINTS)}", (*lead, len(JOINTS), 2)
        fields.append(Field("keypoints", "float32", shape, (*time, "point", "axis"), "px", about, meta={"points": list(JOINTS)}))

    def draw(values: Array) -> Batch:
        images, shown, points = _pictures(values, size, frames, mask)
        batch = {"video": images, "image": images, "parts": shown, "keypoints": points}
        return {item.name: batch[item.name].reshape(len(values), *item.shape) for item in fields}

    return Generator(
        name="figures",
        summary="a person who walks, waves, slashes, casts, jumps or sits, near or far, seen from any side or from above",
        space=space(still=frames == 1),
        fields=tuple(fields),
        draw=draw,
        source="this project; factors after the Liberated Pixel Cup sprites of Li, Mandt: Disentangled Sequential Autoencoder, "
        "ICML 2018, and action sets seen from the air",
        picture=strip if lead else None,
    )


def space(still: bool = False) -> FactorSpace:
    """The factors of videos, or of stills."""

    def hue(name: str, about: str) -> Factor:
        return circular(name, 1.0, grid=6, description=f"HSV hue of {about}")

    drift = "of the camera over the ground, in pictures a frame"
    factors = (
        categorical("skin", SKINS), hue("hair", "the hair"), hue("top", "the shirt"), hue("bottom", "the trousers"),
        continuous("height", 0.85, 1.15, grid=5, description="of limbs and trunk, beside a head of one size"),
        continuous("build", 0.0, 1.0, grid=5, description="slight to broad"),
        categorical("action", ACTIONS),
        circular("direction", 360.0, grid=8, unit="degree", description="0 looks at the viewer, 90 to the right of the picture"),
        continuous("speed", 0.04, 0.13, grid=4, description="turns of the phase a frame"),
        circular("phase", 1.0, grid=8, description="of the action, in the first frame"),
        continuous("posX", 0.0, 1.0, grid=16, description="of the figure's middle, left to right"),
        continuous("posY", 0.0, 1.0, grid=16, description="of the figure's middle, top to bottom"),
        continuous("scale", 0.08, 0.6, grid=6, description="of a figure of middle height, seen from the side, in pictures"),
        continuous("camera_tilt", 0.0, 80.0, grid=5, unit="degree", description="0 from the side, 90 would be from straight above"),
        continuous("drift_x", -0.03, 0.03, grid=5, description=f"{drift}, to the right"),
        continuous("drift_y", -0.03, 0.03, grid=5, description=f"{drift}, downwards"),
        ordinal("background_seed", range(2**32), nuisance=True, description="of the ground and what lies on it"),
    )  # fmt: skip
    shown = tuple(f for f in factors if not (still and f.name in MOVES))
    names = {f.name for f in shown}
    return FactorSpace(shown, groups={group: tuple(name for name in members if name in names) for group, members in GROUPS.items()})


def _pictures(values: Array, size: int, frames: int, mask: bool) -> tuple[Array, Array, Array]:
    """Frames (n frames, size, size, 3), their maps of parts, if wanted, and joints (n frames, 14, 2), of factor values (n, k)."""
    from factorhub.dsprites_like.kernels.coverage import NO_COUNTS, NO_MAPS, NO_MASKS, paint_sprites

    n, total = len(values), len(values) * frames
    f = dict.fromkeys(MOVES, np.zeros(total)) | dict(
        zip(space(still=frames == 1).names, values.repeat(frames, axis=0).T, strict=True)
    )
    time = np.tile(np.arange(frames, dtype=np.float64), n)
    action = f["action"].astype(np.int64)
    turn = angles(action, (f["phase"] + f["speed"] * time) * (2 * math.pi))
    body = joints(turn, f["height"], f["build"])
    _things(body, turn, f["height"])
    (sd, cd), (st, ct) = sines(f["direction"] * (math.pi / 180)), sines(f["camera_tilt"] * (math.pi / 180))

    def seen(at: Array) -> tuple[Array, Array, Array]:
        """To the right, down, and how near, of points (n, 3), in heights."""
        near = at[:, 0] * cd - at[:, 1] * sd
        return at[:, 0] * sd + at[:, 1] * cd, near * st - at[:, 2] * ct, near * ct + at[:, 2] * st

    high = f["scale"] * size
    left = size * (0.5 + (1 - 1.1 * f["scale"]) * (f["posX"] - 0.5))  # so that a body is in the picture, also where it jumps
    top = size * (0.5 + (1 - 1.45 * f["scale"]) * (f["posY"] - 0.5)) + high * 0.5 * f["height"] * ct
    flat = {name: seen(at) for name, at in body.items()}
    where = {name: np.stack([left + high * x, top + high * y], axis=-1) for name, (x, y, _) in flat.items()}
    middle = flat["hips"][2]

    tints = {name: np.broadcast_to(np.array(tint), (total, 3)) for name, tint in FIXED.items()}
    tints |= {"skin": TONES[f["skin"].astype(np.int64)], "hair": 26 + 0.42 * rgb(f["hair"])}
    tints |= {"top": 36 + 0.84 * rgb(f["top"]), "bottom": 18 + 0.6 * rgb(f["bottom"])}
    paths = np.stack([np.stack([where[rod.start], where[rod.end]], axis=1) for rod in RODS], axis=1)
    wide = np.stack([rod.slight + (rod.broad - rod.slight) * f["build"] for rod in RODS], axis=1) * high[:, None]
    near = np.stack([(flat[rod.start][2] + flat[rod.end][2]) / 2 - middle for rod in RODS], axis=1)
    colours = np.stack([tints[rod.colour] for rod in RODS], axis=1) * np.clip(0.86 + 0.9 * near, 0.66, 1.0)[..., None]
    absent = np.zeros((total, len(RODS) + 3), bool)
    absent[:, len(RODS) - 2], absent[:, len(RODS) - 1] = action != ACTIONS.index("slash"), action != ACTIONS.index("sit")
    ball = where["head"][:, None] + (HEAD * high)[:, None, None] * CIRCLE
    orb = where["orb"][:, None] + ((0.07 + 0.02 * turn["right_forearm_fore"]) * high)[:, None, None] * CIRCLE
    face, hidden = _face(turn["lean"], sd, cd, st, ct)
    absent[:, -2], absent[:, -1] = hidden, action != ACTIONS.index("cast")
    face = where["head"][:, None] + (HEAD * high)[:, None, None] * face
    head = flat["head"][2] - middle + 0.02
    near = np.concatenate([near, np.stack([head, head + 1e-6, flat["orb"][2] - middle], axis=1)], axis=1)
    colours = np.concatenate([colours, np.stack([tints["hair"], tints["skin"], tints["glow"]], axis=1)], axis=1)
    owner = np.array([PARTS.index(part) for part in (*(rod.part for rod in RODS), "head", "head", "thing")], np.uint8)

    ground, base, lying = _ground(f, size, time)
    shadow = np.stack([left, top, 0.17 * high, (0.025 + 0.11 * st) * high], axis=-1)
    dark = shadow[:, None, :2] + shadow[:, None, 2:] * CIRCLE
    order = np.argsort(near, axis=1, kind="stable")
    rods, sides = outlines(paths, wide), 12
    listed = [GROUND, rods, np.concatenate([x[:, None] for x in (ball, face, orb, dark)], axis=1)]
    at = np.arange(total)[:, None]
    first, second = len(BEGIN) - 1, len(BEGIN) - 1 + total * len(RODS)
    numbers = np.concatenate([first + at * len(RODS) + np.arange(len(RODS)), second + at * 4 + np.arange(3)], axis=1)
    numbers = np.take_along_axis(np.where(absent, -1, numbers), order, axis=1)
    starts = np.concatenate([
        BEGIN[:-1], BEGIN[-1] + np.arange(total * len(RODS)) * sides,
        BEGIN[-1] + total * len(RODS) * sides + np.arange(total * 4 + 1) * ROUND,
    ])  # fmt: skip
    poses = np.zeros((total, THINGS + 1 + numbers.shape[1], 5))
    poses[..., 1] = 1.0
    poses[:, :THINGS] = ground
    poses[:, THINGS, 0] = second + at[:, 0] * 4 + 3
    poses[:, THINGS + 1 :, 0] = numbers
    drawn = np.take_along_axis(colours, order[..., None], axis=1)
    painted = np.rint(np.concatenate([lying, (base * 0.62)[:, None], drawn], axis=1)).astype(np.uint8)
    images = np.empty((total, size, size, 3), np.uint8)
    line = np.rint(base).astype(np.uint8)[:, None].repeat(size, axis=1)  # whole lines are copied faster than pixels
    images[:] = line[:, None]
    parts = np.zeros((total, size, size), np.uint8) if mask else NO_MAPS
    vertices = np.concatenate([np.ascontiguousarray(x).reshape(-1, 2) for x in listed])
    paint_sprites(vertices, starts, poses, painted, True, images, parts, NO_MASKS, NO_COUNTS)
    if mask:
        named = np.concatenate([np.zeros((total, THINGS + 2), np.uint8), owner[order]], axis=1)
        parts = np.take_along_axis(named, parts.reshape(total, -1).astype(np.int64), axis=1)
    return images, parts, np.stack([where[name] for name in JOINTS], axis=1).astype(np.float32)


def _things(body: dict[str, Array], turn: dict[str, Array], height: Array) -> None:
    """Add what rods need beside joints: waist and chest, a blade, a stool and a light between the hands."""
    body["waist"] = body["hips"] * 0.76 + body["neck"] * 0.24
    body["chest"] = body["hips"] * 0.3 + body["neck"] * 0.7
    blade = toward(turn["right_forearm_fore"] + 0.9, turn["right_forearm_side"], -1.0)
    body["hilt"], body["tip"] = body["right_wrist"] - 0.05 * blade, body["right_wrist"] + 0.36 * blade
    body["seat"] = body["hips"] - np.array([0.02, 0.0, 0.13])
    body["foot"] = body["seat"].copy()
    body["foot"][:, 2] = 0.07
    hands = (body["right_wrist"] + body["left_wrist"]) / 2
    body["orb"] = hands + 0.4 * FOREARM * height[:, None] * np.array([1.0, 0.0, 0.6])


def _face(lean: Array, sd: Array, cd: Array, st: Array, ct: Array) -> tuple[Array, Array]:
    """The outline (n, 24, 2), y down, of the face on a ball of radius 1 as far as it is seen, and where it is not (n,).

    The face is a cap of the ball. What of its edge lies behind is moved along the face's direction on the picture to the
    rim of the ball, which is exactly the edge of what is seen.
    """
    sa, ca = sines(CHIN - lean)
    sf, cf = round(math.sin(FACE), 12), round(math.cos(FACE), 12)
    c, s = CIRCLE[None, :, 0], CIRCLE[None, :, 1]
    x = (cf * ca)[:, None] - sf * s * sa[:, None]
    y = np.broadcast_to(sf * c, x.shape)
    z = (cf * sa)[:, None] + sf * s * ca[:, None]

    def seen(x: Array, y: Array, z: Array) -> tuple[Array, Array, Array]:
        sdv, cdv, stv, ctv = (part[:, None] for part in (sd, cd, st, ct))
        near = x * cdv - y * sdv
        return x * sdv + y * cdv, near * stv - z * ctv, near * ctv + z * stv

    right, down, near = seen(x, y, z)
    ux, uy, facing = seen(ca[:, None], np.zeros((len(ca), 1)), sa[:, None])
    length = np.maximum(np.sqrt(ux * ux + uy * uy), 1e-9)
    ux, uy = ux / length, uy / length
    along = right * ux + down * uy
    far = np.sqrt(np.maximum(along * along + 1 - right * right - down * down, 0.0)) - along
    far = np.where(near < 0, far, 0.0)
    return np.stack([right + far * ux, down + far * uy], axis=-1), facing[:, 0] < -sf


def _ground(f: dict[str, Array], size: int, time: Array) -> tuple[Array, Array, Array]:
    """What lies on the ground: its poses (n, THINGS, 5), the colour of the ground (n, 3) and of each thing (n, THINGS, 3)."""
    seeds = f["background_seed"][time == 0].astype(np.uint64)
    words = randomness.uniforms(0, "figures/ground", seeds, 2 + 6 * THINGS).repeat(len(time) // max(len(seeds), 1), axis=0)
    u = words[:, 2:].reshape(-1, THINGS, 6)
    base = 96 + 70 * words[:, 1:2] + 0.16 * rgb(words[:, 0])
    poses = np.empty((len(u), THINGS, 5))
    poses[..., 0] = np.floor(u[..., 0] * 3)
    poses[..., 1] = (0.05 + 0.17 * u[..., 1]) * size
    poses[..., 2] = u[..., 2] * (2 * math.pi)
    for k, name, cell in ((0, "drift_x", np.arange(THINGS) % 3), (1, "drift_y", np.arange(THINGS) // 3)):
        gone = np.mod((cell + u[..., 3 + k]) * (AROUND / 3) - (f[name] * time)[:, None], AROUND)
        poses[..., 3 + k] = (gone - (AROUND - 1) / 2) * size
    hue = rgb(np.mod(words[:, :1] + 0.35 * (u[..., 5] - 0.5), 1.0).reshape(-1)).reshape(len(u), THINGS, 3)
    return poses, base, base[:, None] * (0.72 + 0.4 * u[..., 2:3]) * 0.86 + 0.14 * hue
