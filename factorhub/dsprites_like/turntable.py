"""A turntable: animals, people, planes, trucks and cars built of solids, many of each, seen from anywhere under six lights."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from factorhub import randomness
from factorhub.dsprites_like.faces import DEPTH, Camera, Mesh, Solid, ball, box, frustum, nothing, paint, sized, turned
from factorhub.dsprites_like.objects import depth_map, parts_map
from factorhub.dsprites_like.shapes3d import check_size, rgb
from factorhub.errors import InputError
from factorhub.factors import Array, categorical, circular, continuous, ordinal
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace

LIGHTS = {  # towards the lamp
    "front": (1.0, 0.0, 0.6), "left": (0.2, 1.0, 0.6), "right": (0.2, -1.0, 0.6), "back": (-1.0, 0.0, 0.7),
    "above": (0.1, 0.1, 1.0), "low left": (0.5, 0.9, 0.1),
}  # fmt: skip
DARK, PALE = (52.0, 52.0, 56.0), (225.0, 222.0, 214.0)
NUMBERS = 8  # of an instance: what its proportions are made of
PARTS = ("background", "table", "object")


class Model:
    """An object of n pictures while it is built: solids in its own frame, x ahead, z up."""

    def __init__(self, numbers: Array, colour: Array) -> None:
        self.u, self.n = numbers, len(numbers)
        self.colour = colour
        self.solids: list[Solid] = []

    def between(self, which: int, low: float, high: float) -> Array:
        """One of the instance's numbers, between two bounds (n,)."""
        return np.asarray(low + (high - low) * self.u[:, which])

    def add(
        self, mesh: Mesh, half: tuple[object, object, object], at: tuple[object, object, object], colour: Array | None = None,
        *, lie: int | None = None, tilt: Array | float = 0.0,
    ) -> None:  # fmt: skip
        """A solid with these half sizes about a point, its axis turned down to `lie` along x (0) or y (1), nose up by `tilt`."""
        frame = sized(self.n, *half)  # type: ignore[arg-type]
        if lie is not None:
            frame = turned(frame, 1 - lie, np.full(self.n, math.pi / 2 * (1 if lie == 0 else -1)))
        frame = turned(frame, 1, -np.broadcast_to(np.asarray(tilt, np.float64), self.n))
        centre = np.stack([np.broadcast_to(np.asarray(c, np.float64), self.n) for c in at], axis=-1)
        self.solids.append(Solid(mesh, frame, centre, self.colour if colour is None else colour, 2))

    def plain(self, colour: tuple[float, float, float]) -> Array:
        """One colour for all pictures (n, 3)."""
        return np.broadcast_to(colour, (self.n, 3))

    def shade(self, share: float) -> Array:
        """The object's own colour, darker or paler (n, 3)."""
        return self.colour * share if share <= 1 else 255 - (255 - self.colour) * (2 - share)

    def wheels(self, xs: tuple[Array, ...], y: Array, radius: Array) -> None:
        """A wheel on either side at each of these places."""
        for x in xs:
            for side in (-1, 1):
                self.add(frustum(12), (radius, radius, 0.06), (x, side * y, radius), self.plain(DARK), lie=1)


def animal(m: Model) -> None:
    """Four legs, a body, a neck with a head, ears and a tail."""
    long, tall = m.between(0, 0.38, 0.62), m.between(1, 0.2, 0.42)
    wide, thick = m.between(2, 0.16, 0.28), m.between(3, 0.14, 0.26)
    neck, lean = m.between(4, 0.05, 0.42), m.between(5, 0.15, 0.28)
    middle = 2 * tall + thick
    for x in (-1, 1):
        for y in (-1, 1):
            m.add(frustum(8), (0.07, 0.07, tall), (x * (long - 0.1), y * (wide - 0.07), tall), m.shade(0.75))
    m.add(frustum(10, 0.9), (thick, wide, long), (0.0, 0.0, middle), lie=0)
    m.add(box(), (0.08, 0.08, neck / 2 + 0.08), (long, 0.0, middle + neck / 2 + 0.08), tilt=-0.5)
    head = middle + neck + 0.22
    m.add(ball(6, 10), (lean, 0.16, 0.16), (long + 0.14, 0.0, head), m.shade(1.15))
    for y in (-1, 1):
        m.add(frustum(4, 0.0), (0.05, 0.05, m.between(6, 0.06, 0.22)), (long + 0.04, 0.1 * y, head + 0.2), m.shade(0.7))
    m.add(box(), (m.between(7, 0.08, 0.32), 0.03, 0.03), (-long - 0.16, 0.0, middle + 0.08), m.shade(0.7), tilt=-0.6)


def human(m: Model) -> None:
    """Two legs, a trunk, two arms and a head, some with a hat."""
    leg, trunk = m.between(0, 0.28, 0.45), m.between(1, 0.24, 0.36)
    wide, thick = m.between(2, 0.16, 0.32), m.between(3, 0.11, 0.22)
    arm, spread = m.between(4, 0.22, 0.36), m.between(5, 0.0, 0.16)
    for y in (-1, 1):
        m.add(box(), (0.09, 0.08, leg), (0.0, y * (wide * 0.6), leg), m.plain(DARK))
    m.add(frustum(4, 1.25), (thick * 1.41, wide * 1.2, trunk), (0.0, 0.0, 2 * leg + trunk))
    top = 2 * leg + 2 * trunk
    for y in (-1, 1):
        m.add(box(), (0.07, 0.06, arm), (0.05, y * (wide * 1.1 + 0.1 + spread), top - arm), m.shade(0.8))
    m.add(ball(6, 10), (0.16, 0.15, 0.18), (0.02, 0.0, top + 0.2), m.plain((224.0, 178.0, 140.0)))
    m.add(frustum(10, 0.7), (0.17, 0.17, m.between(6, 0.02, 0.16)), (0.0, 0.0, top + 0.36), m.shade(0.55))
    m.add(box(), (m.between(7, 0.02, 0.14), wide * 0.8, 0.2), (-thick - 0.1, 0.0, top - 0.3), m.shade(1.3))


def plane(m: Model) -> None:
    """A fuselage, wings with engines, and a tail."""
    long, thick = m.between(0, 0.55, 0.85), m.between(1, 0.11, 0.2)
    span, chord = m.between(2, 0.6, 1.0), m.between(3, 0.11, 0.26)
    z = np.full(m.n, 0.55)
    m.add(frustum(10), (thick, thick, long), (0.0, 0.0, z), lie=0)
    m.add(frustum(10, 0.0), (thick, thick, 0.16), (long + 0.16, 0.0, z), m.shade(1.4), lie=0)
    for y in (-1, 1):
        m.add(box(), (chord, span / 2, 0.025), (m.between(4, -0.1, 0.2), y * (span / 2 + thick * 0.9), z), m.shade(0.8))
        m.add(frustum(8), (0.07, 0.07, 0.14), (m.between(4, -0.1, 0.2) + 0.1, y * (span * 0.55), z - 0.1), m.plain(DARK), lie=0)
        m.add(box(), (0.1, m.between(5, 0.16, 0.32), 0.02), (-long + 0.1, y * (0.2 + thick), z + 0.05), m.shade(0.8))
    fin = m.between(6, 0.12, 0.3)
    m.add(frustum(4, 0.5), (m.between(7, 0.12, 0.24), 0.04, fin), (-long + 0.14, 0.0, z + thick + fin), m.shade(0.6))


def truck(m: Model) -> None:
    """A cab, a load and six wheels."""
    load, height = m.between(0, 0.35, 0.6), m.between(1, 0.12, 0.42)
    wide, cab = m.between(2, 0.24, 0.34), m.between(3, 0.2, 0.36)
    wheel, deep = m.between(4, 0.12, 0.2), m.between(5, 0.14, 0.24)
    floor = 2 * wheel
    m.add(box(), (load + deep + 0.04, wide, 0.05), (0.0, 0.0, floor - 0.03), m.plain(DARK))
    m.add(box(), (load, wide, height), (-deep, 0.0, floor + 0.04 + height), m.plain(PALE) * (0.5 + 0.5 * m.u[:, 6:7]))
    front = load - deep + 2 * deep
    m.add(box(), (deep, wide * 0.95, cab), (front, 0.0, floor + 0.04 + cab))
    m.add(box(), (0.02, wide * 0.8, cab * 0.4), (front + deep + 0.02, 0.0, floor + 0.04 + cab * 1.35), m.plain((70.0, 90.0, 110.0)))
    m.wheels((front, -load + 0.05 - deep * 0.5, -load + 0.34), wide, wheel)
    m.add(box(), (0.05, 0.04, m.between(7, 0.02, 0.2)), (front - deep - 0.04, wide * 0.7, floor + 2 * cab + 0.1), m.plain(DARK))


def car(m: Model) -> None:
    """A body, a cabin with windows, four wheels, some with a spoiler."""
    long, wide = m.between(0, 0.55, 0.8), m.between(1, 0.26, 0.36)
    low, cabin = m.between(2, 0.1, 0.2), m.between(3, 0.1, 0.22)
    wheel, back = m.between(4, 0.12, 0.2), m.between(5, -0.25, 0.1)
    floor = wheel * 1.1
    m.add(box(), (long, wide, low), (0.0, 0.0, floor + low))
    roof = floor + 2 * low
    m.add(frustum(4, 0.72), (long * 0.75, wide * 1.3, cabin), (back, 0.0, roof + cabin), m.plain((90.0, 110.0, 130.0)))
    m.add(box(), (long * 0.36, wide * 0.64, 0.03), (back, 0.0, roof + 2 * cabin + 0.03), m.shade(0.9))
    m.wheels((long * 0.62, -long * 0.62), wide, wheel)
    m.add(box(), (0.05, wide * 0.95, m.between(6, 0.01, 0.1)), (-long + 0.05, 0.0, roof + 0.1), m.shade(0.6))
    m.add(box(), (m.between(7, 0.02, 0.1), wide * 0.9, 0.04), (long + 0.06, 0.0, floor + 0.06), m.plain(PALE))


MODELS: dict[str, Callable[[Model], None]] = {"animal": animal, "human": human, "plane": plane, "truck": truck, "car": car}


def turntable(*, size: int = 64, instances: int = 10, mask: bool = False, depth: bool = False) -> Generator:
    """The generator of the turntable; each instance of a category has proportions of its own, drawn from its number.

    Args:
        size: of the picture [px].
        instances: how many of each category, up to 2**32.
        mask: adds the map of parts: background, table, object.
        depth: adds how far ahead of the camera what each pixel shows lies.
    """
    check_size("turntable", size)
    if not 1 <= instances <= 2**32:
        raise InputError(f"instances of turntable are 1 to 2**32; got {instances}")
    hue = "HSV hue; 0 is red, 1/3 green, 2/3 blue"
    image = Field("image", "uint8", (size, size, 3), ("y", "x", "channel"))

    def draw(values: Array) -> Batch:
        images, depths = np.empty((len(values), size, size, 3), np.uint8), nothing(len(values) * depth, size)
        return {"image": images, "parts": picture(values, images, depths), "depth": depths}

    return Generator(
        name="turntable",
        summary="objects of five categories, many of each, on a table that turns under a camera and six lights",
        space=FactorSpace(
            (
                categorical("category", MODELS),
                ordinal("instance", range(instances), description="which of its category"),
                continuous("elevation", 0.0, 80.0, grid=9, unit="degree", description="of the camera above the table"),
                circular("azimuth", 360.0, grid=18, unit="degree", description="of the camera about the object, from its front"),
                categorical("light", LIGHTS, description="where the lamp is, as seen from the object"),
                circular("object_hue", 1.0, grid=8, description=hue),
                circular("background_hue", 1.0, grid=8, description=hue),
                circular("light_hue", 1.0, grid=8, description=hue),
            ),
            groups={
                "identity": ("category", "instance", "object_hue"),
                "pose": ("elevation", "azimuth"),
                "lighting": ("light", "light_hue"),
                "context": ("background_hue",),
            },
        ),
        fields=(image, *([parts_map(size, PARTS)] if mask else []), *([depth_map(size, DEPTH)] if depth else [])),
        draw=draw,
        source="factors after LeCun, Huang, Bottou: NORB (2004), Reed et al.: Cars3D (2015), Zimmermann et al.: 3DIdent (2021); "
        "the objects are this project's own",
    )


def picture(values: Array, images: Array, depths: Array) -> Array:
    """Fill `images` (n, size, size, 3), and `depths` if it has rows, for factor values (n, 8); return maps of parts."""
    shown = np.zeros(images.shape[:3], np.uint8)
    images[:] = np.rint(110 + 0.35 * rgb(values[:, 6]))[:, None, None]
    for code, build in enumerate(MODELS.values()):
        rows = np.flatnonzero(values[:, 0] == code)
        if len(rows) == 0:
            continue
        here, count = values[rows], len(rows)
        numbers = randomness.uniforms(code, "turntable/instance", here[:, 1].astype(np.uint64), NUMBERS)
        model = Model(numbers, 40 + 0.75 * rgb(here[:, 5]))
        build(model)
        table = 55 + 0.3 * rgb(here[:, 6])
        middle, base = np.broadcast_to([0.0, 0.0, 0.6], (count, 3)), np.broadcast_to([0.0, 0.0, -0.04], (count, 3))
        model.solids.append(Solid(frustum(24), sized(count, 1.25, 1.25, 0.03), base, table, 1, ground=True))
        elevation, azimuth = here[:, 2] * (math.pi / 180), here[:, 3] * (math.pi / 180)
        camera = Camera(azimuth, elevation, np.full(count, 5.0), middle, focus=1.55)
        lamp = np.array(list(LIGHTS.values()))[here[:, 4].astype(np.int64)]
        light = (0.55 + 0.45 * rgb(here[:, 7]) / 255) * 1.25
        some, far = images[rows], depths[rows] if len(depths) else depths
        shown[rows] = paint(some, model.solids, camera, lamp, ambient=0.42, light=light, depths=far)
        images[rows] = some
        if len(depths):
            depths[rows] = far
    return shown
