"""A set and its rows as notebooks show them."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub import html
from factorhub.factors import Array
from factorhub.generator import as_rgb

MOST_BESIDE = 8  # pictures of one row, such as the members of a pair, that stand side by side
LINES = 9  # of a caption


def set_page(store: Any) -> str:
    """A `Store`: its splits, some rows, the factors and the recipe."""
    plan = store.plan
    sizes = {name: stop - start for name, (start, stop) in plan.ranges.items()}
    recipe = "\n".join(f"{name} = {value!r}" for name, value in plan.recipe.items())
    few = len(store.space.factors) <= 12
    return html.page(
        repr(store),
        html.share_bar(sizes),
        f"<div class='dim'>{len(plan.shards)} shards, {store.manifest.bytes / 1e6:,.1f} MB</div>",
        drawn(store, html.spread(len(store), 6)),
        html.folded(f"{len(store.space.factors)} factors", html.factor_table(store.space), shown=few),
        html.folded("recipe", html.code(recipe)),
    )


def rows_page(store: Any, rows: Array) -> html.Shown:
    """Rows of a set, up to a few dozen: their pictures or texts, with their factors."""
    shown = rows[: html.MOST_ROWS]
    spelled = any(column.is_text for column in store.columns)
    texts = html.code("\n".join(map(str, np.ravel(store.text(shown))))) if spelled else ""
    return html.Shown(f"{len(shown)} of {len(rows)} rows of {store!r}", drawn(store, shown), texts)


def drawn(store: Any, rows: Array) -> str:
    """The pictures of rows with their factors; nothing where no column is a picture."""
    images = [column for column in store.columns if column.is_image]
    if not images or not len(rows):
        return ""
    image = images[0]
    found = store.read(rows, [image.name])[image.name]
    axes = 3 if image.dims[-1] == "channel" else 2
    single = as_rgb(found.reshape(-1, *found.shape[-axes:]), binary=image.is_binary)
    members = single.reshape(len(rows), -1, *single.shape[1:])[:, :MOST_BESIDE]
    beside = np.concatenate(list(members.swapaxes(0, 1)), axis=2)
    told = [[f"row {row}", *(f"{name} {_short(value)}" for name, value in store.factors(int(row)).items())] for row in rows]
    return html.gallery(beside, [lines[:LINES] for lines in told])


def _short(value: object) -> str:
    """A factor's value for a caption; of a row of several, the first and the last."""
    if isinstance(value, list):
        ends = dict.fromkeys([_short(value[0]), _short(value[-1])]) if value else {}
        return " … ".join(ends)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
