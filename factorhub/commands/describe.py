"""Facts about generators and sets: as JSON data for programs, and as text tables for people."""

from __future__ import annotations

import itertools
import shutil
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from factorhub import catalog
from factorhub.attributes import Attribute
from factorhub.commands.shell import shards
from factorhub.factors import Factor
from factorhub.generator import Generator
from factorhub.printable import printable
from factorhub.regimes.presets import PRESETS, PUBLISHED
from factorhub.space import FactorSpace, Ignored

if TYPE_CHECKING:  # so that listing generators loads no HDF5
    from factorhub.lookup import Store

MOST_WIDE, LEAST_WIDE, NARROW = 132, 60, 12  # characters of a table where nothing says how wide, at least, and of a column


def catalog_facts() -> list[dict[str, Any]]:
    """One record for each generator in the catalog: name, family, factors, rows of its grid (None: endless), fields, summary."""
    families = {name: family for family, members in catalog.FAMILIES.items() for name in members}
    return [
        {
            "name": made.name,
            "family": families[made.name],
            "factors": len(made.space.factors),
            "rows": made.space.grid_size if made.space.enumerable else None,
            "fields": {item.name: f"{item.dtype}{list(item.shape)}" for item in made.fields},
            "summary": made.summary,
        }
        for made in map(catalog.generator, catalog.names())
    ]


def catalog_text(facts: Iterable[dict[str, Any]]) -> str:
    """`catalog_facts` as a table, a family after the other."""
    rows, family = [["family", "generator", "factors", "grid rows", "fields", "what it is"]], ""
    for item in facts:
        fields = ", ".join(f"{name} {shape}" for name, shape in item["fields"].items())
        count = item["rows"]
        size = "endless" if count is None else f"{count:,}" if count < 10**9 else f"{count:.1e}"
        rows.append(
            [item["family"] if item["family"] != family else "", item["name"], str(item["factors"]), size, fields, item["summary"]]
        )
        family = item["family"]
    return table(rows)


def preset_facts() -> list[dict[str, Any]]:
    """One record for each published protocol."""
    from factorhub.evaluation.published import protocols_of

    return [{**vars(preset), "protocols": protocols_of(preset.name)} for preset in PRESETS]


def preset_text() -> str:
    """The published protocols: what each is and, as for `factorhub generate`, its regime, splits and options; by source."""
    from factorhub.evaluation.published import PROTOCOLS, protocols_of

    lines: list[str] = []
    for source, group in itertools.groupby(PRESETS, lambda item: item.source):
        lines += ["", source] if lines else [source]
        for item in group:
            lines += ["", f"  {item.name}: {item.description} ({item.generator or 'any generator'})"]
            lines += ["    --set file=PATH"] if item.generator == PUBLISHED else []
            lines += [f"    --regime '{item.regime_text}'"] if item.regime_text else []
            lines += [f"    --splits '{item.splits_text}'"] if item.splits_text else []
            lines += [f"    --set {option}={value}" for option, value in item.options]
            lines += [f"    judged by factorhub evaluate --metrics {name}" for name in protocols_of(item.name)]
    lines += ["", "How models are judged, for factorhub evaluate --metrics NAME:"]
    for rule in PROTOCOLS:
        lines += ["", f"  {rule.name}: {rule.description}", f"    {rule.source}"]
        lines += [f"    of sets of --preset {pattern}" for pattern in rule.presets]
    return "\n".join(lines)


def generator_facts(made: Generator) -> dict[str, Any]:
    """All there is to know about a generator without rendering."""
    return {
        "name": made.name,
        "summary": made.summary,
        "source": made.source,
        "version": made.version,
        "options": dict(made.options),
        "rows": made.space.grid_size if made.space.enumerable else None,
        "notes": list(made.notes),
        "factors": space_facts(made.space),
        "groups": {name: list(members) for name, members in made.space.groups.items()},
        "attributes": attribute_facts(made.space.attributes),
        "offered": attribute_facts(made.attributes),
        "fields": [
            {"name": f.name, "dtype": f.dtype, "shape": list(f.shape), "dims": list(f.dims), "unit": f.unit,
             "description": f.description, "meta": dict(f.meta)}
            for f in made.fields
        ],
    }  # fmt: skip


def space_facts(space: FactorSpace) -> list[dict[str, Any]]:
    """The factor table: one record a factor."""
    records = []
    for factor in space:
        words = [
            symmetry.text(space)
            for symmetry in space.symmetries
            if factor.name in (symmetry.factors if isinstance(symmetry, Ignored) else (symmetry.factor,))
        ]
        record = factor.to_dict()
        grid = record.pop("grid")
        values = list(grid) if isinstance(grid, list) else grid
        records.append({**record, "size": factor.size, "values": values, "symmetry": "; ".join(words)})
    return records


def space_text(space: FactorSpace) -> str:
    """The factor table as text."""
    rows = [["factor", "kind", "size", "values", "nuisance", "symmetry", "description"]]
    for factor, record in zip(space, space_facts(space), strict=True):
        size = str(factor.size) if factor.size is not None else "interval"
        nuisance = "yes" if factor.nuisance else ""
        values = factor.range_text().partition(" (or codes")[0]
        rows.append([factor.name, factor.kind, size, values, nuisance, record["symmetry"], factor.description])
    keep = [i for i, name in enumerate(rows[0]) if i < 4 or any(row[i] for row in rows[1:])]
    groups = [["group", "factors"], *([name, ", ".join(members)] for name, members in space.groups.items())]
    return table([[row[i] for i in keep] for row in rows]) + (f"\n\n{table(groups)}" if space.groups else "")


def attribute_facts(attributes: Sequence[Attribute]) -> list[dict[str, Any]]:
    """One record an attribute."""
    return [{**item.factor.to_dict(), "reads": list(item.reads), "rule": item.rule} for item in attributes]


def attributes_text(attributes: Sequence[Attribute], title: str) -> list[str]:
    """Attributes as lines of a table, after an empty one; no lines where there are none."""
    if not attributes:
        return []
    rows = [[title, "kind", "size", "values", "follows from", "description"]]
    for item in attributes:
        size = str(item.factor.size) if item.factor.size is not None else "interval"
        values = item.factor.range_text().partition(" (or codes")[0]
        rows.append([item.name, item.factor.kind, size, values, ", ".join(item.reads), item.factor.description])
    return ["", table(rows)]


def generator_text(made: Generator) -> str:
    """A generator's facts as text."""
    size = f"{made.space.grid_size:,} rows on its grid" if made.space.enumerable else "endless (no finite grid)"
    fields = [["field", "dtype", "shape", "dims", "description"]]
    fields += [[f.name, f.dtype, _shape(f.shape), " ".join(f.dims), f.description] for f in made.fields]
    options = ", ".join(f"{key}={value}" for key, value in made.options.items()) or "none"
    head = [f"{made.name}: {made.summary}", f"{size}; version {made.version}; options: {options}", f"source: {made.source}"]
    notes = ["", *(printable(line) for line in made.notes)] if made.notes else []
    attributes = attributes_text(made.space.attributes, "attribute") + attributes_text(made.attributes, "offered to derive")
    return "\n".join([*head, *notes, "", space_text(made.space), *attributes, "", table(fields)])


def store_facts(store: Store) -> dict[str, Any]:
    """All that the manifest says about a set."""
    plan, manifest = store.plan, store.manifest
    quality: dict[str, float] = {}
    for done in manifest.finished:
        for name, figure in done.quality.items():
            quality[name] = max(figure, quality.get(name, figure))
    return {
        "path": str(store.folder),
        "title": plan.title,
        "rows": len(plan),
        "splits": {name: stop - start for name, (start, stop) in plan.ranges.items()},
        "shards": len(plan.shards),
        "shard_rows": plan.shard_rows,
        "bytes": manifest.bytes,
        "recipe": dict(plan.recipe),
        "factors": space_facts(plan.space),
        "attributes": attribute_facts(plan.space.attributes),
        "columns": [
            {"name": c.name, "dtype": c.dtype, "shape": list(c.shape), "dims": list(c.dims), "role": c.role,
             "chunk_rows": plan.layouts[c.name].chunk_rows, **plan.layouts[c.name].codec.to_dict()}
            for c in plan.columns
        ],
        "quality": quality,
    }  # fmt: skip


def store_text(store: Store) -> str:
    """A set's facts as text: the recipe as TOML, all else as its comments, so that the whole is a recipe file."""
    facts = store_facts(store)
    splits = ", ".join(f"{name} {rows:,}" for name, rows in facts["splits"].items())
    columns = [["column", "dtype", "shape", "role", "chunk rows", "stored as"]]
    for item in facts["columns"]:
        gzip = f"{'shuffle + ' if item['shuffle'] else ''}gzip by {item['encoder']} {item['level']}"
        kind = "raw" if item["encoder"] == "raw" else gzip
        columns.append([item["name"], item["dtype"], _shape(item["shape"]), item["role"], str(item["chunk_rows"]), kind])
    many = shards(facts["shards"]) + (f" of {facts['shard_rows']:,}" if facts["shards"] > 1 else "")
    quality = [f"{printable(name)}: at most {figure:.3g}" for name, figure in facts["quality"].items()]
    head = [
        printable(facts["title"]),
        f"{facts['rows']:,} rows ({splits}) in {many}; {facts['bytes'] / 1e6:,.1f} MB",
        *(["measured: " + "; ".join(quality)] if quality else []),
    ]
    attributes = attributes_text(store.space.attributes, "attribute")
    about = "\n".join([*head, "", space_text(store.space), *attributes, "", table(columns), "", "recipe"]).split("\n")
    return "\n".join([*(f"# {line}".rstrip() for line in about), recipe_text(store)])


def recipe_text(store: Store) -> str:
    """The recipe of a set as TOML, for a file that `factorhub generate --recipe` reads."""
    from factorhub.build.recipes import toml

    return toml(dict(store.plan.recipe))


def rows_text(store: Store, rows: Sequence[int]) -> str:
    """The factors of some rows, a line each."""
    attributes = [item.factor for item in store.space.attributes]
    lines = [["row", *store.space.names, *(factor.name for factor in attributes)]]
    follow = store.read(list(rows), [factor.name for factor in attributes]) if attributes else {}
    for place, row in enumerate(rows):
        shown = store.factors(int(row))
        told = [_told(factor, follow[factor.name][place]) for factor in attributes]
        lines.append([str(row), *(_number(shown[name]) for name in store.space.names), *map(_number, told)])
    return table(lines, wrap=False)


def _told(factor: Factor, stored: Any) -> Any:
    """A stored code or value of an attribute as a person reads it; a list for the members of a row."""
    if factor.size is None:
        return stored.tolist()
    return np.asarray(factor.labels)[stored].tolist() if factor.labels is not None else factor.values(stored).tolist()


def table(rows: Sequence[Sequence[str]], *, wrap: bool = True) -> str:
    """Left-aligned columns with a rule under the head; with `wrap` as wide as the terminal, long cells going on in lines below."""
    rows = [[printable(cell) for cell in row] for row in rows]  # a name with a line of its own would look like a row
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    room = max(shutil.get_terminal_size((MOST_WIDE, 24)).columns, LEAST_WIDE) - 2 * (len(widths) - 1)
    least = [max(len(word) for row in rows for word in row[i].split() or [""]) for i in range(len(widths))]
    while wrap and sum(widths) > room:  # the widest column gives way, down to its longest word
        able = [i for i, width in enumerate(widths) if width > max(least[i], NARROW)]
        if not able:
            break
        widest = max(able, key=widths.__getitem__)
        widths[widest] -= 1
    lines = []
    for number, row in enumerate(rows):
        cells = [textwrap.wrap(cell, width, break_on_hyphens=False) or [""] for cell, width in zip(row, widths, strict=True)]
        for line in range(max(map(len, cells))):
            parts = (part[line] if line < len(part) else "" for part in cells)
            lines.append("  ".join(part.ljust(width) for part, width in zip(parts, widths, strict=True)).rstrip())
        if number == 0:
            lines.append("  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _shape(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape)) or "scalar"


def _number(value: Any) -> str:
    if isinstance(value, list):
        return members(value, _number)
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def members(values: Sequence[Any], text: Callable[[Any], str]) -> str:
    """What the members of a row have, one after another, or once where it is the same; of more than four the ends.

    >>> members([0.5, 0.25], str), members(["heart", "heart"], str), members(range(9), str)
    ('0.5, 0.25', 'heart', '0, 1, … 8')
    """
    shown = [text(value) for value in values]
    if len(set(shown)) == 1:
        return shown[0]
    return ", ".join(shown if len(shown) <= 4 else [*shown[:2], f"… {shown[-1]}"])


is_set = catalog.is_path  # what a name given on the command line is, if it is no generator's
