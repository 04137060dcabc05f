"""Voices: pitch and formants as labelled, what the speaker and the content change, and that nothing clicks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

import factorhub
from factorhub.errors import InputError
from factorhub.generator import Generator
from factorhub.sounds.phonetics import SYLLABLES, UNITS, VOWELS
from factorhub.testing import sample
from tests.sounds.measures import bend, cents, formants, fundamental, loudness

RATE = 16_000
CALM = {"tract": 1.0, "tilt": -12, "bandwidth": 80, "pitch": 120, "contour": "flat", "rate": 3, "gain": 0}
VOWEL = slice(int(0.12 * RATE), int(0.35 * RATE))  # of a first syllable at three a second, between its glides


@pytest.fixture(scope="module")
def made() -> Generator:
    return factorhub.generator("voices")


def say(made: Generator, *syllables: str, **factors: object) -> dict[str, np.ndarray]:
    said = {f"syllable_{i}": syllable for i, syllable in enumerate((syllables * 4)[:4], start=1)}
    return made.render(made.space.point(**{**CALM, **said, **factors}))


@pytest.mark.parametrize("vowel", VOWELS)
def test_a_flat_voice_has_the_fundamental_of_its_label(made: Generator, vowel: str) -> None:
    for pitch in (90, 131.3, 200, 260):
        batch = say(made, vowel, pitch=pitch)
        assert cents(fundamental(batch["audio"][VOWEL], RATE, pitch), pitch) < 1
        assert batch["f0"][40] == pytest.approx(pitch, rel=1e-6)


@pytest.mark.parametrize("vowel", VOWELS)
def test_formants_are_those_of_the_vowel_over_the_length_of_the_tract(made: Generator, vowel: str) -> None:
    """The mean over some pitches: prediction draws a formant to the nearest harmonic."""
    for tract in (0.8, 0.9, 1.0, 1.1):
        wanted, found = np.array(VOWELS[vowel]) / tract, []
        for pitch in range(90, 118, 3):
            peaks = formants(say(made, vowel, pitch=pitch, tract=tract, bandwidth=60)["audio"][VOWEL], RATE)
            found.append([peaks[np.abs(peaks - formant).argmin()] for formant in wanted])
        assert (np.abs(np.mean(found, axis=0) / wanted - 1) < 0.05).all()


def test_contours_go_where_they_say(made: Generator) -> None:
    for contour, ends in {"flat": (1, 1, 1), "rise": (0.85, 1, 1.15), "fall": (1.15, 1, 0.85), "dip": (1.15, 0.85, 1.15)}.items():
        batch = say(made, "a", contour=contour)
        f0 = batch["f0"][batch["f0"] > 0]
        got = (f0[0], f0[len(f0) // 2], f0[-1])
        assert np.allclose(np.array(got) / 120, ends, atol=0.03)
        track = [fundamental(batch["audio"][i : i + 1600], RATE, batch["f0"][i // 80 + 10]) for i in (2400, 7200, 12_000)]
        assert np.allclose(track, batch["f0"][[40, 100, 160]], rtol=0.01)


def test_jitter_makes_the_pitch_unsteady_as_much_as_it_says(made: Generator) -> None:
    for jitter in (0.0, 0.01, 0.03):
        f0 = say(made, "a", jitter=jitter)["f0"]
        off = f0[f0 > 0] / 120 - 1
        assert np.abs(off).max() <= jitter * 1.0001 + 1e-6
        assert off.std() == pytest.approx(jitter / 3**0.5, rel=0.15, abs=1e-6)


def test_units_are_what_is_said(made: Generator) -> None:
    assert len(SYLLABLES) == len(set(SYLLABLES)) == 25
    unit = say(made, "ma", "si", "u", "lo")["unit"]
    changes = [UNITS[unit[0]], *(UNITS[b] for a, b in pairwise(unit) if a != b)]
    assert changes == ["silence", "m", "a", "s", "i", "u", "l", "o", "silence"]
    assert np.flatnonzero(unit)[[0, -1]].tolist() == [10, 276]


def test_s_has_no_voice_and_lies_high(made: Generator) -> None:
    batch = say(made, "sa")
    hiss = np.flatnonzero(batch["unit"] == UNITS.index("s"))[6:-6]
    assert not batch["f0"][hiss[(hiss > 20) & (hiss < 25)]].any()
    low, high = (sosfiltfilt(butter(6, 3000, kind, fs=RATE, output="sos"), batch["audio"]) for kind in ("low", "high"))
    middle = slice(int(0.09 * RATE), int(0.13 * RATE))
    assert high[middle].std() > 3 * low[middle].std()
    assert low[VOWEL].std() > 3 * high[int(0.25 * RATE) : int(0.35 * RATE)].std()


def test_the_speed_is_as_many_syllables_a_second(made: Generator) -> None:
    for rate in (3, 4.5, 6):
        unit = say(made, "ma", rate=rate)["unit"]
        assert np.count_nonzero(unit) == pytest.approx(4 / rate * 200, abs=1.5)
        assert unit[-4:].tolist() == [0, 0, 0, 0]


def test_tilt_and_bandwidth_shape_the_spectrum(made: Generator) -> None:
    def power(**factors: float) -> np.ndarray:
        x = say(made, "a", pitch=100, **factors)["audio"][VOWEL]
        return np.abs(np.fft.rfft(x * np.hanning(len(x)), RATE)) ** 2

    def band(spectrum: np.ndarray, low: int, high: int) -> float:
        return float(10 * np.log10(spectrum[low:high].sum()))

    steep, flat = power(tilt=-10), power(tilt=-6)
    change = [band(flat, f - 50, f + 50) - band(steep, f - 50, f + 50) for f in (400, 800, 1600, 3200)]
    assert np.allclose(np.diff(change), 4, atol=0.3)  # 4 dB more in each octave
    narrow, wide = power(bandwidth=60), power(bandwidth=160)
    assert band(narrow, 650, 750) - band(narrow, 250, 350) > 3 + band(wide, 650, 750) - band(wide, 250, 350)


def test_no_sample_is_beyond_one_and_both_ends_are_silent(made: Generator) -> None:
    values = sample(made.space, 400, 5)
    for name, ends in {"tilt": (-6, -14), "bandwidth": (60, 160), "pitch": (90, 260), "gain": (0, 0)}.items():
        values[:200, made.space.index(name)] = np.resize(np.repeat(ends, 3), 200)
    audio = made.render(values)["audio"]
    assert 0.4 < np.abs(audio).max() < 0.7
    assert not audio[:, : int(0.05 * RATE)].any()
    assert not audio[:, -int(0.02 * RATE) :].any()


def test_syllables_meet_without_a_click(made: Generator) -> None:
    """Breath and the pulses of the voice are there all the time: where units change, nothing bends more sharply."""
    batch = say(made, "ma", "a", "lu", "ni", tilt=-14)
    bent = bend(batch["audio"])
    borders = 80 * np.flatnonzero(np.diff(batch["unit"].astype(int)))
    near = (np.abs(np.arange(len(bent))[:, None] - borders) < 160).any(axis=1)
    assert bent[near].max() < 1.1 * bent[~near].max()
    step = batch["audio"].copy()
    step[borders[2] :] += 0.2 * np.abs(step).max()
    assert bend(step)[near].max() > 1.1 * bent[~near].max()


def test_gain_is_loudness_in_decibels(made: Generator) -> None:
    values = sample(made.space, 30, 3)
    found = []
    for gain in (-18, -13.5, -9, -4.5, 0):
        values[:, made.space.index("gain")] = gain
        found.append([loudness(audio, RATE) for audio in made.render(values)["audio"]])
    assert np.allclose(np.diff(found, axis=0), 4.5, atol=0.01)


def test_the_seed_moves_breath_alone_where_there_is_no_jitter(made: Generator) -> None:
    one, other = (say(made, "a", noise_seed=seed)["audio"].astype(float) for seed in (1, 2))
    share = (one - other).std() / one.std()
    assert 0.002 < share < 0.03


def test_a_sampling_rate_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="no value named '44100' in option rate of voices; it has 16000, 24000, 48000"):
        factorhub.generator("voices", rate=44_100)
