"""Melodies played: the factors of dMelodies and how they sound, as the audio of one clip each."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from factorhub import randomness
from factorhub.dmelodies.attributes import ATTRIBUTES
from factorhub.dmelodies.dmelodies import dmelodies
from factorhub.dmelodies.vocabulary import VOCABULARY
from factorhub.factors import Array, Factor, categorical, continuous, ordinal
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.sounds.fields import Rate, audio_field, f0_field
from factorhub.sounds.instruments import INSTRUMENTS, table
from factorhub.sounds.plots import waves
from factorhub.space import FactorSpace, Ignored

EFFECTS = ("none", "gain", "low-pass", "pitch shift", "reverb", "overdrive", "compression")
TEMPI = (90, 120, 150)
TAIL = 0.45  # after the last tick [s]: its release, and what a room makes of it
SECOND_BAR = ("rhythm_bar2", "arp_chord3", "arp_chord4")
Octave: TypeAlias = Literal[0, 4, 5, 6]


def tunes(*, bars: Literal[1, 2] = 2, octave: Octave = 0, rate: Rate = 16000) -> Generator:
    """The generator of melodies by one of six instruments, with the tempo, the playing and an effect as factors.

    One bar is the layout of the audio set of sequential benchmarks: its factors, its four instruments, and nothing else that
    varies. With octave 4 these are its 16,128 clips.

    Args:
        bars: 2 is a whole melody of dMelodies. 1 is its first bar, played plainly at 120 beats a minute.
        octave: of all tonics; 0 leaves it a factor.
        rate: samples a second.

    >>> from factorhub import generator
    >>> made = generator("tunes", bars=1, octave=4)
    >>> made.render(tonic="A", instrument=["flute", "violin"])["audio"].shape, made.field("audio").sampling_rate
    ((2, 40000), 16000)
    """
    melodies, whole = dmelodies(), bars == 2
    notes = [factor for factor in melodies.space if whole or factor.name not in SECOND_BAR]
    notes = [ordinal("octave", [octave], description=f.description) if f.name == "octave" and octave else f for f in notes]
    names = tuple(INSTRUMENTS) if whole else tuple(INSTRUMENTS)[:4]
    playing = (
        categorical("instrument", names, description="who plays"),
        ordinal("tempo", TEMPI if whole else [120], unit="1/min", description="quarter notes a minute"),
        _share("loudness", 1.0, whole, "from soft to loud over 18 dB; loud notes also begin faster and are brighter"),
        _share("vibrato", 0.0, whole, "depth: 1 is half a semitone up and down, 5.5 times a second"),
        _share("brightness", 0.5, whole, "how little the harmonics fall off"),
        categorical("effect", EFFECTS if whole else EFFECTS[:1], description="on the whole tune"),
        _share("strength", 0.0, whole, "of the effect, from mild to strong; 0 is mild and not none", 9),
    )
    space = FactorSpace((*notes, *playing), (Ignored(("strength",), "effect", (0,)),) if whole else ())
    count, ticks, slowest = len(notes), 8 * bars, (TEMPI[0] if whole else 120)
    samples = int((0.05 + ticks * 30 / slowest + TAIL) * rate)
    hop = rate // 200
    chances = randomness.uniforms(0, "tunes/room", np.arange(40), 2)
    places = [melodies.space.index(factor.name) for factor in notes]

    def draw(values: Array) -> Batch:
        from factorhub.sounds.kernels.player import play

        nine = np.zeros((len(values), len(melodies.space.factors)))
        nine[:, places] = values[:, :count]
        tokens = np.ascontiguousarray(melodies.draw(nine)["tokens"][:, :ticks])
        audio = np.empty((len(values), samples), np.float32)
        f0 = np.empty((len(values), samples // hop), np.float32)
        play(tokens, np.ascontiguousarray(values[:, count:]), table(), float(rate), hop, chances, audio, f0)
        return {"audio": audio, "tokens": tokens, "f0": f0}

    tokens = Field(
        "tokens",
        "uint8",
        (ticks,),
        ("tick",),
        description="the melody in eighths: 1 rest, 2 … 51 notes of MIDI 60 … 109",
        meta={"vocabulary": list(VOCABULARY)},
    )
    return Generator(
        name="tunes",
        summary="melodies of dMelodies played by six instruments, with tempo, playing and effects as factors",
        space=space,
        fields=(audio_field(samples, rate), tokens, f0_field(samples // hop, rate, hop)),
        draw=draw,
        source="melodies by Pati, Gururani, Lerch: dMelodies (ISMIR 2020); instruments and effects of this project",
        notes=(
            "a note is level(t) Σ_h a_h(t) sin(h φ(t)), φ = 2π pitch ∫ 1 + 0.0293 vibrato sin(2π 5.5 t) dt",
            "a_h falls by a power of h (instrument, brightness, loudness), times the body's resonance; none above 47% of the rate",
            "low-pass 3000 Hz e^(-2 strength); pitch shift 0.5 + 3.5 strength semitones; gain -2 - 10 strength dB",
            "reverb 40 echoes in 0.32 s; overdrive x / √(1 + x²) of each wave; compression by e^(0.4 + 1.7 strength) : 1",
        ),
        picture=waves(rate),
        attributes=ATTRIBUTES if whole and not octave else (),
    )


def _share(name: str, plain: float, varies: bool, description: str, grid: int = 5) -> Factor:
    """A factor from 0 to 1, or one that stays at `plain`."""
    low, high = (0.0, 1.0) if varies else (plain, plain)
    return continuous(name, low, high, grid=grid if varies else [plain], description=description)
