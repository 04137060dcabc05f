"""How fast are sprites drawn on one core, against the ways people draw them, and how does the time grow with the canvas?

    python benchmarks/render.py

Every way gets the same 256 random sprites of dSprites as factor values and gives pictures in one array; OpenCV also
gets a row without the work on vertices, its drawing calls alone. Processor time of one thread, best of several
batches, all in one process: read the ratios, absolute rates drift with the machine. Scenes of several objects are in
render_objects.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

import factorhub
from factorhub import randomness
from factorhub.dsprites_like.sprites import outlines

ROWS = 256
WHITE, COLOR = (255,), (255, 200, 100)
Work = Callable[[], object]


def microseconds(work: Work, rows: int, batches: int = 15) -> float:
    """The least time per row."""
    work()
    best = float("inf")
    for _ in range(batches):
        start = time.thread_time_ns()
        work()
        best = min(best, time.thread_time_ns() - start)
    return best / rows / 1000


def values_of(generator: factorhub.Generator, rows: int) -> np.ndarray:
    return generator.space.from_unit(randomness.uniforms(0, "benchmark", np.arange(rows), len(generator.space.factors)))


def ours(name: str, rows: int = ROWS, **options: object) -> Work:
    generator = factorhub.generator(name, **options)
    values = values_of(generator, rows)
    return lambda: generator.render(values, check=False)


def polygons(size: int, rows: int, shift: int) -> list[np.ndarray]:
    """The sprites' vertices as OpenCV takes them, in 1 / 2**shift pixel, all of a shape turned at once."""
    values = values_of(factorhub.generator("dsprites"), rows)
    found: list[np.ndarray] = [np.empty(0)] * rows
    for shape, outline in enumerate(outlines(size)):
        which = np.flatnonzero(values[:, 1] == shape)
        _, _, scale, angle, x, y = values[which].T[:, :, None]
        sine, cosine = np.sin(angle) * scale, np.cos(angle) * scale
        across = size * (0.25 + 0.5 * x) + outline[:, 0] * cosine + outline[:, 1] * sine - 0.5
        down = size * (0.25 + 0.5 * y) + outline[:, 1] * cosine - outline[:, 0] * sine - 0.5
        placed = np.rint(np.stack([across, down], axis=2) * 2**shift).astype(np.int32)
        for row, points in zip(which, placed, strict=True):
            found[row] = points
    return found


def opencv(size: int, color: tuple[int, ...], smooth: bool, rows: int = ROWS) -> tuple[Work, Work]:
    """The whole job, and the drawing alone."""
    import cv2

    cv2.setNumThreads(1)
    line, shape = cv2.LINE_AA if smooth else cv2.LINE_8, (rows, size, size, 3) if len(color) == 3 else (rows, size, size)

    def draw(found: list[np.ndarray]) -> np.ndarray:
        images = np.zeros(shape, np.uint8)
        for image, points in zip(images, found, strict=True):
            cv2.fillPoly(image, [points], color, line, 8)
        return images

    ready = polygons(size, rows, 8)
    return lambda: draw(polygons(size, rows, 8)), lambda: draw(ready)


def pillow(size: int, mode: str, over: int) -> Work:
    """Binary at `over` = 1, else supersampled and averaged."""
    from PIL import Image, ImageDraw

    color = COLOR if mode == "RGB" else 255

    def draw() -> np.ndarray:
        images = []
        for points in polygons(size * over, ROWS, 0):
            image = Image.new(mode, (size * over, size * over))
            ImageDraw.Draw(image).polygon(points.ravel().tolist(), fill=color)
            images.append(np.asarray(image.resize((size, size), Image.Resampling.BOX) if over > 1 else image))
        return np.stack(images)

    return draw


def idsprites(size: int) -> Work:
    """The published package, without its marks of orientation, on shapes that it made."""
    from idsprites import Factors, InfiniteDSprites

    peer = InfiniteDSprites(img_size=size, shapes=20, orientation_marker=False)
    values = values_of(factorhub.generator("dsprites"), ROWS)
    white = np.ones(3)
    asked = [Factors(peer.shapes[i % 20], white, i % 20, *row) for i, row in enumerate(values[:, 2:].tolist())]
    return lambda: np.stack([peer.draw(factors, channels_first=False) for factors in asked])


def peers(size: int = 64) -> Iterator[tuple[str, float]]:
    """Every way that is installed: what it draws, and its time per picture [µs]."""
    makers: dict[str, Callable[[], tuple[Work, ...]]] = {}
    for smooth in (False, True):
        for kind, color in (("grey", WHITE), ("RGB", COLOR)):
            name = f"OpenCV fillPoly, {kind}, {'anti-aliased' if smooth else 'binary'}"
            makers[name] = lambda color=color, smooth=smooth: opencv(size, color, smooth)
    makers["Pillow polygon, grey, binary"] = lambda: (pillow(size, "L", 1),)
    makers["Pillow polygon, grey, 4 × 4 samples"] = lambda: (pillow(size, "L", 4),)
    makers["Pillow polygon, RGB, 4 × 4 samples"] = lambda: (pillow(size, "RGB", 4),)
    makers["idsprites, RGB float"] = lambda: (idsprites(size),)
    for name, make in makers.items():
        try:
            works = make()
        except ImportError as error:
            print(f"  {name} is left out: {error}")
            continue
        yield name, microseconds(works[0], ROWS, 5)
        for alone in works[1:]:
            yield f"{name}, drawing alone", microseconds(alone, ROWS, 5)


CASES: dict[str, tuple[str, dict[str, object]]] = {
    "dsprites": ("grey, binary", {}),
    "dsprites antialias=true": ("grey, anti-aliased", {"antialias": True}),
    "color_dsprites": ("RGB, binary", {}),
    "color_dsprites antialias=true": ("RGB, anti-aliased", {"antialias": True}),
    "abstract_dsprites": ("RGB, binary", {}),
    "noisy_dsprites": ("RGB, noise in every pixel", {}),
    "textured_dsprites": ("RGB, marbled background", {}),
    "infinite_sprites": ("grey, anti-aliased, another shape in every picture", {}),
    "moving_sprites frames=16": ("RGB, anti-aliased, per frame", {"frames": 16}),
}
COMPARED = {
    "dsprites": (
        "OpenCV fillPoly, grey, anti-aliased",
        "OpenCV fillPoly, grey, binary",
        "Pillow polygon, grey, binary",
        "idsprites, RGB float",
    ),
    "dsprites antialias=true": (
        "OpenCV fillPoly, grey, anti-aliased",
        "Pillow polygon, grey, 4 × 4 samples",
        "idsprites, RGB float",
    ),
    "color_dsprites": ("OpenCV fillPoly, RGB, binary",),
    "color_dsprites antialias=true": (
        "OpenCV fillPoly, RGB, anti-aliased",
        "Pillow polygon, RGB, 4 × 4 samples",
        "idsprites, RGB float",
    ),
}


def main() -> None:
    print("64 px: time per picture on one core")
    theirs = dict(peers())
    for name, took in theirs.items():
        print(f"  {name:50} {took:8.2f} µs   {1e6 / took:10,.0f}/s")
    measured = {}
    for case, (about, options) in CASES.items():
        frames = int(str(options.get("frames", 1)))
        rows = ROWS // frames
        measured[case] = microseconds(ours(case.split()[0], rows, **options), rows * frames)
        print(f"  {case:30} {measured[case]:8.2f} µs   {1e6 / measured[case]:10,.0f}/s   {about}")
    print("\nhow many times as fast as")
    for case, against in COMPARED.items():
        for name in against:
            for peer in (name, f"{name}, drawing alone"):
                if peer in theirs:
                    print(f"  {case:30} {peer:50} {theirs[peer] / measured[case]:7.1f} ×")

    print("\ntime per picture [µs] by size, and per pixel [ns]")
    for size in (32, 64, 128, 256, 512):
        rows = max(16, min(ROWS, 2**22 // size**2))
        line = [f"{size:4} px"]
        for case in list(CASES)[:4]:
            took = microseconds(ours(case.split()[0], rows, size=size, **CASES[case][1]), rows, 7)
            line.append(f"{case.replace(' antialias=true', ' smooth')} {took:8.2f} ({1000 * took / size**2:5.3f})")
        try:
            took = microseconds(opencv(size, COLOR, True, rows)[1], rows, 3)
            line.append(f"OpenCV RGB smooth, drawing alone {took:8.2f} ({1000 * took / size**2:5.3f})")
        except ImportError:
            pass
        print("  " + "   ".join(line))


if __name__ == "__main__":
    main()
