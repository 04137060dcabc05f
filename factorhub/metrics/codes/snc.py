"""Single-neuron classification."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.factors import Array
from factorhub.metrics.aggregations import matching
from factorhub.metrics.discretise import Classes, binned, joined
from factorhub.metrics.information import REFERENCE, pair
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.learning import split
from factorhub.metrics.metric import BY_PLACE, declare
from factorhub.metrics.sample import Sample
from factorhub.metrics.score import Score
from factorhub.metrics.typed import ranked


@declare(
    measures="how often does one bin of one code name the class of its factor",
    chance="somewhat above the share of the most frequent class; the part 'adjusted' has 0",
    tier="full",
    source="Mahon et al., Correcting flaws in common disentanglement metrics, 2023",
    extra="metrics",
    lacks={**BY_PLACE, "sign": "bins of equal frequency are closed at one side"},
)
def snc(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    seed: int = 0,
    train: float | int = 0.5,
    reference: bool = False,
) -> Score:
    """The held-out accuracy of naming a factor's class by the bin of the code aligned to it, mean over factors.

    A code gets a bin for each value where it has no more values than the factor, else bins of equal frequency, as many as
    classes. Bins are mapped to classes one to one on the training
    rows. The part "adjusted" subtracts the share of the most frequent class and divides by what is left.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`; a group has the bins of its combinations.
        seed: of the split.
        train: the share of the rows on which codes are aligned and bins mapped; a whole number takes the rows before it.

        reference: as the authors have it: bins between quantiles for every code, which put equal values of unlike frequency
            together, mapped and judged on the same rows. A perfect code then gets 0.8 to 0.9.

    Raises:
        InputError: arrays that do not fit.
        MissingExtra: scipy is not installed.

    >>> factors = np.random.default_rng(0).integers(0, 4, (1000, 2))
    >>> snc(factors, factors).parts["adjusted"]
    1.0
    """
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    aligned, binnings = aligned_codes(given, reference)
    each, chance = np.zeros(len(given.names)), np.zeros(len(given.names))
    for k in given.varying:
        labels = given.classes[k]
        fitted, held = split(np.flatnonzero(given.known[:, k]), train, seed, given.names[k])
        if reference:
            fitted = held = np.concatenate([fitted, held])
        chance[k] = labels.counts.max() / labels.counts.sum()
        if aligned[k] < 0:
            continue
        cells = binnings[k][aligned[k]]
        table = np.bincount(cells.of[fitted] * labels.size + labels.of[fitted], minlength=cells.size * labels.size)
        names = np.full(cells.size, -1)
        rows, columns = matching(table.reshape(cells.size, labels.size))
        names[rows] = columns
        each[k] = (names[cells.of[held]] == labels.of[held]).mean()
    moving = given.varying
    return given.score(
        "snc", each, parts={"adjusted": float(((each - chance) / (1 - chance))[moving].mean())}, warnings=given.lonely,
        estimator="one-to-one map of bins", train=train, reference=reference, seed=seed, version=1,
    )  # fmt: skip


def aligned_codes(given: Sample, reference: bool = False) -> tuple[Array, list[list[Classes]]]:
    """The code (K,) of each factor, -1 where codes are fewer, and every code in bins made for each factor."""
    binnings: list[list[Classes]] = []
    mutual = np.zeros((len(given.groups), len(given.names)))
    for k in range(len(given.names)):
        each = [_bins(column, given.classes[k].size, reference) for column in given.codes.T]
        binnings.append([joined([each[d] for d in group]) for group in given.groups])
        if k in given.varying:
            mutual[:, k] = [pair(cells, given.classes[k], REFERENCE)[0] for cells in binnings[k]]
    aligned = np.full(len(given.names), -1)
    rows, columns = matching(mutual[:, given.varying])
    aligned[given.varying[columns]] = rows
    return aligned, binnings


def _bins(column: Array, classes: int, reference: bool) -> Classes:
    """A bin a value where these are no more than the classes, else bins of equal frequency that keep ties together."""
    if reference:
        edges = np.quantile(column, np.linspace(0, 1, classes + 1)[1:-1])
        return binned(np.digitize(column, edges).astype(np.float64), exact=len(column))
    if len(np.unique(column)) <= classes:
        return binned(column, exact=len(column))
    return binned(np.floor((ranked(column[:, None])[:, 0] - 0.5) * classes / len(column)), exact=len(column))
