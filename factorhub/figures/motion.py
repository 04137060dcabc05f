"""Figures of what moves and sounds: trajectories, errors of forecasts, melodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub.dmelodies.pianoroll import pictures
from factorhub.errors import InputError
from factorhub.figures.style import COLORS, MARKERS, axes, laid_out, style


def phase(
    states: npt.ArrayLike, components: Sequence[str] = ("x", "v"), *, plane: tuple[int, int] = (0, 1), equal: bool = False,
    width: str | float = "icml", ax: Any = None,
) -> Any:  # fmt: skip
    """Trajectories (n, T, c), or one (T, c), in the plane of two components; a dot marks where each begins.

    Args:
        equal: one scale for both axes, as for places.
    """
    known = np.asarray(states, dtype=np.float64)
    known = known[None] if known.ndim == 2 else known
    if known.ndim != 3 or max(plane) >= known.shape[-1]:
        raise InputError(f"states are (n, time, components) with the components {plane}; got shape {known.shape}")
    with style():
        drawn = axes(ax, width, 2.6)
        for i, path in enumerate(known):
            color = COLORS[i % len(COLORS)]
            drawn.plot(path[:, plane[0]], path[:, plane[1]], color=color, linewidth=0.9)
            drawn.plot(*path[0, list(plane)], "o", color=color, markersize=3)
        drawn.set_xlabel(components[plane[0]])
        drawn.set_ylabel(components[plane[1]])
        if equal:
            drawn.set_aspect("equal")
        return laid_out(drawn, ax)


def horizon(
    errors: Mapping[str, npt.ArrayLike], *, dt: float = 1.0, unit: str = "steps", width: str | float = "icml", ax: Any = None
) -> Any:
    """Error against time, a line for each model: the median over rows, with the quartiles as a band; logarithmic.

    Args:
        errors: {model: (n, T)} or (T,), above 0.
        dt: time of a step, in `unit`.
    """
    if not errors:
        raise InputError("errors are {model: (rows, time)}; got none")
    with style():
        drawn = axes(ax, width, 2.2)
        for i, (name, values) in enumerate(errors.items()):
            known = np.atleast_2d(np.asarray(values, dtype=np.float64))
            low, middle, high = np.quantile(known, [0.25, 0.5, 0.75], axis=0)
            time, color = dt * np.arange(known.shape[1]), COLORS[i % len(COLORS)]
            every = max(known.shape[1] // 8, 1)
            drawn.plot(
                time,
                middle,
                color=color,
                linewidth=1.1,
                label=name,
                marker=MARKERS[i % len(MARKERS)],
                markevery=every,
                markersize=3,
            )
            drawn.fill_between(time, low, high, color=color, alpha=0.2, linewidth=0)
        drawn.set_yscale("log")
        drawn.set_xlabel(f"time [{unit}]")
        drawn.set_ylabel("error")
        drawn.legend(fontsize=7)
        return laid_out(drawn, ax)


def roll(tokens: npt.ArrayLike, *, width: str | float = "icml", ax: Any = None) -> Any:
    """A melody (16,) of dMelodies as a piano roll, with keys and beats."""
    known = np.asarray(tokens)
    if known.shape != (16,):
        raise InputError(f"a melody is 16 tokens; got shape {known.shape}; take one row")
    picture = pictures(known[None].astype(np.uint8))[0]
    with style():
        drawn = axes(ax, width, 2.2)
        drawn.imshow(picture, interpolation="none")
        drawn.set_axis_off()
        return laid_out(drawn, ax)
