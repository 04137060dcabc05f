"""The fields that all generators of sound have."""

from __future__ import annotations

from typing import Literal, TypeAlias

from factorhub.fields import Field

Rate: TypeAlias = Literal[16000, 24000, 48000]


def audio_field(samples: int, rate: int) -> Field:
    """The field of the sound itself, one channel, with its sampling rate [Hz] in the meta data."""
    about = f"the sound, in [-1, 1], at {rate} samples a second"
    return Field("audio", "float32", (samples,), ("time",), description=about, meta={"sampling_rate": rate})


def f0_field(frames: int, rate: int, hop: int) -> Field:
    """The field of the fundamental, one number each `hop` samples."""
    about = f"fundamental at each frame, sample {hop} · frame of audio; 0 while there is none"
    return Field("f0", "float32", (frames,), ("frame",), "Hz", about, meta={"hop": hop, "frame_rate": rate / hop})
