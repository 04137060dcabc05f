"""Strips and grids of pictures, laid out in one array, so that not one pixel is resampled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, whole
from factorhub.factors import Array
from factorhub.figures.style import axes, inches, laid_out, style
from factorhub.generator import Generator, colored

GAP = 2  # pixels between two pictures
PAPER = np.uint8(255)


def traversals(
    made: Generator, factors: Sequence[str] | None = None, *, steps: int = 8, values: npt.ArrayLike | None = None,
    width: str | float = "neurips", ax: Any = None,
) -> Any:  # fmt: skip
    """One strip of pictures for each factor, moved through its range while the others keep their values.

    Args:
        made: the generator.
        factors: whose strips; by default all that vary and are no nuisance, or the groups' names stand for theirs.
        steps: pictures of a strip; a factor of fewer values has fewer.
        values: (k,) of the row that all strips start from; by default the middle of every factor.
        width: of the figure, in inches or as a venue's.
        ax: axes to draw on.

    Returns:
        The matplotlib figure.
    """
    space = made.space
    default = [factor.name for factor in space if factor.size != 1 and not factor.nuisance]
    names = space.members(factors) if factors is not None else tuple(default)
    start = (
        space.from_unit(np.full(len(space.factors), 0.5)) if values is None else space.check(np.asarray(values, dtype=np.float64))
    )
    strips = []
    for name in names:
        factor = space[name]
        count = whole("steps", steps, 2) if factor.size is None else min(whole("steps", steps, 2), factor.size)
        rows = np.repeat(start[None], count, axis=0)
        u = (
            (np.arange(count) + 0.5) / count
            if not factor.interval
            else np.linspace(0, 1, count, endpoint=factor.kind != "circular")
        )
        rows[:, space.index(name)] = (
            factor.from_unit(np.minimum(u, np.nextafter(1, 0))) if not factor.interval else factor.from_unit(u)
        )
        strips.append(made.pictures(made.render(rows)))
    return _strips(strips, names, width, ax)


def latent_traversals(
    decode: Callable[[Array], Any], codes: npt.ArrayLike, *, dims: Sequence[int] | None = None, steps: int = 8, span: float = 2.0,
    names: Sequence[str] | None = None, width: str | float = "neurips", ax: Any = None,
) -> Any:  # fmt: skip
    """One strip of a model's pictures for each dimension of its code, moved about one row's code.

    Args:
        decode: from codes (n, D) float32 to pictures (n, y, x), (n, y, x, c) or (n, c, y, x), in 0 … 255 or 0 … 1.
        codes: (n, D) of some rows: the first is moved, the others say how far each dimension spreads.
        dims: which dimensions; by default all, the most spread ones first.
        span: standard deviations to either side.
        names: of the dimensions that are shown.

    Raises:
        InputError: codes that are not (n, D), or pictures of another shape.
    """
    known = np.asarray(codes, dtype=np.float64)
    if known.ndim != 2 or len(known) < 1:
        raise InputError(f"codes are (rows, dimensions); got shape {known.shape}; pass the codes of some rows")
    spread = known.std(axis=0) if len(known) > 1 else np.ones(known.shape[1])
    chosen = list(dims) if dims is not None else np.argsort(-spread, kind="stable").tolist()
    strips = []
    for dim in chosen:
        rows = np.repeat(known[:1], whole("steps", steps, 2), axis=0)
        rows[:, dim] = known[0, dim] + np.linspace(-span, span, steps) * (spread[dim] or 1.0)
        strips.append(_pictures(decode(rows.astype(np.float32))))
    return _strips(strips, names or [f"z{dim}" for dim in chosen], width, ax)


def objects(batch: Mapping[str, Array], row: int = 0, *, width: str | float = "icml", ax: Any = None) -> Any:
    """A picture, its instance map, and each object alone, of one row of a scene with the fields `image` and `mask`.

    Raises:
        InputError: a field is missing.
    """
    for name in ("image", "mask"):
        if name not in batch:
            raise InputError(f"objects are drawn from image and mask; got {', '.join(batch)}; take a scene with instance maps")
    image, mask = _pictures(np.asarray(batch["image"])[row : row + 1]), np.asarray(batch["mask"])[row : row + 1]
    alone = [np.where((mask == number)[..., None], image, PAPER) for number in range(1, int(mask.max()) + 1)]
    return _strips([np.concatenate([image, colored(mask), *alone])], [""], width, ax)


def _pictures(drawn: Any) -> Array:
    """Pictures of a model or a field as (n, y, x, 3) uint8."""
    found = np.asarray(drawn.detach().cpu().numpy() if hasattr(drawn, "detach") else drawn)
    if found.ndim == 3:
        found = found[..., None]
    if found.ndim == 4 and found.shape[-1] not in (1, 3) and found.shape[1] in (1, 3):
        found = np.moveaxis(found, 1, -1)
    if found.ndim != 4 or found.shape[-1] not in (1, 3):
        raise InputError(f"pictures are (n, y, x), (n, y, x, c) or (n, c, y, x) with 1 or 3 channels; got shape {found.shape}")
    if found.dtype != np.uint8:
        found = np.rint(np.clip(found, 0, 1) * 255).astype(np.uint8)
    elif found.max(initial=0) <= 1:
        found = found * PAPER  # binary
    return np.repeat(found, 3, axis=-1) if found.shape[-1] == 1 else found


def _strips(strips: Sequence[Array], names: Sequence[str], width: str | float, ax: Any) -> Any:
    """Strips of pictures below one another on one pair of axes, with a name beside each."""
    if not strips:
        raise InputError("a sheet has at least one strip; got none; name a factor that varies")
    tall, wide = (max(strip.shape[axis] for strip in strips) for axis in (1, 2))
    longest = max(map(len, strips))
    sheet = np.full((len(strips) * (tall + GAP) - GAP, longest * (wide + GAP) - GAP, 3), PAPER)
    for line, strip in enumerate(strips):
        for place, picture in enumerate(strip):
            y, x = line * (tall + GAP), place * (wide + GAP)
            sheet[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    with style():
        across = inches(width)
        drawn = axes(ax, across, max(across * sheet.shape[0] / sheet.shape[1], 0.4))
        drawn.imshow(sheet, interpolation="none")
        drawn.set_xticks([])
        drawn.set_yticks([line * (tall + GAP) + tall / 2 for line in range(len(strips))], [str(name) for name in names])
        drawn.tick_params(length=0)
        drawn.spines[:].set_visible(False)
        return laid_out(drawn, ax)
