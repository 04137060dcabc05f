"""Rows of the scenes are the same bits on every machine, worker and release; a change that moves one is a new version."""

import hashlib

import numpy as np
import pytest

import factorhub
from factorhub import randomness

GOLDEN = {
    "multi_dsprites": "8f33eb9ecff02bb4",
    "multi_dsprites overlap=0.4 variant=binarized amodal=true": "17eb7e9f0aae8f7f",
    "multi_dsprites antialias=true variant=colored_on_grayscale": "9447a310ce330a48",
    "tetrominoes": "fc7fcfdf3e0de7c7",
    "tetrominoes n=5 cells=10 cell=4": "8902daae0da38cc8",
    "causal_pendulum": "c2b69779aa6f1fd5",
    "causal_flow intervene=all channels=rgb size=48": "bfd7a1aa43e81859",
}


@pytest.mark.parametrize("case", GOLDEN)
def test_golden_digests(case):
    name, *options = case.split()
    generator = factorhub.generator(name, **dict(option.split("=") for option in options))
    values = generator.space.from_unit(randomness.uniforms(0, "golden", np.arange(64), len(generator.space.factors)))
    digest = hashlib.blake2b(digest_size=8)
    for array in generator.render(values).values():
        digest.update(np.ascontiguousarray(array).tobytes())
    assert digest.hexdigest() == GOLDEN[case]
