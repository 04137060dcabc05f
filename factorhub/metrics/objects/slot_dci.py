"""Disentanglement of slots: which dimension, or block, of a slot is about which property of its object."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.metrics.aggregations import matching, purity
from factorhub.metrics.codes.dci import dci
from factorhub.metrics.inputs import Groups, Schema
from factorhub.metrics.metric import declare
from factorhub.metrics.objects.overlap import instances, overlaps
from factorhub.metrics.score import Score


def aligned(true: npt.ArrayLike, pred: npt.ArrayLike, objects: int) -> Array:
    """(N, objects) the slot of each true object, 1 being the first, by the best sum of overlaps; -1 for one that is not there.

    Args:
        true: (N, H, W) the number of the object at each pixel, 0 the background.
        pred: (N, H, W) the number of the slot at each pixel.
        objects: the most that a map can have.

    Raises:
        InputError: maps that do not fit, or of more objects.
        MissingExtra: scipy is not installed.

    >>> aligned([[[0, 1, 1, 2]]], [[[0, 3, 3, 1]]], 3).tolist()
    [[3, 1, -1]]
    """
    t, p = instances("true", true), instances("pred", pred)
    if t.ndim != 3 or t.max(initial=0) > objects:
        raise InputError(f"true holds maps (N, H, W) of objects up to {objects}; got shape {t.shape} up to {t.max(initial=0)}")
    slots = np.full((len(t), objects), -1)
    shares, _ = overlaps(t, p)
    for n, part in enumerate(shares):
        numbers, names = np.unique(t[n][t[n] > 0]), np.unique(p[n])
        rows, columns = matching(part)
        slots[n, numbers[rows] - 1] = names[columns]
    return slots


def rows_of(slots: npt.ArrayLike, properties: npt.ArrayLike, match: npt.ArrayLike) -> tuple[Array, Array, Array]:
    """Codes (M, d) and properties (M, P) of all matched objects, and the scene (M,) of each.

    Raises:
        InputError: shapes that do not fit, or slots that are not there.
    """
    z, v, m = np.asarray(slots), np.asarray(properties), np.asarray(match)
    if z.ndim != 3 or v.ndim != 3 or m.shape != v.shape[:2] or len(z) != len(v) or m.dtype.kind not in "iu":
        got = f"{z.shape}, {v.shape} and {m.shape}"
        raise InputError(f"slots (N, L, d), properties (N, O, P) and match (N, O), whole numbers, go together; got {got}")
    if m.max(initial=0) >= z.shape[1]:
        raise InputError(f"match names slots from 0 to {z.shape[1] - 1}, or -1 for none; got {m.max()}; check the numbers of masks")
    scene, which = np.nonzero(m >= 0)
    return z[scene, m[scene, which]], v[scene, which], scene


@declare(
    measures="is each dimension or block of a slot about one property of its object, and each property in one",
    needs=("slots",),
    chance="0 with the default estimator",
    tier="special",
    source="Dang-Nhu, Evaluating disentanglement of structured representations, 2022; Singh et al., SysBinder, 2023",
)
def slot_dci(
    slots: npt.ArrayLike,
    properties: npt.ArrayLike,
    match: npt.ArrayLike,
    *,
    schema: Schema = None,
    groups: Groups = None,
    seed: int = 0,
    **settings: Any,
) -> Score:
    """`dci` over the rows of all matched objects; the part "completeness, plain" weights properties alike, as SysBinder does.

    Args:
        slots: (N, L, d) codes.
        properties: (N, O, P) factors of each object.
        match: (N, O) the slot of each object, -1 for none; `aligned` makes it from masks, exactly where these are true.
        schema: the P properties.
        groups: blocks of the d dimensions.
        seed, settings: of `dci`.

    Raises:
        InputError: arrays that do not fit.

    >>> rng = np.random.default_rng(0)
    >>> properties = rng.integers(0, 4, (300, 3, 2))
    >>> order = rng.permuted(np.tile(np.arange(3), (300, 1)), axis=1)
    >>> slots = np.take_along_axis(properties, np.argsort(order, axis=1)[:, :, None], axis=1)
    >>> slot_dci(slots, properties, order) > 0.99
    True
    """
    codes, factors, _ = rows_of(slots, properties, match)
    made = dci(codes, factors, schema=schema, groups=groups, seed=seed, **settings)
    assert made.relation is not None
    used = made.relation[:, made.relation.any(axis=0)]
    plain = float(purity(used.T).mean()) if used.size else 0.0
    parts = {**made.parts, "completeness, plain": plain}
    facts = {**made.settings, "objects": len(codes), "scenes": len(np.asarray(slots))}
    return Score(made, "slot_dci", parts=parts, relation=made.relation, settings=facts, warnings=made.warnings)
