"""The ways people draw the scenes that render.py compares with: OpenCV, Pillow, idsprites, matplotlib, MuJoCo, PyBullet.

Each function gives the work of drawing a batch, a function without arguments. A package that is not installed raises
ImportError. idsprites asks for another build of OpenCV, so it is installed beside the others by
`pip install --no-deps idsprites omegaconf 'antlr4-python3-runtime==4.9.*' imageio tqdm`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable

import numpy as np

import factorhub
from factorhub import randomness
from factorhub.dsprites_like.sprites import outlines

WHITE, COLOR = (255,), (255, 200, 100)
Work = Callable[[], object]


def values_of(generator: factorhub.Generator, rows: int) -> np.ndarray:
    """Factor values, even over the space, the same in every run."""
    return generator.space.from_unit(randomness.uniforms(0, "benchmark", np.arange(rows), len(generator.space.factors)))


def turned(outline: np.ndarray, pose: np.ndarray, size: int) -> np.ndarray:
    """Vertices of sprites with the values (…, 4) scale, angle, posX, posY, with pixels' middles at whole numbers."""
    scale, angle, x, y = np.moveaxis(pose, -1, 0)[..., None]
    sine, cosine = np.sin(angle) * scale, np.cos(angle) * scale
    across = size * (0.25 + 0.5 * x) + outline[:, 0] * cosine + outline[:, 1] * sine - 0.5
    down = size * (0.25 + 0.5 * y) + outline[:, 1] * cosine - outline[:, 0] * sine - 0.5
    return np.stack([across, down], axis=-1)


def polygons(values: np.ndarray, size: int, shift: int) -> list[np.ndarray]:
    """The sprites' vertices as OpenCV takes them, in 1 / 2**shift pixel, all sprites of a shape turned at once."""
    found: list[np.ndarray] = [np.empty(0)] * len(values)
    for shape, outline in enumerate(outlines(size)):
        which = np.flatnonzero(values[:, 1] == shape)
        placed = np.rint(turned(outline, values[which, 2:], size) * 2**shift).astype(np.int32)
        for row, points in zip(which, placed, strict=True):
            found[row] = points
    return found


def batches(values: np.ndarray, size: int = 64) -> list[np.ndarray]:
    """Rows as they are drawn: 256 pictures of 64 px at once, or as many pixels in larger ones."""
    batch = max(4, min(256, 2**20 // size**2))
    return np.split(values, range(batch, len(values), batch))


def opencv(size: int, rows: int, color: tuple[int, ...], smooth: bool) -> tuple[Work, Work, Work]:
    """Sprites of dSprites from factor values, one by one or in batches, and fillPoly's calls alone, vertices given."""
    import cv2

    cv2.setNumThreads(1)
    line, channels = cv2.LINE_AA if smooth else cv2.LINE_8, (3,) if len(color) == 3 else ()
    parts = batches(values_of(factorhub.generator("dsprites"), rows), size)
    shapes = [outline * 256 for outline in outlines(size)]

    def one_by_one() -> None:
        for part in parts:
            images = np.zeros((len(part), size, size, *channels), np.uint8)
            for image, (_, shape, scale, angle, x, y) in zip(images, part.tolist(), strict=True):
                sine, cosine = scale * math.sin(angle), scale * math.cos(angle)
                centre = 256 * (size * (0.25 + 0.5 * x) - 0.5), 256 * (size * (0.25 + 0.5 * y) - 0.5)
                points = np.rint(shapes[int(shape)] @ ((cosine, -sine), (sine, cosine)) + centre).astype(np.int32)
                cv2.fillPoly(image, [points], color, line, 8)

    def draw(found: list[np.ndarray]) -> None:
        images = np.zeros((len(found), size, size, *channels), np.uint8)
        for image, points in zip(images, found, strict=True):
            cv2.fillPoly(image, [points], color, line, 8)

    ready = [polygons(part, size, 8) for part in parts]
    return one_by_one, lambda: [draw(polygons(part, size, 8)) for part in parts], lambda: [draw(found) for found in ready]


def pillow(size: int, rows: int, mode: str, over: int) -> Work:
    """The same sprites; binary at `over` = 1, else supersampled and averaged."""
    from PIL import Image, ImageDraw

    values, color = values_of(factorhub.generator("dsprites"), rows), COLOR if mode == "RGB" else 255

    def draw() -> np.ndarray:
        images = []
        for points in polygons(values, size * over, 0):
            image = Image.new(mode, (size * over, size * over))
            ImageDraw.Draw(image).polygon(points.ravel().tolist(), fill=color)
            images.append(np.asarray(image.resize((size, size), Image.Resampling.BOX) if over > 1 else image))
        return np.stack(images)

    return draw


def idsprites(size: int, rows: int) -> Work:
    """The published package, without its marks of orientation, on shapes that it made."""
    from idsprites import Factors, InfiniteDSprites

    peer = InfiniteDSprites(img_size=size, shapes=20, orientation_marker=False)
    values, white = values_of(factorhub.generator("dsprites"), rows), np.ones(3)
    asked = [Factors(peer.shapes[i % 20], white, i % 20, *row) for i, row in enumerate(values[:, 2:].tolist())]
    return lambda: np.stack([peer.draw(factors, channels_first=False) for factors in asked])


def sprites_by_pillow(rows: int) -> Work:
    """Pictures and instance maps of multi_dsprites by binary polygons, whose vertices are given; no table."""
    from PIL import Image, ImageDraw

    generator = factorhub.generator("multi_dsprites")
    tables = generator.render(values_of(generator, rows))["objects"]
    shapes, scenes = outlines(64), []
    for table in tables:
        there = table[table[:, 0] == 1]
        found = [turned(shapes[int(row[1])], row[2:6], 64).ravel().tolist() for row in there]
        scenes.append((found, [tuple(color) for color in np.rint(255 * there[:, 6:9]).astype(int).tolist()]))

    def draw() -> tuple[np.ndarray, np.ndarray]:
        images, masks = [], []
        for found, colors in scenes:
            image, mask = Image.new("RGB", (64, 64), (90, 90, 90)), Image.new("L", (64, 64))
            on_image, on_mask = ImageDraw.Draw(image), ImageDraw.Draw(mask)
            for number, (polygon, color) in enumerate(zip(found, colors, strict=True)):
                on_image.polygon(polygon, fill=color)
                on_mask.polygon(polygon, fill=number + 1)
            images.append(np.asarray(image))
            masks.append(np.asarray(mask))
        return np.stack(images), np.stack(masks)

    return draw


def pieces_by_pillow(rows: int) -> Work:
    """Pictures and instance maps of tetrominoes by rectangles and lines, whose places are given; no table."""
    from PIL import Image, ImageDraw

    generator = factorhub.generator("tetrominoes")
    masks = generator.render(values_of(generator, rows))["mask"]
    scenes = [[np.argwhere(mask == i + 1)[::25].tolist() for i in range(3)] for mask in masks]  # a corner per cell, or so

    def draw() -> None:
        for scene in scenes:
            image, mask = Image.new("RGB", (35, 35)), Image.new("L", (35, 35))
            on_image, on_mask = ImageDraw.Draw(image), ImageDraw.Draw(mask)
            for number, cells in enumerate(scene):
                for y, x in cells:
                    on_image.rectangle((x, y, x + 4, y + 4), fill=(159, 0, 0))
                    sides = ((x, y, x + 4, y), (x + 4, y, x + 4, y + 4), (x, y, x, y + 4), (x, y + 4, x + 4, y + 4))
                    for line, shade in zip(sides, (255, 191, 127, 63), strict=True):
                        on_image.line(line, fill=(shade, 0, 0))
                    on_mask.rectangle((x, y, x + 4, y + 4), fill=number + 1)
            np.asarray(image), np.asarray(mask)

    return draw


def glyphs_by_pillow(rows: int) -> Work:
    """The strokes of the same characters, whose paths are given: lines with joints, 4 × 4 samples averaged."""
    from PIL import Image, ImageDraw

    from factorhub.dsprites_like.strokes import table

    paths, counts = table(tuple("0123456789"))
    rng = np.random.default_rng(0)
    asked = [(code, rng.integers(18, 30)) for code in rng.integers(0, 10, rows)]

    def draw() -> np.ndarray:
        images = []
        for code, width in asked:
            image = Image.new("RGB", (256, 256))
            pen = ImageDraw.Draw(image)
            for stroke in paths[code, : counts[code]]:
                pen.line((128 + 180 * stroke * (1, -1)).ravel().tolist(), fill=COLOR, width=int(width), joint="curve")
            images.append(np.asarray(image.resize((64, 64), Image.Resampling.BOX)))
        return np.stack(images)

    return draw


def capsules_by_pillow(rows: int) -> Work:
    """As many capsules as a figure has limbs, whose ends are given: lines with discs at both ends, 4 × 4 samples averaged."""
    from PIL import Image, ImageDraw

    ends = 256 * np.random.default_rng(0).random((rows, 18, 4))

    def draw() -> np.ndarray:
        images = []
        for figure in ends.tolist():
            image = Image.new("RGB", (256, 256))
            pen = ImageDraw.Draw(image)
            for x0, y0, x1, y1 in figure:
                pen.line((x0, y0, x1, y1), fill=COLOR, width=16)
                for x, y in ((x0, y0), (x1, y1)):
                    pen.ellipse((x - 8, y - 8, x + 8, y + 8), fill=COLOR)
            images.append(np.asarray(image.resize((64, 64), Image.Resampling.BOX)))
        return np.stack(images)

    return draw


def pendulum_by_matplotlib(rows: int) -> Work:
    """The causal pendulum as the published script draws it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Circle, Polygon

    def draw() -> None:
        for _ in range(rows):
            figure = Figure(figsize=(1, 1), dpi=96)
            axes = figure.gca()
            shapes = [
                Polygon(((10, 10.5), (12, 3)), color="black", linewidth=3),
                Circle((12, 3), 1.5, color="firebrick"),
                Circle((8, 20.5), 3, color="orange"),
                Polygon(((9, -0.5), (14, -0.5)), color="black", linewidth=3),
            ]
            for shape in shapes:
                axes.add_artist(shape)
            axes.set(xlim=(0, 20), ylim=(-1, 21))
            axes.axis("off")
            canvas = FigureCanvasAgg(figure)
            canvas.draw()
            np.asarray(canvas.buffer_rgba())

    return draw


WALLS = (((3.5, 0.05, 1), (0, 3.55, 1)), ((0.05, 3.5, 1), (3.55, 0, 1)), ((0.05, 3.5, 1), (-3.55, 0, 1)))  # half sizes, places


def mujoco(rows: int) -> Work:
    """One box in a room with a lamp and its shadow, recoloured and turned for each picture, by OpenGL.

    The published pictures were made with it. Without a GPU that is Mesa's software renderer; with one, processor time
    says little.
    """
    os.environ.setdefault("MUJOCO_GL", "egl")
    import mujoco

    walls = "".join(
        f'<geom type="box" size="{" ".join(map(str, size))}" pos="{" ".join(map(str, place))}" rgba="0 .4 1 1"/>'
        for size, place in WALLS
    )
    model = mujoco.MjModel.from_xml_string(
        f"""<mujoco><visual><quality shadowsize="256"/></visual><worldbody>
        <light pos="-1.4 .45 7.2" dir="0 0 -1"/><geom type="plane" size="3.5 3.5 .1" rgba="1 0 0 1"/>{walls}
        <geom name="box" type="box" pos="0 0 .35" size=".35 .35 .35" rgba="0 1 0 1"/>
        <camera name="eye" pos="0 -2.5 .75" xyaxes="1 0 0 0 0 1" fovy="50"/></worldbody></mujoco>"""
    )
    data = mujoco.MjData(model)
    renderer = mujoco.Renderer(model, 64, 64)

    def draw() -> None:
        for i in range(rows):
            angle = np.radians(-30 + 60 * i / rows)
            sine, cosine = np.sin(angle / 2), np.cos(angle / 2)
            model.geom("box").rgba[:3] = (0, i / rows, 1)
            model.camera("eye").pos[:] = (2.5 * np.sin(angle), -2.5 * np.cos(angle), 0.75)
            model.camera("eye").quat[:] = np.sqrt(0.5) * np.array([cosine, cosine, sine, sine])
            mujoco.mj_forward(model, data)
            renderer.update_scene(data, "eye")
            renderer.render()

    return draw


def pybullet(rows: int) -> Work:
    """The same room by PyBullet's own software renderer."""
    import pybullet

    pybullet.connect(pybullet.DIRECT)

    def box(size: tuple[float, ...], place: tuple[float, ...], color: tuple[float, ...]) -> int:
        shape = pybullet.createVisualShape(pybullet.GEOM_BOX, halfExtents=size, rgbaColor=color)
        return int(pybullet.createMultiBody(0, -1, shape, place))

    box((3.5, 3.5, 0.05), (0, 0, -0.05), (1, 0, 0, 1))
    for size, place in WALLS:
        box(size, place, (0, 0.4, 1, 1))
    solid = box((0.35, 0.35, 0.35), (0, 0, 0.35), (0, 1, 0, 1))
    lens = pybullet.computeProjectionMatrixFOV(50, 1, 0.1, 20)

    def draw() -> None:
        for i in range(rows):
            angle = np.radians(-30 + 60 * i / rows)
            pybullet.changeVisualShape(solid, -1, rgbaColor=(0, i / rows, 1, 1))
            eye = pybullet.computeViewMatrix((2.5 * np.sin(angle), -2.5 * np.cos(angle), 0.75), (0, 0, 0.75), (0, 0, 1))
            lamp = (-1.4, 0.45, 7.2)
            pybullet.getCameraImage(64, 64, eye, lens, lightDirection=lamp, shadow=1, renderer=pybullet.ER_TINY_RENDERER)

    return draw
