"""What notebooks show of generators, spaces, sets and rows: pages of plain HTML, without scripts, with every text escaped.

Colours are the notebook's own, so that dark themes stay readable; pictures are PNG data addresses; a page stays under 100 KB and
falls back to text where anything fails.
"""

from __future__ import annotations

import base64
import functools
import io
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

import numpy as np

from factorhub.factors import Array, Factor
from factorhub.printable import printable

MOST_BYTES = 100_000  # of a page; pictures that would lead past it are left out
PICTURES = 75_000  # bytes of a page that pictures may take
MOST_ROWS = 60  # of a table; more are counted
STYLE = """<style>
.factorhub{font-size:13px;line-height:1.35;color:var(--jp-content-font-color1,var(--vscode-editor-foreground,inherit))}
.factorhub table{border-collapse:collapse;margin:.3em 0}
.factorhub th,.factorhub td{text-align:left;padding:.1em .7em .1em 0;vertical-align:top;border:0;background:none}
.factorhub th{border-bottom:1px solid color-mix(in srgb,currentColor 40%,transparent);font-weight:600}
.factorhub .dim{opacity:.65}
.factorhub .row{display:flex;flex-wrap:wrap;gap:6px;margin:.3em 0}
.factorhub figure{margin:0;max-width:220px}
.factorhub figcaption{font-size:11px;opacity:.8;overflow-wrap:anywhere}
.factorhub img{image-rendering:pixelated;display:block}
.factorhub .bar{display:flex;height:.8em;width:260px;border:1px solid currentColor}
.factorhub .bar span{border-right:1px solid currentColor;overflow:hidden;font-size:9px;line-height:.8em}
.factorhub summary{cursor:pointer}
.factorhub pre{margin:.2em 0;white-space:pre-wrap}
</style>"""


def text(value: object) -> str:
    """A text of anybody's as HTML text: escaped, without control characters."""
    return escape(printable(str(value), keep="\n"))


def page(title: str, *parts: str) -> str:
    """A page: a head line, and parts that are HTML already; those that would make it too long are left out."""
    made, size = [f"{STYLE}<div class='factorhub'><div><b>{text(title)}</b></div>"], 2000
    for part in parts:
        if size + len(part) <= MOST_BYTES:
            made.append(part)
            size += len(part)
    return "".join([*made, "</div>"])


def folded(title: str, inner: str, *, shown: bool = False) -> str:
    """A part that opens on a click, without a script."""
    return f"<details{' open' * shown}><summary>{text(title)}</summary>{inner}</details>" if inner else ""


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of texts; of more than MOST_ROWS rows the first ones and how many more there are."""
    listed = [list(row) for row in rows]
    body = "".join(f"<tr>{''.join(f'<td>{text(cell)}</td>' for cell in row)}</tr>" for row in listed[:MOST_ROWS])
    more = f"<div class='dim'>and {len(listed) - MOST_ROWS} more</div>" if len(listed) > MOST_ROWS else ""
    return f"<table><tr>{''.join(f'<th>{text(cell)}</th>' for cell in head)}</tr>{body}</table>{more}"


def code(lines: str) -> str:
    """Text as it stands, such as code or TOML."""
    return f"<pre>{text(lines)}</pre>"


def factor_table(space: Any) -> str:
    """The factors of a `FactorSpace`: kind, size, values, description; and the groups and attributes that it has."""
    columns = ["factor", "kind", "size", "values", "description"]
    parts = [table(columns, map(_cells, space))]
    if space.attributes:
        parts.append(table(["attribute", *columns[1:]], (_cells(item.factor) for item in space.attributes)))
    if space.groups:
        parts.append(table(["group", "factors"], ((name, ", ".join(members)) for name, members in space.groups.items())))
    return "".join(parts)


def _cells(factor: Factor) -> tuple[object, ...]:
    size = "interval" if factor.size is None else f"{factor.size:,}"
    values = factor.range_text().partition(" (or codes")[0]
    return factor.name, factor.kind + ", nuisance" * factor.nuisance, size, values, factor.description


def gallery(pictures: Array, captions: Sequence[Sequence[str]] = ()) -> str:
    """Pictures (n, y, x, 3) uint8 side by side, small ones enlarged by whole numbers, with lines of text under each.

    Those that take more than their part of a page, as noise does, which no PNG makes small, are left out.
    """
    from PIL import Image

    shown: list[str] = []
    for i, picture in enumerate(pictures):
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "PNG")
        zoom = max(1, 96 // max(picture.shape[:2]))
        height, width = (zoom * side for side in picture.shape[:2])
        if sum(len(part) for part in shown) + 4 * len(file.getvalue()) // 3 > PICTURES:
            break
        source = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
        lines = "<br>".join(map(text, captions[i])) if captions else ""
        shown.append(f"<figure><img src='{source}' width='{width}' height='{height}' alt='{lines or 'picture'}'>")
        shown.append(f"<figcaption>{lines}</figcaption></figure>" if lines else "</figure>")
    return f"<div class='row'>{''.join(shown)}</div>" if shown else ""


def share_bar(sizes: dict[str, int]) -> str:
    """How rows are shared out, as one bar with a part for each name, and the numbers beside it."""
    total = sum(sizes.values()) or 1
    parts = "".join(f"<span style='width:{100 * size / total:.2f}%'>{text(name)}</span>" for name, size in sizes.items())
    told = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
    return f"<div class='bar'>{parts}</div><div class='dim'>{text(told)}</div>"


def spread(length: int, count: int) -> Array:
    """Up to `count` row numbers, evenly spread over `length` rows."""
    return np.unique(np.linspace(0, length - 1, min(count, length)).astype(np.int64)) if length else np.zeros(0, np.int64)


def never_raises(method: Callable[[Any], str]) -> Callable[[Any], str]:
    """A `_repr_html_` that gives the text of its object where it fails: a notebook must not break because a picture does."""

    @functools.wraps(method)
    def shown(self: Any) -> str:
        try:
            return method(self)
        except Exception:  # of a damaged set, of anybody's generator
            return code(repr(self))

    return shown


class Shown:
    """What a notebook is to display, and Python to print as one line."""

    def __init__(self, title: str, *parts: str) -> None:
        self.title, self._page = title, page(title, *parts)

    def __repr__(self) -> str:
        return self.title

    def _repr_html_(self) -> str:
        return self._page
