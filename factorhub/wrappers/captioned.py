"""Any generator with a caption of its factors, as tokens: which are named, in which phrasing."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from factorhub import catalog
from factorhub.errors import InputError, unknown
from factorhub.factors import Array, Factor, categorical
from factorhub.fields import Batch
from factorhub.generator import Generator
from factorhub.language.pieces import Pieces
from factorhub.space import FactorSpace

PHRASINGS = ("list", "description", "labels", "telegram", "story")
LEVELS = ("lowest", "low", "middling", "high", "highest")  # of numbers: fifths of their range, or of their list
FEW = 6  # numbers of a list up to which they are named themselves
MOST = 6  # factors that are named unless it is said which
BETWEEN = {  # before the first, between two, before the last, and after it
    "list": (" a picture with", ",", " and", "."), "description": (" here", ",", ", and", "."), "labels": ("", ";", ";", ""),
    "telegram": ("", ",", ",", ""), "story": (" we see one with", " with", " and with", "."),
}  # fmt: skip
ONE = {  # one factor and its value
    "list": " {name} {value}", "description": " the {name} is {value}", "labels": " {name}: {value}", "telegram": " {value} {name}",
    "story": " a {value} {name}",
}  # fmt: skip


def values_of(factor: Factor) -> tuple[str, ...]:
    """The words of a factor's values: its labels, the numbers of a short list, or levels."""
    if factor.labels is not None:
        return tuple(re.sub(r"[\s.,;:!]+", "-", label) for label in factor.labels)
    if not factor.interval and factor.size is not None and factor.size <= FEW:
        return tuple(f"{value:g}".replace(".", "·") for value in factor.table)
    return LEVELS


def places_of(factor: Factor, values: Array) -> Array:
    """Which of `values_of` each value (n,) is told by, from 0."""
    words = values_of(factor)
    if words is not LEVELS:
        return factor.nearest(values)
    return np.minimum((factor.to_unit(values) * len(LEVELS)).astype(np.int64), len(LEVELS) - 1)


def captioned(*, of: str = "shapes3d", names: str = "") -> Generator:
    """The generator `of` observations, with a caption of some factors: the fields `caption` and `caption_length` follow its own.

    `phrasing` is a factor after those of the observation. Labels are named as they are, numbers of a short list as numbers, others
    by level: lowest, low, middling, high, highest, each a fifth of the range. The reader gives the named codes back, of levels
    the first grid value that the level holds.

    Args:
        of: a generator; its options have their defaults.
        names: factors to name, with commas between; the first six that vary and are no nuisance by default.
    """
    made = catalog.generator(of)
    able = [factor.name for factor in made.space if factor.size != 1 and not factor.nuisance]
    asked = [name.strip() for name in names.split(",") if name.strip()] or able[:MOST]
    for name in asked:
        if name not in made.space:
            raise unknown("factor", name, made.space.names, of)
    if len(set(asked)) != len(asked):
        raise InputError(f"names of captioned lists factors, each once; got {names}")
    told = [made.space[name] for name in asked]
    phrasing = categorical("phrasing", PHRASINGS, nuisance=True, description="of the caption")
    pieces = Pieces()
    empty = pieces.add("")
    links = np.array([[pieces.add(text) for text in BETWEEN[way]] for way in PHRASINGS])
    words = [
        np.array(
            [
                [pieces.add(ONE[way].format(name=f.name.replace("_", " "), value=value)) for value in values_of(f)]
                for way in PHRASINGS
            ]
        )
        for f in told
    ]
    most = pieces.longest([links[:, 0], *([links[:, 1:3]] * (len(told) - 1)), links[:, 3], *words])
    fields = pieces.fields(most, "the caption", "caption", "caption_length")
    places = [made.space.index(name) for name in asked]

    def chosen(told_by: Array, way: Array) -> Array:
        """The pieces of captions that tell factors by values (n, m) in phrasings (n,)."""
        slots = [links[way, 0]]
        for i, table in enumerate(words):
            if i:
                slots.append(links[way, 2 if i == len(words) - 1 else 1])
            slots.append(table[way, told_by[:, i]])
        return np.stack([*slots, links[way, 3] if words else np.full(len(way), empty)], axis=1)

    def draw(values: Array) -> Batch:
        seen = made.space.canonical(values[:, :-1])  # a square turned by 90 degrees looks like one that is not
        told_by = np.stack([places_of(f, seen[:, j]) for f, j in zip(told, places, strict=True)], axis=1)
        batch = made.render(values[:, :-1], check=False)
        text = pieces.compose(chosen(told_by, values[:, -1].astype(np.int64)), most)
        return {**batch, "caption": text["tokens"], "caption_length": text["length"]}

    def read(tokens: npt.ArrayLike) -> tuple[Array, Array]:
        found = np.asarray(tokens)
        if found.dtype.kind not in "iu" or found.ndim == 0 or found.shape[-1] > most:
            raise InputError(f"captions are up to {most} integers on the last axis; got {found.dtype} {found.shape}")
        flat = np.zeros((int(np.prod(found.shape[:-1])), most), dtype=np.int64)
        flat[:, : found.shape[-1]] = found.reshape(len(flat), found.shape[-1])
        codes = np.full((len(flat), len(made.space.factors) + 1), -1)
        valid = np.zeros(len(flat), dtype=bool)
        for way in range(len(PHRASINGS)):
            told_by, whole, at = np.full((len(flat), len(told)), -1), np.ones(len(flat), dtype=bool), pieces.size(links[way, 0])
            for i, table in enumerate(words):
                at += pieces.size(links[way, 2 if i == len(words) - 1 else 1]) if i else 0
                parts = pieces.tokens(table[way])  # every value takes as many tokens as the others
                same = (flat[:, None, at : at + parts.shape[1]] == parts).all(axis=2)
                told_by[:, i], at = np.where(same.any(axis=1), same.argmax(axis=1), -1), at + parts.shape[1]
                whole &= same.any(axis=1)
            again = pieces.compose(chosen(np.maximum(told_by, 0), np.full(len(flat), way)), most)["tokens"]
            right = whole & (again == flat).all(axis=1)
            better = right | (~valid & (codes[:, -1] < 0) & whole)
            for i, (factor, j) in enumerate(zip(told, places, strict=True)):
                codes[better, j] = first_codes(factor)[told_by[better, i]]
            codes[better, -1] = way
            valid |= right
        return codes.reshape(*found.shape[:-1], -1), valid.reshape(found.shape[:-1])

    return Generator(
        name="captioned",
        summary="any observation with a caption of its factors, as tokens",
        space=FactorSpace((*made.space.factors, phrasing), made.space.symmetries, groups=made.space.groups),
        fields=(*made.fields, *fields),
        draw=draw,
        source=f"{made.source}; captions of this project, after Multimodal3DIdent",
        version=made.version,
        notes=made.notes,
        picture=made.picture,
        reader=read,
    )


def first_codes(factor: Factor) -> Array:
    """The first code of each of `values_of` (m,); -1 where a level holds no grid value, or the factor has no grid."""
    words = values_of(factor)
    if words is not LEVELS:
        return np.arange(len(words))
    if factor.size is None or isinstance(factor.grid, range):
        return np.full(len(LEVELS), -1)
    places = places_of(factor, factor.table)
    return np.array([np.flatnonzero(places == level)[0] if (places == level).any() else -1 for level in range(len(LEVELS))])
