"""A protocol: how models are judged, as data. A preset says which rows a set has; a protocol, what is measured on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from factorhub.errors import InputError, short
from factorhub.evaluation.digests import digest


@dataclass(frozen=True)
class Protocol:
    """How models are judged.

    Attributes:
        name: what it is found under.
        description: what it is, in one line, and where it departs from what was published.
        source: where it was published.
        metrics: names with their settings, as (name, value) pairs: (("mig", (("bins", 20),)),).
        n, draws: rows of a draw, and draws.
        generator: that it is for; empty for every one.
        split: of a stored set that models are judged on; empty for the independent grid.
        presets: patterns of the names of presets whose rows it is for, as `fnmatch` reads them.
        code: "mean" or "sample": what of a distribution over codes is judged.
        seeds: of training, that a report of it averages over; empty where none were published.
    """

    name: str
    description: str
    source: str
    metrics: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...]
    n: int = 10_000
    draws: int = 5
    generator: str = ""
    split: str = ""
    presets: tuple[str, ...] = ()
    code: str = "mean"
    seeds: tuple[int, ...] = ()

    @property
    def metrics_asked(self) -> dict[str, dict[str, Any]]:
        """The metrics as `evaluate` takes them."""
        return {name: dict(settings) for name, settings in self.metrics}

    @property
    def digest(self) -> str:
        """Of all that scores depend on: protocols of one digest give comparable numbers."""
        return digest(
            {key: value for key, value in self.to_dict().items() if key not in ("description", "source", "presets", "seeds")}
        )

    def to_dict(self) -> dict[str, Any]:
        """This protocol as JSON data; `Protocol.from_dict` gives back an equal one."""
        data = asdict(self)
        lists = {"presets": list(self.presets), "seeds": list(self.seeds)}
        return {**data, "metrics": [[name, dict(settings)] for name, settings in self.metrics], **lists}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Protocol:
        """The protocol that `to_dict` described.

        Raises:
            InputError: not such data.
        """
        try:
            metrics = tuple((str(name), tuple(settings.items())) for name, settings in data["metrics"])
            return cls(**{**data, "metrics": metrics, "presets": tuple(data["presets"]), "seeds": tuple(data["seeds"])})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"a protocol is data as Protocol.to_dict gives it; got {short(data)} ({error}); see docs") from None

    def number(self, what: str, asked: int | None, own: int) -> int:
        """`own`, or an error where another number was asked for beside the protocol."""
        if asked is not None and asked != own:
            raise InputError(f"protocol {self.name} has {what}={own}; got {what}={asked} beside it; leave it out")
        return own

    def check(self, generator: object) -> None:
        """Raise `InputError` where rows are of another generator of the catalog than the protocol is for."""
        from factorhub.catalog import CATALOG

        if self.generator and generator in CATALOG and generator != self.generator:
            raise InputError(f"protocol {self.name} is for {self.generator}; got {generator}; give a set of {self.generator}")

    def check_code(self, code: object) -> None:
        """Raise `InputError` where a model says that it gives means for a protocol of samples, or samples for one of means."""
        if code is not None and code != self.code:
            raise InputError(f"protocol {self.name} judges {self.code}s of codes; got a model of {code}s; encode {self.code}s")

    def fill(self, what: Any, split: str | None, regime: Any) -> tuple[Any, str | None, Any]:
        """What to judge on, which split of it and which regime, where the protocol says so.

        Raises:
            InputError: it has another split, or a regime is asked for beside it.
        """
        if regime is not None:
            raise InputError(f"protocol {self.name} says which rows are judged; got regime {short(regime)} beside it; leave it out")
        if self.generator and not self.split:
            what = self.generator if what is None else what
        if self.split:
            if what is None or (isinstance(what, str) and _is_name(what)):
                made = f"; factorhub generate {self.generator} --preset {self.presets[0]} --out DIR makes one"
                wanted = f"protocol {self.name} judges split {self.split} of a stored set"
                raise InputError(f"{wanted}; got {short(what)}; give its path{made if self.generator else ''}")
            if split not in (None, self.split):
                raise InputError(f"protocol {self.name} judges split {self.split}; got split {split}; leave it out")
        return what, self.split or split, None


def _is_name(what: str) -> bool:
    from factorhub import catalog

    return not catalog.is_path(what)
