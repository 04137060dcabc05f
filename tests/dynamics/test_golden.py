"""Golden digests: states and frames are the same bits on every machine, and change only with a generator's version."""

from __future__ import annotations

import hashlib

import pytest

import factorhub
from factorhub.testing import sample

GOLDEN = {
    "pendulum": "1669bc80a8175597",
    "lotka_volterra": "cb22671e053fe22e",
    "three_body": "469657b1d1502bf9",
    "double_pendulum": "d0f10198a4088fe0",
    "duffing": "222a572fdaa81d7e",
    "lorenz": "39772ae2bf083cec",
    "bouncing_balls": "af0f5535e7003a1e",
    "interventional_pong": "6cc158054707e81d",
}
VERSIONS = {"interventional_pong": 2}


@pytest.mark.parametrize("name", GOLDEN)
def test_bits_are_those_of_this_version(name: str) -> None:
    made = factorhub.generator(name, steps=60, dtype="float64", video=16)
    assert made.version == VERSIONS.get(name, 1)
    batch = made.render(sample(made.space, 4, seed=9))
    assert hashlib.sha256(batch["state"].tobytes() + batch["video"].tobytes()).hexdigest()[:16] == GOLDEN[name]
