"""Pictures of rows with their factors written underneath: contact sheets and traversals."""

from __future__ import annotations

import os
import re
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from factorhub import catalog
from factorhub.commands import describe
from factorhub.commands.traversals import effective, steps
from factorhub.errors import InputError, StoreError
from factorhub.factors import Array, Factor
from factorhub.fields import Batch
from factorhub.generator import Generator
from factorhub.lookup import Store
from factorhub.lookup.truth import Truth
from factorhub.paths import local_path
from factorhub.source import Column
from factorhub.space import FactorSpace, Ignored
from factorhub.storage.whole import Temporary, left_over_of, remove_left_over
from factorhub.testing import sample

PAPER, INK, FAINT = (255, 255, 255), (30, 30, 30), (120, 120, 120)
MARGIN = 8
WIDE, MOST_LINES = 36, 40  # characters of a line about an object, and lines under a picture
NO_BREAK = "\u00a0"  # a space at which no line ends: a factor's name and value stay together
TRIES = 8  # rows looked at for one in which a factor shows
NUMBERED = re.compile(r"(\D+?)_?(\d+)(_0)?")  # posX_2, mass2, vx2_0: the last at time 0


def contact(made: Generator, count: int, seed: int = 0) -> tuple[Array, list[list[str]]]:
    """`count` rows of a generator, drawn over its space: pictures (n, y, x, 3) and the lines under each."""
    values = sample(made.space, count, seed)
    return made.pictures(made.render(values)), [_caption(made.space, row) for row in values]


def drawn_by(made: Generator, count: int, seed: int, regime: str) -> tuple[Array, list[list[str]]]:
    """`count` rows of a generator under a regime: pictures and the lines under each, members of a row side by side."""
    from factorhub.build.recipes import recipe

    asked = recipe(made, regime=regime, seed=seed)
    length = asked.regime.length(made.space)
    source = replace(asked, rows=count if length is None else min(count, length)).source()
    rows = np.arange(len(source))
    truth = Truth(source, made.name)
    captions = [[f"row {row}", *_lines(source.space, truth.factors(int(row)))] for row in rows]
    return side_by_side(made, source.columns, source.read(rows)), captions


def stored(store: Store, count: int, rows: Array | None = None) -> tuple[Array, list[list[str]]]:
    """`count` rows spread over a set, or over some `rows` of it: pictures and the lines under each."""
    able = np.arange(len(store)) if rows is None else rows
    chosen = able[np.unique(np.linspace(0, len(able) - 1, min(count, len(able))).astype(np.int64))]
    pictures = side_by_side(generator_of(store), store.columns, store[chosen])
    return pictures, [[f"row {row}", *_lines(store.space, store.factors(int(row)))] for row in chosen]


def side_by_side(made: Generator, columns: Sequence[Column], batch: Batch) -> Array:
    """The pictures of rows; the members of a pair or a sequence stand beside one another, with lines between."""
    observed = {c.name: batch[c.name] for c in columns if c.role == "observation"}
    lead = next(c for c in columns if c.role in ("factor", "value"))
    axes = batch[lead.name].ndim - 1 if lead.name in batch else len(lead.shape)
    pictures = made.pictures({name: array.reshape(-1, *array.shape[1 + axes :]) for name, array in observed.items()})
    if axes:
        rows = len(next(iter(observed.values())))
        members = pictures.reshape(rows, -1, *pictures.shape[1:])[:, :8]
        line = np.full((rows, pictures.shape[1], 1, 3), 128, np.uint8)
        pictures = np.concatenate([part for member in np.moveaxis(members, 1, 0) for part in (line, member)][1:], axis=2)
    return pictures


def traversal(made: Generator, name: str, seed: int = 0, most: int | None = None) -> tuple[Array, list[list[str]]]:
    """One row of a generator with one factor moved through its range in even steps: pictures, and the value under each.

    The row is one of `seed` in which the factor shows: what decides whether it matters (the shape that an orientation
    turns, the number of objects) is set so that it does.

    Args:
        most: pictures; a factor of listed values has no more of them than values. None: about 10.
    """
    moved = steps(made.space[name], most)
    for row in effective(made.space, name, sample(made.space, TRIES, seed)):
        values = np.repeat(row[None], len(moved), axis=0)
        values[:, made.space.index(name)] = moved
        pictures = made.pictures(made.render(values))
        if (pictures != pictures[0]).any():
            break  # else it is hidden behind something: another row
    return pictures, [[f"{name} {_text(made.space[name], value)}"] for value in moved]


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
    columns = min(columns or max(1, min(count, 1200 // cell_width)), count)
    lines = [max(map(len, captions[start : start + columns])) for start in range(0, count, columns)]
    tops = np.cumsum([MARGIN, *(height + 15 * most + MARGIN for most in lines)]).tolist()
    page = Image.new("RGB", (columns * cell_width + MARGIN, tops[-1]), PAPER)
    draw = ImageDraw.Draw(page)
    for i in range(count):
        x, y = MARGIN + i % columns * cell_width, tops[i // columns]
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
    return _lines(
        space, {factor.name: factor.labels[int(v)] if factor.labels else v for factor, v in zip(space, values, strict=True)}
    )


def _lines(space: FactorSpace, shown: dict[str, Any]) -> list[str]:
    """What a row is: a line for each factor that varies and matters there, then the objects one after the other."""
    idle = _idle(space, shown)
    varied = [factor for factor in space if factor.size != 1]
    numbered = objects(tuple(factor.name for factor in varied))
    lines = [f"{f.name} {_shown(f, shown[f.name])}" for f in varied if f.name not in numbered and f.name not in idle]
    for number in sorted({number for number, _ in numbered.values()}):
        own = [f for f in varied if numbered.get(f.name, (None,))[0] == number]
        words = [f"{numbered[f.name][1]} {_shown(f, shown[f.name])}".replace(" ", NO_BREAK) for f in own if f.name not in idle]
        text = textwrap.wrap(f"{number}:{NO_BREAK}{', '.join(words)}", WIDE, subsequent_indent=4 * NO_BREAK, break_on_hyphens=False)
        lines += [line.replace(NO_BREAK, " ") for line in text] if words else []
    return lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], f"and {len(lines) - MOST_LINES + 1} more"]


def objects(names: Sequence[str]) -> dict[str, tuple[int, str]]:
    """The factors of numbered objects: {name: (number, name without it)}, where several objects have the same factors.

    >>> objects(["count", "shape_1", "posX_1", "shape_2", "posX_2"])["posX_2"]
    (2, 'posX')
    """
    parts = {name: (int(found[2]), found[1] + (found[3] or "")) for name in names if (found := NUMBERED.fullmatch(name))}
    numbers = {stem: frozenset(n for n, other in parts.values() if other == stem) for _, stem in parts.values()}
    alike = Counter(numbers.values())
    return {name: (n, stem) for name, (n, stem) in parts.items() if len(numbers[stem]) > 1 and alike[numbers[stem]] > 1}


def _idle(space: FactorSpace, shown: dict[str, Any]) -> set[str]:
    """The factors that change nothing in a row, such as those of absent objects."""
    return {
        name
        for symmetry in space.symmetries
        if isinstance(symmetry, Ignored) and not isinstance(shown[symmetry.by], list)
        if space[symmetry.by].code(shown[symmetry.by]) in symmetry.codes
        for name in symmetry.factors
    }


def _shown(factor: Factor, value: Any) -> str:
    if isinstance(value, list):
        return describe.members(value, lambda one: _shown(factor, one))
    return str(value) if isinstance(value, str) else _number(factor, value)


def _text(factor: Factor, value: float) -> str:
    return factor.labels[int(value)] if factor.labels is not None else _number(factor, value)


def _number(factor: Factor, value: float) -> str:
    number = f"{value:.0f}" if isinstance(factor.grid, range) else f"{value:.4g}"  # a rounded seed is another seed
    return f"{number} {factor.unit}".rstrip()
