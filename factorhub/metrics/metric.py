"""What a metric says of itself: what it measures, what it needs, and what a perfect and a useless code get."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar

from factorhub.errors import InputError, unknown
from factorhub.metrics.score import Score

Function = TypeVar("Function", bound=Callable[..., Any])
Cost: TypeAlias = Literal["milliseconds", "seconds", "minutes"]
Tier: TypeAlias = Literal["basic", "full", "special", "reference"]

NEEDS = {
    "codes": "codes (N, D)",
    "factors": "ground-truth factors (N, K)",
    "pairs": "codes of pairs of observations (N, 2, D) and which factor differs",
    "masks": "true and predicted instance maps",
    "slots": "slot codes and object factors",
    "sequences": "codes of sequences",
    "encoder": "an encoder to call",
    "decoder": "a decoder to call",
    "generator": "a generator that draws factors",
    "reader": "a function that reads factors from observations",
    "models": "codes of several models for the same rows",
    "graphs": "two graphs",
    "predictions": "predictions and what they predict",
}
INVARIANCES = {
    "code order": "permuting the codes changes nothing",
    "factor order": "permuting the factors permutes the scores of each",
    "row order": "permuting the rows changes nothing",
    "relabelling": "renumbering the classes of a categorical factor changes nothing",
    "affine": "scaling or shifting a code by itself changes nothing",
    "sign": "turning the sign of a code changes nothing",
    "constant code": "adding a code that never changes changes nothing",
    "angle": "shifting an angle code of a circular factor, given as a group of cosine and sine, changes nothing",
    "doubling": "giving every row twice changes nothing",
    "mask": "a mask of known labels that is all true changes nothing",
    "one factor": "a single factor gives a finite score",
    "one code": "a single code gives a finite score",
}
BY_PLACE = {  # what a metric lacks that splits rows, or draws them, with a seed
    "row order": "which rows are used for what goes by their place",
    "doubling": "the two copies of a row may be used for different things",
}
COSTS = ("milliseconds", "seconds", "minutes")
TIERS = ("basic", "full", "special", "reference")


@dataclass(frozen=True)
class Metric:
    """A metric: a function of arrays that returns a `Score`, and what it says of itself.

    Attributes:
        name: that it is asked for by.
        function: of the arrays; `function(codes, factors, *, schema, mask, groups, seed, …)` where it needs codes and factors.
        measures: in one sentence, the question it answers.
        needs: names of `NEEDS`, such as ("codes", "factors").
        range: lowest and highest score.
        better: "higher" or "lower".
        ideal: the score of codes that equal the factors, or of a perfect prediction, in the limit of many rows.
        chance: what codes that know nothing get, in words.
        invariances: names of `INVARIANCES` that it has.
        lacks: why it has not the others, by name.
        cost: of a call at N = 10,000, D = 10.
        tier: "basic" is computed by default, "full" on request; "special" needs other data; "reference" is for comparison.
        version: raised whenever numbers change.
        source: who defined it.
        extra: the optional dependency that it needs; empty when numpy is enough.
    """

    name: str
    function: Callable[..., Score]
    measures: str
    needs: tuple[str, ...]
    range: tuple[float, float]
    better: Literal["higher", "lower"]
    ideal: float
    chance: str
    invariances: frozenset[str]
    cost: Cost
    tier: Tier
    source: str
    version: int = 1
    extra: str = ""
    lacks: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind, asked, known in (
            ("need", self.needs, NEEDS),
            ("invariance", (*self.invariances, *self.lacks), INVARIANCES),
            ("cost", (self.cost,), COSTS),
            ("tier", (self.tier,), TIERS),
            ("direction", (self.better,), ("higher", "lower")),
        ):
            for name in asked:
                if name not in known:
                    raise unknown(kind, name, known, f"metric {self.name}")
        if both := self.invariances & self.lacks.keys():
            raise InputError(f"metric {self.name} has and lacks {', '.join(sorted(both))}; name each once")

    @property
    def judges_codes(self) -> bool:
        """True when it takes codes and factors and nothing else."""
        return set(self.needs) == {"codes", "factors"}

    def __call__(self, *arrays: Any, **settings: Any) -> Score:
        """The score of `arrays`."""
        return self.function(*arrays, **settings)


def declare(
    *,
    name: str = "",
    measures: str,
    needs: Iterable[str] = ("codes", "factors"),
    range: tuple[float, float] = (0.0, 1.0),
    better: Literal["higher", "lower"] = "higher",
    ideal: float = 1.0,
    chance: str,
    invariances: Iterable[str] | None = None,
    lacks: dict[str, str] | None = None,
    cost: Cost = "milliseconds",
    tier: Tier = "full",
    version: int = 1,
    source: str,
    extra: str = "",
) -> Callable[[Function], Function]:
    """Say of the function below what it measures: it becomes the function of a `Metric`, found as its attribute `metric`.

    Args:
        name: the function's own where it is left out.
        invariances: all but those in `lacks` where it is left out, for codes against factors; none for the others.
        lacks: the invariances that it has not, each with the reason.

    The other arguments are the attributes of `Metric`.
    """

    def attach(function: Function) -> Function:
        default = frozenset(INVARIANCES) - (lacks or {}).keys() if "codes" in needs and "factors" in needs else frozenset()
        has = default if invariances is None else frozenset(invariances)
        made = Metric(
            name or function.__name__, function, measures, tuple(needs), range, better, ideal, chance, has, cost, tier, source,
            version, extra, dict(lacks or {}),
        )  # fmt: skip
        function.metric = made  # type: ignore[attr-defined]
        return function

    return attach
