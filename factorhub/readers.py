"""Factors read back from observations that a model made: how exactly, and which observations are none of the grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub import catalog
from factorhub.errors import InputError, must_be
from factorhub.factors import Array
from factorhub.generator import Generator


def reader_names() -> list[str]:
    """The generators of the catalog whose observations can be read: melodies, sentences, captions."""
    return [name for name in catalog.names() if catalog.generator(name).reader is not None]


def read_factors(tokens: npt.ArrayLike, generator: str | Generator, **options: Any) -> tuple[Array, Array]:
    """The factor codes that tokens tell, and which of them are observations of the generator.

    Args:
        tokens: integers (…, L), as the generator's field of tokens has them, of any array library.
        generator: a name, with its `options`, or a Generator: one with a reader, such as dmelodies, sentences or captioned.

    Returns:
        Codes (…, k), int64, of the generator's factors in order, -1 where nothing tells one; and a mask (…) of the rows that are
        exactly what the generator renders for the codes that were read.

    Raises:
        InputError: the generator has no reader, or tokens that are no integers or too many.

    >>> import factorhub
    >>> made = factorhub.generator("dmelodies")
    >>> codes, valid = read_factors(made.render(scale=["major", "blues"])["tokens"], made)
    >>> codes[:, 2].tolist(), valid.tolist()
    ([0, 2], [True, True])
    """
    must_be("generator", generator, (str, Generator), "a name such as 'dmelodies', or a Generator")
    made = catalog.generator(generator, **options) if isinstance(generator, str) else generator
    if made.reader is None:
        raise InputError(f"{made.name} has no reader of its observations; these have: {', '.join(reader_names())}")
    codes, valid = made.reader(np.asarray(tokens))
    return codes, valid
