"""Figures of relations: codes against factors, scores of models, two factors under a regime or in splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.figures.style import COLORS, MARKERS, axes, laid_out, style
from factorhub.regimes.regime import Regime
from factorhub.regimes.splits import Splits
from factorhub.space import FactorSpace

DRAWS = 20_000  # of a regime, for a density
BINS = 24  # of an interval without a grid, or of more values


def matrix(
    relation: npt.ArrayLike, factors: Sequence[str], codes: Sequence[str] | None = None, *,
    kind: Literal["squares", "heat"] = "squares", width: str | float = "icml", ax: Any = None,
) -> Any:  # fmt: skip
    """Codes (rows) against factors (columns), as squares whose area is the value, or as a heat map from 0 to 1.

    Args:
        relation: (D, K) of at least 0, such as `score.relation`; no metric is computed here.
        factors: K names.
        codes: D names; by default z0, z1, ….

    Raises:
        InputError: a relation of another shape, or with negative values.
    """
    known = np.asarray(relation, dtype=np.float64)
    if known.ndim != 2 or known.shape[1] != len(factors) or (codes is not None and len(codes) != len(known)):
        raise InputError(f"a relation is (codes, factors), here with {len(factors)} factors; got shape {known.shape}")
    if not (np.isfinite(known).all() and (known >= 0).all()):
        raise InputError(
            f"a relation has finite values of at least 0; got {known[~(known >= 0)].ravel()[:1]}; take absolute values"
        )
    names = list(codes) if codes is not None else [f"z{i}" for i in range(len(known))]
    with style():
        drawn = axes(ax, width, 0.6 + 0.18 * len(known))
        if kind == "heat":
            image = drawn.imshow(
                known, vmin=0, vmax=max(1.0, float(known.max())), cmap="cividis", interpolation="none", aspect="auto"
            )
            drawn.figure.colorbar(image, ax=drawn)
        else:
            sides = np.sqrt(known / (known.max() or 1.0)) * 0.95
            from matplotlib.patches import Rectangle

            for (line, column), side in np.ndenumerate(sides):
                drawn.add_patch(Rectangle((column - side / 2, line - side / 2), side, side, color=COLORS[0], linewidth=0))
            drawn.set_xlim(-0.6, known.shape[1] - 0.4)
            drawn.set_ylim(len(known) - 0.4, -0.6)
            drawn.set_aspect("equal")
        drawn.set_xticks(range(known.shape[1]), factors, rotation=45, ha="right", rotation_mode="anchor")
        drawn.set_yticks(range(len(known)), names)
        return laid_out(drawn, ax)


def scores(
    of: Mapping[str, npt.ArrayLike], *, name: str = "score", chance: float | None = None, ideal: float | None = None,
    width: str | float = "icml", ax: Any = None,
) -> Any:  # fmt: skip
    """Scores over seeds, a column of points for each model with a bar at the mean; lines say what chance and an ideal code get.

    Args:
        of: {model: scores (n,)}.
        name: of the score, on the axis.
    """
    if not of:
        raise InputError("scores are {model: values}; got none")
    with style():
        drawn = axes(ax, width, 2.0)
        for place, (_, values) in enumerate(of.items()):
            known = np.atleast_1d(np.asarray(values, dtype=np.float64))
            aside = np.linspace(-0.15, 0.15, len(known)) if len(known) > 1 else np.zeros(1)
            color = COLORS[place % len(COLORS)]
            drawn.plot(place + aside, known, MARKERS[place % len(MARKERS)], color=color, markersize=3.5, linestyle="none")
            drawn.hlines(known.mean(), place - 0.28, place + 0.28, color=color, linewidth=1.2)
        for level, label in ((chance, "chance"), (ideal, "ideal")):
            if level is not None:
                drawn.axhline(level, color="0.4", linewidth=0.6, linestyle=":" if label == "chance" else "--", label=label)
        if chance is not None or ideal is not None:
            drawn.legend(fontsize=7)
        drawn.set_xticks(range(len(of)), list(of), rotation=30, ha="right", rotation_mode="anchor")
        drawn.set_ylabel(name)
        return laid_out(drawn, ax)


def joint(
    regime: Regime, space: FactorSpace, first: str, second: str, *, seed: int = 0, width: str | float = "icml", ax: Any = None
) -> Any:
    """How often values of two factors or attributes come together under a regime, over 20,000 draws; nothing is rendered."""
    inside = regime.space(space)
    drawn_rows = np.arange(DRAWS if (length := regime.length(space)) is None else min(DRAWS, length))
    if length is not None and length > DRAWS:
        drawn_rows = np.unique(np.linspace(0, length - 1, DRAWS).astype(np.int64))
    values = regime.draw(space, seed, drawn_rows).values.reshape(-1, len(space.factors))
    columns = [_binned(inside, name, inside.column(values, name)) for name in (first, second)]
    counts = np.zeros((columns[0][1], columns[1][1]))
    np.add.at(counts, (columns[0][0], columns[1][0]), 1)
    with style():
        drawn = axes(ax, width, 2.4)
        image = drawn.imshow(counts.T / counts.sum(), origin="lower", cmap="cividis", interpolation="none", aspect="auto")
        drawn.figure.colorbar(image, ax=drawn, label="share of draws")
        _ticks(drawn, space, first, second, counts.shape)
        return laid_out(drawn, ax)


def splits(parts: Splits, space: FactorSpace, first: str, second: str, *, width: str | float = "icml", ax: Any = None) -> Any:
    """Which values of two factors each split has: cells of the grid by the split that most of their rows are in, hatched if mixed.

    Raises:
        InputError: splits by shares, which no factor tells apart.
    """
    if not parts.regions:
        raise InputError("splits are drawn where regions make them; got shares or regimes, which two factors do not tell apart")
    rows = np.unique(np.linspace(0, len(space) - 1, 200_000).astype(np.int64))
    values = space.values(space.codes(rows))
    number = parts.assign(space, values)
    a, b = (_binned(space, name, space.column(values, name)) for name in (first, second))
    counts = np.zeros((len(parts.names) + 1, a[1], b[1]))
    np.add.at(counts, (number, a[0], b[0]), 1)
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch, Rectangle

    with style():
        drawn = axes(ax, width, 2.4)
        shown, colors = counts.argmax(axis=0), [*COLORS[: len(parts.names)], "#dddddd"]
        drawn.imshow(
            shown.T,
            origin="lower",
            cmap=ListedColormap(colors),
            vmin=-0.5,
            vmax=len(colors) - 0.5,
            interpolation="none",
            aspect="auto",
        )
        for x, y in np.argwhere((counts > 0).sum(axis=0) > 1):
            drawn.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, hatch="////", linewidth=0))
        drawn.legend(
            handles=[Patch(color=c, label=n) for c, n in zip(colors, (*parts.names, "none"), strict=True)],
            fontsize=7,
            loc="upper left",
            bbox_to_anchor=(1, 1),
        )
        _ticks(drawn, space, first, second, shown.shape)
        return laid_out(drawn, ax)


def _binned(space: FactorSpace, name: str, values: Array) -> tuple[Array, int]:
    """Which cell each value lies in, and how many there are."""
    factor = space.known(name)
    if factor.size is not None and factor.size <= BINS:
        return factor.nearest(values), factor.size
    return np.minimum((factor.to_unit(values) * BINS).astype(np.int64), BINS - 1), BINS


def _ticks(drawn: Any, space: FactorSpace, first: str, second: str, shape: Sequence[int]) -> None:
    """Names and values of two factors on the axes."""
    for name, size, set_ticks, set_label in (
        (first, shape[0], drawn.set_xticks, drawn.set_xlabel), (second, shape[1], drawn.set_yticks, drawn.set_ylabel),
    ):  # fmt: skip
        factor = space.known(name)
        if factor.labels is not None and size <= 12:
            set_ticks(range(size), factor.labels, **({"rotation": 45, "ha": "right"} if name == first else {}))
        elif factor.labels is None:
            low, high = (
                (factor.low, factor.high) if factor.grid is None else (factor.values(0), factor.values((factor.size or 1) - 1))
            )
            set_ticks([0, size - 1], [f"{float(low):.3g}", f"{float(high):.3g}"])
        set_label(name)
