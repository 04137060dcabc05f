"""What holds for all generators of sound: smooth in what is continuous, no two labels alike, the same bits in any batch."""

from __future__ import annotations

import numpy as np
import pytest

import factorhub
from factorhub.factors import Array
from factorhub.fields import Field
from factorhub.generator import Generator
from factorhub.sounds.plots import log_mel, mel
from factorhub.space import Ignored
from factorhub.testing import sample

NAMES = ("tunes", "voices")


@pytest.fixture(scope="module", params=NAMES)
def made(request: pytest.FixtureRequest) -> Generator:
    return factorhub.generator(request.param)


def rows(made: Generator) -> Array:
    """Sampled values in which every factor shows."""
    values = sample(made.space, 60, 9)
    for symmetry in made.space.symmetries:
        assert isinstance(symmetry, Ignored)
        shown = [code for code in range(made.space[symmetry.by].size or 0) if code not in symmetry.codes]
        values[:, made.space.index(symmetry.by)] = np.resize(shown, 60)
    return values


def apart(made: Generator, values: Array, others: Array) -> Array:
    """How far rows sound apart, as a share of their loudness."""
    a, b = (made.render(v)["audio"].astype(float) for v in (values, others))
    return np.sqrt(((a - b) ** 2).mean(axis=1) / (a**2).mean(axis=1))


def test_every_factor_is_heard(made: Generator) -> None:
    values = rows(made)
    for i, factor in enumerate(made.space):
        moved = values.copy()
        if factor.interval:
            step = 0.1 * (factor.high - factor.low)
            moved[:, i] += np.where(values[:, i] < (factor.low + factor.high) / 2, step, -step)
        else:
            moved[:, i] = factor.values((factor.nearest(values[:, i]) + 1) % (factor.size or 1))
        assert apart(made, values, moved).min() > 3e-4, factor.name


def test_a_little_more_of_a_factor_sounds_a_little_different(made: Generator) -> None:
    values = rows(made)
    for i, factor in enumerate(made.space):
        if factor.interval:
            moved = values.copy()
            step = 1e-6 * (factor.high - factor.low)
            moved[:, i] += np.where(values[:, i] < (factor.low + factor.high) / 2, step, -step)
            assert apart(made, values, moved).max() < 0.02, factor.name


def test_no_two_labels_sound_alike(made: Generator) -> None:
    values = made.space.canonical(np.concatenate([sample(made.space, 300, 1), rows(made)]))
    audio = made.render(values)["audio"]
    alike = {sound.tobytes() for sound in audio}
    assert len(alike) == len(np.unique(values, axis=0))


def test_any_batch_gives_the_same_bits(made: Generator) -> None:
    values = sample(made.space, 37, 4)
    whole = made.render(values)
    parts = [made.render(values[a:b]) for a, b in ((0, 1), (1, 20), (20, 37))]
    for name, array in whole.items():
        assert np.concatenate([part[name] for part in parts]).tobytes() == array.tobytes()


def test_the_sampling_rate_is_in_the_meta_data(made: Generator) -> None:
    assert {field.name: field.sampling_rate for field in made.fields if field.sampling_rate} == {"audio": 16_000}
    assert Field("t", "float32", (4,), ("time",)).sampling_rate is None
    assert Field("t", "float32", (4,), ("frame",), meta={"sampling_rate": 9}).sampling_rate is None
    assert Field("t", "float32", (4,), ("time",), meta={"sampling_rate": "fast"}).sampling_rate is None


def test_pictures_show_wave_and_spectrum(made: Generator) -> None:
    batch = made.render(sample(made.space, 3, 2))
    pictures = made.pictures(batch)
    assert pictures.shape == (3, 256, 512, 3)
    silent = made.pictures({name: np.zeros_like(array) for name, array in batch.items()})
    assert (silent != pictures).any(axis=(1, 2, 3)).all()


def test_a_tone_is_in_its_band_of_the_log_mel_picture() -> None:
    edges = np.linspace(mel(60.0), mel(8000.0), 82)
    for tone in (220.0, 1000.0, 3500.0):
        levels = log_mel(np.sin(2 * np.pi * tone * np.arange(16_000) / 16_000), 16_000, frames=9)
        band = int(levels[:, 4].argmax())
        assert edges[band] < mel(tone) < edges[band + 2]
