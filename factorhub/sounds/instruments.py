"""Six instruments as numbers: how their harmonics fall, where their bodies ring, and how their notes begin and end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from factorhub.factors import Array


class Instrument(NamedTuple):
    """How one instrument sounds.

    Attributes:
        slope: harmonic h has the amplitude h to minus this, before all else.
        even: of the even harmonics, beside the odd ones.
        body: where the body rings [Hz], width: how widely, as a share of that, and strength: how much more it lets through.
        comb: where a string is plucked, as a share of its length; 0 is no string that is plucked.
        stops: 1 where only the harmonics of an organ's drawbars sound.
        attack: time until a note is there [s].
        decay: how fast it fades while it is held [1/s].
        release: time until it is gone [s].
        bite: by how much the slope is smaller at the onset, and bite_time: how soon that is over [s].
    """

    slope: float
    even: float
    body: float
    width: float
    strength: float
    comb: float
    stops: float
    attack: float
    decay: float
    release: float
    bite: float
    bite_time: float


INSTRUMENTS = {  # the first four are those of the audio set of sequential benchmarks
    "flute": Instrument(2.4, 0.55, 850.0, 0.6, 0.8, 0.0, 0.0, 0.055, 0.3, 0.060, -0.5, 0.05),
    "trumpet": Instrument(1.1, 1.0, 1500.0, 0.5, 2.5, 0.0, 0.0, 0.030, 0.4, 0.045, -0.7, 0.06),
    "violin": Instrument(1.5, 0.9, 2900.0, 0.35, 3.0, 0.0, 0.0, 0.070, 0.2, 0.080, 0.4, 0.05),
    "saxophone": Instrument(1.4, 0.65, 700.0, 0.5, 2.0, 0.0, 0.0, 0.035, 0.5, 0.050, 0.5, 0.04),
    "organ": Instrument(0.7, 1.0, 1000.0, 1.0, 0.2, 0.0, 1.0, 0.012, 0.0, 0.030, 0.3, 0.02),
    "pluck": Instrument(1.9, 1.0, 400.0, 0.8, 0.5, 0.28, 0.0, 0.006, 5.0, 0.060, 0.9, 0.09),
}


def table() -> Array:
    """The instruments as an array (6, 12) float64, a row each."""
    return np.array(list(INSTRUMENTS.values()), dtype=np.float64)
