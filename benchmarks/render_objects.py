"""How fast are scenes of several objects and causal scenes rendered, with all their labels, against common ways to draw them?

    python benchmarks/render_objects.py

One thread, best of five batches, in processor time; read the ratios, absolute rates drift with the machine. Pillow gets
its vertices for free and makes the picture and the instance map only; matplotlib draws what the published scripts do.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

import factorhub
from factorhub import randomness
from factorhub.dsprites_like.sprites import outlines
from factorhub.generator import Generator


def rate(rows: int, work: Callable[[], object]) -> float:
    work()
    best = float("inf")
    for _ in range(5):
        start = time.thread_time()
        work()
        best = min(best, time.thread_time() - start)
    return rows / best


def uniform(generator: Generator, rows: int) -> np.ndarray:
    return generator.space.from_unit(randomness.uniforms(0, "benchmark", np.arange(rows), len(generator.space.factors)))


def rendered(generator: Generator, rows: int = 512) -> float:
    values = uniform(generator, rows)
    return rate(rows, lambda: generator.render(values, check=False))


def sprites_by_pillow(rows: int = 128) -> float:
    generator = factorhub.generator("multi_dsprites")
    batch = generator.render(uniform(generator, rows))
    scenes = []
    for table in batch["objects"]:
        there = table[table[:, 0] == 1]
        polygons = []
        for shape, scale, angle, x, y in there[:, 1:6]:
            sine, cosine = np.sin(angle), np.cos(angle)
            turned = outlines(64)[int(shape)] @ np.array([[cosine, -sine], [sine, cosine]]) * scale
            polygons.append([tuple(point) for point in turned + 64 * (0.25 + 0.5 * np.array([x, y])) - 0.5])
        scenes.append((polygons, [tuple(color) for color in np.rint(255 * there[:, 6:9]).astype(int).tolist()]))

    def draw() -> None:
        for polygons, colors in scenes:
            image, mask = Image.new("RGB", (64, 64), (90, 90, 90)), Image.new("L", (64, 64))
            on_image, on_mask = ImageDraw.Draw(image), ImageDraw.Draw(mask)
            for number, (polygon, color) in enumerate(zip(polygons, colors, strict=True)):
                on_image.polygon(polygon, fill=color)
                on_mask.polygon(polygon, fill=number + 1)
            np.asarray(image), np.asarray(mask)

    return rate(rows, draw)


def pieces_by_pillow(rows: int = 128) -> float:
    generator = factorhub.generator("tetrominoes")
    batch = generator.render(uniform(generator, rows))
    scenes = [[np.argwhere(mask == i + 1)[::25].tolist() for i in range(3)] for mask in batch["mask"]]  # a corner per cell, or so

    def draw() -> None:
        for scene in scenes:
            image, mask = Image.new("RGB", (35, 35)), Image.new("L", (35, 35))
            on_image, on_mask = ImageDraw.Draw(image), ImageDraw.Draw(mask)
            for number, cells in enumerate(scene):
                for y, x in cells:
                    on_image.rectangle((x, y, x + 4, y + 4), fill=(159, 0, 0))
                    for line, shade in (
                        ((x, y, x + 4, y), 255),
                        ((x + 4, y, x + 4, y + 4), 191),
                        ((x, y, x, y + 4), 127),
                        ((x, y + 4, x + 4, y + 4), 63),
                    ):
                        on_image.line(line, fill=(shade, 0, 0))
                    on_mask.rectangle((x, y, x + 4, y + 4), fill=number + 1)
            np.asarray(image), np.asarray(mask)

    return rate(rows, draw)


def pendulum_by_matplotlib(rows: int = 20) -> float | None:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.patches import Circle, Polygon
    except ImportError:
        return None

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

    return rate(rows, draw)


def main() -> None:
    peer = sprites_by_pillow()
    print(f"{'multi_dsprites, 1 to 5 sprites, 64 px':56} images/s   to Pillow ({peer:,.0f} images/s)")
    for options in ({}, {"amodal": True}, {"variant": "binarized"}, {"overlap": 0.0}, {"antialias": True}):
        got = rendered(factorhub.generator("multi_dsprites", **options))
        print(f"  {options or 'image, mask and object table'!s:54} {got:8,.0f}   {got / peer:5.1f} ×")
    peer = pieces_by_pillow()
    got = rendered(factorhub.generator("tetrominoes"))
    print(f"{'tetrominoes, three pieces placed exactly, 35 px':56} {got:8,.0f}   {got / peer:5.1f} × Pillow")
    published = pendulum_by_matplotlib()
    for name in ("causal_pendulum", "causal_flow"):
        got = rendered(factorhub.generator(name), 128)
        ratio = f"{got / published:5.0f} × matplotlib" if published else "matplotlib is not installed: no ratio"
        print(f"{name + ', 96 px':56} {got:8,.0f}   {ratio}")

    print("\nmulti_dsprites, time per image in µs, by size (1 to 5 sprites) and by number of sprites (64 px)")
    for size in (32, 64, 128, 256, 512):
        got = rendered(factorhub.generator("multi_dsprites", size=size), max(8, 2**21 // size**2))
        print(f"  {size:4} px {1e6 / got:8.1f}   {1e9 / got / size**2:6.2f} ns a pixel")
    generator = factorhub.generator("multi_dsprites", max_objects=9)
    for count in (1, 3, 5, 7, 9):
        values = uniform(generator, 512)
        values[:, 0] = count
        got = rate(512, lambda values=values: generator.render(values, check=False))
        print(f"  {count:4} sprites {1e6 / got:5.1f}")


if __name__ == "__main__":
    main()
