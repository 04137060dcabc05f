"""What is read off a relation matrix (D, K), a row per code and a column per factor, none negative.

A relation says how much each code has to do with each factor; see `factorhub.metrics.relations`. Any aggregation may be
applied to any relation; metrics are named pairs of the two.
"""

from __future__ import annotations

import numpy as np

from factorhub.errors import MissingExtra
from factorhub.factors import Array

NOTHING = 1e-11  # added to importances before their entropy, as in disentanglement_lib


def gap(relation: Array) -> Array:
    """(K,) the best entry of each column less its second; a single row has a second of 0.

    >>> gap(np.array([[0.9, 0.1], [0.2, 0.1]])).round(2).tolist()
    [0.7, 0.0]
    """
    if len(relation) == 1:
        relation = np.vstack([relation, np.zeros_like(relation)])
    ranked = np.sort(relation, axis=0)
    best: Array = ranked[-1] - ranked[-2]
    return best


def modularity(relation: Array) -> Array:
    """(D,) for each code 1 less the squared entries beside its best, over K - 1 times the square of the best; 0 for a row of zeros.

    Ridgeway and Mozer, 2018.

    >>> modularity(np.array([[0.5, 0.0], [0.4, 0.4], [0.0, 0.0]])).tolist()
    [1.0, 0.0, 0.0]
    """
    best: Array = relation.max(axis=1)
    others = (relation**2).sum(axis=1) - best**2
    most = best**2 * max(relation.shape[1] - 1, 1)
    modular: Array = np.where(best > 0, 1 - np.divide(others, most, out=np.zeros_like(best), where=most > 0), 0.0)
    return modular


def purity(relation: Array) -> Array:
    """(D,) one less the entropy of each row's shares, to the base K: 1 for a code of one factor, 0 for one of all alike.

    With a single factor there is nothing to mix: 1 where the row has any mass.
    """
    width = relation.shape[1]
    if width == 1:
        return (relation[:, 0] > 0).astype(np.float64)
    shares = relation + NOTHING
    shares = shares / shares.sum(axis=1, keepdims=True)
    pure: Array = 1 + (shares * np.log(shares)).sum(axis=1) / np.log(width)
    return pure


def disentanglement(relation: Array) -> float:
    """The mean purity of the rows, weighted by their mass: D of DCI. Equal weights where there is no mass at all.

    Eastwood and Williams, A framework for the quantitative evaluation of disentangled representations, 2018.

    >>> round(disentanglement(np.eye(3)), 6), round(disentanglement(np.ones((3, 3))), 6)
    (1.0, 0.0)
    """
    mass = relation.sum(axis=1)
    weights = mass / mass.sum() if mass.sum() > 0 else np.full(len(mass), 1 / len(mass))
    return min(max(float((weights * purity(relation)).sum()), 0.0), 1.0)


def completeness(relation: Array) -> float:
    """The mean purity of the columns, weighted by their mass: C of DCI."""
    return disentanglement(relation.T)


def share_of_best(relation: Array) -> Array:
    """(D,) the best entry of each row as a share of the row's sum, from chance 1/K up to 1; 0 for a row of zeros.

    InfoM of Hsu et al., Disentanglement via latent quantization, 2023; of the transpose it is InfoC.
    """
    width, total = relation.shape[1], relation.sum(axis=1)
    if width == 1:
        alone: Array = (total > 0).astype(np.float64)
        return alone
    share = np.divide(relation.max(axis=1), total, out=np.zeros_like(total), where=total > 0)
    above: Array = np.where(total > 0, (share - 1 / width) / (1 - 1 / width), 0.0)
    return above


def matching(relation: Array) -> tuple[Array, Array]:
    """The one-to-one assignment of rows to columns with the greatest sum: indices of rows and of their columns.

    Raises:
        MissingExtra: scipy is not installed.
    """
    try:
        from scipy.optimize import linear_sum_assignment
    except ModuleNotFoundError:
        raise MissingExtra("scipy", "metrics", "matching codes to factors") from None
    rows, columns = linear_sum_assignment(relation, maximize=True)
    return rows, columns
