"""The separated attribute predictability, read as classification."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.metrics.aggregations import gap
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.learning import quietly, scikit_learn, split
from factorhub.metrics.metric import BY_PLACE, declare
from factorhub.metrics.moments import standardised
from factorhub.metrics.score import Score


@declare(
    measures="does a linear classifier tell a factor from one code better than from any second one",
    ideal=0.5,
    chance="0. A perfect code gets about 0.25: a line cannot pick out the middle classes of an ordered factor",
    tier="full",
    cost="seconds",
    source="Kumar et al., Variational inference of disentangled latent concepts, 2018",
    extra="metrics",
    lacks=BY_PLACE,
)
def sap(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    seed: int = 0,
    train: float | int = 2 / 3,
    standardise: bool = True,
) -> Score:
    """SAP of classes: the gap of the held-out accuracies of the two best codes, by balanced linear support vectors with C = 0.01.

    A score of classification has a ceiling far below 1, by the number of classes: 0.66 for 3, 0.03 to 0.16 for 12 to 40.
    Compare with the ideal code of the panel, or take `sap_r2`. A group of codes is classified as a whole.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`.
        seed: of the split and of the solver.
        train: the share of the rows that is fitted; a whole number fits the rows before it.
        standardise: codes first; the reference does not, so its score hangs on their units.

    Raises:
        InputError: arrays that do not fit.
        MissingExtra: scikit-learn is not installed.

    >>> factors = np.random.default_rng(0).integers(0, 2, (300, 2))
    >>> sap(factors, factors) > 0.35
    True
    """
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    svm = scikit_learn("svm", "SAP by support vectors")
    (x,) = standardised(given.codes) if standardise else (given.codes,)
    accuracy = np.zeros((len(given.groups), len(given.names)))
    for k in given.varying:
        fitted, held = split(np.flatnonzero(given.known[:, k]), train, seed, given.names[k])
        labels = given.classes[k].of
        for j, group in enumerate(map(list, given.groups)):
            if not given.moving[group].any():
                continue  # no code, as good as absent
            if len(np.unique(labels[fitted])) == 1:
                accuracy[j, k] = (labels[held] == labels[fitted[0]]).mean()
                continue
            model = svm.LinearSVC(C=0.01, class_weight="balanced", random_state=seed)
            quietly(model.fit, x[fitted][:, group], labels[fitted])
            accuracy[j, k] = (model.predict(x[held][:, group]) == labels[held]).mean()
    return given.score(
        "sap", gap(accuracy), relation=accuracy, warnings=given.lonely, estimator="linear SVC, C=0.01, balanced",
        train=train, standardise=standardise, seed=seed, version=1,
    )  # fmt: skip
