"""Tunes: the pitch, loudness and band of what is heard, and that nothing clicks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, resample_poly, sosfilt
from scipy.signal.windows import blackmanharris

import factorhub
from factorhub.dmelodies.rules import SCALES
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.generator import Generator
from factorhub.testing import check_generator, sample
from tests.sounds.measures import bend, cents, fundamental, loudness

RATE = 16_000
PLAYERS = ("flute", "trumpet", "violin", "saxophone", "organ", "pluck")
PLAIN = {"tempo": 90, "loudness": 0.8, "brightness": 0.5, "rhythm_bar1": "11111100", "rhythm_bar2": "11111100"}


@pytest.fixture(scope="module")
def made() -> Generator:
    return factorhub.generator("tunes")


def held(tick: int, tempo: float = 90.0, after: float = 0.1) -> slice:
    """The samples of a note, from some time after its onset on."""
    start = 0.05 + tick * 30 / tempo
    return slice(int((start + after) * RATE), int((start + 30 / tempo) * RATE))


@pytest.mark.parametrize("player", PLAYERS)
def test_each_note_has_the_fundamental_of_its_token(made: Generator, player: str) -> None:
    for tonic, octave in (("C", 4), ("F#", 5), ("B", 6)):
        batch = made.render(made.space.point(**PLAIN, instrument=player, tonic=tonic, octave=octave))
        for tick in (0, 1, 2, 5, 8, 13):
            wanted = 440.0 * 2 ** ((int(batch["tokens"][tick]) - 11) / 12)
            assert cents(fundamental(batch["audio"][held(tick)], RATE, wanted), wanted) < 1
            assert batch["f0"][int((0.2 + tick / 3) * 200)] == pytest.approx(wanted, rel=1e-6)


def test_pitch_shift_moves_the_fundamental_and_its_label(made: Generator) -> None:
    for strength in (0.0, 0.5, 1.0):
        batch = made.render(made.space.point(**PLAIN, instrument="violin", effect="pitch shift", strength=strength))
        wanted = 440.0 * 2 ** ((2 - 11 + 0.5 + 3.5 * strength) / 12)
        assert batch["f0"][40] == pytest.approx(wanted, rel=1e-6)
        assert cents(fundamental(batch["audio"][held(0)], RATE, wanted), wanted) < 1


def test_vibrato_goes_half_a_semitone_up_and_down(made: Generator) -> None:
    f0 = made.render(made.space.point(**PLAIN, vibrato=1.0))["f0"]
    note = f0[(f0 > 0) & (np.arange(len(f0)) < 76)]
    assert 1200 * np.log2(note.max() / note.min()) == pytest.approx(101.5, abs=1.5)
    assert 1200 * np.log2(note.max() / 261.626) == pytest.approx(50, abs=1)


def test_f0_is_there_exactly_while_a_note_is_held(made: Generator) -> None:
    batch = made.render(made.space.point(**{**PLAIN, "rhythm_bar1": "10110111", "rhythm_bar2": "01111110"}))
    frames = np.arange(len(batch["f0"])) * 80 / RATE - 0.05
    tick = np.floor(frames * 3 + 1e-9).astype(int)
    inside = (tick >= 0) & (tick < 16)
    sounding = np.zeros(len(frames), bool)
    sounding[inside] = batch["tokens"][tick[inside]] > 1
    assert np.array_equal(batch["f0"] > 0, sounding)


def test_tokens_are_those_of_dmelodies(made: Generator) -> None:
    values = sample(made.space, 200, 3)
    assert np.array_equal(made.render(values)["tokens"], factorhub.generator("dmelodies").render(values[:, :9])["tokens"])


@pytest.mark.parametrize("effect", ["none", "overdrive", "pitch shift"])
@pytest.mark.parametrize("player", PLAYERS)
def test_nothing_sounds_between_the_harmonics(made: Generator, player: str, effect: str) -> None:
    """What folds over at half the sampling rate would lie there."""
    for tonic, octave in (("C", 4), ("G#", 5), ("B", 6)):
        values = made.space.point(
            **{**PLAIN, "loudness": 1, "brightness": 1}, instrument=player, tonic=tonic, octave=octave, effect=effect, strength=1
        )
        batch = made.render(values)
        x, f = batch["audio"][held(0)].astype(float), float(batch["f0"][40])
        power = np.abs(np.fft.rfft(x * blackmanharris(len(x)), 8 * len(x)))
        frequency = np.fft.rfftfreq(8 * len(x), 1 / RATE)
        away = np.abs(frequency - np.rint(frequency / f) * f) > 6 * RATE / len(x)
        assert 20 * np.log10(power[away].max() / power.max()) < -85


def test_no_sample_is_beyond_one_and_both_ends_are_silent(made: Generator) -> None:
    values = sample(made.space, 350, 5)
    values[:, made.space.index("loudness")] = 1
    values[:, made.space.index("effect")] = np.arange(350) % 7
    values[::2, made.space.index("octave")] = 4  # the most harmonics
    audio = made.render(values)["audio"]
    assert 0.3 < np.abs(audio).max() < 0.6
    assert not audio[:, : int(0.05 * RATE)].any()
    assert not audio[:, -int(0.03 * RATE) :].any()
    assert np.abs(audio[:, -int(0.032 * RATE)]).max() < 1e-5


@pytest.mark.parametrize("effect", ["none", "reverb", "gain"])
@pytest.mark.parametrize("player", ["flute", "organ"])
def test_notes_begin_and_end_without_a_click(made: Generator, player: str, effect: str) -> None:
    """Of two instruments that have no harmonics so high; a step of a third of a percent would be found."""
    low = {**PLAIN, "loudness": 0.5, "brightness": 0, "rhythm_bar1": "11101101", "rhythm_bar2": "10110111"}
    audio = made.render(made.space.point(**low, instrument=player, effect=effect, strength=0.5))["audio"]
    high = butter(8, 6500, "high", fs=RATE, output="sos")
    largest = np.abs(audio).max()
    assert np.abs(sosfilt(high, audio)).max() < 1e-4 * largest
    audio[40_000:] += 0.003 * largest
    assert np.abs(sosfilt(high, audio)).max() > 2e-4 * largest


@pytest.mark.parametrize("player", PLAYERS)
def test_the_second_difference_is_bounded_where_notes_meet(made: Generator, player: str) -> None:
    low = {**PLAIN, "brightness": 0, "rhythm_bar1": "11101101", "rhythm_bar2": "10110111"}
    bent = bend(made.render(made.space.point(**low, instrument=player))["audio"])
    tick = (np.arange(len(bent)) / RATE - 0.05) * 3
    middle = (tick % 1 > 0.35) & (tick % 1 < 0.9) & (tick > 0) & (tick < 16)
    assert bent[~middle].max() < (4.5 if player == "pluck" else 2.5) * bent[middle].max()  # a string is bright when plucked


def test_loudness_is_heard_as_such(made: Generator) -> None:
    values = sample(made.space, 42, 3)
    values[:, made.space.index("effect")] = np.arange(42) % 7
    found = []
    for level in np.linspace(0, 1, 5):
        values[:, made.space.index("loudness")] = level
        found.append([loudness(audio, RATE) for audio in made.render(values)["audio"]])
    assert np.diff(np.array(found), axis=0).min() > 0.5


def test_a_full_scale_tone_has_the_loudness_of_the_recommendation() -> None:
    tone = np.sin(2 * np.pi * 997 * np.arange(3 * 48_000) / 48_000)
    assert loudness(tone, 48_000) == pytest.approx(-3.01, abs=0.05)


def heard(made: Generator, **factors: object) -> Array:
    return made.render(made.space.point(**{**PLAIN, "instrument": "saxophone", **factors}))["audio"].astype(float)


def centroid(audio: Array) -> float:
    power = np.abs(np.fft.rfft(audio)) ** 2
    return float((power * np.fft.rfftfreq(len(audio), 1 / RATE)).sum() / power.sum())


def test_each_effect_does_what_it_is_called(made: Generator) -> None:
    plain = heard(made)
    for strength in (0.0, 1.0):
        gain = heard(made, effect="gain", strength=strength)
        assert np.allclose(gain, plain * 10 ** ((-2 - 10 * strength) / 20), atol=1e-6)
    assert (
        centroid(heard(made, effect="low-pass", strength=1))
        < centroid(heard(made, effect="low-pass", strength=0))
        < centroid(plain)
    )
    drives = [np.abs(x).max() / np.sqrt((x**2).mean()) for x in (heard(made, effect="overdrive", strength=s) for s in (0.0, 1.0))]
    assert drives[1] < drives[0] < np.abs(plain).max() / np.sqrt((plain**2).mean())
    rest = slice(int((0.05 + 6.3 / 3) * RATE), int((0.05 + 7.0 / 3) * RATE))  # the rest at the end of the first bar
    wet = [np.abs(heard(made, effect="reverb", strength=s)[rest]).max() for s in (0.0, 1.0)]
    assert np.abs(plain[rest]).max() < 1e-6 < wet[0] < wet[1]
    spans = [heard(made, effect="compression", strength=1, loudness=v)[held(1)] for v in (0.2, 1.0)]
    dry = [heard(made, loudness=v)[held(1)] for v in (0.2, 1.0)]
    assert np.std(spans[1]) / np.std(spans[0]) < 0.5 * np.std(dry[1]) / np.std(dry[0])


def test_brightness_and_loudness_brighten(made: Generator) -> None:
    for name in ("brightness", "loudness"):
        found = [centroid(heard(made, **{name: level})) for level in np.linspace(0, 1, 5)]
        assert (np.diff(found) > 0).all()


def test_strength_matters_unless_there_is_no_effect(made: Generator) -> None:
    assert np.array_equal(heard(made, effect="none", strength=0), heard(made, effect="none", strength=1))
    for effect in made.space["effect"].labels[1:]:
        assert not np.allclose(heard(made, effect=effect, strength=0), heard(made, effect="none"), atol=1e-4)
        assert not np.allclose(heard(made, effect=effect, strength=0.5), heard(made, effect=effect, strength=0.625), atol=1e-4)


def test_a_gain_is_no_other_loudness(made: Generator) -> None:
    """-2 - 10 strength dB is a step of the loudness at some strength, and yet it sounds otherwise."""
    softer, turned_down = heard(made, loudness=0.5, brightness=0.5), heard(made, loudness=0.75, effect="gain", strength=0.25)
    assert np.sqrt((softer**2).mean()) == pytest.approx(np.sqrt((turned_down**2).mean()), rel=0.05)
    assert np.sqrt(((softer - turned_down) ** 2).mean()) > 0.03 * np.sqrt((softer**2).mean())


@pytest.mark.parametrize("rate", [24_000, 48_000])
def test_another_sampling_rate_is_the_same_sound(made: Generator, rate: int) -> None:
    finer = factorhub.generator("tunes", rate=rate)
    values = finer.space.point(**PLAIN, instrument=["flute", "violin"], octave=5, effect="reverb")
    wide, plain = finer.render(values), made.render(values)
    assert finer.field("audio").sampling_rate == rate
    assert np.allclose(wide["f0"][:, : plain["f0"].shape[1]], plain["f0"], rtol=1e-6)
    for a, b in zip(wide["audio"], plain["audio"], strict=True):
        down = resample_poly(a.astype(float), 2 if rate == 24_000 else 1, 3)[: len(b)]
        b = b[: len(down)]
        assert down @ b / np.sqrt((down @ down) * (b @ b)) > 0.95


def test_one_bar_in_octave_four_is_the_audio_set_of_sequential_benchmarks() -> None:
    made = factorhub.generator("tunes", bars=1, octave=4)
    assert len(made.space) == 16_128
    varied = {factor.name: factor.size for factor in made.space if factor.size != 1}
    assert varied == {"tonic": 12, "scale": 3, "rhythm_bar1": 28, "arp_chord1": 2, "arp_chord2": 2, "instrument": 4}
    assert made.space["instrument"].labels == ("flute", "trumpet", "violin", "saxophone")
    check_generator(made)
    batch = made.render(made.space.point(scale=list(SCALES)))
    assert batch["tokens"].shape == (3, 8)
    assert batch["audio"].shape == (3, int(2.5 * RATE))
    assert len(factorhub.generator("tunes", bars=1).space) == 3 * 16_128


def test_options_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="no value named '7' in option octave of tunes; it has 0, 4, 5, 6"):
        factorhub.generator("tunes", octave=7)
    with pytest.raises(InputError, match="no value named '8000' in option rate of tunes"):
        factorhub.generator("tunes", rate=8000)
