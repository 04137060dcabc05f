"""Overlap and multiple encoding, from pairs that differ in one factor."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, unknown
from factorhub.factors import Array
from factorhub.metrics.inputs import Schema, sample
from factorhub.metrics.metric import declare
from factorhub.metrics.score import Score

POOLS = ("avg", "max")


@declare(
    measures="does each code move with one factor only, and each factor move one code only, over pairs that differ in one factor",
    needs=("pairs",),
    chance="0.11 to 0.15",
    invariances=("code order", "factor order", "row order", "relabelling", "affine", "sign", "one factor", "one code"),
    tier="special",
    source="Dapueto et al., Transferring disentangled representations, 2024; the correction for few values is ours",
)
def omes(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    seed: int = 0,
    alpha: float = 0.5,
    pool: Literal["avg", "max"] = "avg",
    active: float = 0.0,
) -> Score:
    """OMES of pairs, corrected for factors of few values; the part "as published" is without the correction.

    A code's correlation across the members of pairs that differ in factor k is near 1 where it ignores k. Where it encodes k
    perfectly it is -1 / (V - 1), not 0, for the members differ by construction; so the published score of a perfect code of a
    binary factor is 0. Here pairs with equal values are put in as often as independent draws would have them:
    c -> c (V - 1) / V + 1 / V.

    Args:
        codes: (N, 2, D) codes of the two members of a pair.
        factors: (N, 2, K) their factors, which differ in exactly one; a regime of pairs with k = 1 draws such.
        schema: the factors; V is the number of values that occur.
        seed: of nothing: there is no randomness here.
        alpha: weight of overlap against multiple encoding.
        pool: over codes: "avg" is weighted by how much a code moves with the factor, "max" is the best.
        active: codes with a standard deviation at or below this take no part; so do those that never vary.

    Raises:
        InputError: arrays that do not fit, pairs that differ in another number of factors, a factor in which no pair differs.

    >>> from factorhub.metrics.moves.omes import omes
    >>> first = np.random.default_rng(0).integers(0, 2, (400, 2))
    >>> pairs = np.stack([first, first], axis=1)
    >>> pairs[np.arange(400), 1, np.arange(400) % 2] ^= 1
    >>> score = omes(pairs, pairs)
    >>> score > 0.9, score.parts["as published"] < 0.1
    (True, True)
    """
    if pool not in POOLS:
        raise unknown("pool", pool, POOLS, "omes")
    if not 0 <= alpha <= 1:
        raise InputError(f"alpha is the weight of overlap, from 0 to 1; got {alpha}; the published one is 0.5")
    z, v = np.asarray(codes), np.asarray(factors)
    if z.ndim != 3 or v.ndim != 3 or z.shape[:2] != v.shape[:2] or z.shape[1] != 2:
        raise InputError(f"omes takes codes (N, 2, D) and factors (N, 2, K) of pairs; got {z.shape} and {v.shape}; draw pairs")
    given = sample(z.reshape(-1, z.shape[-1]), v.reshape(-1, v.shape[-1]), schema=schema)
    x, values = given.codes.reshape(len(z), 2, -1), given.values.reshape(len(z), 2, -1)
    changed: Array = values[:, 0] != values[:, 1]
    if (changed.sum(axis=1) != 1).any():
        row = int(np.flatnonzero(changed.sum(axis=1) != 1)[0])
        raise InputError(f"pairs differ in one factor; pair {row} differs in {int(changed[row].sum())}; draw pairs with k=1")
    which = changed.argmax(axis=1)
    moving = np.flatnonzero(given.moving & (given.codes.std(axis=0) > active))
    missing = [given.names[k] for k in given.varying if (which == k).sum() < 3]
    if missing:
        raise InputError(f"omes needs 3 pairs or more for every factor; there are fewer for {', '.join(missing)}; draw more pairs")
    scores = []
    table = np.zeros((x.shape[-1], len(given.names)))
    for corrected in (True, False):
        s = np.zeros((len(moving), len(given.varying)))
        for i, k in enumerate(given.varying):
            pairs = x[which == k][:, :, moving]
            c = _across(pairs)
            size = given.classes[k].size
            s[:, i] = 1 - np.abs(c * (size - 1) / size + 1 / size if corrected else c)
        if corrected:
            table[np.ix_(moving, given.varying)] = s
        scores.append(_pooled(s, alpha, pool) if len(moving) else np.zeros(len(given.varying)))
    return given.score(
        "omes", scores[0], parts={"as published": float(scores[1].mean())}, relation=table, warnings=given.lonely,
        estimator="correlation across pairs", alpha=alpha, pool=pool, pruning=active, active=len(moving), seed=seed, version=1,
    )  # fmt: skip


def _across(pairs: Array) -> Array:
    """The correlation (D,) of each code between the members; 1 where it stays the same in every pair."""
    a, b = pairs[:, 0] - pairs[:, 0].mean(axis=0), pairs[:, 1] - pairs[:, 1].mean(axis=0)
    size = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    same = (pairs[:, 0] == pairs[:, 1]).all(axis=0)
    return np.where(same, 1.0, np.divide((a * b).sum(axis=0), size, out=np.zeros_like(size), where=size > 0))


def _pooled(s: Array, alpha: float, pool: str) -> Array:
    """(K,) from how much each code moves with each factor (D, K)."""
    overlap = 1 - np.abs(np.eye(s.shape[1])[None] - s[:, None, :]).mean(axis=2)
    multiple = 1 - np.abs(np.eye(len(s))[:, :, None] - s[None, :, :]).mean(axis=1)
    pooled = []
    for part in (overlap, multiple):
        if pool == "max":
            pooled.append((part * s).max(axis=0))
        else:
            total = s.sum(axis=0)
            pooled.append(np.divide((part * s * s).sum(axis=0), total, out=np.zeros_like(total), where=total > 0))
    return np.asarray(alpha * pooled[0] + (1 - alpha) * pooled[1])
