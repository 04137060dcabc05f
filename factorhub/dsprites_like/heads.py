"""Heads: identity, expression, pose, light and surroundings of people who do not exist, drawn from formulas."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from factorhub.dsprites_like.face_shapes import BALL, Head, band, oval, patch, ring, shell, skin
from factorhub.dsprites_like.faces import DEPTH, Camera, Solid, ball, nothing, paint, sized, turned
from factorhub.dsprites_like.forgery import METHODS, forge
from factorhub.dsprites_like.objects import depth_map, parts_map
from factorhub.dsprites_like.shapes3d import check_size, rgb
from factorhub.factors import Array, categorical, circular, continuous
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.numerics.angles import sines
from factorhub.space import FactorSpace, Ignored

STYLES = ("bald", "short", "fringe", "long", "curly", "bun")
GLASSES, BEARDS = ("none", "round", "square", "dark"), ("none", "moustache", "goatee", "full")
PARTS = ("background", "skin", "hair", "eyes", "brows", "nose", "mouth", "glasses", "body")
POINTS = (
    "left_eye", "right_eye", "left_brow", "right_brow", "nose_tip", "mouth_left", "mouth_right", "mouth_top", "mouth_bottom",
    "chin", "left_ear", "right_ear",
)  # fmt: skip
CURLS = (  # where they are on the unit ball, and their shade
    ((-0.75, 0.0, 0.55), 0.85), ((-0.25, 0.72, 0.55), 0.9), ((-0.25, -0.72, 0.55), 0.94), ((-0.1, 0.0, 0.95), 0.92),
    ((0.42, 0.42, 0.78), 1.0), ((0.42, -0.42, 0.78), 0.96),
)  # fmt: skip
GROUPS = {
    "identity": ("face_width", "jaw", "eye_distance", "eye_size", "nose_length", "mouth_width", "brow_thickness", "skin",
                 "iris_hue", "hair_style", "hair_hue", "hair_light", "glasses", "beard"),
    "expression": ("smile", "mouth_open", "brow_raise", "eyes_open", "gaze"),
    "pose": ("yaw", "pitch", "roll"),
    "light": ("light_azimuth", "light_elevation", "ambient"),
    "context": ("background_hue", "shirt_hue"),
}  # fmt: skip
METHOD = ("artefact", "artefact_strength")
FACE = ("skin", "eyes", "brows", "nose", "mouth", "glasses")  # the parts that a forgery changes
MARKS = [POINTS.index(name) for name in ("left_eye", "right_eye", "mouth_left", "mouth_right")]


@cache
def space(forgery: bool = False) -> FactorSpace:
    """The factors, by group: identity, expression, pose, light, context, and with `forgery` the method of a forgery."""

    def share(name: str, about: str) -> object:
        return continuous(name, 0.0, 1.0, grid=6, description=about)

    def degrees(name: str, low: float, high: float, grid: int, about: str) -> object:
        return continuous(name, low, high, grid=grid, unit="degree", description=about)

    factors = (
        share("face_width", "narrow to broad"), share("jaw", "pointed to square"), share("eye_distance", "close to far apart"),
        share("eye_size", "small to large"), share("nose_length", "short to long"), share("mouth_width", "narrow to wide"),
        share("brow_thickness", "thin to thick"),
        continuous("skin", 0.0, 1.0, grid=6, description="light to dark"),
        circular("iris_hue", 1.0, grid=6, description="HSV hue"),
        categorical("hair_style", STYLES),
        circular("hair_hue", 1.0, grid=8, description="HSV hue"),
        continuous("hair_light", 0.0, 1.0, grid=5, description="dark to light"),
        categorical("glasses", GLASSES), categorical("beard", BEARDS),
        continuous("smile", -1.0, 1.0, grid=5, description="corners of the mouth, down to up"),
        continuous("mouth_open", 0.0, 1.0, grid=5), continuous("brow_raise", -1.0, 1.0, grid=5),
        continuous("eyes_open", 0.2, 1.0, grid=5),
        continuous("gaze", -1.0, 1.0, grid=5, description="to the person's right, to the left"),
        degrees("yaw", -60.0, 60.0, 9, "turned to the person's left where positive"),
        degrees("pitch", -25.0, 25.0, 5, "looking up where positive"),
        degrees("roll", -20.0, 20.0, 5, "leaning to the picture's right where positive"),
        degrees("light_azimuth", -70.0, 70.0, 5, "of the lamp, to the picture's right where positive"),
        degrees("light_elevation", -10.0, 60.0, 4, "of the lamp, above the camera"),
        continuous("ambient", 0.35, 0.7, grid=4, description="share of light that comes from everywhere"),
        circular("background_hue", 1.0, grid=8, description="HSV hue"),
        circular("shirt_hue", 1.0, grid=8, description="HSV hue"),
    )  # fmt: skip
    if not forgery:
        return FactorSpace(factors, groups=GROUPS)  # type: ignore[arg-type]
    groups = {**GROUPS, "method": METHOD}
    method = (
        categorical("artefact", METHODS, description="what a forgery left"),
        continuous("artefact_strength", 0.1, 1.0, grid=10, description="of the artefact"),
    )
    return FactorSpace((*factors, *method), (Ignored(("artefact_strength",), by="artefact", codes=(0,)),), (), groups)  # type: ignore[arg-type]


def heads(*, size: int = 64, mask: bool = False, depth: bool = False, landmarks: bool = False, forgery: bool = False) -> Generator:
    """The generator of heads. No person is shown: every face follows from its factors.

    The groups of factors are in the field's meta data: identity, expression, pose, light, context.

    Args:
        size: of the picture [px].
        mask: adds the map of parts.
        depth: adds how far ahead of the camera what each pixel shows lies.
        landmarks: adds where twelve points of the face are [px], those on the far side too.
        forgery: adds the factors `artefact` and `artefact_strength`, what methods that forge faces leave, and the map of what
            they changed. The map of parts, depth and landmarks are those of the head.
    """
    check_size("heads", size)
    groups = {**GROUPS, **({"method": METHOD} if forgery else {})}
    meta = {"groups": {name: list(names) for name, names in groups.items()}}
    fields = [Field("image", "uint8", (size, size, 3), ("y", "x", "channel"), meta=meta)]
    if mask:
        fields.append(parts_map(size, PARTS))
    if depth:
        fields.append(depth_map(size, DEPTH))
    if landmarks:
        about = f"x and y of {', '.join(POINTS)}"
        shape = (len(POINTS), 2)
        fields.append(Field("landmarks", "float32", shape, ("point", "axis"), "px", about, meta={"points": list(POINTS)}))
    if forgery:
        about = "1 where the artefact changed the picture"
        fields.append(Field("forged", "uint8", (size, size), ("y", "x"), description=about, meta={"binary": True}))

    def draw(values: Array) -> Batch:
        images, depths = np.empty((len(values), size, size, 3), np.uint8), nothing(len(values) * depth, size)
        shown, points = picture(values, images, depths)
        batch = {"image": images, "parts": shown, "depth": depths, "landmarks": points.astype(np.float32)}
        if forgery:
            face = np.isin(shown, [PARTS.index(part) for part in FACE])
            batch["forged"] = forge(images, face, points[:, MARKS], values[:, -2].astype(np.int64), values[:, -1])
        return batch

    return Generator(
        name="heads",
        summary="heads of people who do not exist: identity, expression, pose, light and surroundings",
        space=space(forgery),
        fields=tuple(fields),
        draw=draw,
        source="this project; factors after face generators such as the Basel Face Model's, and the attributes of CelebA",
    )


def picture(values: Array, images: Array, depths: Array) -> tuple[Array, Array]:
    """Fill `images` (n, size, size, 3), and `depths` if it has rows, for values (n, k); return maps of parts and landmarks."""
    n, size = images.shape[:2]
    f = dict(zip(space().names, values.T, strict=False))
    degree = math.pi / 180
    plain = np.broadcast_to(np.eye(3), (n, 3, 3))
    pose = turned(turned(turned(plain, 0, f["roll"] * degree), 1, -f["pitch"] * degree), 2, f["yaw"] * degree)
    centre = np.broadcast_to([0.0, 0.0, 0.0], (n, 3))
    head = Head(0.62 + 0.14 * f["face_width"], 0.5 + 0.32 * f["jaw"], pose, centre)
    light, dark = np.array([250.0, 214.0, 186.0]), np.array([92.0, 58.0, 40.0])
    tone = light + (dark - light) * f["skin"][:, None]
    hair = (0.2 + 0.75 * f["hair_light"])[:, None] * (60 + 0.62 * rgb(f["hair_hue"]))
    style, beard, glasses = (f[name].astype(np.int64) for name in ("hair_style", "beard", "glasses"))
    solids = [_body(n, f), *_ears(head, tone), skin(head, tone, 1), *_hair(head, hair, style), *_beard(head, hair, beard, f)]
    solids += _features(head, tone, hair, f)
    solids += _glasses(head, f, glasses)
    images[:] = np.rint(120 + 0.4 * rgb(f["background_hue"]))[:, None, None]
    (sa, ca), (se, ce) = sines(f["light_azimuth"] * degree), sines(f["light_elevation"] * degree)
    lamp = np.stack([ca * ce, sa * ce, se], axis=-1)
    zero = np.zeros(n)
    camera = Camera(zero, zero, np.full(n, 6.0), np.broadcast_to([0.0, 0.0, -0.12], (n, 3)), focus=2.1)
    shown = paint(images, solids, camera, lamp, ambient=f["ambient"][:, None], depths=depths)
    return shown, camera.pixels(_points(head, f), size)[0]


def _body(n: int, f: dict[str, Array]) -> Solid:
    shirt = 30 + 0.7 * rgb(f["shirt_hue"])
    return Solid(ball(6, 12), sized(n, 0.6, 1.25, 0.62), np.broadcast_to([-0.35, 0.0, -1.62], (n, 3)), shirt, 8, ground=True)


def _ears(head: Head, tone: Array) -> list[Solid]:
    sides = [head.at(np.array([[0.02, side, -0.02]]), 1.02)[:, 0] for side in (-1.0, 1.0)]
    return [Solid(ball(4, 8), head.pose * np.array([0.14, 0.09, 0.2]), at, tone * 0.94, 1) for at in sides]


def _hair(head: Head, colour: Array, style: Array) -> list[Solid]:
    x, _, z = BALL.corners.T
    top = z > 0.3 + 0.12 * x
    masks = {"short": top, "fringe": z > 0.12 - 0.02 * x, "long": top, "bun": top}
    found = [shell(head, keep, colour, 2, 1.07, style == STYLES.index(name), 0.0005) for name, keep in masks.items()]
    back = head.at(np.array([[-0.42, 0.0, -0.22]]), 1.0)[:, 0]
    mane = head.pose * np.stack([np.full(len(style), 0.5), head.width * 1.16, np.full(len(style), 0.98)], axis=-1)[:, None]
    knot = head.at(np.array([[-0.62, 0.0, 0.98]]), 1.1)[:, 0]
    found.append(Solid(ball(6, 10), mane, back, colour * 0.85, 2, style == STYLES.index("long")))
    found.append(Solid(ball(5, 8), head.pose * 0.27, knot, colour * 0.92, 2, style == STYLES.index("bun")))
    for place, shade in CURLS:
        at = head.at(np.array([place]), 1.0)[:, 0]
        found.append(Solid(ball(5, 7), head.pose * 0.36, at, colour * shade, 2, style == STYLES.index("curly")))
    return found


def _beard(head: Head, colour: Array, beard: Array, f: dict[str, Array]) -> list[Solid]:
    x, y, z = BALL.corners.T
    low = 0.004
    full = shell(head, (z < -0.28 - 0.25 * np.abs(y)) & (x > -0.25), colour * 0.9, 2, 1.03, beard == BEARDS.index("full"), low)
    n = len(beard)
    goatee = patch(head, *oval(np.zeros(n), np.full(n, -0.78), np.full(n, 0.2), np.full(n, 0.17)), colour * 0.9, 2, low,
                   beard == BEARDS.index("goatee"))  # fmt: skip
    zero = np.zeros(n)
    wide = 0.2 + 0.12 * f["mouth_width"]
    line = band(zero, zero - 0.37, wide, zero - 0.02 + 0.05, zero + 0.045, zero)
    return [full, goatee, patch(head, *line, colour * 0.9, 2, 0.02, (beard == 1) | (beard == 3))]


def _eyes(f: dict[str, Array]) -> tuple[Array, Array, Array, Array]:
    """Half the distance of the eyes, their height, half width and half opening."""
    half = 0.27 + 0.12 * f["eye_distance"]
    wide = 0.14 + 0.07 * f["eye_size"]
    return half, np.full(len(half), 0.12), wide, wide * 0.62 * f["eyes_open"]


def _features(head: Head, tone: Array, hair: Array, f: dict[str, Array]) -> list[Solid]:
    n = len(tone)
    half, height, wide, opening = _eyes(f)
    white, black = np.full((n, 3), 244.0), np.full((n, 3), 22.0)
    iris = 35 + 0.55 * rgb(f["iris_hue"])
    found = []
    for side in (-1.0, 1.0):
        y = side * half
        found.append(patch(head, *oval(y, height, wide, opening), white, 3, 0.011))
        look = y + f["gaze"] * wide * 0.4
        round_ = wide * 0.56
        found.append(patch(head, *oval(look, height, round_, np.minimum(round_, opening)), iris, 3, 0.012))
        small = wide * 0.27
        found.append(patch(head, *oval(look, height, small, np.minimum(small, opening)), black, 3, 0.013))
        brow = height + wide * 0.62 + 0.1 + 0.05 * f["brow_raise"]
        line = band(y, brow, wide * 1.25, np.full(n, 0.035), 0.014 + 0.03 * f["brow_thickness"], -0.035 * f["brow_raise"] - 0.015)
        found.append(patch(head, *line, np.minimum(hair * 0.75, tone * 0.62), 4, 0.014))
    long = 0.16 + 0.13 * f["nose_length"]
    at = head.on(np.zeros((n, 1)), (0.06 - long)[:, None], 0.97)[:, 0]
    frame = head.pose * np.stack([np.full(n, 0.2), np.full(n, 0.12), long * 0.85], axis=-1)[:, None]
    found.append(Solid(ball(6, 8), frame, at, tone * 0.97, 5))
    wide = 0.17 + 0.15 * f["mouth_width"]
    middle, bend = np.full(n, -0.53), -0.1 * f["smile"]
    lip = np.full(n, 0.05)
    gap = 0.12 * f["mouth_open"]
    lips = band(np.zeros(n), middle, wide, bend, lip + gap, np.zeros(n))
    inner = band(np.zeros(n), middle, wide * 0.86, bend, gap * 0.95 + 0.006, np.zeros(n))
    red = tone * np.array([0.86, 0.5, 0.5]) + np.array([20.0, 0.0, 6.0])
    return [*found, patch(head, *lips, red, 6, 0.021), patch(head, *inner, np.full((n, 3), 48.0), 6, 0.022)]


def _glasses(head: Head, f: dict[str, Array], glasses: Array) -> list[Solid]:
    n = len(glasses)
    half, height, wide, _ = _eyes(f)
    frame, lens = np.full((n, 3), 30.0), np.full((n, 3), 40.0)
    found = []
    for side in (-1.0, 1.0):
        for kind in ("round", "square"):
            for upper in (True, False):
                line = ring(side * half, height, wide * 1.15 + 0.02, wide * 1.0 + 0.02, kind == "square", upper)
                found.append(patch(head, *line, frame, 7, 0.03, glasses == GLASSES.index(kind)))
        dark = oval(side * half, height, wide * 1.35 + 0.03, wide * 1.15 + 0.03)
        found.append(patch(head, *dark, lens, 7, 0.03, glasses == GLASSES.index("dark")))
    zero = np.zeros(n)
    bridge = band(zero, height, np.maximum(half - wide * 1.15 - 0.04, 0.02), zero + 0.02, zero + 0.02, zero)
    return [*found, patch(head, *bridge, frame, 7, 0.03, glasses > 0)]


def _points(head: Head, f: dict[str, Array]) -> Array:
    """The twelve landmarks (n, 12, 3) in space."""
    half, height, wide, _ = _eyes(f)
    zero = np.zeros(len(half))
    brow = height + wide * 0.62 + 0.1 + 0.05 * f["brow_raise"]
    mouth, bend, gap = 0.17 + 0.15 * f["mouth_width"], -0.1 * f["smile"], 0.05 + 0.12 * f["mouth_open"]
    low, tip = zero - 0.53, 0.06 - (0.16 + 0.13 * f["nose_length"])
    on_front = head.on(
        np.stack([half, -half, half, -half, zero, mouth, -mouth, zero, zero, zero], axis=1),
        np.stack([height, height, brow, brow, tip, low, low, low + bend + gap, low + bend - gap, zero - 0.94], axis=1),
    )
    ears = [head.at(np.array([[0.02, side, -0.02]]), 1.02) for side in (1.0, -1.0)]
    return np.concatenate([on_front, *ears], axis=1)
