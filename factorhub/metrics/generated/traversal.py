"""Traverse a decoder, and read the factors back: which code changes which factor of what is made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.factors import Factor
from factorhub.metrics.aggregations import completeness, disentanglement, modularity
from factorhub.metrics.metric import declare
from factorhub.metrics.predictions import alike, factors_of, names_of, share
from factorhub.metrics.score import Score
from factorhub.space import FactorSpace

LEAST = 0.99  # accuracy of a reader on true observations, below which its mistakes would be scored


@declare(
    measures="does moving one code of a decoder change one factor of what is made, and each factor change with one code",
    needs=("decoder", "reader"),
    chance="near 0; a decoder that ignores its codes gets 0",
    tier="special",
    source="the traversal that papers show as pictures, read by an exact reader; D and C of Eastwood and Williams, 2018",
)
def traversal(
    read: npt.ArrayLike,
    *,
    reader_accuracy: float,
    schema: FactorSpace | Sequence[Factor] | None = None,
    seed: int = 0,
) -> Score:
    """D of the matrix that holds, for each code and factor, the share of steps in which the factor changed.

    A step from or to something that the reader cannot read does not count. Parts: "completeness", "modularity" (mean over
    codes that change anything), "active" codes, and "invalid", the share that could not be read.

    Args:
        read: (D, R, S, K) factor codes, negative where there are none, of what is decoded along R traversals of S steps of
            each of D codes, the others standing still.
        reader_accuracy: of the reader on true observations, every factor right; 1 for the reader of melodies.
        schema: the factors, for their names.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: no (D, R, S, K) of finite numbers, fewer than two steps, or a reader that is right in less than 0.99.

    >>> read = np.zeros((2, 1, 4, 2), dtype=int)
    >>> read[0, 0, :, 0] = read[1, 0, :, 1] = np.arange(4)
    >>> round(traversal(read, reader_accuracy=1.0), 6)
    1.0
    """
    (codes,) = alike("traversal", "(D, R, S, K)", read=read)
    if codes.shape[2] < 2:
        raise InputError(f"a traversal has two steps or more; got {codes.shape[2]}; decode more of each code")
    if not reader_accuracy >= LEAST:
        raise InputError(
            f"a reader must be right on {LEAST:.0%} of true observations for its reading to judge others; got {reader_accuracy}; "
            "use an exact reader"
        )
    names = names_of(factors_of(schema, codes.shape[3], "traversal"))
    valid = codes >= 0
    both = valid[:, :, 1:] & valid[:, :, :-1]
    changed = ((codes[:, :, 1:] != codes[:, :, :-1]) & both).sum(axis=(1, 2))
    steps = both.sum(axis=(1, 2))
    relation = np.divide(changed, steps, out=np.zeros(changed.shape), where=steps > 0)
    active = relation.max(axis=1) > 0
    value = disentanglement(relation)
    parts = {
        "completeness": completeness(relation),
        "modularity": float(modularity(relation)[active].mean()) if active.any() else 0.0,
        "active": float(active.sum()),
        "invalid": share(~valid),
    }
    notes = [] if active.any() else ["no code changes any factor"]
    settings = {"shape": list(codes.shape), "factors": names, "reader accuracy": float(reader_accuracy), "estimator": "reader"}
    return Score(
        value, "traversal", parts=parts, relation=relation, settings={**settings, "seed": seed, "version": 1}, warnings=notes
    )
