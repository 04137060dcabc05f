"""Swaps: are the factors of a decoded mixture those of the sequence that each part of the code came from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.factors import Factor
from factorhub.metrics.metric import declare
from factorhub.metrics.predictions import alike, factors_of, names_of, share
from factorhub.metrics.score import Score
from factorhub.space import FactorSpace


@declare(
    measures="has what is decoded from a's static and b's dynamic code the static factors of a and the dynamic ones of b",
    needs=("decoder", "reader"),
    chance="the chance that two sequences share a value",
    tier="special",
    source="the swap test of sequence models (Naiman et al., SPYL, 2023), with an exact reader in place of a classifier",
)
def swap(
    read: npt.ArrayLike,
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    from_a: Sequence[bool],
    *,
    schema: FactorSpace | Sequence[Factor] | None = None,
    seed: int = 0,
) -> Score:
    """The share of factors that were read as those of the sequence they should come from, mean over factors.

    Only rows count in which a and b differ in the factor, for in others nothing can go wrong. Parts: "from a" and "from b",
    the means over each side's factors, and "invalid", the share that the reader could not read, which counts as wrong.

    Args:
        read: (N, K) factor codes that a reader finds in what was decoded; negative where it finds none.
        a: (N, K) factor codes of the sequence whose static code was taken.
        b: (N, K) those of the other.
        from_a: (K,) which factors should be those of a.
        schema: the factors, for their names.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: arrays that do not fit, or a factor in which no a differs from its b.

    >>> from factorhub.metrics.sequences.swap import swap
    >>> a, b = np.array([[0, 0], [1, 0]]), np.array([[1, 1], [0, 2]])
    >>> swap([[0, 1], [1, 2]], a, b, [True, False]), swap(a, a, b, [True, False]).parts["from b"]
    (Score(swap=1; factor0 1, factor1 1; from a 1, from b 1, invalid 0), 0.0)
    """
    got, x, y = alike("swap", "(N, K)", read=read, a=a, b=b)
    side = np.asarray(from_a)
    if side.shape != (got.shape[1],) or side.dtype != bool:
        raise InputError(f"from_a says of each of the {got.shape[1]} factors if it comes from a; got {from_a!r}; give booleans")
    names = names_of(factors_of(schema, got.shape[1], "swap"))
    differ = x != y
    if same := [name for name, column in zip(names, differ.T, strict=True) if not column.any()]:
        raise InputError(f"a and b never differ in {', '.join(same[:5])}, so no swap shows; pair other rows")
    right = got == np.where(side, x, y)
    each = np.array([share(right[differ[:, k], k]) for k in range(len(names))])
    parts = {f"from {which}": float(each[own].mean()) for which, own in (("a", side), ("b", ~side)) if own.any()}
    settings = {"N": len(got), "K": len(names), "from a": side.tolist(), "estimator": "reader", "seed": seed, "version": 1}
    parts["invalid"] = share(got < 0)
    return Score(each.mean(), "swap", dict(zip(names, each, strict=True)), parts, settings=settings)
