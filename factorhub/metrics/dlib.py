"""Metrics as disentanglement_lib computes them, for comparison with the papers that used it.

Its settings: 20 bins of equal width for codes, none of the corrections, raw codes, training and test rows given apart.
Equal to its own functions on the same arrays: `mig`, `modularity` and `irs` to rounding; `sap`, `dci` and `factor_vae` but for
their random numbers, which it takes from NumPy's global state and here come from a seed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub.metrics.codes.dci import dci as _dci
from factorhub.metrics.codes.factor_vae import factor_vae as _factor_vae
from factorhub.metrics.codes.irs import irs as _irs
from factorhub.metrics.codes.mig import mig as _mig
from factorhub.metrics.codes.modularity import modularity as _modularity
from factorhub.metrics.codes.sap import sap as _sap
from factorhub.metrics.codes.sap_r2 import sap_r2 as _sap_r2
from factorhub.metrics.fixing import Fix
from factorhub.metrics.score import Score

COUNTING: dict[str, Any] = {"bins": 20, "exact": 0, "miller_madow": False, "floor": None}
PRUNED = 0.05  # standard deviation, from its configuration files; its function's default is 0


def mig(codes: npt.ArrayLike, factors: npt.ArrayLike) -> Score:
    """Its `compute_mig`: codes (N, D), factors (N, K) as whole numbers.

    >>> factors = np.random.default_rng(0).integers(0, 40, (5000, 2))
    >>> round(mig(factors, factors), 1)
    0.8
    """
    return _mig(codes, factors, **COUNTING)


def modularity(codes: npt.ArrayLike, factors: npt.ArrayLike) -> Score:
    """Its modularity of `compute_modularity_explicitness`: codes that know nothing count as 0."""
    score = _modularity(codes, factors, **COUNTING)
    return _as(score, score.parts["all codes"])


def irs(codes: npt.ArrayLike, factors: npt.ArrayLike, quantile: float = 0.99) -> Score:
    """Its `compute_irs`: factors in 20 bins, codes weighted by their greatest deviation."""
    score = _irs(codes, factors, quantile=quantile, factor_bins=20)
    return _as(score, score.parts["weighted by range"])


def sap(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    codes_test: npt.ArrayLike,
    factors_test: npt.ArrayLike,
    continuous_factors: bool = False,
    seed: int = 0,
) -> Score:
    """Its `compute_sap`: linear support vectors on raw codes, or squared correlations of the training rows."""
    if continuous_factors:
        return _sap_r2(codes, factors)
    together, first = _stacked(codes, codes_test)
    return _sap(together, _stacked(factors, factors_test)[0], train=first, standardise=False, seed=seed)


def dci(
    codes: npt.ArrayLike, factors: npt.ArrayLike, codes_test: npt.ArrayLike, factors_test: npt.ArrayLike, seed: int = 0
) -> Score:
    """Its `compute_dci`: scikit-learn's gradient boosted classifiers; minutes."""
    together, first = _stacked(codes, codes_test)
    return _dci(together, _stacked(factors, factors_test)[0], estimator="gbt", train=first, seed=seed)


def factor_vae(
    codes: npt.ArrayLike, factors: npt.ArrayLike, fix: Fix | None = None, threshold: float = PRUNED, seed: int = 0
) -> Score:
    """Its `compute_factor_vae`: 64 codes a vote, 10,000 votes and 5,000; its configuration prunes codes below 0.05.

    Its number of active codes was that of all codes; here it is that of those that were used.
    """
    return _factor_vae(codes, factors, fix=fix, active=threshold, seed=seed)


def _stacked(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[npt.NDArray[Any], int]:
    return np.concatenate([np.asarray(first), np.asarray(second)]), len(np.asarray(first))


def _as(score: Score, value: float) -> Score:
    return Score(value, score.name, score.per_factor, score.parts, score.relation, score.settings, score.warnings)
