import numpy as np
import pytest

import factorhub


@pytest.fixture(scope="session")
def melodies():
    return factorhub.generator("dmelodies")


@pytest.fixture(scope="session")
def grid(melodies):
    """Every melody: codes (1354752, 9) and tokens (1354752, 16)."""
    codes = melodies.space.codes(np.arange(len(melodies.space)))
    return codes, melodies.render(melodies.space.values(codes), check=False)["tokens"]
