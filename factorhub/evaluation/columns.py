"""What a leaderboard is made of: tables of models and metrics, whose columns hold comparable numbers only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Cell:
    """What the runs of one model got from one metric.

    Attributes:
        score: the mean over training seeds, each the mean over its evaluation seeds.
        error: its standard deviation over training seeds where there are several, else the error that its record states.
        over: what the error is of; empty where there is none.
        adjusted: the mean of the adjusted scores; None where a record has none.
        runs: training seeds.
        panel: the mean of what each kind of reference codes got; None where the metric refuses them.
    """

    score: float
    error: float | None
    over: str
    adjusted: float | None
    runs: int
    panel: Mapping[str, float | None]


@dataclass(frozen=True)
class Column:
    """A metric of a table: all its cells have one version, one estimator and the same settings."""

    id: str
    name: str
    settings: Mapping[str, Any]
    version: int
    estimator: str
    better: str

    @property
    def heading(self) -> str:
        """The metric with settings that are not its defaults, and an arrow where less is better."""
        given = ", ".join(f"{key}={value}" for key, value in self.settings.items())
        return self.name + (f"({given})" if given else "") + " ↓" * (self.better == "lower")


@dataclass(frozen=True)
class Row:
    """A model: what it says of itself but its training seed, and its cell in each column that it was judged by."""

    model: Mapping[str, Any]
    cells: Mapping[str, Cell]


@dataclass(frozen=True)
class Table:
    """Models judged on the same rows, by the same protocol.

    Attributes:
        set: name, digest, split, rows and n.
        protocol: its name and digest; empty where metrics were asked for by name.
        factors: that were scored.
        columns: metrics, as the catalog orders them.
        rows: models, the best by the first column first.
    """

    set: Mapping[str, Any]
    protocol: Mapping[str, Any]
    factors: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def title(self) -> str:
        """In one line, what the table is of."""
        by = f", protocol {self.protocol['name']}" if self.protocol else ""
        return f"{self.set['name']}: {self.set['rows']}, {self.set['n']:,} rows, {len(self.factors)} factors{by}"

    def reference(self, column: Column, kind: str) -> tuple[float, float] | None:
        """The lowest and highest score of reference codes of this kind beside the models of the table; None without any."""
        found = [row.cells[column.id].panel.get(kind) for row in self.rows if column.id in row.cells]
        numbers = [number for number in found if number is not None]
        return (min(numbers), max(numbers)) if numbers else None
