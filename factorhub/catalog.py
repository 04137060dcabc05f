"""The generators factorhub knows by name, one line each; anyone's `package.module:function` works wherever a name does."""

from __future__ import annotations

import inspect
import math
import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from factorhub.derived import derived
from factorhub.errors import InputError, cut, short, unknown
from factorhub.generator import Generator
from factorhub.named import imported

FAMILIES: dict[str, dict[str, str]] = {  # as people look for them
    "sprites": {
        "dsprites": "factorhub.dsprites_like.dsprites:dsprites",
        "color_dsprites": "factorhub.dsprites_like.color_dsprites:color_dsprites",
        "noisy_dsprites": "factorhub.dsprites_like.noisy_dsprites:noisy_dsprites",
        "textured_dsprites": "factorhub.dsprites_like.textured_dsprites:textured_dsprites",
        "abstract_dsprites": "factorhub.dsprites_like.abstract_dsprites:abstract_dsprites",
        "infinite_sprites": "factorhub.dsprites_like.infinite_sprites:infinite_sprites",
        "moving_sprites": "factorhub.dsprites_like.moving_sprites:moving_sprites",
    },
    "scenes": {
        "multi_dsprites": "factorhub.dsprites_like.multi_dsprites:multi_dsprites",
        "tetrominoes": "factorhub.dsprites_like.tetrominoes:tetrominoes",
        "shapes3d": "factorhub.dsprites_like.shapes3d:shapes3d",
        "objects_room": "factorhub.dsprites_like.objects_room:objects_room",
    },
    "things": {
        "turntable": "factorhub.dsprites_like.turntable:turntable",
        "robot_arm": "factorhub.dsprites_like.robot_arm:robot_arm",
        "glyphs": "factorhub.dsprites_like.glyphs:glyphs",
        "cppn": "factorhub.dsprites_like.cppn:cppn",
    },
    "people": {
        "heads": "factorhub.dsprites_like.heads:heads",
        "figures": "factorhub.dsprites_like.figures:figures",
    },
    "causes": {
        "causal_pendulum": "factorhub.dsprites_like.causal_pendulum:causal_pendulum",
        "causal_flow": "factorhub.dsprites_like.causal_flow:causal_flow",
        "linear_scm": "factorhub.dynamics.linear_scm:linear_scm",
    },
    "music": {
        "dmelodies": "factorhub.dmelodies.dmelodies:dmelodies",
        "tunes": "factorhub.sounds.tunes:tunes",
    },
    "speech": {
        "voices": "factorhub.sounds.voices:voices",
    },
    "dynamics": {
        "pendulum": "factorhub.dynamics.pendulum:pendulum",
        "lotka_volterra": "factorhub.dynamics.lotka_volterra:lotka_volterra",
        "three_body": "factorhub.dynamics.three_body:three_body",
        "double_pendulum": "factorhub.dynamics.double_pendulum:double_pendulum",
        "mass_spring": "factorhub.dynamics.mass_spring:mass_spring",
        "duffing": "factorhub.dynamics.duffing:duffing",
        "van_der_pol": "factorhub.dynamics.van_der_pol:van_der_pol",
        "lorenz": "factorhub.dynamics.lorenz:lorenz",
        "two_body": "factorhub.dynamics.two_body:two_body",
        "lagrange_three_body": "factorhub.dynamics.lagrange_three_body:lagrange_three_body",
        "bouncing_balls": "factorhub.dynamics.bouncing_balls:bouncing_balls",
        "interventional_pong": "factorhub.dynamics.interventional_pong:interventional_pong",
    },
    "signals": {
        "seasonal_series": "factorhub.dynamics.seasonal_series:seasonal_series",
        "rf_fingerprint": "factorhub.dynamics.rf_fingerprint:rf_fingerprint",
    },
    "graphs": {
        "drifting_graphs": "factorhub.graphs.drifting_graphs:drifting_graphs",
        "concept_graphs": "factorhub.graphs.concept_graphs:concept_graphs",
        "intents": "factorhub.graphs.intents:intents",
    },
    "language": {
        "sentences": "factorhub.language.sentences:sentences",
    },
    "wrappers": {
        "degraded": "factorhub.wrappers.degraded:degraded",
        "captioned": "factorhub.wrappers.captioned:captioned",
    },
}
CATALOG: dict[str, str] = {name: place for family in FAMILIES.values() for name, place in family.items()}


def is_path(text: str) -> bool:
    """True when a text that may be a generator's name or a path, as on the command line, is a path."""
    looks = "/" in text.partition(":")[0] or "://" in text or text.startswith((".", "~"))
    return text not in CATALOG and (looks or Path(text).exists())


def names() -> list[str]:
    """The names of all generators in the catalog, in its order."""
    return list(CATALOG)


def generator(name: str, *, derive: Mapping[str, str] | str | None = None, **options: Any) -> Generator:
    """Make the generator called `name`, or found at `package.module:function`, with `options`.

    Option values may be given as text, as on the command line; they are converted to the type of the default.

    Args:
        derive: attributes of the rows, {name: rule}; see `factorhub.derived.derived`.

    Raises:
        InputError: no such generator, module, option or option value.

    >>> generator("dsprites", grid="clean").space["orientation"].size
    40
    >>> generator("dsprites", derive={"large": "scale > 0.7"}).space.known("large").labels
    ('false', 'true')
    """
    if not isinstance(name, str):
        raise InputError(f"a generator is asked for by name, such as 'dsprites'; got {short(name)}")
    factory = _factory(name)
    chosen = {key: _option(name, factory, key, value) for key, value in options.items()}
    bare = [
        key
        for key, parameter in _parameters(name, factory).items()
        if parameter.default is parameter.empty and parameter.kind not in _COLLECTING and key not in chosen
    ]
    if bare:
        verb = "has" if len(bare) == 1 else "have"
        raise InputError(
            f"generator '{cut(name)}': {', '.join(bare)} {verb} no default; name a function whose arguments all have one"
        )
    _check_makes_one(name, factory)
    made = factory(**chosen)
    if not isinstance(made, Generator):
        raise InputError(f"{name} must return a factorhub.Generator; got {type(made).__name__}")
    made = replace(made, name=name, options={**defaults(name), **chosen})
    return (derived(made, derive) if derive else made).made_by(generator)


def check_leave(named: object, leave: str | None) -> None:
    """Refuse to import a generator from outside the catalog only because some data name it."""
    if not (isinstance(named, str) and named in CATALOG) and (leave is None or leave != named):
        risk = f"the recipe names a generator outside the catalog, '{named}', whose code would be imported and run"
        raise InputError(f"{risk}; if you trust it, say so: generator='{named}' (--generator {named})")


def defaults(name: str) -> dict[str, Any]:
    """The options of the generator called `name`, with their default values."""
    return {key: parameter.default for key, parameter in _parameters(name, _factory(name)).items()}


def option_values(name: str, key: str) -> tuple[str, ...]:
    """The values that the option `key` of a generator can have, as text, where they are few; else nothing."""
    factory = _factory(name)
    kind = typing.get_type_hints(factory).get(key)
    if typing.get_origin(kind) is typing.Literal:
        return tuple(map(str, typing.get_args(kind)))
    return ("true", "false") if kind is bool else ()


_COLLECTING = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _parameters(name: str, factory: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(factory).parameters
    except (TypeError, ValueError):  # of a builtin
        raise InputError(
            f"generator '{cut(name)}' is no function that makes a generator; name one as package.module:function"
        ) from None


def _factory(name: str) -> Callable[..., Any]:
    target = CATALOG.get(name, name)
    if ":" not in target:
        raise unknown("generator", name, CATALOG, "the catalog (or give package.module:function)")
    factory = imported("generator", target)
    if isinstance(factory, Generator):
        made = factory
        return lambda: made
    if not callable(factory):
        raise InputError(f"generator '{cut(name)}' is no function that makes a generator; name one as package.module:function")
    return factory  # type: ignore[no-any-return]


def _check_makes_one(name: str, factory: Callable[..., Any]) -> None:
    """Refuse what makes no generator before it is called: calling is too late to find out what else it does."""
    returned = getattr(factory, "__annotations__", {}).get("return")
    if isinstance(factory, type):
        makes = issubclass(factory, Generator)
    elif returned is None:  # nothing is said; the standard library and what is no Python function make none
        home = str(getattr(factory, "__module__", None) or "").partition(".")[0]
        makes = inspect.isfunction(inspect.unwrap(factory)) and home not in sys.stdlib_module_names
    else:
        kind = returned if isinstance(returned, type) else None
        makes = issubclass(kind, Generator) if kind is not None else str(returned).strip("'\"").rpartition(".")[2] == "Generator"
    if not makes:
        got = f"one of {short(returned)}" if returned is not None else "no such function"
        raise InputError(f"{name} must return a factorhub.Generator; got {got}, which is not called; name another function")


def _option(name: str, factory: Callable[..., Any], key: str, value: Any) -> Any:
    """`value` converted to the type that the factory declares for the option `key`, and checked against it."""
    parameters = _parameters(name, factory)
    if key not in parameters:
        raise unknown("option", key, parameters, name)
    kind = typing.get_type_hints(factory).get(key, type(parameters[key].default))
    if typing.get_origin(kind) is typing.Literal:
        choices = {str(choice): choice for choice in typing.get_args(kind)}
        if str(value) not in choices:
            raise unknown("value", value, choices, f"option {key} of {name}")
        return choices[str(value)]
    if kind is bool:
        given = {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else value
        if not isinstance(given, bool | np.bool_):
            raise InputError(f"option {key} of {name} is true or false; got {short(value)}")
        return bool(given)
    if kind not in (int, float, str):
        return value
    words = {int: "a whole number", float: "a finite number", str: "text"}
    wanted = f"option {key} of {name} is {words[kind]}; got {short(value)}"
    try:
        if kind is str and not isinstance(value, str):
            raise TypeError
        converted = kind(value)
        if isinstance(value, bool) or (kind is float and not math.isfinite(converted)):
            raise ValueError
        if kind is int and not isinstance(value, str) and converted != value:
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise InputError(wanted) from None
    return converted
