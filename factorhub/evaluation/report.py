"""What `evaluate` returns: each score with its error, its panel, and where it lies between noise and ideal."""

from __future__ import annotations

import math
import statistics
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from factorhub import html
from factorhub.errors import InputError, unknown
from factorhub.evaluation import record
from factorhub.evaluation.panel import KINDS
from factorhub.evaluation.result import NONE, Result
from factorhub.printable import printable

WIDE = 100  # characters of a printed report
NAMED = 24  # characters of a metric's name in it


@dataclass(frozen=True)
class Report:
    """The scores of a model on a set. Printed, it is a table; `report["mig"]` is one `Result`.

    Attributes:
        set: what it was judged on: name, recipe, digest, split, regime, rows, n.
        model: name and what else was said of it, and D.
        protocol: name and digest of the protocol that was followed; empty without one.
        draws, seed: of the rows; every random choice is keyed by the seed.
        factors: that were scored.
        results: of each metric.
        notes: what was left out, in sentences.
        codes: (n, D) of the first draw, for one's own use; not part of the record.
    """

    set: Mapping[str, Any]
    model: Mapping[str, Any]
    protocol: Mapping[str, Any]
    draws: int
    seed: int
    factors: tuple[str, ...]
    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()
    codes: Any = field(default=None, repr=False, compare=False)

    def __getitem__(self, name: str) -> Result:
        for result in self.results:
            if name in (result.judge.name, result.judge.metric.name):
                return result
        raise unknown("metric", name, [result.judge.name for result in self.results], "this report")

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __str__(self) -> str:
        return "\n".join([*self._head(), "", *self._table(), "", *self._foot()])

    @html.never_raises
    def _repr_html_(self) -> str:
        return html.page(self._head()[0], html.code(str(self)))

    def _head(self) -> list[str]:
        n, d, protocol = self.set["n"], self.model["D"], self.protocol.get("name", "")
        many = f"{self.draws} fresh draws of {n:,} rows" if self.draws > 1 else f"one draw of {n:,} rows"
        sizes = f"D = {d}, K = {len(self.factors)}, seed {self.seed}"
        text = f"{self.model['name']} on {self.set['name']}, {self.set['rows']}: {many}, {sizes}"
        lines = textwrap.wrap(printable(text), WIDE)
        return [*lines, *([f"protocol {protocol}"] if protocol else [])]

    def _table(self) -> list[str]:
        rows = [["metric", "score", *KINDS, "adjusted"]]
        names = [result.judge.metric.name for result in self.results]  # a protocol says the settings
        for result in self.results:
            for part in ("", *result.parts):
                name = (
                    result.judge.name
                    if names.count(result.judge.metric.name) > 1 or not self.protocol
                    else result.judge.metric.name
                )
                label = f"  {part}" if part else name + " ↓" * (result.judge.metric.better == "lower")
                error = result.error.get(part)
                score = shown(result.value(part)) + (f" ± {shown(error)}" if error is not None else "")
                each = [shown(result.reference(kind, part)) for kind in KINDS]
                rows.append([_cut(printable(label)), score, *each, shown(result.adjusted(part))])
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]
        return [lines[0], "-" * len(lines[0]), *lines[1:]]

    def _foot(self) -> list[str]:
        methods = sorted({result.method for result in self.results} - {NONE})
        told = [f"± {method}" for method in methods] + ["adjusted = (score - noise) / (ideal - noise)"]
        lines = ["; ".join(told)]
        for note in (*self.notes, *self.warnings()):
            lines += textwrap.wrap(f"note: {printable(note)}", WIDE, subsequent_indent="      ")
        return lines

    def over(self, other: Report) -> dict[str, tuple[float, float | None]]:
        """How much higher this model scores than another on the same draws: {metric: (mean difference, its error)}.

        The error is the standard deviation of the difference over draws, None where there is one draw; what the draws have in
        common cancels.

        Raises:
            InputError: the reports are of other rows, or share no metric.
        """
        for what in ("digest", "n"):
            if self.set[what] != other.set[what]:
                got = f"{self.set['name']} and {other.set['name']}, {self.set[what]} and {other.set[what]}"
                raise InputError(f"models are compared on the same rows; got {got}; judge both on one set with the same n")
        mine, theirs = (self.draws, self.seed, self.factors), (other.draws, other.seed, other.factors)
        if mine != theirs:
            raise InputError(f"models are compared on the same draws, seed and factors; got {mine} and {theirs}; judge both alike")
        found = {}
        known = {result.judge.id: result for result in other}
        for result in self:
            if result.judge.id in known:
                apart = [float(a) - float(b) for a, b in zip(result.scores, known[result.judge.id].scores, strict=True)]
                found[result.judge.name] = (statistics.fmean(apart), statistics.stdev(apart) if len(apart) > 1 else None)
        if not found:
            raise InputError("these reports share no metric with the same settings; judge both models by the same metrics")
        return found

    def warnings(self) -> tuple[str, ...]:
        """What the metrics warn of in the first draw, once each, with the metrics that say so."""
        said: dict[str, list[str]] = {}
        for result in self.results:
            for text in result.scores[0].warnings:
                said.setdefault(text, []).append(result.judge.name)
        every = len(self.results)
        return tuple(text if len(names) == every else f"{', '.join(names)}: {text}" for text, names in said.items())

    def record(self, date: str | None = None) -> dict[str, Any]:
        """The report as JSON data: the record that `save` writes and `leaderboard` reads; see docs/record.schema.json.

        Args:
            date: such as "2026-05-01"; today by default. It is no part of the content hash.
        """
        given = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "codes"}
        return record.made({**given, "notes": list(dict.fromkeys((*self.notes, *self.warnings())))}, date)

    def save(self, folder: str | Path) -> Path:
        """Write the record into a folder, whole or not at all, and return its path; equal reports are one file.

        Raises:
            InputError: no path of this machine. StoreError: the folder cannot be written.
        """
        return record.save(self.record(), folder)


def shown(number: float | None) -> str:
    """A score in a table: three decimals, fewer where it is large.

    >>> shown(0.12345), shown(123.456), shown(float("inf")), shown(None), shown(-0.0001)
    ('0.123', '123.5', 'inf', '-', '0.000')
    """
    if number is None:
        return "-"
    if not math.isfinite(number):
        return str(number)
    text = f"{number:.3f}" if abs(number) < 10 else f"{number:.4g}"
    return text.removeprefix("-") if float(text) == 0 else text


def _cut(text: str) -> str:
    return text if len(text) <= NAMED else f"{text[: NAMED - 1]}…"
