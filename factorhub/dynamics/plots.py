"""Pictures of trajectories and vectors for people: curves over time, phase portraits, bars, and video as a filmstrip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from factorhub.factors import Array
from factorhub.fields import Batch

if TYPE_CHECKING:
    from PIL import ImageDraw

SIDE = 256  # pixels of a panel's height, and of half a picture's width
INKS = (
    (31, 119, 180), (214, 69, 65), (44, 160, 90), (200, 120, 10), (128, 80, 180), (110, 70, 50), (200, 70, 150), (90, 90, 90),
)  # fmt: skip
GREY, DARK = (190, 190, 190), (60, 60, 60)
LEFT, RIGHT, LINE, SIZE = 50, 10, 15, 12  # margins of a panel, height of a line and of its letters, in pixels
Planes: TypeAlias = tuple[tuple[int, int], ...]
Panels: TypeAlias = tuple[tuple[int, ...], ...]
Ink: TypeAlias = tuple[int, int, int]
Curves: TypeAlias = list[tuple[Array, Array, Ink]]
Box: TypeAlias = tuple[float, float, float, float]  # left, top, right, bottom


def portraits(
    components: tuple[tuple[str, str], ...],
    planes: Planes = ((0, 1),),
    field: str = "state",
    time: str = "t [s]",
    panels: Panels = (),
) -> Callable[[Batch], Array]:
    """A function from batches to pictures (n, 256, 512, 3): components over time, and of each of `planes` one over the other.

    Where the two have one unit, so has the portrait: a circle is drawn round. Several planes are bodies; each has its
    colour, in the portrait and over time.

    Args:
        components: name and unit of each.
        planes: none leaves the whole width to the components over time.
        panels: which components share a panel; otherwise those of one unit, or of all bodies the same.
    """
    bodies = len(planes) > 1
    panels = panels or together(components, bodies)
    inks = [[INKS[(k if bodies else s) % len(INKS)] for k, s in enumerate(panel)] for panel in panels]
    even = all(components[x][1] == components[y][1] for x, y in planes)
    names = [name + (f" [{unit}]" if unit else "") for name, unit in components]

    def draw(batch: Batch) -> Array:
        from PIL import Image, ImageDraw

        states = np.asarray(batch[field], dtype=np.float64)
        out = np.empty((len(states), SIDE, 2 * SIDE, 3), dtype=np.uint8)
        for i, (clock, state) in enumerate(zip(batch["t"], states, strict=True)):
            fine = Image.new("RGB", (4 * SIDE, 2 * SIDE), "white")
            pen, boxes = ImageDraw.Draw(fine), over_time(len(panels), SIDE if planes else 2 * SIDE)
            spans = [
                _panel(pen, [(clock, state[:, s], ink) for s, ink in zip(panel, own, strict=True)], box)
                for panel, own, box in zip(panels, inks, boxes, strict=True)
            ]
            square = (SIDE + LEFT, LINE + 8, 2 * SIDE - RIGHT, SIDE - 2 * LINE - 4)
            if planes:
                orbits = [(state[:, x], state[:, y], INKS[k % len(INKS)] if bodies else DARK) for k, (x, y) in enumerate(planes)]
                portrait = _panel(pen, orbits, square, even)
            picture = fine.resize((2 * SIDE, SIDE), Image.Resampling.BOX)
            pen = ImageDraw.Draw(picture)
            for panel, own, box, span in zip(panels, inks, boxes, spans, strict=True):
                _legend(pen, [components[s] for s in panel], own, box)
                _numbers(pen, span, box, time if box is boxes[-1] else None)
            if planes:
                pen.text((square[0], 4), ", ".join(names[y] for _, y in planes), fill=DARK, font_size=SIZE)
                _numbers(pen, portrait, square, ", ".join(names[x] for x, _ in planes))
            out[i] = np.asarray(picture)
        return out

    return draw


def together(components: Sequence[tuple[str, str]], bodies: bool) -> Panels:
    """Which components share a panel: those of one unit; of `bodies`, those of one name but for its number."""
    groups: dict[str, list[int]] = {}
    for s, (name, unit) in enumerate(components):
        groups.setdefault(name.rstrip("0123456789") if bodies else unit, []).append(s)
    return tuple(map(tuple, groups.values()))


def over_time(count: int, width: int) -> list[Box]:
    """The boxes of `count` panels one above the other."""
    height = (SIDE - 2 * LINE - 4) / count
    return [(LEFT, round(k * height) + LINE + 8, width - RIGHT, round((k + 1) * height)) for k in range(count)]


def _panel(pen: ImageDraw.ImageDraw, curves: Curves, box: Box, even: bool = False) -> Box:
    """Draw curves (x, y, ink) into a box at twice the scale, `even` with one scale for both axes; the ends of x and y."""
    left, top, right, bottom = box
    x0, x1, y0, y1 = (float(end([curve[axis] for curve in curves])) for axis in (0, 1) for end in (np.min, np.max))
    if even:
        unit = max((x1 - x0) / (right - left), (y1 - y0) / (bottom - top), 1e-300)
        x0, x1 = (x0 + x1 - unit * (right - left)) / 2, (x0 + x1 + unit * (right - left)) / 2
        y0, y1 = (y0 + y1 - unit * (bottom - top)) / 2, (y0 + y1 + unit * (bottom - top)) / 2
    pen.rectangle([2 * left - 4, 2 * top - 4, 2 * right + 4, 2 * bottom + 4], outline=GREY, width=2)
    for x, y, ink in reversed(curves):
        across = left + (x - x0) / max(x1 - x0, 1e-300) * (right - left)
        share = (y1 - y) / (y1 - y0) if y1 > y0 else np.full(y.shape, 0.5)
        places = 2 * np.stack([across, top + share * (bottom - top)], axis=1)
        pen.line(places.reshape(-1).tolist(), fill=ink, width=3, joint="curve")
    return x0, x1, y0, y1


def _legend(pen: ImageDraw.ImageDraw, shown: Sequence[tuple[str, str]], inks: Sequence[Ink], box: Box) -> None:
    """Write the names of a panel's curves above it, each in its ink, with their units."""
    units = dict.fromkeys(unit for _, unit in shown)
    names = [name + (f" [{unit}]" if len(units) > 1 and unit else "") for name, unit in shown]
    words = list(zip(names, inks, strict=True))
    words += [(f"[{unit}]", DARK) for unit in units if len(units) == 1 and unit]
    across = box[0]
    for word, ink in words:
        pen.text((across, box[1] - LINE - 4), word, fill=ink, font_size=SIZE)
        across += pen.textlength(word, font_size=SIZE) + 8


def _numbers(pen: ImageDraw.ImageDraw, ends: Box, box: Box, under: str | None) -> None:
    """Write the ends of the upright axis, and with `under`, what the level one shows, of that as well."""
    left, top, right, bottom = box
    x0, x1, y0, y1 = (f"{end:.3g}" for end in ends)
    words = [(y1, (left - 5, top - 3), "rt"), (y0, (left - 5, bottom + 3), "rb")]
    if y0 == y1:
        words = [(y0, (left - 5, (top + bottom) / 2), "rm")]
    if under is not None:
        words += [(x0, (left, bottom + 5), "lt"), (x1, (right, bottom + 5), "rt")]
        words += [(under, ((left + right) / 2, bottom + 5 + LINE), "mt")]
    for text, place, anchor in words:
        pen.text(place, text, fill=DARK, font_size=SIZE, anchor=anchor)


def filmstrip(batch: Batch, frames: int = 8) -> Array:
    """Pictures (n, size, frames * size, 3) of a video: that many frames at even times, left to right, white lines between."""
    film = batch["video"]
    chosen = film[:, np.linspace(0, film.shape[1] - 1, min(frames, film.shape[1])).round().astype(int)]
    chosen[:, :, :, -1] = 255
    n, count, height, width, channels = chosen.shape
    return chosen.transpose(0, 2, 1, 3, 4).reshape(n, height, count * width, channels)


def bars(vectors: Sequence[tuple[str, str]]) -> Callable[[Batch], Array]:
    """A function from batches to pictures (n, 256, 512, 3): a bar for each number of some vectors, one scale for the batch.

    Args:
        vectors: the fields, and what their components are called before the number.
    """

    def draw(batch: Batch) -> Array:
        from PIL import Image, ImageDraw

        rows = [np.asarray(batch[field], dtype=np.float64) for field, _ in vectors]
        ends = [float(np.abs(row).max(initial=1e-9)) for row in rows]
        out = np.empty((len(rows[0]), SIDE, 2 * SIDE, 3), dtype=np.uint8)
        for i in range(len(out)):
            picture = Image.new("RGB", (2 * SIDE, SIDE), "white")
            pen = ImageDraw.Draw(picture)
            for k, ((field, stem), row, end) in enumerate(zip(vectors, rows, ends, strict=True)):
                height = SIDE / len(vectors)
                box = (LEFT, round(k * height) + LINE + 8, 2 * SIDE - RIGHT, round((k + 1) * height) - LINE - 8)
                pen.text((LEFT, box[1] - LINE - 4), field, fill=DARK, font_size=SIZE)
                _bars(pen, row[i], end, stem, box)
            out[i] = np.asarray(picture)
        return out

    return draw


def _bars(pen: ImageDraw.ImageDraw, vector: Array, end: float, stem: str, box: Box) -> None:
    left, top, right, bottom = box
    wide, middle = (right - left) / len(vector), (top + bottom) / 2
    pen.rectangle([left - 2, top - 2, right + 2, bottom + 2], outline=GREY)
    pen.line([left, middle, right, middle], fill=GREY)
    words = (f"{end:.3g}", f"{-end:.3g}")
    for text, place, anchor in zip((*words, "0"), (top - 3, bottom + 3, middle), ("rt", "rb", "rm"), strict=True):
        pen.text((left - 6, place), text, fill=DARK, font_size=SIZE, anchor=anchor)
    every = -(-len(vector) * 34 // int(right - left))  # names stand at least 34 pixels apart
    for s, value in enumerate(vector):
        start, height = left + s * wide, value / end * (bottom - top) / 2
        low, high = sorted((middle, middle - height))
        if value:
            pen.rectangle([start + wide / 8, low, start + wide * 7 / 8, high], fill=INKS[0] if value > 0 else INKS[1])
        if s % every == 0:
            pen.text((start + wide / 2, bottom + 5), f"{stem}{s}", fill=DARK, font_size=SIZE, anchor="mt")
