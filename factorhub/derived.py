"""Attributes of a generator, read from what a person asks for: `derive={"contour": "contour", "area": "scale * scale"}`."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from factorhub.attributes import Attribute
from factorhub.errors import InputError, short, unknown
from factorhub.factors import Array, Factor, categorical, continuous, ordinal
from factorhub.formulas import Formula
from factorhub.generator import Generator
from factorhub.named import imported
from factorhub.regions import Region, parse
from factorhub.space import FactorSpace

MOST_POINTS = 2**22  # of the grid on which the range of a formula is found
MOST_VALUES = 256  # of a formula that are listed; of more, the range is known
COMPARED = ("<", ">", "==", "!=", " in ", " between ")  # what regions have and formulas have not


def derived(made: Generator, asked: Mapping[str, Any] | str) -> Generator:
    """A generator whose rows have attributes beside their factors.

    Args:
        made: the generator.
        asked: {name: rule}. A rule is the name of an attribute that the generator offers; a formula of its factors, such as
            "scale * scale"; a region, such as "scale > 0.8 & shape == heart", which is true or false; or "module:NAME" of
            an `Attribute`. Text in place of the dictionary: "contour; area = scale * scale".

    Raises:
        InputError: a rule that is none of these, or reads what the generator has not.
    """
    rules = _rules(asked)
    attributes = tuple(_attribute(made, name, rule) for name, rule in rules.items())
    return replace(made, space=replace(made.space, attributes=attributes), options={**made.options, "derive": rules})


def check_rules(asked: Mapping[str, Any] | str) -> None:
    """Refuse to import an attribute's module only because some data name it."""
    for rule in _rules(asked).values():
        if ":" in rule and rule.partition(":")[0] not in sys.modules:
            risk = f"the recipe derives an attribute by '{rule}', whose code would be imported and run"
            raise InputError(f"{risk}; if you trust it, import {rule.partition(':')[0]} first")


def _rules(asked: Any) -> dict[str, str]:
    if isinstance(asked, str):
        parts = [part.partition("=") if _names(part) else (part, "", part) for part in asked.split(";") if part.strip()]
        asked = {name.strip(): rule.strip() for name, _, rule in parts}
    elif isinstance(asked, list | tuple):
        asked = {name: name for name in asked}
    if not isinstance(asked, Mapping) or not all(isinstance(item, str) for pair in asked.items() for item in pair):
        raise InputError(f"derive is {{name: rule}}, such as {{'area': 'scale * scale'}}; got {short(asked)}")
    return dict(asked)


def _names(part: str) -> bool:
    """True of `area = scale * scale`, whose first sign of equality is no comparison."""
    name, sign, rule = part.partition("=")
    return bool(sign) and name.strip().isidentifier() and not rule.startswith("=")


def _attribute(made: Generator, name: str, rule: str) -> Attribute:
    offered = {attribute.name: attribute for attribute in made.attributes}
    if rule in offered:
        found = offered[rule]
    elif any(sign in rule for sign in COMPARED):
        found = _of_region(made.space, name, rule)
    elif ":" in rule:
        found = imported("attribute", rule)
        if not isinstance(found, Attribute):
            raise InputError(f"'{rule}' is to be a factorhub.attributes.Attribute; got {short(found)}; make it with attribute(…)")
    elif rule.isidentifier() and rule not in made.space:
        raise unknown("attribute", rule, [*offered, *made.space.names], made.name)
    else:
        found = _of_formula(made.space, name, rule)
    return replace(found, factor=replace(found.factor, name=name))


def _of_region(space: FactorSpace, name: str, rule: str) -> Attribute:
    region = parse(rule)
    region.check(space)
    reads = tuple(dict.fromkeys(condition.factor for condition in region.conditions()))
    factor = categorical(name, ("false", "true"), description=rule)
    return Attribute(factor, reads, rule, partial(_inside, region, space, reads))


def _inside(region: Region, space: FactorSpace, reads: tuple[str, ...], *columns: Array) -> Array:
    """1 where the factors `reads` have values in the region, else 0."""
    shape = np.broadcast_shapes(*(column.shape for column in columns))
    values = np.zeros((*shape, len(space.factors)))
    for read, column in zip(reads, columns, strict=True):
        values[..., space.index(read)] = column
    return region.contains(space, values)


def _of_formula(space: FactorSpace, name: str, rule: str) -> Attribute:
    formula = Formula(name, rule)
    reads = [space[read] for read in formula.parents]
    if not reads:
        raise InputError(f"the attribute {name} follows from factors; got '{rule}', which names none")
    loose = [factor.name for factor in reads if factor.size is None]
    if loose or math.prod(factor.size or 1 for factor in reads) > MOST_POINTS:
        raise InputError(
            f"the range of {name} = {rule} is found on the grid of its factors, of at most {MOST_POINTS:,} points; got "
            f"{', '.join(loose) + ' without a grid' if loose else 'more'}; write an Attribute, which states its range"
        )
    grids = np.ix_(*(factor.values(np.arange(factor.size or 0)) for factor in reads))
    found = np.unique(formula({factor.name: grid for factor, grid in zip(reads, grids, strict=True)}))
    if not np.isfinite(found).all():
        raise InputError(f"{name} = {rule} is a number at every point of the grid; got {found[~np.isfinite(found)][0]} somewhere")
    if len(found) <= MOST_VALUES and not any(factor.interval for factor in reads):
        factor: Factor = ordinal(name, found.tolist(), description=rule)
    else:
        factor = continuous(name, float(found[0]), float(found[-1]), description=f"{rule}; its range is that on the grid")
    return Attribute(factor, formula.parents, rule, partial(_by_formula, formula))


def _by_formula(formula: Formula, *columns: Array) -> Array:
    """The formula's values at those of its parents."""
    return formula(dict(zip(formula.parents, columns, strict=True)))
