"""The dataset card: README.md beside the data, whose YAML head tells Hugging Face `datasets` splits and features.

Its `description` holds the digest of the manifest's content. `datasets` hashes the whole of `dataset_info` into the key
of its cache, so that another set, or this one made again otherwise, is never taken for the rows that it has cached.
"""

from __future__ import annotations

import re
from typing import Any

from factorhub.factors import Factor
from factorhub.printable import json_text, printable, quoted
from factorhub.source import Column, labels_of
from factorhub.space import FactorSpace
from factorhub.storage.manifest import Manifest

BATCH = 1000  # rows `datasets` reads at once; its default of one row group costs five times the time and memory
DESCRIPTION = "  description: factorhub "
ASIDE = re.compile(rf"  batch_size: \d+|{DESCRIPTION}[0-9a-f]{{32}}")


def text(manifest: Manifest) -> str:
    """The card of a finished set."""
    plan = manifest.plan
    head = [
        "---",
        f"pretty_name: {quoted(plan.title)}",
        "license: mit",
        "tags: [disentanglement, factors-of-variation, factorhub]",
        "configs:",
        "- config_name: default",
        f"  batch_size: {BATCH}",
        "  data_files:",
    ]
    for split in plan.splits:
        head += [f"  - split: {split}", f"    path: data/{split}-*.h5"]
    head += ["dataset_info:", f"{DESCRIPTION}{manifest.content}", "  features:"]
    for column in plan.columns:
        head += _feature(column, plan.space)
    splits = [f"| {split} | {stop - start:,} |" for split, (start, stop) in plan.ranges.items()]
    source, notes = plan.recipe.get("source"), plan.recipe.get("notes", ())
    files = "shard" if len(plan.shards) == 1 else "shards"
    body = [
        "---",
        "",
        f"# {printable(plan.title)}",
        "",
        f"{len(plan):,} rows in {len(plan.shards)} HDF5 {files}, {manifest.bytes / 1e6:,.1f} MB.",
        "Made by [factorhub](https://pypi.org/project/factorhub/); the recipe below makes the same rows on any machine.",
        *(["", f"Source of the definition: {printable(str(source))}."] if source else []),
        *(["", "```", *(printable(str(line)) for line in notes), "```"] if notes else []),
        "",
        "| split | rows |",
        "|---|---|",
        *splits,
        "",
        "| factor | kind | values | unit | nuisance | description |",
        "|---|---|---|---|---|---|",
        *(_row(factor, "yes" * factor.nuisance) for factor in plan.space),
        *(_row(item.factor, f"attribute: follows from {', '.join(item.reads)}") for item in plan.space.attributes),
        "",
        "```python",
        "import factorhub",
        "",
        'rows = factorhub.open(".")  # or: datasets.load_dataset(".")',
        "```",
        "",
        "```json",
        json_text(dict(plan.recipe), indent=1),
        "```",
        "",
    ]
    return "\n".join(head + body)


def _row(factor: Factor, remark: str) -> str:
    """A factor's line in the table."""
    cells = [
        factor.name,
        factor.kind,
        f"{factor.size or 'interval'}: {factor.range_text()}",
        factor.unit,
        remark,
        factor.description,
    ]
    return printable(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")


def head(text: str) -> list[str]:
    """The lines of a card's head by which loaders go: all but how many rows are read at once, and the digest."""
    return [line for line in text.partition("\n---\n")[0].split("\n") if not ASIDE.fullmatch(line)]


def stated(text: str) -> str | None:
    """The digest of the manifest's content that a card states; None where it states none, as cards did not at first."""
    for line in text.partition("\n---\n")[0].split("\n"):
        if line.startswith(DESCRIPTION) and ASIDE.fullmatch(line):
            return line.removeprefix(DESCRIPTION)
    return None


def _feature(column: Column, space: FactorSpace) -> list[str]:
    """The YAML lines of one column's feature."""
    name = f"  - name: {column.name}"
    kind: Any = column.dtype
    labels = labels_of(column, space)
    if labels is not None:
        lines = ["class_label:", "  names:", *(f"    '{code}': {quoted(label)}" for code, label in enumerate(labels))]
    else:
        lines = []
    if len(column.shape) < 2:
        inner = ["dtype:", *(f"  {line}" for line in lines)] if lines else [f"dtype: {kind}"]
        lists = column.shape
    else:  # arrays have up to 5 axes; further ones before them are lists
        shape, lists = column.shape[-5:], column.shape[:-5]
        dims = (f"    - {length}" for length in shape)
        inner = ["dtype:", f"  array{len(shape)}_d:", "    shape:", *dims, f"    dtype: {kind}"]
    for length in reversed(lists):
        inner = [*_listed(inner), f"length: {length}"]
    return [name, *(f"    {line}" for line in inner)]


def _listed(inner: list[str]) -> list[str]:
    """The YAML lines of a list of what `inner` describes: `list: uint8` for a plain value, else a block."""
    first, *rest = inner
    if first.startswith("dtype: ") and not rest:
        return [f"list: {first.removeprefix('dtype: ')}"]
    return ["list:", *(f"  {line}" for line in ([line[2:] for line in rest] if first == "dtype:" else inner))]
