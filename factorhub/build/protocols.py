"""Recipes as the command line asks for them: of a generator, or of a published protocol by the name of its preset."""

from __future__ import annotations

from typing import Any

import numpy as np

from factorhub import catalog
from factorhub.build.recipes import Recipe, recipe
from factorhub.errors import InputError
from factorhub.generator import Generator
from factorhub.regimes import Regime, Splits


def asked(name: str | None, preset: str | None = None, **settings: Any) -> Recipe:
    """The recipe for a generator, or for a preset that names one, with settings as text: the command line's way.

    Raises:
        InputError: no generator is named; or a setting contradicts the preset, or the generator does not fit it.
    """
    if preset is not None:
        from factorhub.regimes.presets import preset as find

        found = find(preset)
        for what, own in (("regime", found.regime_text), ("splits", found.splits_text)):
            if settings.get(what) and own:
                raise InputError(
                    f"preset {preset} has {what} of its own, '{own}'; got --{what} {settings[what]}; leave one of them out"
                )
        settings["regime"] = settings.get("regime") or found.regime
        settings["splits"] = settings.get("splits") or found.splits
        wanted, name = found.generator, name or found.generator or None
        if found.options and name is not None:  # as far as another generator has them
            had = catalog.defaults(name)
            settings["options"] = {**{key: value for key, value in found.options if key in had}, **settings["options"]}
    if name is None:
        raise InputError("name a generator, a --preset that names one, or a --recipe; factorhub list shows all generators")
    made = catalog.generator(name, **settings.pop("options"))
    if preset is not None:
        _check_fit(preset, wanted, made, settings["regime"], settings["splits"])
    return recipe(made, **settings)


def _check_fit(preset: str, wanted: str, made: Generator, regime: Any, splits: Any) -> None:
    """Refuse a preset for a generator that, with its options, has not the factors and values that the preset names."""
    hint = f"leave out {made.name}, or see factorhub presets"
    if wanted in catalog.CATALOG and made.name != wanted:
        lacking = [factor for factor in catalog.generator(wanted).space.names if factor not in made.space.names]
        if lacking:
            raise InputError(f"preset {preset} is for {wanted}, and {made.name} has no {', '.join(lacking)}; {hint}")
    try:
        for part in [item for item in (regime, *getattr(splits, "regimes", ())) if isinstance(item, Regime)]:
            part.draw(made.space, 0, np.zeros(1, dtype=np.int64))
        if isinstance(splits, Splits):
            splits.check(made.space)
    except InputError as error:
        raise InputError(f"preset {preset} does not fit {made.name} as it was asked for: {error}") from None
