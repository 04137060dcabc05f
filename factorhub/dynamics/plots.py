"""Pictures of trajectories for people: time series beside a phase portrait, and video as a filmstrip."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from factorhub.factors import Array
from factorhub.fields import Batch

if TYPE_CHECKING:
    from PIL import ImageDraw

SIDE = 224  # pixels of one panel
SHOWN = 4  # at most this many components are drawn
INKS = ((31, 119, 180), (214, 69, 65), (44, 160, 90), (200, 120, 10))
GREY, DARK = (190, 190, 190), (70, 70, 70)
LEFT, RIGHT, LOWER, LINE = 34, 8, 32, 13  # margins of a panel and height of a line of text, in pixels
Planes: TypeAlias = tuple[tuple[int, int], ...]


def portraits(
    components: tuple[tuple[str, str], ...], planes: Planes = ((0, 1),), field: str = "state", time: str = "t [s]"
) -> Callable[[Batch], Array]:
    """A function from batches to pictures (n, 224, 448, 3): components over time, and of each of `planes` one over the other."""
    units: dict[str, list[int]] = {}  # of the components shown, those of one unit together
    for s, (_, unit) in enumerate(components[:SHOWN]):
        units.setdefault(unit, []).append(s)
    names = [name + (f" [{unit}]" if unit else "") for name, unit in components]

    def draw(batch: Batch) -> Array:
        from PIL import Image, ImageDraw

        states = np.asarray(batch[field], dtype=np.float64)
        out = np.empty((len(states), SIDE, 2 * SIDE, 3), dtype=np.uint8)
        for i, (clock, state) in enumerate(zip(batch["t"], states, strict=True)):
            fine = Image.new("RGB", (4 * SIDE, 2 * SIDE), "white")
            few = state[:, :SHOWN]
            series = [(clock, few[:, s], INKS[s]) for s in range(few.shape[1])]
            orbits = [(state[:, x], state[:, y], INKS[k % SHOWN] if len(planes) > 1 else DARK) for k, (x, y) in enumerate(planes)]
            panels = [_panel(ImageDraw.Draw(fine), curves, left) for curves, left in ((series, 0), (orbits, SIDE))]
            picture = fine.resize((2 * SIDE, SIDE), Image.Resampling.BOX)
            pen = ImageDraw.Draw(picture)
            for line, (unit, which) in enumerate(units.items()):
                across = 4.0
                for word, ink in (*((components[s][0], INKS[s]) for s in which), (f"[{unit}]" if unit else "", DARK)):
                    pen.text((across, 2 + LINE * line), word, fill=ink, font_size=11)
                    across += pen.textlength(word, font_size=11) + 6
            over = ", ".join(names[y] for _, y in planes)
            pen.text((SIDE + 4, 2), over, fill=DARK, font_size=11)
            under = (time, ", ".join(names[x] for x, _ in planes))
            for (spans, left), word in zip(((panels[0], 0), (panels[1], SIDE)), under, strict=True):
                _numbers(pen, spans, left, word)
            out[i] = np.asarray(picture)
        return out

    return draw


Curves: TypeAlias = list[tuple[Array, Array, tuple[int, int, int]]]
Spans: TypeAlias = tuple[float, float, float, float]


def _panel(pen: ImageDraw.ImageDraw, curves: Curves, left: int) -> Spans:
    """Draw curves (x, y, ink) into the frame of the panel that starts at `left`, at twice the scale; the span of x and y."""
    x0, x1 = (float(end(x)) for end, x in ((np.min, [c[0] for c in curves]), (np.max, [c[0] for c in curves])))
    y0, y1 = (float(end(y)) for end, y in ((np.min, [c[1] for c in curves]), (np.max, [c[1] for c in curves])))
    start, width = left + LEFT, SIDE - LEFT - RIGHT
    top, height = 2 * LINE + 6, SIDE - LOWER - 2 * LINE - 6
    pen.rectangle([2 * start - 4, 2 * top - 4, 2 * (start + width) + 4, 2 * (top + height) + 4], outline=GREY, width=2)
    for x, y, ink in reversed(curves):
        across = 2 * (start + (x - x0) / max(x1 - x0, 1e-300) * width)
        down = 2 * (top + (y1 - y) / max(y1 - y0, 1e-300) * height)
        pen.line(np.stack([across, down], axis=1).reshape(-1).tolist(), fill=ink, width=3, joint="curve")
    return x0, x1, y0, y1


def _numbers(pen: ImageDraw.ImageDraw, spans: Spans, left: int, under: str) -> None:
    """Write the ends of both axes, and what the lower one shows."""
    x0, x1, y0, y1 = (f"{end:.3g}" for end in spans)
    low, foot = SIDE - LOWER + 4, SIDE - LOWER
    for text, place, anchor in (
        (x0, (left + LEFT, low), "la"),
        (x1, (left + SIDE - RIGHT, low), "ra"),
        (under, (left + (LEFT + SIDE - RIGHT) / 2, low + LINE), "ma"),
        (y1, (left + LEFT - 5, 2 * LINE + 4), "ra"),
        (y0, (left + LEFT - 5, foot + 2), "rs"),
    ):
        pen.text(place, text, fill=DARK, font_size=10 if text is not under else 11, anchor=anchor)


def filmstrip(batch: Batch, frames: int = 8) -> Array:
    """Pictures (n, size, frames * size, 3) of a video: that many frames at even times, left to right, white lines between."""
    film = batch["video"]
    chosen = film[:, np.linspace(0, film.shape[1] - 1, min(frames, film.shape[1])).round().astype(int)]
    chosen[:, :, :, -1] = 255
    n, count, height, width, channels = chosen.shape
    return chosen.transpose(0, 2, 1, 3, 4).reshape(n, height, count * width, channels)


def bars(field: str) -> Callable[[Batch], Array]:
    """A function from batches to pictures (n, 112, 224, 3): a bar for each number of a vector, from -4 to 4."""

    def draw(batch: Batch) -> Array:
        heights = np.clip(np.asarray(batch[field], dtype=np.float64) / 8, -0.5, 0.5)
        across = np.arange(SIDE) * heights.shape[1] // SIDE
        down = 0.5 - (np.arange(SIDE // 2)[:, None] + 0.5) / (SIDE // 2)
        height = heights[:, None, across]
        filled = np.where(height > 0, (down > 0) & (down < height), (down < 0) & (down > height))
        gap = np.diff(across, append=heights.shape[1]) > 0
        ink = np.where(height > 0, 0, 1)
        colours = np.array([INKS[0], INKS[1], (255, 255, 255)], dtype=np.uint8)
        return colours[np.where(filled & ~gap, ink, 2)]

    return draw
