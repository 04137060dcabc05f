"""Pictures of trajectories for people: time series beside a phase portrait, and video as a filmstrip."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from factorhub.factors import Array
from factorhub.fields import Batch

SIDE = 192  # pixels of one panel
SHOWN = 4  # at most this many components are drawn
INKS = ((31, 119, 180), (214, 69, 65), (44, 160, 90), (230, 150, 30))


def portraits(
    components: tuple[tuple[str, str], ...], plane: tuple[int, int] = (0, 1), field: str = "state"
) -> Callable[[Batch], Array]:
    """A function from batches to pictures (n, 192, 384, 3): components over time, and one of `plane` over the other."""

    def draw(batch: Batch) -> Array:
        from PIL import Image, ImageDraw

        states = np.asarray(batch[field], dtype=np.float64)
        out = np.empty((len(states), SIDE, 2 * SIDE, 3), dtype=np.uint8)
        for i, (clock, state) in enumerate(zip(batch["t"], states, strict=True)):
            picture = Image.new("RGB", (4 * SIDE, 2 * SIDE), "white")
            pen = ImageDraw.Draw(picture)
            few = state[:, : min(SHOWN, state.shape[1])]
            for s in range(few.shape[1] - 1, -1, -1):
                _curve(pen, clock, few[:, s], (few.min(), few.max()), 0, INKS[s])
                pen.text((10 + 70 * s, 4), components[s][0], fill=INKS[s], font_size=16)
            x, y = (state[:, axis] for axis in plane)
            _curve(pen, x, y, (y.min(), y.max()), 2 * SIDE, (60, 60, 60))
            pen.text(
                (2 * SIDE + 10, 4), " over ".join(components[axis][0] for axis in plane[::-1]), fill=(60, 60, 60), font_size=16
            )
            pen.line([(2 * SIDE, 0), (2 * SIDE, 2 * SIDE)], fill=(210, 210, 210), width=2)
            out[i] = np.asarray(picture.resize((2 * SIDE, SIDE), Image.Resampling.BOX))
        return out

    return draw


def _curve(pen: object, x: Array, y: Array, span: tuple[float, float], left: int, ink: tuple[int, int, int]) -> None:
    """Draw y over x into the square panel that starts at `left`, scaled to their ranges."""
    room, margin, top = 2 * SIDE - 32, 16, 28
    across = (x - x.min()) / max(float(np.ptp(x)), 1e-300) * room + left + margin
    down = (span[1] - y) / max(span[1] - span[0], 1e-300) * (room - top + margin) + top
    points = np.stack([across, down], axis=1).reshape(-1).tolist()
    pen.line(points, fill=ink, width=3, joint="curve")  # type: ignore[attr-defined]


def filmstrip(batch: Batch, frames: int = 8) -> Array:
    """Pictures (n, size, frames * size, 3) of a video: that many frames at even times, left to right, white lines between."""
    film = batch["video"]
    chosen = film[:, np.linspace(0, film.shape[1] - 1, min(frames, film.shape[1])).round().astype(int)]
    chosen[:, :, :, -1] = 255
    n, count, height, width, channels = chosen.shape
    return chosen.transpose(0, 2, 1, 3, 4).reshape(n, height, count * width, channels)


def bars(field: str) -> Callable[[Batch], Array]:
    """A function from batches to pictures (n, 96, 192, 3): a bar for each number of a vector, from -4 to 4."""

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
