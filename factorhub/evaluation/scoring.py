"""One metric on one draw: which rows it needs, how it is called, and the error of a score that cannot be drawn again."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from factorhub import metrics, randomness
from factorhub.errors import InputError, short, unknown
from factorhub.evaluation.digests import digest, plain
from factorhub.evaluation.panel import Numbers
from factorhub.factors import Array, Factor
from factorhub.metrics import CATALOG, Metric, Score

Settings: TypeAlias = tuple[tuple[str, Any], ...]
Asked: TypeAlias = "str | Sequence[str | tuple[str, Mapping[str, Any]]] | Mapping[str, Mapping[str, Any]]"
Lines: TypeAlias = "Sequence[tuple[str, int, int]]"  # of traversals in a row: the factor that moves, how many, its values
TIERS = {"basic": ("basic",), "full": ("basic", "full")}
BLOCKS = 20  # of the jackknife
FEW = 2 * BLOCKS  # rows below which there is none
PAIRED = ("pairs",)
TRAVERSED = ("encoder", "generator")
SINGLE = ({"codes", "factors"}, {"codes"})


@dataclass(frozen=True)
class Judge:
    """A metric with the settings it is asked for with: two judges of one `id` give comparable numbers.

    Attributes:
        metric: what it says of itself.
        settings: other than the defaults, as (name, value) pairs, ascending.
    """

    metric: Metric
    settings: Settings = ()

    @property
    def name(self) -> str:
        """As tables show it: the metric's name, with settings that are not the defaults."""
        shown = ", ".join(f"{key}={value}" for key, value in self.settings)
        return f"{self.metric.name}({shown})" if shown else self.metric.name

    @property
    def id(self) -> str:
        """The metric, its version and a digest of its settings."""
        return f"{self.metric.name}-v{self.metric.version}-{digest(plain(self.settings))[:8]}"

    @property
    def paired(self) -> bool:
        """True where it judges pairs of rows that differ in one factor."""
        return self.metric.needs == PAIRED

    @property
    def blind(self) -> bool:
        """True where it looks at codes alone."""
        return set(self.metric.needs) == {"codes"}

    @property
    def traversed(self) -> bool:
        """True where it judges traversals, which it takes as {factor: codes (R, V, D)}."""
        return self.metric.needs == TRAVERSED

    @property
    def quick(self) -> bool:
        """True where a jackknife is quick and right: it costs milliseconds, by its default estimator, and draws no batches.

        What batches happen to be drawn differs with every block left out, and a jackknife takes that for the error of the rows.
        """
        random = "fix" in inspect.signature(self.metric.function).parameters
        if random or self.traversed or self.metric.cost != "milliseconds":
            return False
        return not any(name == "estimator" for name, _ in self.settings)

    def score(
        self, codes: Array, values: Array, factors: Sequence[Factor], *, seed: int, groups: Any = None, lines: Lines = ()
    ) -> Score:
        """The score of codes (n, …, D) and factor values (n, …, K).

        Args:
            codes, values: of rows, of pairs (n, 2, …), or of all traversals one after another.
            factors: the K factors.
            seed: of the metric.
            groups: of codes, where the metric takes them.
            lines: of traversals, which they are.

        Raises:
            InputError: arrays that it does not take. MissingExtra: what it needs is not installed.
        """
        settings: dict[str, Any] = {"seed": seed, **dict(self.settings)}
        if groups is not None and "groups" in inspect.signature(self.metric.function).parameters:
            settings["groups"] = groups
        if self.traversed:
            parts = np.split(codes, np.cumsum([r * v for _, r, v in lines])[:-1])
            shaped = [part.reshape(r, v, -1) for part, (_, r, v) in zip(parts, lines, strict=True)]
            return self.metric({name: part for (name, _, _), part in zip(lines, shaped, strict=True)}, **settings)
        if self.blind:
            return self.metric(codes, **settings)
        return self.metric(codes, values, schema=factors, **settings)

    def numbers(self, codes: Array, values: Array, factors: Sequence[Factor], **how: Any) -> Numbers:
        """The score and its parts as numbers, as `score` gives them; None where the metric refuses these codes."""
        try:
            return numbers_of(self.score(codes, values, factors, **how))
        except InputError:
            return None

    def jackknife(self, codes: Array, values: Array, factors: Sequence[Factor], *, seed: int, groups: Any = None) -> Numbers:
        """The standard error of the score and of its parts, from leaving out each of 20 blocks of rows in turn.

        A bootstrap would repeat rows, which biases mutual information by many times its error. None where there are too few
        rows, or where a block less leaves too few, or where it would take minutes.
        """
        n = len(codes)
        if n < FEW or not self.quick:
            return None
        block = randomness.permutation(seed, "evaluation/jackknife", 0, n) % BLOCKS
        left = [
            self.numbers(codes[block != b], values[block != b], factors, seed=seed, groups=groups) for b in range(BLOCKS)
        ]  # fmt: skip
        if not all(left):
            return None
        parts = set.intersection(*(set(each) for each in left if each is not None))
        found = {}
        for part in sorted(parts):
            each = np.array([numbers[part] for numbers in left if numbers is not None])
            if np.isfinite(each).all():
                found[part] = float(math.sqrt((BLOCKS - 1) / BLOCKS * ((each - each.mean()) ** 2).sum()))
        return found


def numbers_of(score: Score) -> dict[str, float]:
    """A score under "", and its parts by name; parts that are no numbers are left out."""
    return {"": float(score), **{name: part for name, part in score.parts.items() if not math.isnan(part)}}


def judges(asked: Asked) -> tuple[Judge, ...]:
    """The metrics asked for: "basic", "full", names, or names with settings.

    Args:
        asked: a tier; a name or several with commas between; a list of names or of (name, settings); or {name: settings}.

    Raises:
        InputError: no such metric or setting, or one that needs other data than `evaluate` draws.

    >>> [judge.name for judge in judges({"mig": {"bins": 10}, "mcc": {}})]
    ['mig(bins=10)', 'mcc']
    """
    if isinstance(asked, str) and asked in TIERS:
        every = (metrics.metric(name) for name in metrics.names())
        return tuple(Judge(metric) for metric in every if metric.tier in TIERS[asked] and set(metric.needs) in SINGLE)
    if isinstance(asked, str):
        asked = [name.strip() for name in asked.split(",") if name.strip()]
    if not isinstance(asked, Iterable):
        raise InputError(f"metrics are 'basic', 'full', a protocol's name, or a list of names; got {short(asked)}")
    found = []
    for item in asked.items() if isinstance(asked, Mapping) else asked:
        name, settings = (item, {}) if isinstance(item, str) else _pair(item)
        found.append(judge(name, settings))
    if not found:
        raise InputError("metrics names none; give 'basic', 'full' or a list such as ['mig', 'dci']")
    ids = [each.id for each in found]
    if twice := next((each.name for each in found if ids.count(each.id) > 1), ""):
        raise InputError(f"metrics names {twice} twice; once is enough")
    return tuple(found)


def judge(name: str, settings: Mapping[str, Any]) -> Judge:
    """A metric by name with its settings, checked against its arguments."""
    try:
        metric = metrics.metric(name)
    except InputError:
        if isinstance(name, str) and ":" not in name and name not in CATALOG:
            raise unknown("metric", name, [*TIERS, *CATALOG], "the catalog (or give package.module:function)") from None
        raise
    if set(metric.needs) not in SINGLE and metric.needs not in (PAIRED, TRAVERSED):
        needs = ", ".join(metrics.NEEDS[need] for need in metric.needs)
        raise InputError(
            f"{metric.name} needs {needs}, which evaluate does not draw; call factorhub.metrics.{metric.name} with them"
        )
    known = inspect.signature(metric.function).parameters
    taken = ("codes", "factors", "schema", "mask", "groups", "seed", "fix")
    for key in settings:
        if key not in known or key in taken:
            raise unknown("setting", key, [other for other in known if other not in taken], metric.name)
    return Judge(metric, tuple(sorted((str(key), value) for key, value in settings.items())))


def _pair(item: Any) -> tuple[str, Mapping[str, Any]]:
    try:
        name, settings = item
    except (TypeError, ValueError):
        raise InputError(f"a metric is a name or (name, settings); got {short(item)}; write ('mig', {{'bins': 10}})") from None
    if not isinstance(settings, Mapping):
        raise InputError(f"the settings of {name} are a dictionary such as {{'bins': 10}}; got {short(settings)}")
    return name, settings
