"""The steps of one evaluation: rows encoded in batches, codes scored, errors measured, the panel beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, short
from factorhub.evaluation import panel
from factorhub.evaluation.digests import digest
from factorhub.evaluation.encoders import Encoder, checked
from factorhub.evaluation.result import JACKKNIFE, NONE, SPREAD, Result
from factorhub.evaluation.scoring import FEW, Judge
from factorhub.evaluation.subject import Lines, Rows, Subject, sample_of
from factorhub.factors import Array, Factor
from factorhub.metrics import CATALOG, Score
from factorhub.progress import Progress

TRAVERSALS = 128  # of each factor: flatness is then known to 0.003


@dataclass
class Drawn:
    """One draw: codes and factor values of its rows, and of pairs and traversals where a metric needs them."""

    codes: Array
    values: Array
    paired: tuple[Array, Array] | None = None
    traversed: tuple[Array, Array] | None = None
    lines: Lines = ()

    def of(self, judge: Judge) -> tuple[Array, Array]:
        """The codes (n, …, D) and factor values (n, …, K) that a metric takes."""
        found = self.paired if judge.paired else self.traversed if judge.traversed else None
        return found or (self.codes, self.values)


class Work:
    """What one call of `evaluate` does, in steps that share its arguments."""

    def __init__(
        self, source: Subject, factors: tuple[Factor, ...], asked: tuple[Judge, ...], seed: int, n: int, batch: int, groups: Any,
        lenient: bool,
    ) -> None:  # fmt: skip
        self.source, self.factors, self.asked, self.seed = source, factors, asked, seed
        self.n, self.batch, self.groups, self.lenient = n, batch, groups, lenient
        self.places = [source.space.index(factor.name) for factor in factors]
        self.notes = [*source.notes]
        left = [name for name in source.space.names if name not in {factor.name for factor in factors}]
        if left:
            self.notes.append(f"not scored: {', '.join(left)}")
        moved = [judge.name for judge in asked if judge.paired or judge.traversed]
        if moved and source.pairs is None:
            names = ", ".join(moved)
            raise InputError(f"{names} needs rows that differ in one factor, which stored rows do not; name the generator instead")

    def given(self, codes: Any, index: npt.ArrayLike | None) -> tuple[list[Drawn], Mapping[str, Any]]:
        """The one draw of codes that are given, (rows, D), and what a record says of their rows."""
        try:
            array = np.asarray(codes)
        except (TypeError, ValueError):
            raise InputError(f"codes are numbers (rows, D); got {short(codes)}; stack them into one array") from None
        if array.ndim not in (1, 2) or not len(array):
            raise InputError(f"codes are numbers (rows, D), a row each; got shape {array.shape}; flatten the other axes into D")
        name, length, facts = self.source.name, self.source.length or 0, self.source.facts
        if index is None:
            if len(array) != length:
                hint = "give their row numbers as index, or name the split"
                raise InputError(f"{name} has {length:,} rows, and codes have a row for each; got {len(array):,} rows; {hint}")
            kept = positions = sample_of(length, self.n, self.seed)
        else:
            numbers = np.asarray(index)
            if numbers.shape != (len(array),) or numbers.dtype.kind not in "iu":
                raise InputError(
                    f"index holds a whole number for each of the {len(array)} rows of codes; "
                    f"got {numbers.dtype} of shape {numbers.shape}; give the column 'index' of the batches"
                )
            if len(np.unique(numbers)) != len(numbers):
                raise InputError("index names a row twice; give each row of codes once")
            kept = sample_of(len(array), self.n, self.seed)
            positions = self.source.positions(numbers.astype(np.int64)[kept]) if self.source.positions is not None else kept
            if len(numbers) < length:  # other rows than someone else's, so that their scores never share a column
                those = digest([facts["digest"], np.sort(numbers).tolist()])
                facts = {**facts, "digest": those, "rows": f"{len(numbers):,} rows by index"}
        values = self.source.at(positions) if self.source.at is not None else np.zeros((0, 0))  # stored rows have it
        return [Drawn(checked(array[kept], len(kept), "codes are"), values[:, self.places])], facts

    def encoded(self, model: Encoder, number: int, progress: Progress) -> Drawn:
        """Draw `number`, encoded."""
        rows = self.source.rows(number, self.n)
        codes = self._encode(model, rows, progress)
        paired = None
        if any(judge.paired for judge in self.asked) and self.source.pairs is not None:
            pairs = self.source.pairs(number, self.n, [factor.name for factor in self.factors])
            paired = self._encode(model, pairs, progress), pairs.values[..., self.places]
        drawn = Drawn(codes, rows.values[..., self.places], paired)
        if any(judge.traversed for judge in self.asked) and self.source.traversals is not None:
            lines, drawn.lines = self.source.traversals(number, TRAVERSALS, [factor.name for factor in self.factors])
            drawn.traversed = self._encode(model, lines, progress), lines.values[..., self.places]
        return drawn

    def _encode(self, model: Encoder, rows: Rows, progress: Progress) -> Array:
        lead, parts = rows.values.shape[:-1], []
        total = int(np.prod(lead))
        for start in range(0, total, self.batch):
            stop = min(start + self.batch, total)
            parts.append(model(rows.look(start, stop), stop - start))
            if parts[-1].shape[1] != parts[0].shape[1]:
                got = f"{parts[0].shape[1]} and then {parts[-1].shape[1]}"
                raise InputError(f"the model returns as many codes for every batch; got {got}; fix its output to D")
            progress(stop - start)
        return np.concatenate(parts).reshape(*lead, -1)

    def encodings(self, draws: int) -> int:
        """Observations to be encoded in all; those of traversals are counted as rows of a draw, though they may be a few more."""
        each = self.n if self.source.length is None else min(self.n, self.source.length)
        kinds = 1 + 2 * any(judge.paired for judge in self.asked) + any(judge.traversed for judge in self.asked)
        return draws * each * kinds

    def steps(self, draws: int, panel: bool) -> int:
        """Rows to be scored in all, as the progress counts them."""
        return len(self.asked) * self.n * (draws + panel)

    def results(self, made: list[Drawn], wanted: bool, progress: Progress) -> tuple[Result, ...]:
        """The results of all metrics."""
        found = []
        for judge in self.asked:
            scores = self._scores(judge, made, progress)
            if scores is None:
                continue
            error, method = self._error(judge, scores, made)
            beside = self._panel(judge, made[0]) if wanted else {}
            progress(self.n * wanted)
            if "estimator" not in scores[0].settings:
                self.notes.append(f"the score of {judge.name} says no estimator in its settings, and leaderboards refuse it")
            found.append(Result(judge, scores, error, method, beside))
        if not found:
            raise InputError(f"no metric takes these codes; {'; '.join(self.notes[-2:])}")
        if bare := [result.judge.name for result in found if result.method == NONE]:
            why = (
                "they fit models or draw batches, for which a jackknife is slow or wrong"
                if len(made[0].codes) >= FEW
                else f"there are under {FEW} rows"
            )
            self.notes.append(f"no error of {', '.join(bare)}: {why}")
        return tuple(found)

    def _scores(self, judge: Judge, made: list[Drawn], progress: Progress) -> tuple[Score, ...] | None:
        """The scores of all draws; None, with a note, where one of a whole tier does not take these codes."""
        scores = []
        for drawn in made:
            codes, values = drawn.of(judge)
            try:
                scores.append(judge.score(codes, values, self.factors, seed=self.seed, groups=self.groups, lines=drawn.lines))
            except InputError as error:
                if not self.lenient:
                    raise
                self.notes.append(f"{judge.name} is left out: {error}")
                return None
            progress(self.n)
        return tuple(scores)

    def _error(self, judge: Judge, scores: tuple[Score, ...], made: list[Drawn]) -> tuple[dict[str, float], str]:
        if len(scores) > 1:
            parts = {"": [float(score) for score in scores]}
            for part in scores[0].parts:
                parts[part] = [score.parts.get(part, np.nan) for score in scores]
            return {part: float(np.std(each, ddof=1)) for part, each in parts.items() if np.isfinite(each).all()}, SPREAD
        error = judge.jackknife(*made[0].of(judge), self.factors, seed=self.seed, groups=self.groups)
        return (error, JACKKNIFE) if error is not None else ({}, NONE)

    def _panel(self, judge: Judge, drawn: Drawn) -> dict[str, Any]:
        """What reference codes of the rows of the first draw get: kept by all that it depends on."""
        codes, values = drawn.of(judge)
        width = codes.shape[-1]
        extra = judge.metric.extra
        key = {
            "set": self.source.digest, "n": len(codes), "seed": self.seed, "factors": [factor.name for factor in self.factors],
            "D": width, "metric": judge.id, "versions": panel.versions(extra), "rows": panel.rows_digest(values),
            "groups": None if self.groups is None else [list(map(int, group)) for group in self.groups],
        }  # fmt: skip

        def compute(kind: str) -> panel.Numbers:
            ideal = panel.ideal_codes(values, self.factors)
            made = panel.reference(kind, ideal.reshape(-1, ideal.shape[-1]), width, self.seed)
            groups = self.groups if kind == "noise" else None
            shaped = made.reshape(*ideal.shape[:-1], -1)
            return judge.numbers(shaped, values, self.factors, seed=self.seed, groups=groups, lines=drawn.lines)

        return panel.scores(key, compute, on_disk=judge.metric.name in CATALOG)
