"""Batches as notebooks show them; batches themselves stay plain dictionaries."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from factorhub import html
from factorhub.errors import InputError, must_be
from factorhub.factors import Array
from factorhub.generator import Generator
from factorhub.lookup import Store

SMALL = 16  # numbers of an array that are shown as numbers
FEW = 24  # rows that are shown


def show(batch: Mapping[str, Array], of: Store | Generator) -> html.Shown:
    """One row or a batch of a set or a generator as a notebook shows it: pictures, texts, and small arrays as numbers.

    Args:
        batch: {field: array}, with an axis of rows or without.
        of: what it comes from, which knows what its fields mean.

    Raises:
        InputError: the batch has none of the fields.

    >>> import factorhub
    >>> g = factorhub.generator("dsprites")
    >>> show(g.render(shape="heart", scale=[0.5, 1.0]), g)
    2 rows of dsprites: image uint8
    """
    must_be("what a batch comes from", of, (Store, Generator), "a set or a generator")
    made = of if isinstance(of, Generator) else of.generator
    known = [item for item in made.fields if item.name in batch]
    if not known:
        had = ", ".join(item.name for item in made.fields)
        raise InputError(f"{made.name} has the fields {had}; got {', '.join(batch) or 'nothing'}")
    lead = np.ndim(batch[known[0].name]) - len(known[0].shape)
    whole = {f.name: np.asarray(batch[f.name]).reshape(-1, *f.shape)[:FEW] for f in known}
    parts = []
    if len(known) == len(made.fields) or any(item.is_image for item in known):
        parts.append(html.gallery(made.pictures(whole)))
    if any(f.meta.get("vocabulary") for f in known):
        parts.append(html.code("\n".join(map(str, made.texts(whole)))))
    numbers = {name: np.asarray(array) for name, array in batch.items()}
    small = {
        name: array[:FEW] if lead else array[None]
        for name, array in numbers.items()
        if (array[:1] if lead else array).size <= SMALL
    }
    if small:
        rows = zip(*(array.tolist() for array in small.values()), strict=False)
        parts.append(html.table(list(small), ([_told(value) for value in row] for row in rows)))
    count = int(np.prod(np.shape(batch[known[0].name])[:lead]))
    fields = ", ".join(f"{item.name} {item.dtype}" for item in known)
    return html.Shown(f"{count} row{'s' * (count != 1)} of {made.name}: {fields}", *parts)


def _told(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_told, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)
