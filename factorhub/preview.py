"""Pictures of rows with their factors written underneath: contact sheets and traversals."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from factorhub import catalog, describe
from factorhub.errors import InputError, StoreError
from factorhub.factors import Array, Factor
from factorhub.generator import Generator
from factorhub.lookup import Store
from factorhub.paths import local_path
from factorhub.space import FactorSpace
from factorhub.storage.whole import Temporary, left_over_of, remove_left_over
from factorhub.testing import sample

PAPER, INK, FAINT = (255, 255, 255), (30, 30, 30), (120, 120, 120)
MARGIN = 8
MOST_LINES = 12


def contact(made: Generator, count: int, seed: int = 0) -> tuple[Array, list[list[str]]]:
    """`count` rows of a generator, drawn over its space: pictures (n, y, x, 3) and the lines under each."""
    values = sample(made.space, count, seed)
    return made.pictures(made.render(values)), [_caption(made.space, row) for row in values]


def stored(store: Store, count: int) -> tuple[Array, list[list[str]]]:
    """`count` rows spread over a set: pictures and the lines under each."""
    rows = np.unique(np.linspace(0, len(store) - 1, min(count, len(store))).astype(np.int64))
    batch = store[rows]
    axes = batch[store.columns[1].name].ndim - 1
    observed = {c.name: batch[c.name] for c in store.columns if c.role == "observation"}
    made = generator_of(store)
    flat = {name: array.reshape(-1, *array.shape[1 + axes :]) for name, array in observed.items()}
    pictures = made.pictures(flat)
    if axes:  # the members of a pair or a sequence stand side by side, with lines between
        members = pictures.reshape(len(rows), -1, *pictures.shape[1:])[:, :8]
        line = np.full((len(rows), pictures.shape[1], 1, 3), 128, np.uint8)
        pictures = np.concatenate([part for member in np.moveaxis(members, 1, 0) for part in (line, member)][1:], axis=2)
    return pictures, [[f"row {row}", *_lines(store.space, store.factors(int(row)))] for row in rows]


def traversal(made: Generator, name: str, seed: int = 0, most: int = 10) -> tuple[Array, list[list[str]]]:
    """One row of a generator with one factor moved through its range: pictures and the factor's value under each."""
    factor = made.space[name]
    steps = _steps(factor, most)
    values = np.repeat(sample(made.space, 1, seed), len(steps), axis=0)
    values[:, made.space.index(name)] = steps
    lines = [[f"{name} {_text(factor, row[made.space.index(name)])}"] for row in values]
    return made.pictures(made.render(values)), lines


def _steps(factor: Factor, most: int) -> Array:
    if factor.size is None:
        return np.linspace(factor.low, factor.high, most)
    return factor.values(np.linspace(0, factor.size - 1, min(most, factor.size)).astype(np.int64))


def generator_of(store: Store) -> Generator:
    """The catalog's generator of a stored set. A set from elsewhere names code outside factorhub, which is not imported."""
    name = str(store.plan.recipe.get("generator"))
    if name not in catalog.CATALOG:
        raise StoreError(f"{store.folder} was made by '{name}', which is not in the catalog; preview the generator by that name")
    return catalog.generator(name, **store.plan.recipe.get("options", {}))


def sheet(pictures: Array, captions: Sequence[Sequence[str]], columns: int | None = None) -> Any:
    """A Pillow image of all pictures in rows of `columns`, each with its lines underneath.

    Small pictures are enlarged by a whole number, without smoothing, to be about 128 pixels high.
    """
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(size=12)
    zoom = max(1, min(round(128 / pictures.shape[1]), 420 // pictures.shape[2]))
    pictures = pictures.repeat(zoom, axis=1).repeat(zoom, axis=2)
    count, height, width = pictures.shape[:3]
    widest = max((font.getlength(line) for lines in captions for line in lines), default=0)
    cell_width = max(width, int(widest)) + MARGIN
    cell_height = height + 15 * max(map(len, captions), default=0) + MARGIN
    columns = min(columns or max(1, min(count, 1200 // cell_width)), count)
    lines_of_cells = -(-count // columns)
    page = Image.new("RGB", (columns * cell_width + MARGIN, lines_of_cells * cell_height + MARGIN), PAPER)
    draw = ImageDraw.Draw(page)
    for i in range(count):
        x = MARGIN + i % columns * cell_width
        y = MARGIN + i // columns * cell_height
        page.paste(Image.fromarray(pictures[i]), (x, y))
        for j, line in enumerate(captions[i]):
            draw.text((x, y + height + 2 + 15 * j), line, fill=INK if j == 0 else FAINT, font=font)
    return page


def save(page: Any, path: str | Path) -> None:
    """Write a picture file; its ending says the format.

    Raises:
        InputError: the ending is not of a picture format, or there is no such folder. StoreError: the file cannot be written.
    """
    from PIL import Image

    target = local_path("preview", path, "a picture file such as preview.png")
    if not target.parent.is_dir():
        raise InputError(f"cannot write {target}: there is no folder {target.parent}; make it first")
    Image.init()
    kind = Image.registered_extensions().get(target.suffix.lower())
    if kind not in Image.SAVE:
        raise InputError(f"--out names a picture file such as preview.png; got {target}")
    try:
        remove_left_over(target.parent, left_over_of(target))
        with Temporary(target) as temporary:
            with os.fdopen(temporary.descriptor, "rb+", closefd=False) as file:
                page.save(file, kind, optimize=True)
            temporary.keep()
    except ValueError:
        raise InputError(f"--out names a picture file such as preview.png; got {target}") from None
    except OSError as error:
        raise StoreError(f"cannot write {target}: {error.strerror or error}; name another file") from None


def _caption(space: FactorSpace, values: Array) -> list[str]:
    return _lines(space, {factor.name: _text(factor, values[i]) for i, factor in enumerate(space)})


def _lines(space: FactorSpace, shown: dict[str, Any]) -> list[str]:
    """One line for each factor that varies, up to a dozen."""
    lines = [f"{f.name} {_shown(f, shown[f.name])}" for f in space if f.size != 1]
    return lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], f"and {len(lines) - MOST_LINES + 1} more"]


def _shown(factor: Factor, value: Any) -> str:
    if isinstance(value, list):
        return describe.members(value, lambda one: _shown(factor, one))
    return _number(factor, value) if isinstance(value, float) else str(value)


def _text(factor: Factor, value: float) -> str:
    return factor.labels[int(value)] if factor.labels is not None else _number(factor, value)


def _number(factor: Factor, value: float) -> str:
    return f"{value:.0f}" if isinstance(factor.grid, range) else f"{value:.4g}"  # a rounded seed is another seed
