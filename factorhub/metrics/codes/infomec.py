"""Modularity, compactness and explicitness by information: InfoM, InfoC, InfoE."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from factorhub.errors import unknown, whole
from factorhub.factors import Array
from factorhub.metrics.aggregations import share_of_best
from factorhub.metrics.discretise import BINS, MOST_EXACT, binned
from factorhub.metrics.information import FLOOR, Counting, entropy, information
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.learning import logistic, probabilities, quietly, scikit_learn, split
from factorhub.metrics.metric import declare
from factorhub.metrics.moments import standardised
from factorhub.metrics.sample import Sample
from factorhub.metrics.score import Score

ESTIMATORS = ("counting", "knn")


@declare(
    measures="is each code about one factor (InfoM), each factor in one code (part InfoC), and readable linearly (part InfoE)",
    chance="0 with the floor; 0.45 to 0.70 with nearest neighbours",
    tier="full",
    cost="seconds",
    source="Hsu et al., Disentanglement via latent quantization, 2023",
    extra="metrics",
)
def infomec(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    seed: int = 0,
    estimator: Literal["counting", "knn"] = "counting",
    explicit: bool = True,
    neighbours: int = 10,
    bins: int = BINS,
    exact: int = MOST_EXACT,
    miller_madow: bool = True,
    floor: float | None = FLOOR,
) -> Score:
    """InfoM; the parts are "InfoC" and, with `explicit`, "InfoE".

    InfoM is the best factor's share of what a code knows, rescaled from chance 1/K, mean over the codes that know anything.
    InfoC is the same of a factor's codes. InfoE is how much of the log loss of a constant guess an unpenalised logistic
    regression removes, on held-out rows: the reference judges it on the rows that it was fitted to.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`.
        seed: of the split, and of the nearest neighbours.
        estimator: "counting", or "knn" for the nearest-neighbour estimate of the reference, for codes of many values (9 s
            at N = 10,000); codes of few values are counted in both.
        explicit: compute InfoE, which takes seconds.
        neighbours: of "knn".
        bins, exact, miller_madow, floor: as in `factorhub.metrics.information.Counting`.

    Raises:
        InputError: arrays that do not fit.
        MissingExtra: scikit-learn is not installed, and it is needed for InfoE or "knn".

    >>> factors = np.random.default_rng(0).integers(0, 4, (1000, 2))
    >>> score = infomec(factors, factors)
    >>> score > 0.99, score.parts["InfoC"] > 0.99, score.parts["InfoE"] > 0.95
    (True, True, True)
    """
    if estimator not in ESTIMATORS:
        raise unknown("estimator", estimator, ESTIMATORS, "infomec")
    whole("neighbours", neighbours, 1)
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    how = Counting(bins, exact, miller_madow, floor)
    shares = information(given, how).normalised
    if estimator == "knn":
        _neighbours(given, shares, exact, neighbours, seed)
    used = shares[:, given.varying]
    active = used.max(axis=1) > 0
    modular = share_of_best(used)[active]
    compact = share_of_best(used[active].T) if active.any() else np.zeros(len(given.varying))
    parts = {"InfoC": float(compact.mean())}
    if explicit:
        parts["InfoE"] = float(np.mean([_explicit(given, int(k), exact, seed) for k in given.varying]))
    return given.score(
        "infomec", value=float(modular.mean()) if active.any() else 0.0, parts=parts, relation=shares, warnings=given.lonely,
        **{**how.settings, "estimator": estimator}, neighbours=neighbours, active=int(active.sum()), seed=seed, version=1,
    )  # fmt: skip


def _neighbours(given: Sample, shares: Array, exact: int, neighbours: int, seed: int) -> None:
    """Replace the shares of single codes of many values by nearest-neighbour estimates, never negative nor above the entropy."""
    estimate = scikit_learn("feature_selection", "InfoMEC by nearest neighbours").mutual_info_classif
    many = [j for j, g in enumerate(given.groups) if len(g) == 1 and len(np.unique(given.codes[:, g[0]])) > exact]
    (unit,) = standardised(given.codes)
    for k in given.varying if many else ():
        known = given.known[:, k]
        x, y = unit[known][:, [given.groups[j][0] for j in many]], given.classes[k].of[known]
        mutual = quietly(lambda a, b: estimate(a, b, discrete_features=False, n_neighbors=neighbours, random_state=seed), x, y)
        shares[many, k] = np.clip(mutual / entropy(given.classes[k].counts), 0, 1)


def _written(column: Array, exact: int) -> Array:
    """A code of few values as an indicator of each, another as it is."""
    if len(np.unique(column)) > exact:
        return column[:, None]
    of = binned(column, exact=exact)
    return np.asarray(np.eye(of.size)[of.of])


def _explicit(given: Sample, k: int, exact: int, seed: int) -> float:
    """InfoE of one factor: fitted to half of the known rows and judged on the others."""
    fitted, held = split(np.flatnonzero(given.known[:, k]), 0.5, seed, given.names[k])
    labels, size = given.classes[k].of, given.classes[k].size
    if len(np.unique(labels[fitted])) == 1:
        return 0.0
    written = np.hstack([_written(column, exact) for column in given.codes.T])
    x, new = standardised(written[fitted], written[held])
    model = logistic(x, labels[fitted], strength=np.inf, balanced=True, iterations=100)
    expected = np.clip(probabilities(model, new, size)[np.arange(len(held)), labels[held]], 1e-12, 1.0)
    removed = 1 + float(np.log(expected).mean()) / math.log(size)
    return max(removed, 0.0)
