"""What a drawn row would have been under an intervention: its own noise, through the causal model that it was drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.regimes.mechanisms import Target
from factorhub.regimes.regime import Draw, Regime, Single
from factorhub.space import FactorSpace


@runtime_checkable
class Followed(Protocol):
    """A regime whose rows can be drawn again under an intervention, each from the noise that it had."""

    def under(self, targets: Sequence[Target], base: FactorSpace) -> Regime:
        """The regime whose row r is row r of this one, had `targets` been intervened on."""
        ...


def has_model(regime: Any) -> bool:
    """True where a regime draws from a causal model, itself or inside."""
    if getattr(regime, "causal", False):
        return True
    if isinstance(regime, tuple):
        return any(map(has_model, regime))
    return is_dataclass(regime) and any(has_model(getattr(regime, item.name)) for item in fields(regime))


def under(regime: Regime, targets: Sequence[Target], base: FactorSpace) -> Regime:
    """The regime whose row r is row r of `regime` under the interventions: itself where it has no causal model.

    Raises:
        InputError: the model is inside a regime that does not say which of its draws a row came from.
    """
    if not has_model(regime):
        return regime
    if not isinstance(regime, Followed):
        name = type(regime).__name__.lower()
        raise InputError(
            f"counterfactual follows the causal model that a single row was drawn from, and {name} does not tell it; "
            f"with_factors sets factors, all else equal"
        )
    return regime.under(targets, base)


class Streamed(Single):
    """The rows of a regime under a stream of random words that another regime hands it."""

    def __init__(self, inner: Regime, name: str) -> None:
        self._inner, self._name = inner, name

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """The rows of the inner regime, as the other one asks for them."""
        return self._inner.draw(base, seed, rows, f"{stream}/{self._name}")


def followed(regime: Regime, base: FactorSpace, seed: int, row: int, targets: Sequence[Target]) -> Array:
    """The values (k,) that natural row `row` of a regime of single rows would have had under the interventions."""
    values: Array = under(regime, targets, base).draw(base, seed, np.array([row])).values[0]
    return values
