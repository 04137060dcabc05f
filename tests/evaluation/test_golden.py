"""Which rows models are judged on, and by which noise: scores of years are compared, so these never change."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from factorhub.evaluation.panel import normals
from factorhub.evaluation.sources import subject
from factorhub.evaluation.subject import sample_of


def digest(array: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def test_rows_pairs_traversals_samples_and_noise_stay_what_they_are() -> None:
    sprites, pendulum = subject("dsprites", 0), subject("pendulum", 3)
    assert sprites.pairs is not None
    assert sprites.traversals is not None
    found = {
        "rows": digest(sprites.rows(0, 100).values),
        "second draw": digest(sprites.rows(1, 100).values),
        "off the grid": digest(pendulum.rows(0, 100).values),
        "finite": digest(subject("dsprites", 0, regime="grid").rows(0, 100).values),
        "pairs": digest(sprites.pairs(0, 100, ["shape", "posX"]).values),
        "traversals": digest(sprites.traversals(0, 8, ["shape", "posX"])[0].values),
        "sample": digest(sample_of(10_000, 100, 0)),
        "noise": digest(normals(0, "evaluation/panel/noise", 50, 4)),
        "set": sprites.digest[:16],
    }
    assert found == GOLDEN


GOLDEN: dict[str, str] = {
    "rows": "2a19cb3e81643f0c",
    "second draw": "331096b53deb5496",
    "off the grid": "d8a5a3259f194474",
    "finite": "f6b6f367d7c5521c",
    "pairs": "e160478500ff483f",
    "traversals": "121ff8402a0df6b2",
    "sample": "6e2952b16e0956a3",
    "noise": "b18ec5b00a313fc4",
    "set": "ab9f23a1d7299d2d",
}
