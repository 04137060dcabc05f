"""Attributes: named functions of factors, stored beside them, such as the contour of a melody.

An attribute is no factor: nothing sets it, it follows. But it can be asked for wherever factors are: in regions, splits and
lookup, in tasks, and in correlated regimes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from factorhub.errors import InputError
from factorhub.factors import Array, Factor


@dataclass(frozen=True)
class Attribute:
    """A named function of factors. Make one of a function with `attribute`; text makes one in `derive` of a generator.

    Attributes:
        factor: its name, and the values it takes, described as a factor's are.
        reads: the factors that it follows from.
        rule: how, as text: "module:function", a formula such as "scale * scale", or a region such as "scale > 0.8".
        compute: the function itself: from the values (…) of each of `reads` to the attribute's (…), of a categorical one its
            codes. None where the attribute was read from a file, which runs nothing.
    """

    factor: Factor
    reads: tuple[str, ...]
    rule: str
    compute: Callable[..., Array] | None = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The name that it is stored and asked for under."""
        return self.factor.name

    def values(self, columns: Mapping[str, Array]) -> Array:
        """Its values (…), float64, at the values (…) of the factors that it reads.

        Raises:
            InputError: the attribute was read from a file, or its function returned something else.
        """
        if self.compute is None:
            raise InputError(
                f"{self.name} was read from a file, which says that it follows by {self.rule} and runs nothing; "
                f"derive it again where the generator is made"
            )
        parts = [np.asarray(columns[name], dtype=np.float64) for name in self.reads]
        found = np.asarray(self.compute(*parts), dtype=np.float64)
        shape = np.broadcast_shapes(*(part.shape for part in parts))
        if found.shape != shape:
            raise InputError(f"{self.rule} returns one number of {self.name} a row, shape {shape}; got {found.shape}")
        if self.factor.grid is not None:
            self.factor.check(found)
        return found

    def to_dict(self) -> dict[str, Any]:
        """This attribute as JSON data; `Attribute.from_dict` gives back an equal one, without its function."""
        return {"factor": self.factor.to_dict(), "reads": list(self.reads), "rule": self.rule}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Attribute:
        """The attribute that `to_dict` described."""
        return cls(Factor.from_dict(data["factor"]), tuple(data["reads"]), str(data["rule"]))


def attribute(factor: Factor, function: Callable[..., Array]) -> Attribute:
    """An attribute of a function of a module, which reads the factors that its arguments are called after.

    >>> from factorhub.factors import categorical
    >>> def tall(width, height):
    ...     return height > width
    >>> attribute(categorical("tall", ["false", "true"]), tall).reads
    ('width', 'height')
    """
    reads = tuple(inspect.signature(function).parameters)
    return Attribute(factor, reads, f"{function.__module__}:{function.__qualname__}", function)
