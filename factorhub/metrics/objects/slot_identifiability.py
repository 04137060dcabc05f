"""Slot identifiability: is an object in its own slot, and in no other."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.metrics.codes.r2 import r2
from factorhub.metrics.inputs import Schema
from factorhub.metrics.metric import declare
from factorhub.metrics.objects.slot_dci import rows_of
from factorhub.metrics.score import Score


@declare(
    measures="are an object's properties readable from its slot, and from no other",
    needs=("slots",),
    range=(-1.0, 1.0),
    chance="0",
    tier="special",
    cost="seconds",
    source="Brady et al., Provably learning object-centric representations, 2023",
)
def slot_identifiability(
    slots: npt.ArrayLike,
    properties: npt.ArrayLike,
    match: npt.ArrayLike,
    *,
    schema: Schema = None,
    seed: int = 0,
    model: Literal["linear", "kernel"] = "kernel",
    train: float = 0.8,
) -> Score:
    """(r1 - rb) / (1 - rb) less the same of r2, clipped at 0: R² of one readout for all slots.

    r1 is read from the matched slot, r2 from the best of the others, and rb from the true properties of the best other object,
    which is what independent slots would give away. Parts: "own slot" r1, "other slot" r2, "baseline" rb.

    Args:
        slots: (N, L, d) codes.
        properties: (N, O, P) factors of each object.
        match: (N, O) the slot of each object, -1 for none.
        schema: the P properties.
        seed, model: of `r2`.
        train: the share of the scenes, the first ones, that are fitted; no scene is both fitted and judged.

    Raises:
        InputError: arrays that do not fit, or fewer than two slots.

    >>> rng = np.random.default_rng(0)
    >>> properties = rng.normal(size=(400, 3, 2))
    >>> match = np.tile(np.arange(3), (400, 1))
    >>> slot_identifiability(properties, properties, match) > 0.9
    True
    """
    z, v, m = np.asarray(slots), np.asarray(properties), np.asarray(match)
    codes, factors, scene = rows_of(z, v, m)
    if z.shape[1] < 2:
        raise InputError(f"slot_identifiability compares an object's slot with others; got {z.shape[1]} slot; expected 2 or more")
    which = np.nonzero(m >= 0)[1]
    first = int(np.searchsorted(scene, round(train * len(z))))  # rows go by scene

    def read(rows: Array) -> float:
        return float(r2(rows, factors, schema=schema, seed=seed, model=model, train=max(first, 1)))

    own = read(codes)
    other = max(read(z[scene, (m[scene, which] + shift) % z.shape[1]]) for shift in range(1, z.shape[1]))
    numbers = np.nan_to_num(v.astype(np.float64)) if v.dtype.kind in "biuf" else None
    base = 0.0
    if numbers is not None and v.shape[1] > 1:
        base = max(read(numbers[scene, (which + shift) % v.shape[1]]) for shift in range(1, v.shape[1]))
    base = min(max(base, 0.0), 0.999)
    value = (own - base) / (1 - base) - min(max((other - base) / (1 - base), 0.0), 1.0)
    settings = {"N": len(z), "objects": len(codes), "D": z.shape[2], "estimator": model, "train": train, "seed": seed, "version": 1}
    parts = {"own slot": own, "other slot": other, "baseline": base}
    return Score(max(value, -1.0), "slot_identifiability", parts=parts, settings=settings)
