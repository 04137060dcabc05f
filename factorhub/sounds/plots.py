"""Pictures of sounds for people: the waveform above, and below it the log-mel spectrogram with the fundamental."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from factorhub.factors import Array
from factorhub.fields import Batch

WIDE, HIGH, WAVE = 512, 256, 84  # pixels of a picture, and of the waveform's height
WINDOW, MELS, RANGE = 0.032, 80, 70.0  # of a spectrum [s]; bands; from the loudest to the darkest [dB]
LOWEST = 60.0  # Hz
INK, PAPER, LINE = (31, 90, 160), (252, 252, 250), (200, 204, 210)
DARK_TO_BRIGHT = np.array(
    [(12, 8, 38), (60, 15, 110), (140, 40, 130), (220, 75, 90), (250, 150, 50), (252, 240, 160)], dtype=np.float64
)


def mel(frequency: Array | float) -> Array:
    """Frequencies [Hz] on the mel scale (O'Shaughnessy 1987)."""
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(frequency) / 700.0))


def log_mel(audio: Array, rate: float, frames: int = WIDE, bands: int = MELS) -> Array:
    """Power in mel bands [dB] of one clip (samples,): (bands, frames), the lowest band first, at even times over the clip.

    Triangles of even width in mel from 60 Hz to half the rate over the power spectra of Hann windows of 32 ms.

    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000)
    >>> log_mel(tone, 16_000, frames=9)[:, 4].argmax().item()
    26
    """
    size = int(WINDOW * rate) // 2 * 2
    padded = np.pad(np.asarray(audio, dtype=np.float64), size // 2)
    starts = np.linspace(0, len(audio) - 1, frames).astype(np.int64)
    windows = padded[starts[:, None] + np.arange(size)] * np.hanning(size)
    power = np.abs(np.fft.rfft(windows, 2 * size, axis=1)) ** 2 / (np.hanning(size) ** 2).sum()
    edges = np.linspace(mel(LOWEST), mel(rate / 2), bands + 2)
    places = mel(np.fft.rfftfreq(2 * size, 1 / rate))
    up = (places - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - places) / (edges[2:] - edges[1:-1])[:, None]
    weights = np.clip(np.minimum(up, down), 0.0, None)
    shares = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    return np.asarray(10.0 * np.log10(shares @ power.T + 1e-12))


def waves(rate: int, most: float = 0.45) -> Callable[[Batch], Array]:
    """A function from batches with `audio` and `f0` to pictures (n, 256, 512, 3): waveform, spectrogram, fundamental.

    Args:
        rate: samples a second.
        most: the amplitude that fills the waveform's height; louder ones are cut off at it.
    """

    def draw(batch: Batch) -> Array:
        out = np.empty((len(batch["audio"]), HIGH, WIDE, 3), dtype=np.uint8)
        for picture, audio, f0 in zip(out, batch["audio"], batch["f0"], strict=True):
            picture[:WAVE] = _waveform(audio, most)
            picture[WAVE:] = _spectrogram(audio, f0, rate)
        return out

    return draw


def _waveform(audio: Array, most: float) -> Array:
    """The least and the largest sample of each column of pixels, joined by a line."""
    ends = np.linspace(0, len(audio), WIDE + 1).astype(np.int64)
    low, high = np.minimum.reduceat(audio, ends[:-1]), np.maximum.reduceat(audio, ends[:-1])
    middle, half = (WAVE - 1) / 2, (WAVE - 4) / 2
    rows = np.arange(WAVE)[:, None]
    top = middle - half * np.clip(high / most, -1, 1)
    bottom = middle - half * np.clip(low / most, -1, 1)
    drawn = np.where(((rows >= top - 0.5) & (rows <= bottom + 0.5))[..., None], INK, PAPER)
    drawn[-1] = LINE
    return np.asarray(drawn, dtype=np.uint8)


def _spectrogram(audio: Array, f0: Array, rate: int) -> Array:
    high = HIGH - WAVE
    levels = log_mel(audio, rate)
    bright = np.clip(1.0 + (levels - max(float(levels.max()), -80.0)) / RANGE, 0.0, 1.0)
    rows = np.clip((np.arange(high) + 0.5) / high * MELS - 0.5, 0, MELS - 1)
    below = np.minimum(rows.astype(np.int64), MELS - 2)
    part = (rows - below)[:, None]
    bright = (bright[below] * (1 - part) + bright[below + 1] * part)[::-1]
    place = bright * (len(DARK_TO_BRIGHT) - 1)
    step = np.minimum(place.astype(np.int64), len(DARK_TO_BRIGHT) - 2)
    share = (place - step)[..., None]
    drawn = DARK_TO_BRIGHT[step] * (1 - share) + DARK_TO_BRIGHT[step + 1] * share
    frames = f0[np.linspace(0, len(f0) - 1, WIDE).astype(np.int64)]
    heights = (mel(frames) - mel(LOWEST)) / (mel(rate / 2) - mel(LOWEST)) * high
    sounding = np.flatnonzero(frames > 0)
    drawn[np.clip(high - 1 - heights[sounding].astype(np.int64), 0, high - 1), sounding] = (255, 255, 255)
    return np.asarray(np.rint(drawn), dtype=np.uint8)
