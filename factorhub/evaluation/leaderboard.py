"""Leaderboards: a pure function from folders of records to tables in which unlike numbers never share a column."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from factorhub.errors import FactorhubError, StoreError, unknown
from factorhub.evaluation import record
from factorhub.evaluation.columns import Cell, Column, Row, Table
from factorhub.evaluation.digests import digest
from factorhub.evaluation.panel import KINDS
from factorhub.evaluation.tables import FORMS
from factorhub.metrics import CATALOG
from factorhub.paths import local_path


@dataclass(frozen=True)
class Leaderboard:
    """Tables of comparable scores, and what was refused.

    Attributes:
        tables: one for each set and protocol, by name.
        refused: (which record or metric, why), ascending.
    """

    tables: tuple[Table, ...]
    refused: tuple[tuple[str, str], ...]

    def to(self, form: str) -> str:
        """The tables as text: "markdown", "csv", "html" (one self-contained file) or "json".

        Raises:
            InputError: another form.
        """
        if form not in FORMS:
            raise unknown("form", form, FORMS, "leaderboards")
        return FORMS[form](self.tables, self.refused)


def leaderboard(folders: str | Path | Iterable[str | Path]) -> Leaderboard:
    """The tables of all records in some folders and the folders in them, whatever their order.

    A result is refused without panel, estimator or seed, and a record that is none, or that was changed. Of several records
    of one model, training seed, set, protocol and seed the latest counts.

    Args:
        folders: one or several, as `Report.save` filled them; or files.

    Raises:
        InputError: no path. StoreError: no such folder.

    >>> import factorhub, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> report = factorhub.evaluate(lambda images: images.mean(axis=(1, 2)), "dsprites", ["mig"], draws=2, n=500, model="mean")
    >>> path = report.save(folder)
    >>> [row.model["name"] for row in leaderboard(folder).tables[0].rows]
    ['mean']
    """
    given = [folders] if isinstance(folders, (str, os.PathLike)) else list(folders)
    records: dict[str, tuple[Mapping[str, Any], str]] = {}
    refused: set[tuple[str, str]] = set()
    for name, file in sorted({found for folder in given for found in _files(folder)}):
        try:
            data = record.read(file)
            records[data["content_hash"]] = max((data, name), records.get(data["content_hash"], (data, name)), key=_age)
        except FactorhubError as error:
            refused.add((name, str(error)))
    made, more = tables_of(records.values())
    return Leaderboard(made, tuple(sorted(refused | more)))


def _age(item: tuple[Mapping[str, Any], str]) -> tuple[str, str, str]:
    return item[0]["date"], item[0]["content_hash"], item[1]


def _files(folder: str | Path) -> Iterable[tuple[str, str]]:
    """The name and path of every JSON file; links to other folders are not followed."""
    place = local_path("leaderboard", folder)
    if place.is_file():
        yield place.name, str(place)
        return
    if not place.is_dir():
        raise StoreError(f"leaderboard reads folders of records; there is none at {place}; Report.save and --out DIR write one")
    for here, _, names in os.walk(place):
        for name in names:
            if name.endswith(".json") and not name.startswith("."):
                yield str(Path(here, name).relative_to(place)), str(Path(here, name))


def tables_of(records: Iterable[tuple[Mapping[str, Any], str]]) -> tuple[tuple[Table, ...], set[tuple[str, str]]]:
    """The tables of checked records, each with its name, and what is refused of them."""
    refused: set[tuple[str, str]] = set()
    latest: dict[str, tuple[Mapping[str, Any], str]] = {}
    for data, name in sorted(records, key=_age):
        protocol = (data["protocol"] or {}).get("digest")
        metrics = None if protocol else sorted(result["metric"]["id"] for result in data["results"])
        key = digest([data["model"], _place(data), protocol, metrics, data["seed"]])
        old = latest.get(key)
        latest[key] = max((data, name), old, key=_age) if old else (data, name)
        if old:
            lost = min((data, name), old, key=_age)[1]
            refused.add((lost, "there is a later record of the same model, training seed, set, protocol and seed"))
    groups: dict[str, list[tuple[Mapping[str, Any], str]]] = {}
    for data, name in latest.values():
        groups.setdefault(digest(_place(data)), []).append((data, name))
    made = [table for group in groups.values() if (table := _table(sorted(group, key=_age), refused)) is not None]
    return tuple(sorted(made, key=lambda table: (table.title, digest(dict(table.set))))), refused


def _place(data: Mapping[str, Any]) -> list[Any]:
    """What rows of one table share: set, rows, factors, protocol."""
    protocol = data["protocol"] or {}
    return [data["set"]["digest"], data["set"]["split"], data["set"]["n"], data["factors"], protocol.get("digest")]


def _table(records: list[tuple[Mapping[str, Any], str]], refused: set[tuple[str, str]]) -> Table | None:
    columns: dict[str, Column] = {}
    runs: dict[str, dict[str, list[tuple[Any, Mapping[str, Any]]]]] = {}
    models: dict[str, Mapping[str, Any]] = {}
    for data, name in records:
        about = {key: value for key, value in data["model"].items() if key not in ("training_seed", "url")}
        for result in data["results"]:
            metric = result["metric"]
            if why := _lacks(result):
                refused.add((name, f"{metric['name']} has no {why}, without which its score means nothing"))
                continue
            own = digest([metric["id"], metric["name"], metric["version"], metric["estimator"], metric["settings"]])
            columns[own] = Column(
                own, metric["name"], metric["settings"], metric["version"], metric["estimator"], metric["better"]
            )  # fmt: skip
            row = digest(about)
            models[row] = about
            runs.setdefault(row, {}).setdefault(own, []).append((data["model"].get("training_seed"), result))
    if not columns:
        return None
    order = {name: place for place, name in enumerate(CATALOG)}
    shown = tuple(sorted(columns.values(), key=lambda c: (order.get(c.name, len(order)), c.name, c.version, c.heading, c.id)))
    rows = [Row(models[key], {own: _cell(found) for own, found in cells.items()}) for key, cells in runs.items()]
    first, data = shown[0], records[-1][0]
    facts = {key: data["set"][key] for key in ("name", "digest", "split", "rows", "n")}
    ranked = tuple(
        sorted(rows, key=lambda row: (*_rank(row.cells.get(first.id), first), row.model["name"], digest(dict(row.model))))
    )
    return Table(facts, data["protocol"] or {}, tuple(data["factors"]), shown, ranked)


def _lacks(result: Mapping[str, Any]) -> str:
    beside = result["panel"] or {}
    if beside.get("ideal") is None or beside.get("noise") is None:
        return "panel"
    metric = result["metric"]
    return "estimator" if not metric["estimator"] else "seed" if metric["seed"] is None else ""


def _cell(found: list[tuple[Any, Mapping[str, Any]]]) -> Cell:
    by_run: dict[str, list[Mapping[str, Any]]] = {}
    for seed, result in found:
        by_run.setdefault(repr(seed), []).append(result)
    each = [_mean([float(result["score"]) for result in by_run[seed]]) for seed in sorted(by_run)]
    error, over = None, ""
    if len(each) > 1 and all(map(math.isfinite, each)):
        error, over = float(np.std(each, ddof=1)), f"sd over {len(each)} training seeds"
    elif len(found) == 1 and found[0][1]["se"]:
        error, over = float(found[0][1]["se"]["value"]), str(found[0][1]["se"]["method"])
    adjusted = [result["adjusted"] for _, result in found]
    beside = {}
    for kind in KINDS:
        numbers = [result["panel"].get(kind) for _, result in found]
        beside[kind] = None if None in numbers else _mean(sorted(map(float, numbers)))
    return Cell(
        _mean(each), error, over, None if None in adjusted else _mean(sorted(map(float, adjusted))), len(by_run), beside
    )  # fmt: skip


def _mean(numbers: list[float]) -> float:
    return math.fsum(numbers) / len(numbers) if all(map(math.isfinite, numbers)) else numbers[0]


def _rank(cell: Cell | None, column: Column) -> tuple[bool, float]:
    """The best first; models without a score last."""
    if cell is None:
        return True, 0.0
    return False, cell.score if column.better == "lower" else -cell.score
