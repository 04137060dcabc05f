"""What the shell offers for a word that is being typed, as types of the command line's arguments: names, factors, paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

Offer = Callable[[click.Context, str], Iterable[str]]


class Word(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A text for which words are offered; whatever is typed is taken.

    Args:
        offer: the words, given what was typed before and of this word; those that begin otherwise are left out.
        place: what the shell completes itself where there are none: "file", "dir" or nothing.
    """

    name = "text"

    def __init__(self, offer: Offer | None = None, place: str = "") -> None:
        self._offer, self._place = offer, place

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The words that begin with what was typed. Whatever goes wrong offers nothing: an error helps nobody who is typing."""
        del param
        try:
            words = list(self._offer(ctx, incomplete)) if self._offer is not None else []
        except Exception:
            words = []
        found = [CompletionItem(word) for word in words if word.startswith(incomplete)]
        return found or ([CompletionItem(incomplete, type=self._place)] if self._place else [])


def _generators(ctx: click.Context, typed: str) -> Iterable[str]:
    from factorhub.catalog import CATALOG

    del ctx, typed
    return CATALOG


def _formats(ctx: click.Context, typed: str) -> Iterable[str]:
    from factorhub.exchange.formats import formats

    del ctx, typed
    return formats()


def _metrics(ctx: click.Context, typed: str) -> Iterable[str]:
    from factorhub.metrics import CATALOG

    del ctx, typed
    return CATALOG


def _presets(ctx: click.Context, typed: str) -> Iterable[str]:
    from factorhub.regimes.presets import PRESETS

    del ctx, typed
    return (preset.name for preset in PRESETS)


def _regimes(ctx: click.Context, typed: str) -> Iterable[str]:
    from factorhub.regimes.record import REGIMES

    del ctx, typed
    return REGIMES


def _options(ctx: click.Context, typed: str) -> Iterable[str]:
    """The options of the generator named before, with their values where they are few."""
    from factorhub import catalog

    name, (key, equals, _) = _named(ctx), typed.partition("=")
    if not equals:
        return (f"{known}=" for known in catalog.defaults(name))
    return (f"{key}={value}" for value in catalog.option_values(name, key))


def _factors(ctx: click.Context, typed: str) -> Iterable[str]:
    del typed
    names: Iterable[str] = _space(ctx).names
    return names


def _conditions(ctx: click.Context, typed: str) -> Iterable[str]:
    """`shape=` for the factors of the set named before, then `shape=heart` for the values of one."""
    space = _space(ctx)
    name, equals, _ = typed.partition("=")
    if not equals:
        return (f"{factor.name}=" for factor in space)
    factor = space[name]
    return (f"{name}={value}" for value in factor.labels or (f"{value:.6g}" for value in factor.table))


def _splits(ctx: click.Context, typed: str) -> Iterable[str]:
    from factorhub import build

    del typed
    return build.open(_named(ctx)).plan.splits


def _named(ctx: click.Context) -> str:
    """The generator or set named before; an option without its value yet leaves arguments unread."""
    return str(ctx.params.get("path") or ctx.params.get("name") or [*ctx.args, ""][0])


def _space(ctx: click.Context) -> Any:
    """The factors of the set or generator named before."""
    from factorhub import build, catalog
    from factorhub.commands.describe import is_set

    name = _named(ctx)
    return build.open(name).space if is_set(name) else catalog.generator(name).space


GENERATOR, ANY, SET, FILE = Word(_generators), Word(_generators, "dir"), Word(place="dir"), Word(place="file")
FORMAT, PRESET, REGIME, OPTION = Word(_formats), Word(_presets), Word(_regimes), Word(_options)
FACTOR, CONDITION, SPLIT = Word(_factors), Word(_conditions), Word(_splits)
METRIC = Word(_metrics)
ORDER, COMPRESSION = Word(lambda *_: ("permuted", "natural")), Word(lambda *_: ("auto", "gzip", "none"))
