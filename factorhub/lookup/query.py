"""Factor values as people ask for them: checked, each factor once, and what to write where no row has just that value."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any

import numpy as np

from factorhub.errors import InputError, must_be
from factorhub.factors import Array, Factor
from factorhub.space import FactorSpace


def joined(what: str, conditions: Mapping[str, Any] | None, more: Mapping[str, Any]) -> dict[str, Any]:
    """Conditions given as a mapping and as keywords, each factor once."""
    expected = "a dictionary of factor values such as {'shape': 'heart'} (a region as text goes to store.where)"
    must_be(f"what {what} looks for", conditions, (Mapping, NoneType), expected)
    if twice := [name for name in more if name in (conditions or {})]:
        raise InputError(f"{what} is given {twice[0]} twice, in the dictionary and as a keyword; once is enough")
    return {**(conditions or {}), **more}


def changed(space: FactorSpace, shown: Mapping[str, Any], changes: Mapping[str, Any]) -> Array:
    """The values (k,) of a row whose factors are `shown`, some of them changed; each is checked.

    Raises:
        InputError: an unknown factor, or a value out of range.
    """
    for name in changes:
        space.index(name)
    values = np.empty(len(space.factors))
    for i, factor in enumerate(space):
        asked = changes.get(factor.name, shown[factor.name])
        values[i] = factor.value(asked)
        factor.check(values[i : i + 1])
    return values


def near(factor: Factor, asked: Any) -> str:
    """A condition that holds near a value, a twentieth of the factor's range to both sides."""
    first = asked[0] if isinstance(asked, (list, tuple)) and asked else asked
    try:
        middle, wide = float(first), (factor.high - factor.low) / 20
    except (TypeError, ValueError):
        middle, wide = (factor.low + factor.high) / 2, (factor.high - factor.low) / 2
    low, high = max(middle - wide, factor.low), min(middle + wide, factor.high)
    return f"{factor.name} between {low:.6g} and {high:.6g}"
