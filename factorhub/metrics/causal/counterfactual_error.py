"""The error of counterfactuals, which a generator knows exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.factors import Array, Factor
from factorhub.metrics.metric import declare
from factorhub.metrics.predictions import alike, factors_of, names_of, share
from factorhub.metrics.score import Score
from factorhub.space import FactorSpace


@declare(
    measures="how many steps are the factors of a model's counterfactual off the true one's",
    needs=("decoder", "reader", "generator"),
    range=(0.0, float("inf")),
    better="lower",
    ideal=0.0,
    chance="the part 'did nothing': the error of leaving the observation as it is",
    tier="special",
    source="the exact counterfactual of a generator, which shares its noise with the fact; read back factor by factor",
)
def counterfactual_error(
    read: npt.ArrayLike,
    true: npt.ArrayLike,
    factual: npt.ArrayLike,
    *,
    schema: FactorSpace | Sequence[Factor] | None = None,
    intervened: npt.ArrayLike | None = None,
    images: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike] | None = None,
    seed: int = 0,
) -> Score:
    """The mean distance, in steps of the factor's grid, from what is read in the model's counterfactual to the true one.

    Parts: "did nothing", the distance of the factual factors; "exact", the share of rows with every factor right; "invalid",
    the share that the reader could not read, which is left out of the distances; with `intervened`, "effectiveness", the share
    of set factors that are right, and "minimality", that of the others; with `images`, "pixels", the squared error of the
    model's picture to the true counterfactual over that of the factual one: 1 for doing nothing, 0 for exact.

    Args:
        read: (N, K) factor codes that a reader finds in the model's counterfactual; negative where it finds none.
        true: (N, K) factor codes of the true counterfactual, which follow from it through the causal model.
        factual: (N, K) factor codes of the observation that was given.
        schema: the factors: categorical ones are 1 step apart, circular ones by the shorter way round.
        intervened: (N, K) which factors were set, as the counterfactual regime records them.
        images: the model's, the true and the factual pictures, (N, …) each.
        seed: of nothing: there is no randomness here.

    Raises:
        InputError: arrays that do not fit, or nothing that was read.

    >>> truth, fact = np.array([[1, 0], [2, 1]]), np.array([[0, 0], [0, 1]])
    >>> counterfactual_error([[1, 0], [1, 1]], truth, fact)
    Score(counterfactual_error=0.25; factor0 0.5, factor1 0; did nothing 0.75, exact 0.5, invalid 0)
    """
    got, right, before = alike("counterfactual_error", "(N, K)", read=read, true=true, factual=factual)
    factors = factors_of(schema, got.shape[1], "counterfactual_error")
    valid = got >= 0
    if not valid.any(axis=0).all():
        raise InputError(f"the reader found no value of some factor in {len(got)} rows; look at the pictures")
    each = {}
    nothing = []
    for k, (name, factor) in enumerate(zip(names_of(factors), factors, strict=True)):
        rows = valid[:, k]
        each[name] = float(_steps(got[rows, k], right[rows, k], factor).mean())
        nothing.append(float(_steps(before[:, k], right[:, k], factor).mean()))
    parts = {"did nothing": float(np.mean(nothing)), "exact": share((got == right).all(axis=1)), "invalid": share(~valid)}
    if intervened is not None:
        was_set = np.asarray(intervened)
        if was_set.shape != got.shape or was_set.dtype != bool:
            raise InputError(f"intervened is True where a factor was set, {got.shape}; got {was_set.dtype} of {was_set.shape}")
        parts |= {"effectiveness": share((got == right)[was_set]), "minimality": share((got == right)[~was_set])}
    if images is not None:
        made, ideal, fact = alike("counterfactual_error", "(…)", predicted=images[0], true=images[1], factual=images[2])
        moved = float(((fact - ideal) ** 2).mean())
        if moved == 0:
            raise InputError("the true counterfactual pictures are the factual ones; expected interventions that change something")
        parts["pixels"] = float(((made - ideal) ** 2).mean()) / moved
    settings = {"N": len(got), "K": len(each), "estimator": "reader", "seed": seed, "version": 1}
    return Score(float(np.mean(list(each.values()))), "counterfactual_error", each, parts, settings=settings)


def _steps(a: Array, b: Array, factor: Factor | None) -> Array:
    apart: Array = np.abs(a - b)
    if factor is None or factor.size is None:
        return apart
    if factor.kind == "categorical":
        apart = (apart > 0).astype(np.float64)
    return np.minimum(apart, factor.size - apart) if factor.kind == "circular" else apart
