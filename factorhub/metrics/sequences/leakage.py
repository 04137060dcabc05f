"""What static codes know of dynamic factors, and dynamic codes of static ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.metrics.codes.probe import probe
from factorhub.metrics.inputs import Schema
from factorhub.metrics.metric import declare
from factorhub.metrics.score import Score


@declare(
    measures="what does the static code know of dynamic factors, and the dynamic code of static ones",
    needs=("sequences",),
    better="lower",
    ideal=0.0,
    chance="0: codes of noise leak nothing",
    tier="special",
    cost="seconds",
    source="probes of both directions, as in the evaluation of disentangled sequential autoencoders (Li and Mandt, 2018)",
    extra="metrics",
)
def leakage(
    static: npt.ArrayLike,
    dynamic: npt.ArrayLike,
    static_factors: npt.ArrayLike,
    dynamic_factors: npt.ArrayLike,
    *,
    static_schema: Schema = None,
    dynamic_schema: Schema = None,
    seed: int = 0,
    train: float = 2 / 3,
) -> Score:
    """The mean of both leakages: held-out accuracy above the most frequent class, as a share of what is above it.

    Parts: "dynamic from static", "static from dynamic", and what should be read, "static from static" and "dynamic from
    dynamic". Probes are logistic regressions on codes of single frames; the first sequences are fitted and the others judged.

    Args:
        static: (N, Ds) a code a sequence.
        dynamic: (N, T, Dd) a code a frame.
        static_factors: (N, Ks) that stay the same in a sequence.
        dynamic_factors: (N, T, Kd) that change with time.
        static_schema, dynamic_schema: the factors.
        seed: of nothing: there is no randomness here.
        train: the share of the sequences that is fitted.

    Raises:
        InputError: arrays that do not fit.
        MissingExtra: scikit-learn is not installed.

    >>> rng = np.random.default_rng(0)
    >>> still, moving = rng.integers(0, 3, (60, 1)), rng.integers(0, 3, (60, 5, 1))
    >>> both = np.concatenate([moving, np.repeat(still[:, None], 5, axis=1)], axis=2)  # holds the static factor too
    >>> leakage(still, moving, still, moving) < 0.2, leakage(still, both, still, moving) > 0.4
    (True, True)
    """
    s, d, sf, df = np.asarray(static), np.asarray(dynamic), np.asarray(static_factors), np.asarray(dynamic_factors)
    if (
        (s.ndim, d.ndim, sf.ndim, df.ndim) != (2, 3, 2, 3)
        or len({len(s), len(d), len(sf), len(df)}) > 1
        or d.shape[1] != df.shape[1]
    ):
        got = f"{s.shape}, {d.shape}, {sf.shape} and {df.shape}"
        raise InputError(f"leakage takes (N, Ds), (N, T, Dd), (N, Ks) and (N, T, Kd); got {got}; give static arrays without time")
    rows, frames = d.shape[:2]
    first = round(rows * train) * frames
    if not 0 < first < rows * frames:
        raise InputError(f"train is a share that leaves sequences to fit and to judge; got {train} of {rows} sequences")

    def flat(array: Array) -> Array:
        return np.repeat(array, frames, axis=0) if array.ndim == 2 else array.reshape(rows * frames, -1)

    found = {}
    for target, factors, schema in (("static", sf, static_schema), ("dynamic", df, dynamic_schema)):
        for origin, codes in (("static", s), ("dynamic", d)):
            score = probe(flat(codes), flat(factors), schema=schema, seed=seed, labels=(first,), test=first)
            chance = score.parts["majority"]
            found[f"{target} from {origin}"] = max((float(score) - chance) / max(1 - chance, 1e-9), 0.0)
    value = (found["dynamic from static"] + found["static from dynamic"]) / 2
    settings = {"N": rows, "T": frames, "estimator": "logistic regression, C=1", "train": train, "seed": seed, "version": 1}
    return Score(value, "leakage", parts=found, settings=settings)
