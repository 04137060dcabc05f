"""Voices: who speaks, what is said, and at which pitch, by formant synthesis; nobody's voice was recorded."""

from __future__ import annotations

import numpy as np

from factorhub import randomness
from factorhub.factors import Array, categorical, continuous, ordinal
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.sounds.fields import Rate, audio_field, f0_field
from factorhub.sounds.phonetics import SYLLABLES, UNITS, syllables, units
from factorhub.sounds.plots import waves
from factorhub.space import FactorSpace

COUNT, SECONDS = 4, 1.5  # syllables, and how long a clip is
CONTOURS = ("flat", "rise", "fall", "dip")
SPEAKER = ("tract", "tilt", "bandwidth", "jitter")


def voices(*, rate: Rate = 16000) -> Generator:
    """The generator of four syllables in 1.5 s: content, speaker and prosody as factors.

    Args:
        rate: samples a second.

    >>> from factorhub import generator
    >>> batch = generator("voices").render(syllable_1="ma", pitch=[100, 200])
    >>> batch["audio"].shape, batch["f0"][:, 40].tolist()
    ((2, 24000), [100.0, 200.0])
    """
    said = [categorical(f"syllable_{i}", SYLLABLES, description=f"content: the syllable at place {i}") for i in range(1, COUNT + 1)]
    space = FactorSpace(
        (
            *said,
            continuous("tract", 0.8, 1.25, grid=10, description="speaker: length of the vocal tract; formants are divided by it"),
            continuous(
                "tilt", -14.0, -6.0, grid=5, unit="dB/octave", description="speaker: of the source; the lips add 6 dB/octave"
            ),
            continuous("bandwidth", 60.0, 160.0, grid=6, unit="Hz", description="speaker: of the first formant"),
            continuous("jitter", 0.0, 0.03, grid=4, description="speaker: how unsteady the pitch is, as a share of it"),
            continuous("pitch", 90.0, 260.0, grid=18, unit="Hz", description="in the middle of the contour"),
            categorical("contour", CONTOURS, description="of the pitch, by 15% up and down"),
            continuous("rate", 3.0, 6.0, grid=4, unit="1/s", description="syllables a second"),
            continuous("gain", -18.0, 0.0, grid=5, unit="dB", description="of the whole sound"),
            ordinal("noise_seed", range(2**32), nuisance=True, description="of breath, s and jitter"),
        ),
        groups={"content": [factor.name for factor in said], "identity": SPEAKER, "prosody": ("pitch", "contour", "rate")},
    )
    samples, hop = int(SECONDS * rate), rate // 200
    frames = samples // hop
    key = randomness.key(0, "voices/noise")

    def draw(values: Array) -> Batch:
        from factorhub.sounds.kernels.speaker import speak

        n = len(values)
        audio, f0, unit = np.empty((n, samples), np.float32), np.empty((n, frames), np.float32), np.empty((n, frames), np.uint8)
        spoken = syllables()[values[:, :COUNT].astype(np.int64)]
        how = np.ascontiguousarray(values[:, COUNT:-1])
        speak(units(), spoken, how, values[:, -1].astype(np.uint64), key, float(rate), hop, audio, f0, unit)
        return {"audio": audio, "f0": f0, "unit": unit}

    about = "which unit is spoken at each frame"
    return Generator(
        name="voices",
        summary="four syllables by any speaker at any pitch, by formant synthesis",
        space=space,
        fields=(
            audio_field(samples, rate),
            f0_field(frames, rate, hop),
            Field("unit", "uint8", (frames,), ("frame",), description=about, meta={"values": list(UNITS)}),
        ),
        draw=draw,
        source="own definition; vowels' formants by Peterson, Barney: Control methods used in a study of the vowels (1952)",
        notes=(
            "voice = Σ_h a_h sin(h φ), φ = 2π ∫ f0 dt, none above 47% of the sampling rate, scaled at each frame to one level",
            "a_h = h^(1 + tilt / 6.02) Π_k 1 / √((1 - x²)² + (b x)²), x = h f0 tract / F_k, b = bandwidth w_k tract / F_k",
            "F_1 … F_3 by unit, F_4 = 3500 Hz, F_5 = 4500 Hz; w = 1, 1.2, 1.7, 2.4, 3; units glide into one another in 45 ms",
            "f0 = pitch (1 + 0.15 c(t)) (1 + jitter r), c from -1 to 1 by contour and r random at each frame of 5 ms",
        ),
        picture=waves(rate),
    )
