"""Neuron knockout."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factorhub.errors import whole
from factorhub.factors import Array
from factorhub.metrics.codes.snc import aligned_codes
from factorhub.metrics.inputs import Groups, Schema, sample
from factorhub.metrics.learning import quietly, scikit_learn, split
from factorhub.metrics.metric import BY_PLACE, declare
from factorhub.metrics.moments import standardised
from factorhub.metrics.score import Score


@declare(
    measures="how much worse is a factor read once the code aligned to it is taken away",
    range=(-1.0, 1.0),
    chance="0; so is it where every factor is spread over all codes",
    tier="full",
    cost="minutes",
    source="Mahon et al., Correcting flaws in common disentanglement metrics, 2023",
    extra="metrics",
    lacks={
        **BY_PLACE,
        "code order": "the network starts from random weights, in the order of the codes",
        "relabelling": "the network starts from random weights, in the order of the classes",
        "sign": "the network starts from random weights, which are not turned with the code",
        "constant code": "the network starts from other random weights where there are more codes",
        "angle": "the network starts from random weights, which are not turned with the angle",
    },
)
def nk(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    schema: Schema = None,
    mask: npt.ArrayLike | None = None,
    groups: Groups = None,
    seed: int = 0,
    train: float | int = 2 / 3,
    epochs: int = 60,
) -> Score:
    """The held-out accuracy of a network on all codes less that without the code aligned to the factor, mean over factors.

    The part "accuracy" is that on all codes: a factor of high accuracy and low knockout is spread over several codes.
    The network has 256 rectified units and is trained by Adam from a rate of 0.01.

    Args:
        codes, factors, schema, mask, groups: as in `factorhub.metrics.inputs.sample`; a group is taken away as a whole.
        seed: of the split and of the networks.
        train: the share of the rows that is fitted; a whole number fits the rows before it.
        epochs: at most; training stops when the loss does.

    Raises:
        InputError: arrays that do not fit.
        MissingExtra: scikit-learn or scipy is not installed.

    >>> factors = np.random.default_rng(0).integers(0, 2, (300, 2))
    >>> nk(factors, factors) > 0.3
    True
    """
    whole("epochs", epochs, 1)
    given = sample(codes, factors, schema=schema, mask=mask, groups=groups)
    networks = scikit_learn("neural_network", "neuron knockout")

    def accuracy(dims: list[int], labels: Array, fitted: Array, held: Array) -> float:
        if not dims or len(np.unique(labels[fitted])) == 1:
            return float((labels[held] == np.bincount(labels[fitted]).argmax()).mean())
        x, new = standardised(given.codes[fitted][:, dims], given.codes[held][:, dims])
        network = networks.MLPClassifier(
            (256,), learning_rate_init=0.01, batch_size=min(4096, len(x)), max_iter=epochs, n_iter_no_change=4, random_state=seed
        )
        quietly(network.fit, x, labels[fitted])
        return float((network.predict(new) == labels[held]).mean())

    aligned, _ = aligned_codes(given)
    whole_codes, without = np.zeros(len(given.names)), np.zeros(len(given.names))
    for k in given.varying:
        fitted, held = split(np.flatnonzero(given.known[:, k]), train, seed, given.names[k])
        gone = given.groups[aligned[k]] if aligned[k] >= 0 else ()
        everything = list(range(given.codes.shape[1]))
        whole_codes[k] = accuracy(everything, given.classes[k].of, fitted, held)
        without[k] = accuracy([d for d in everything if d not in gone], given.classes[k].of, fitted, held)
    return given.score(
        "nk", whole_codes - without, parts={"accuracy": float(whole_codes[given.varying].mean())}, warnings=given.lonely,
        estimator="network of 256 units", train=train, epochs=epochs, seed=seed, version=1,
    )  # fmt: skip
