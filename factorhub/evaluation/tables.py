"""Leaderboards as Markdown, CSV, HTML and JSON. All text in them is a stranger's: it is escaped, wherever it stands."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from factorhub.evaluation.columns import Cell, Column, Row, Table
from factorhub.evaluation.digests import number
from factorhub.evaluation.panel import KINDS
from factorhub.evaluation.report import shown
from factorhub.printable import json_text, printable

Tables: TypeAlias = Sequence[Table]
Refused: TypeAlias = Sequence[tuple[str, str]]
BESIDE = ("ideal", "rotated", "noise")  # reference codes that stand below the models
KEYS = (
    "set",
    "set_digest",
    "split",
    "rows",
    "n",
    "protocol",
    "protocol_digest",
    "model",
    "version",
    "code",
    "D",
    "training_regime",
)
SCORED = ("metric", "metric_version", "estimator", "settings", "score", "error", "error_of", "runs", "adjusted", *KINDS)
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 72rem; padding: 0 1rem; color: #1c1c1c; background: #fff }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums } caption { text-align: left; color: #555 }
th, td { padding: .3em .7em; text-align: right; border-bottom: 1px solid #ddd }
th:first-child, td:first-child { text-align: left }
tr.beside { color: #666; font-style: italic } small { color: #666 } .wide { overflow-x: auto }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #181818 } th, td { border-color: #3a3a3a } caption, tr.beside, small { color: #999 }
}
"""
FOOT = (
    "Each cell is score ± error, and in brackets the adjusted score (score - noise) / (ideal - noise). "
    "The rows below the models are what codes of known kinds get in their place."
)


def to_markdown(tables: Tables, refused: Refused) -> str:
    """A section with a table for each set and protocol."""
    lines: list[str] = []
    for table in tables:
        head = ["model", *(column.heading for column in table.columns)]
        lines += [f"## {_mark(table.title)}", ""]
        lines += [_line(map(_mark, head)), _line(["---", *("---:" for _ in table.columns)])]
        for row in table.rows:
            lines.append(_line(map(_mark, [_model(row), *(_text(row.cells.get(column.id)) for column in table.columns)])))
        for kind in BESIDE:
            lines.append(_line([f"*{kind}*", *(f"*{_range(table, column, kind)}*" for column in table.columns)]))
        lines.append("")
    lines += [FOOT, ""] if tables else ["No record was accepted.", ""]
    if refused:
        lines += ["Refused:", "", *(f"- {_mark(name)}: {_mark(why)}" for name, why in refused), ""]
    return "\n".join(lines)


def to_csv(tables: Tables, refused: Refused) -> str:
    """A line for each model and metric, with all that tells it from others; what was refused has no line."""
    del refused
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*KEYS, *SCORED])
    for table, row, column, cell in _cells(tables):
        writer.writerow([_plain_cell(value) for value in _facts(table, row, column, cell).values()])
    return out.getvalue()


def to_json(tables: Tables, refused: Refused) -> str:
    """The same facts as data, table by table."""
    found = []
    for table in tables:
        mine = [_facts(*each) for each in _cells(tables) if each[0] is table]
        head = {"title": table.title, "set": dict(table.set), "protocol": dict(table.protocol), "factors": list(table.factors)}
        found.append({**head, "scores": mine})
    listed = [{"record": name, "why": why} for name, why in refused]
    return json_text({"tables": found, "refused": listed}, indent=1)


def to_html(tables: Tables, refused: Refused) -> str:
    """One file without scripts, that asks for no other file."""
    parts = []
    for table in tables:
        head = "".join(f"<th>{_safe(text)}</th>" for text in ("model", *(column.heading for column in table.columns)))
        rows = []
        for row in table.rows:
            cells = "".join(f"<td>{_safe(_text(row.cells.get(column.id)))}</td>" for column in table.columns)
            rows.append(f"<tr><td>{_safe(_model(row))}</td>{cells}</tr>")
        for kind in BESIDE:
            cells = "".join(f"<td>{_safe(_range(table, column, kind))}</td>" for column in table.columns)
            rows.append(f'<tr class="beside"><td>{kind}</td>{cells}</tr>')
        caption = f"set {_safe(table.set['digest'][:12])}; factors {_safe(', '.join(table.factors))}"
        body = f"<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
        parts.append(f'<h2>{_safe(table.title)}</h2><div class="wide"><table>{body}</table></div>')
    parts.append(f"<p><small>{_safe(FOOT)}</small></p>" if tables else "<p>No record was accepted.</p>")
    if refused:
        listed = "".join(f"<li>{_safe(name)}: {_safe(why)}</li>" for name, why in refused)
        parts.append(f"<details><summary>{len(refused)} refused</summary><ul>{listed}</ul></details>")
    body = "\n".join(parts)
    policy = "default-src 'none'; style-src 'unsafe-inline'"  # even a mark that were not escaped could load and run nothing
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}"><title>Leaderboard</title>'
    head += f"<style>{STYLE}</style>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body><h1>Leaderboard</h1>\n{body}\n</body></html>\n'


FORMS: dict[str, Callable[[Tables, Refused], str]] = {"markdown": to_markdown, "csv": to_csv, "html": to_html, "json": to_json}


def _cells(tables: Tables) -> list[tuple[Table, Row, Column, Cell]]:
    return [
        (table, row, column, row.cells[column.id])
        for table in tables
        for column in table.columns
        for row in table.rows
        if column.id in row.cells
    ]


def _facts(table: Table, row: Row, column: Column, cell: Cell) -> dict[str, Any]:
    about: Mapping[str, Any] = row.model
    where = (
        table.set["name"], table.set["digest"], table.set["split"], table.set["rows"], table.set["n"],
        table.protocol.get("name"), table.protocol.get("digest"), about["name"], about.get("version"), about.get("code"),
        about["D"], about.get("training_regime"),
    )  # fmt: skip
    settings = ", ".join(f"{key}={value}" for key, value in column.settings.items())
    what = (
        column.name,
        column.version,
        column.estimator,
        settings,
        number(cell.score),
        cell.error,
        cell.over,
        cell.runs,
        cell.adjusted,
    )
    beside = (None if cell.panel[kind] is None else number(float(cell.panel[kind] or 0.0)) for kind in KINDS)
    return dict(zip((*KEYS, *SCORED), (*where, *what, *beside), strict=True))


def _model(row: Row) -> str:
    about = row.model
    more = [f"version {about['version']}"] if "version" in about else []
    more += [f"{about['code']} codes"] if "code" in about else []
    runs = max(cell.runs for cell in row.cells.values())
    more += [f"{runs} training seeds"] * (runs > 1) + [f"D = {about['D']}"]
    return f"{about['name']} ({', '.join(more)})"


def _text(cell: Cell | None) -> str:
    if cell is None:
        return ""
    error = f" ± {shown(cell.error)}" if cell.error is not None else ""
    return f"{shown(cell.score)}{error}" + (f" ({shown(cell.adjusted)})" if cell.adjusted is not None else "")


def _range(table: Table, column: Column, kind: str) -> str:
    found = table.reference(column, kind)
    if found is None:
        return "-"
    low, high = map(shown, found)
    return low if low == high else f"{low} to {high}"


def _line(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


def _mark(text: str) -> str:
    """A text in Markdown that is only itself: no markup, link, HTML, mention or cell of its own."""
    plain = printable(text).replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain = re.sub(r"([`*_\[\]#|~$@])", r"\\\1", plain)
    return plain.replace("://", ":\\//").replace("www.", "www\\.")  # addresses become links by themselves


def _safe(text: str) -> str:
    return html.escape(printable(text), quote=True)


def _plain_cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    if not isinstance(value, str):
        return "" if value is None else value
    text = printable(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and text != "-inf" else text
